"""How vod refuses."""

from suuupra.kernel.problems import Conflict, Forbidden, Gone, NotFound, Unavailable


class UploadUnknown(NotFound):
    """No such upload, or not yours."""

    title = "This upload is not known"


class UploadExpired(Gone):
    """It was left for a day."""

    title = "This upload was left for too long"


class WrongFile(Conflict):
    """Resumed with another file; what was received of the first one waits."""

    title = "This is another file than the one that was begun"


class QuotaReached(Conflict):
    """More than the owner may store, or too many uploads at once."""

    title = "Your space for videos is used up"


class StorageFull(Unavailable):
    """The disk keeps its reserve; playback goes on."""

    title = "There is no room for new files at the moment"


class AssetUnknown(NotFound):
    """No such asset, or not yours."""

    title = "This video is not known"


class NotReady(Conflict):
    """Nothing of it can be played yet."""

    title = "This video is still being prepared"


class NotEntitled(Forbidden):
    """The right to play was refused; `reason` is the refuser's own."""

    title = "You may not watch this video"
