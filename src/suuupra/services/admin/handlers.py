"""What admin does when something was audited anywhere in the house."""

from suuupra.kernel.audit import Audited
from suuupra.kernel.work import Unit
from suuupra.services.admin.service.trail import keep


async def on_audited(unit: Unit, event: Audited) -> None:
    """Kept once: the unit is that of the inbox row of this event."""
    await keep(unit, event)
