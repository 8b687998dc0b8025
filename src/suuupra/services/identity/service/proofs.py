"""The page and port that take the proof of a step-up: a code for whoever has a factor, else the password."""

from dataclasses import dataclass

from suuupra.kernel.call import principal
from suuupra.services.identity.api import (
    InvalidCredentials,
    LinkSpent,
    RedeemStepUp,
    RequireStepUp,
    StepUp,
)
from suuupra.services.identity.rules import stepups
from suuupra.services.identity.service.factors import check_code, rise
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.sign_in import CODE_TRIES, CODES, Guess, SignIns
from suuupra.services.identity.service.step_ups import (
    Person,
    Redeemed,
    StepUpService,
    grant_step_up,
    read_step_up,
)
from suuupra.services.identity.service.steps import take_challenge
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import credentials


@dataclass(frozen=True)
class Question:
    """What a step-up asks for: `code`, `password`, or `sign_in` again where there is neither."""

    asks: str
    action: str


class StepUpDesk:
    """Implements the port `StepUps`."""

    def __init__(self, ground: Ground, step_ups: StepUpService, sign_ins: SignIns) -> None:
        self._ground = ground
        self._step_ups = step_ups
        self._sign_ins = sign_ins

    async def require(self, command: RequireStepUp) -> StepUp:
        return await self._step_ups.require(command)

    async def redeem(self, command: RedeemStepUp) -> StepUp:
        redeemed = await self.prove(command, Visit())
        return StepUp(level=redeemed.level, by="proof")

    async def question(self, token: str) -> Question:
        """What to ask whoever is signed in; `LinkSpent`."""
        _, facts = await read_step_up(self._ground, token)
        person = await self._step_ups.person(principal().person())
        return Question(_asks(person), str(facts["action"]))

    async def passed(self, token: str) -> Redeemed | None:
        """Granted without a question, because the person has just signed in anew; else None."""
        who = principal()
        challenge, facts = await read_step_up(self._ground, token)
        proof = stepups.Proof(who.strength, who.authenticated_at)
        level = int(str(facts["level"]))
        is_newer = who.authenticated_at is not None and who.authenticated_at > challenge.created_at
        if not is_newer or not stepups.is_met(stepups.Need(level), proof, self._ground.clock.now()):
            return None
        async with self._ground.work.begin() as unit:
            return await grant_step_up(unit, self._ground, token, who)

    async def prove(self, command: RedeemStepUp, visit: Visit) -> Redeemed:
        """`InvalidCredentials`, `LinkSpent`, `TooMany`."""
        await read_step_up(self._ground, command.challenge)
        person = await self._step_ups.person(principal().person())
        match _asks(person):
            case "code":
                return await self._by_code(command, visit)
            case "password":
                return await self._by_password(command, visit)
            case _:
                raise InvalidCredentials("Sign in again to confirm that it is you.")

    async def _by_code(self, command: RedeemStepUp, visit: Visit) -> Redeemed:
        who, ground = principal(), self._ground
        account_id = who.person()
        await ground.take(f"identity:codes:{account_id}", CODES)
        async with ground.work.begin() as unit:
            challenge = await take_challenge(unit, command.challenge, "step_up")
            if challenge.attempts >= CODE_TRIES:
                raise LinkSpent
            method = await check_code(unit, ground, account_id, command.proof)
            if method is not None:
                redeemed = await grant_step_up(unit, ground, command.challenge, who)
                cookie = None if who.strength > 1 else await rise(unit, who.session, method)
                return Redeemed(redeemed.level, redeemed.back, cookie)
            challenge.attempts += 1
        await self._sign_ins.refuse("step_up", account_id, visit)
        raise InvalidCredentials("This code is wrong or has been used. Try the next one.")

    async def _by_password(self, command: RedeemStepUp, visit: Visit) -> Redeemed:
        who, ground = principal(), self._ground
        account_id = who.person()
        async with ground.work.read() as session:
            found = await credentials.by_account(session, account_id)
        guess = Guess(found, command.proof, f"identity:step_up:{account_id}")
        await self._sign_ins.check_password(guess, visit)
        async with ground.work.begin() as unit:
            return await grant_step_up(unit, ground, command.challenge, who)


def _asks(person: Person) -> str:
    if person.has_totp:
        return "code"
    return "password" if person.has_password else "sign_in"
