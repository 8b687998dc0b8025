"""Step-up: a fresh proof right before an act, and the act goes on as if nothing had been in between."""

from dataclasses import dataclass
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import (
    Back,
    LinkSpent,
    RequireStepUp,
    SecondFactorMissing,
    StepUp,
    StepUpRequired,
)
from suuupra.services.identity.rules import stepups
from suuupra.services.identity.rules.roles import is_staff
from suuupra.services.identity.rules.sessions import digest
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.steps import Ask, open_challenge, take_challenge, target
from suuupra.services.identity.store import challenges, credentials, roles, sessions

SERVICE_LEVEL = 2


@dataclass(frozen=True)
class Person:
    """What a step-up must know of somebody."""

    account_id: UUID
    has_password: bool
    has_totp: bool
    is_strict: bool


@dataclass(frozen=True)
class Redeemed:
    """`session` is the renewed cookie where the assurance rose; `back` what was stopped."""

    level: int
    back: Back | None
    session: str | None = None


class StepUpService:
    """Answers the port `StepUps`; the proof itself is checked by `Prover`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def check(self, action: str) -> None:
        """For own security settings: the same, going back to their page."""
        back = Back(path="/settings/security")
        await self.require(RequireStepUp(action=action, object=str(principal().person()), back=back))

    async def require(self, command: RequireStepUp) -> StepUp:
        """Satisfied, or `StepUpRequired` with the page that asks."""
        who = principal()
        if who.kind == "service":
            return StepUp(level=SERVICE_LEVEL, by="service")
        person = await self.person(who.person())
        if person.is_strict and not person.has_totp and command.action not in stepups.OWN_ACTS:
            raise SecondFactorMissing
        need = stepups.need_of(
            command.action,
            has_factor=person.has_totp,
            is_staff_strict=person.is_strict,
            has_amount=command.amount_minor is not None,
        )
        proof = stepups.Proof(who.strength, who.authenticated_at)
        if stepups.is_met(need, proof, self._ground.clock.now()):
            return StepUp(level=who.strength, by="session")
        return await self._by_grant(command, need, who)

    async def _by_grant(self, command: RequireStepUp, need: stepups.Need, who: Principal) -> StepUp:
        account_id, vault = who.person(), self._ground.vault
        key = vault.bound_key(account_id, command.action, command.object, command.amount_minor)
        async with self._ground.work.begin() as unit:
            grant = await challenges.open_by_key(unit.session, "step_up_grant", key, unit.now)
            if grant is not None and await challenges.spend(unit.session, grant.id, unit.now):
                return StepUp(level=need.level, by="grant")
            facts = {
                "action": command.action,
                "level": need.level,
                "session": str(who.session),
                "back": command.back.model_dump(mode="json") if command.back else None,
            }
            ask = Ask("step_up", account_id, key, facts)
            token = vault.token(await open_challenge(unit, vault, ask))
        raise StepUpRequired(
            href=f"/challenge?token={token}",
            challenge=token,
            level=need.level,
            max_age_s=int(need.within.total_seconds()),
        )

    async def person(self, account_id: UUID) -> Person:
        """What may prove that it is them, and whether the site demands a second factor of them."""
        async with self._ground.work.read() as session:
            found = await credentials.by_account(session, account_id)
            held = await roles.roles_of(session, account_id)
        return Person(
            account_id,
            has_password=found is not None and found.phc is not None,
            has_totp=found is not None and found.has_totp,
            is_strict=self._ground.staff_needs_factor and is_staff(held),
        )


async def grant_step_up(unit: Unit, ground: Ground, token: str, who: Principal) -> Redeemed:
    """A step, after the proof: spend the challenge, write the grant, freshen the session."""
    challenge = await take_challenge(unit, token, "step_up")
    if challenge.account_id != who.person() or challenge.key is None:
        raise LinkSpent
    facts = ground.vault.open_facts(challenge.payload, challenge.id)
    challenge.used_at = unit.now
    await open_challenge(unit, ground.vault, Ask("step_up_grant", who.person(), challenge.key))
    if who.session is not None:
        await sessions.renew(unit.session, who.session, {"authenticated_at": unit.now})
    act = {"action": facts["action"], "level": facts["level"]}
    unit.publish(audited("identity.step_up.proved", target(who.person()), after=act))
    return Redeemed(facts["level"], Back.model_validate(facts["back"]) if facts["back"] else None)


async def read_step_up(ground: Ground, token: str) -> tuple[challenges.Challenge, dict[str, object]]:
    """The open challenge and its facts, for whoever it was opened for; else `LinkSpent`."""
    who = principal().person()
    async with ground.work.read() as session:
        found = await challenges.by_hash(session, digest(token))
    now = ground.clock.now()
    if found is None or found.kind != "step_up" or found.account_id != who:
        raise LinkSpent
    if found.used_at is not None or found.expires_at <= now:
        raise LinkSpent
    return found, ground.vault.open_facts(found.payload, found.id)
