"""How vod refuses."""

from typing import ClassVar

from suuupra.kernel.problems import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    WrongType,
)


class UploadUnknown(NotFound):
    """No such upload, or not yours."""

    title = "This upload is not known"


class UploadExpired(Gone):
    """It was left for a day."""

    title = "This upload was left for too long"


class UploadEnded(Gone):
    """It was refused or cancelled; `detail` is the sentence for its owner."""

    title = "This upload has ended"


class UploadBusy(Conflict):
    """Bytes of it are being received right now."""

    title = "This upload is being received already"


class OffsetMismatch(Conflict):
    """The bytes go on elsewhere; member `offset_bytes` says where."""

    title = "The upload goes on at another byte"


class UploadComplete(Conflict):
    """All its bytes were taken before."""

    title = "This upload is complete already"


class ChecksumMismatch(Problem):
    """The bytes arrived altered and were thrown away (tus checksum extension)."""

    status: ClassVar[int] = 460
    title = "The bytes arrived altered"


class VideoTooLarge(TooLarge):
    """Longer than a video may be, or than was stated; member `length_max_bytes`."""

    title = "This file is too large"


class NotAVideo(WrongType):
    """Its stated type is no video."""

    title = "This kind of file is not a video"


class NotPlayable(Invalid):
    """The file is no video that can be played; `detail` says what is wrong with it."""

    title = "This file cannot be played"


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


class NothingToEncode(Conflict):
    """No encoding of it runs, or none has failed: there is nothing to cancel or to begin anew."""

    title = "There is nothing to encode"


class NotReady(Conflict):
    """Nothing of it can be played yet."""

    title = "This video is still being prepared"


class NotEntitled(Forbidden):
    """The right to play was refused; `reason` is the refuser's own."""

    title = "You may not watch this video"


class GrantRefused(Forbidden):
    """The signed address is not good here; member `code`: forged, expired, other, revoked or height."""

    title = "This address may not be used"
