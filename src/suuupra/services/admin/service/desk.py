"""Everything at the desk in one value, for routes, pages, jobs."""

from dataclasses import dataclass

from suuupra.kernel.manifest import Site
from suuupra.services.admin.service.courses import CourseDesk
from suuupra.services.admin.service.deliveries import DeliveryDesk
from suuupra.services.admin.service.encodings import EncodingDesk
from suuupra.services.admin.service.ground import Ground
from suuupra.services.admin.service.numbers import Numbers
from suuupra.services.admin.service.people import People
from suuupra.services.admin.service.trail import Trail


@dataclass(frozen=True)
class Desk:
    """The use cases of admin."""

    site: Site
    trail: Trail
    numbers: Numbers
    people: People
    courses: CourseDesk
    encodings: EncodingDesk
    deliveries: DeliveryDesk

    @classmethod
    def over(cls, ground: Ground) -> "Desk":
        """All of them over one ground."""
        return cls(
            site=ground.site,
            trail=Trail(ground.work, ground.clock, ground.cursors),
            numbers=Numbers(ground),
            people=People(ground),
            courses=CourseDesk(ground),
            encodings=EncodingDesk(ground),
            deliveries=DeliveryDesk(ground),
        )
