"""The telephone, worked from the console on a real Asterisk: each command, its answer, and what the page shows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.config import Pbx, Settings
from callcenter.db import transaction
from callcenter.models import (
    AfterCall,
    Call,
    Emergency,
    OutgoingCall,
    PauseReason,
    PbxCommand,
    PbxQueue,
    PbxStatus,
    Ticket,
)
from callcenter.vocab import (
    AfterCallEnd,
    CallOut,
    CommandResult,
    CommandVerb,
    EmergencyEnd,
    EmergencyService,
    Level,
    Source,
    Third,
    TicketKind,
    TicketState,
)
from scripts.lab.asterisk_env import AMI_PORT, Asterisk, AsteriskSite
from telephony.ami.link import Watch
from telephony.leadership import crown
from telephony.listener import Listener
from tests import factories
from tests.asterisk.sip_agent import BUSY, RING_ON, Dialog, Phone, Plan
from tests.asterisk.sipp import Caller, Step
from tests.asterisk.stage import Theatre
from tests.factories import Province
from tests.wire.ears import seen
from tickets.desk import filing as drafts
from tickets.life import history
from tickets.rules import emergency_rules
from tickets.rules.emergency_rules import EmergencyStage
from tickets.telephone import calling_out, emergencies, emergency_bar, my_phone, transfers
from tickets.telephone.emergency_bar import OpenEmergency
from tickets.telephone.floor import Doing
from tickets.telephone.handset import Handset
from tickets.telephone.my_phone import Presence

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180), pytest.mark.xdist_group("asterisk-phone")]

QUEUE, OTHER = "hotline-1022", "hotline-tra-cuu"
# The operator's own telephone, a colleague's, the shift leader's.
LAN, MINH, HOA = "121", "122", "123"
SITE = AsteriskSite(
    (LAN, MINH, HOA),
    f"[{QUEUE}](+)\nautopause = all\ntimeout = 3\n",
    {"HOTLINE_MENU": "no", "HOTLINE_VOICEMAIL": "no"},
)


@pytest.fixture(scope="module")
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:
    with Asterisk(SITE) as pbx:
        yield pbx


@dataclass
class Desk:
    """One operator's seat at the PBX: asks as the console does, reads as its pages do."""

    engine: Engine
    province: Province
    theatre: Theatre
    told: Callable[[str, str], None]

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def ask(self, verb: CommandVerb, **given: Any) -> PbxCommand:
        with transaction(self.engine) as session:
            asked = my_phone.ask(session, self.province.actor("lan"), verb, **given, now=self.now())
        return await self.ended(asked.id)

    async def ended(self, command_id: int) -> PbxCommand:
        await seen(self.engine, lambda session: session.get_one(PbxCommand, command_id).result is not None, 20)
        with Session(self.engine, expire_on_commit=False) as session:
            command = session.get_one(PbxCommand, command_id)
        self.told("told", f"{command.verb} {command.arguments} -> {command.result}: {command.answer}")
        return command

    async def call_out(self) -> int:
        """Lan presses the button of a call-back."""
        with transaction(self.engine) as session:
            actor = self.province.actor("lan")
            task = history.begin(
                session, actor, kind=TicketKind.REPORT, source=Source.COUNTER, state=TicketState.FILED,
                now=self.now(), move="open", caller=factories.CALLER,
            )  # fmt: skip
            return calling_out.place(
                session, actor, task.code, factories.CALLER, calling_out.Allowed(), now=self.now()
            ).id

    def outgoing(self, session: Session, call_id: int) -> OutgoingCall:
        return session.get_one(OutgoingCall, call_id)

    async def ended_call(self, call_id: int) -> OutgoingCall:
        await seen(self.engine, lambda session: self.outgoing(session, call_id).ended_at is not None, 30)
        with Session(self.engine, expire_on_commit=False) as session:
            call = self.outgoing(session, call_id)
            self.told("told", f"call out -> {call.result}, talked {call.talk_s:.1f} s")
            return call

    async def talk(self, phone: Phone, wait: float = 60) -> tuple[Caller, int]:
        """A citizen that talks with this telephone for so many seconds at most, and their call."""
        for one in self.theatre.phones:
            one.reset()
        await self.ask(CommandVerb.SIGN_IN)
        await self.shows(lambda one: len(one.inside) == 2)
        caller = await Caller("0905100002", steps=(Step(wait=wait),)).start(self.theatre.pbx)
        await phone.next_talk()
        mine = select(Call.id).where(Call.talking == [phone.number], Call.ended_at.is_(None))
        await seen(self.engine, lambda session: session.scalar(mine) is not None, 20)
        with Session(self.engine) as session:
            found = session.scalar(mine)
        assert found is not None
        return caller, found

    async def pass_on(self, call_id: int, verb: CommandVerb, to: str = "") -> PbxCommand:
        allowed = calling_out.Allowed()
        with transaction(self.engine) as session:
            actor = self.province.actor("lan")
            asked = transfers.ask(session, actor, call_id, verb, to, allowed, now=self.now())
        return await self.ended(asked.id)

    def press_emergency(self) -> int:
        """Lan presses the key and 5."""
        with transaction(self.engine) as session:
            actor = self.province.actor("lan")
            return emergencies.begin(
                session, actor, EmergencyService.AMBULANCE, calling_out.Allowed(), now=self.now()
            ).id

    async def step(self, emergency_id: int, what: emergency_rules.EmergencyStep) -> None:
        with transaction(self.engine) as session:
            emergencies.step(
                session, self.province.actor("lan"), emergency_id, what, calling_out.Allowed(), now=self.now()
            )

    async def stands(self, stage: EmergencyStage) -> OpenEmergency:
        """The one emergency that is not over, once it stands there."""

        def there(session: Session) -> bool:
            return [one.stage for one in self.shown(session)] == [stage]

        await seen(self.engine, there, 30)
        self.told("told", f"emergency -> {stage}")
        with Session(self.engine) as session:
            return self.shown(session)[0]

    def shown(self, session: Session) -> list[OpenEmergency]:
        return emergency_bar.shown(session, Handset(session, self.province.actor("lan"), self.now()))

    @asynccontextmanager
    async def asking_hoa(self, *plans: Plan) -> AsyncIterator[tuple[int, Dialog]]:
        """A citizen talks with Lan; Lan consults Hoa: the citizen's call, and Hoa's, whose phone does as planned."""
        lan, hoa = self.theatre.phones[0], self.theatre.phones[2]
        caller, call_id = await self.talk(lan)
        hoa.does(*plans)
        try:
            assert (await self.pass_on(call_id, CommandVerb.CONSULT, HOA)).result == CommandResult.DONE
            second = await hoa.next_call()
            await seen(self.engine, self.is_asking, 20)
            yield call_id, second
        finally:
            caller.quit()

    def is_asking(self, session: Session) -> bool:
        return transfers.consultation(Handset(session, self.province.actor("lan"), self.now())) is not None

    async def keeps_free_for(self, seconds: int) -> None:
        """After each call of the queues; Minh is in them too, behind Lan, so that they are never empty."""
        for queue in (QUEUE, OTHER):
            self.theatre.pbx.cli(f"queue add member PJSIP/{MINH} to {queue} penalty 9")
        with transaction(self.engine) as session:
            session.execute(update(PbxQueue).values(after_call_s=seconds))

        def there(session: Session) -> bool:
            rows = session.scalars(select(PbxQueue)).all()
            return all(any(member["extension"] == MINH for member in row.members) for row in rows)

        await seen(self.engine, there, 20)

    def presence(self, session: Session) -> Presence:
        here = my_phone.of(Handset(session, self.province.actor("lan"), self.now()))
        assert here is not None
        return here

    async def shows(self, condition: Callable[[Presence], bool]) -> Presence:
        await seen(self.engine, lambda session: condition(self.presence(session)), 20)
        with Session(self.engine) as session:
            return self.presence(session)


@asynccontextmanager
async def seat(pbx: Asterisk, engine: Engine, data_dir: Path, told: Callable[[str, str], None]) -> AsyncIterator[Desk]:
    """A listener that leads, phones that are on, and three people at them."""
    with transaction(engine) as session:
        people = factories.province(session)
        for name, extension in {"lan": LAN, "minh": MINH, "hoa": HOA}.items():
            factories.sits(session, people.people[name], extension)
        session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
    lab = Pbx(name="lab", host=pbx.address, port=AMI_PORT, user="callcenter", secret=pbx.secret)
    ear = Listener(lab, crown(engine, "lab"), Settings(data_dir=data_dir), watch=Watch(longest_pause=1))
    listening = asyncio.create_task(ear.run())
    theatre = await Theatre(pbx).open()
    try:
        await seen(engine, lambda session: session.get(PbxQueue, ("lab", QUEUE)) is not None, 20)
        yield Desk(engine, people, theatre, told)
    finally:
        pbx.cli("channel request hangup all")
        for phone in theatre.phones:
            pbx.cli(f"queue remove member PJSIP/{phone.number} from {QUEUE}")
            pbx.cli(f"queue remove member PJSIP/{phone.number} from {OTHER}")
        theatre.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


Play = Callable[[Callable[[Desk], Awaitable[None]]], None]


@pytest.fixture
def play(pbx: Asterisk, engine: Engine, tmp_path: Path, record_property: Callable[[str, str], None]) -> Play:
    def run(scene: Callable[[Desk], Awaitable[None]]) -> None:
        async def test() -> None:
            async with seat(pbx, engine, tmp_path, record_property) as desk:
                await scene(desk)

        asyncio.run(test())

    return run


def test_the_shipped_user_may_do_all_that_the_pages_offer(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        with Session(desk.engine) as session:
            status = session.get_one(PbxStatus, "lab")
            assert {"sign_in", "sign_out", "pause", "resume"} <= set(status.actions)
            assert not {"answer", "hang_up"} & set(status.actions)

    play(scene)


def test_into_the_queues_paused_back_and_out(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        assert (await desk.ask(CommandVerb.SIGN_IN)).result == CommandResult.DONE
        here = await desk.shows(lambda one: len(one.inside) == 2)
        assert here.doing is Doing.FREE
        assert (await desk.ask(CommandVerb.PAUSE, reason="an-trua")).result == CommandResult.DONE
        here = await desk.shows(lambda one: one.doing is Doing.PAUSED)
        assert here.reason_name == "Ăn trưa"
        assert here.since is not None
        assert abs((desk.now() - here.since).total_seconds()) < 20
        assert (await desk.ask(CommandVerb.RESUME)).result == CommandResult.DONE
        await desk.shows(lambda one: one.doing is Doing.FREE)
        assert (await desk.ask(CommandVerb.SIGN_OUT, queue=OTHER)).result == CommandResult.DONE
        await desk.shows(lambda one: [queue.queue for queue in one.inside] == [QUEUE])
        assert (await desk.ask(CommandVerb.SIGN_OUT)).result == CommandResult.DONE
        await desk.shows(lambda one: one.doing is Doing.OUT)
        assert "|121|PAUSE|an-trua" in desk.theatre.pbx.queue_log.read_text()

    play(scene)


def test_what_the_pbx_refuses_comes_back_in_its_own_words(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        lan = desk.province.people["lan"]
        with transaction(desk.engine) as session:
            asked = commands.ask(
                session, pbx="lab", verb=CommandVerb.SIGN_IN, extension=LAN, arguments={"queue": "khong-co"},
                actor_id=lan.id, actor_name=lan.name, now=desk.now(),
            )  # fmt: skip
        command = await desk.ended(asked.id)
        assert (command.result, command.answer) == (
            CommandResult.REFUSED,
            "Unable to add interface to queue: No such queue",
        )

    play(scene)


def test_a_ring_that_nobody_answers_pauses_and_one_key_brings_back(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        phone = desk.theatre.phones[0]
        phone.does(RING_ON)
        await desk.ask(CommandVerb.SIGN_IN)
        await desk.shows(lambda one: len(one.inside) == 2)
        caller = await Caller("0905100001", steps=(Step(wait=30),)).start(desk.theatre.pbx)
        try:
            await phone.next_call()
            here = await desk.shows(lambda one: one.doing is Doing.PAUSED)
            assert here.unanswered
            desk.told("told", f"autopause -> {here.reason} since {here.since}")
        finally:
            caller.quit()
        assert (await desk.ask(CommandVerb.RESUME)).result == CommandResult.DONE
        await desk.shows(lambda one: one.doing is Doing.FREE)

    play(scene)


def test_after_a_call_the_pbx_pauses_and_the_set_time_or_a_key_makes_ready(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        await desk.keeps_free_for(3)
        for how in (AfterCallEnd.TIME, AfterCallEnd.KEY):
            caller, call_id = await desk.talk(desk.theatre.phones[0])
            desk.theatre.pbx.cli("channel request hangup all")
            here = await desk.shows(lambda one: one.after_call)
            caller.quit()
            assert here.since is not None
            assert here.ready_due is not None
            if how is AfterCallEnd.KEY:
                assert (await desk.ask(CommandVerb.RESUME)).result == CommandResult.DONE
            await desk.shows(lambda one: one.doing is Doing.FREE)
            with Session(desk.engine) as session:
                row = session.scalars(select(AfterCall).where(AfterCall.call_id == call_id)).one()
            assert row.ended_at is not None
            lasted = (row.ended_at - row.began_at).total_seconds()
            desk.told("told", f"after call -> {row.how} after {lasted:.1f} s")
            assert (row.how, row.user_id) == (how, desk.province.people["lan"].id)
            assert lasted >= 3 or how is AfterCallEnd.KEY

    play(scene)


def test_a_citizen_is_called_from_a_ticket(play: Play) -> None:
    """The operator's own telephone first, showing the citizen's number; the citizen sees the hotline's."""

    async def scene(desk: Desk) -> None:
        lan, trunk = desk.theatre.phones[0], desk.theatre.trunk
        assert trunk is not None
        call = await desk.call_out()
        own = await lan.next_talk()
        assert own.peer == "0905123456"
        far = await trunk.next_talk()
        assert far.peer == "1022"
        await seen(desk.engine, lambda session: desk.outgoing(session, call).reached_at is not None, 20)
        await far.hang_up()
        ended = await desk.ended_call(call)
        assert ended.result == CallOut.REACHED
        assert ended.dialling_at is not None
        assert ended.reached_at is not None
        assert ended.dialling_at <= ended.reached_at <= desk.now()

    play(scene)


def test_busy_not_answered_and_not_picked_up_are_told_apart(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        lan, trunk = desk.theatre.phones[0], desk.theatre.trunk
        assert trunk is not None
        trunk.does(BUSY)
        call = await desk.call_out()
        await lan.next_talk()
        assert (await desk.ended_call(call)).result == CallOut.BUSY
        trunk.does(RING_ON)
        call = await desk.call_out()
        own = await lan.next_talk()
        await trunk.next_call()
        await own.hang_up()
        assert (await desk.ended_call(call)).result == CallOut.GIVEN_UP
        lan.does(BUSY)
        call = await desk.call_out()
        assert (await desk.ended_call(call)).result == CallOut.NOT_PICKED_UP

    play(scene)


def test_a_call_is_passed_on_at_once(play: Play) -> None:
    """The transfer is the PBX's own: the fold has it as blind, the colleague talks, the draft is theirs."""

    async def scene(desk: Desk) -> None:
        lan, minh = desk.theatre.phones[0], desk.theatre.phones[1]
        caller, call_id = await desk.talk(lan)
        try:
            asked = await desk.pass_on(call_id, CommandVerb.TRANSFER, MINH)
            assert asked.result == CommandResult.DONE
            second = await minh.next_talk()
            await seen(desk.engine, lambda session: session.get_one(Call, call_id).talking == [MINH], 20)
            with Session(desk.engine) as session:
                call = session.get_one(Call, call_id)
                assert call.transfers == [{"kind": "blind", "to": MINH}]
                assert call.operators == [LAN, MINH]
                draft = drafts.draft_of(session, call)
                assert draft is not None
                assert draft.owner_id == desk.province.people["minh"].id
            await second.hang_up()
        finally:
            caller.quit()

    play(scene)


def test_somebody_is_asked_first_and_takes_the_call(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.asking_hoa(Plan()) as (call_id, second):
            await asyncio.wait_for(second.answered.wait(), 20)
            assert (await desk.pass_on(call_id, CommandVerb.JOIN)).result == CommandResult.DONE
            await seen(desk.engine, lambda session: session.get_one(Call, call_id).talking == [HOA], 20)
            with Session(desk.engine) as session:
                call = session.get_one(Call, call_id)
                assert call.transfers == [{"kind": "attended", "to": HOA}]
            await second.hang_up()

    play(scene)


def test_who_is_asked_and_does_not_answer_is_let_go_and_the_caller_is_back(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        async with desk.asking_hoa(RING_ON) as (call_id, _):
            assert (await desk.pass_on(call_id, CommandVerb.BACK)).result == CommandResult.DONE
            await seen(desk.engine, lambda session: session.get_one(Call, call_id).talking == [LAN], 20)

    play(scene)


def test_the_ambulance_picks_up_gets_the_caller_and_it_is_over(play: Play) -> None:
    """One key: the PBX dials 115 outside with the caller on hold; by its own word it is over once they talk."""

    async def scene(desk: Desk) -> None:
        lan, trunk = desk.theatre.phones[0], desk.theatre.trunk
        assert trunk is not None
        caller, call_id = await desk.talk(lan)
        try:
            row = desk.press_emergency()
            far = await trunk.next_talk()
            one = await desk.stands(EmergencyStage.SPEAKING)
            assert one.steps == [emergency_rules.EmergencyStep.JOIN, emergency_rules.EmergencyStep.BACK]
            await desk.step(row, emergency_rules.EmergencyStep.JOIN)
            await seen(desk.engine, lambda session: session.get_one(Emergency, row).ended is not None, 30)
            with Session(desk.engine) as session:
                emergency, call = session.get_one(Emergency, row), session.get_one(Call, call_id)
                assert (emergency.ended, emergency.ended_by) == (EmergencyEnd.ANSWERED, "listener")
                assert emergency.answered_at is not None
                assert (call.third, call.talking, call.ended_at) == (Third.WITH_CALLER, [], None)
                # The PBX may leave the target out of its event, and then the number is known from what was asked.
                assert call.transfers in ([{"kind": "attended", "to": number}] for number in ("115", ""))
                assert session.get_one(Ticket, emergency.ticket_id).level == Level.URGENT
            await far.hang_up()
        finally:
            caller.quit()

    play(scene)


def test_115_is_busy_the_caller_hangs_up_and_the_operator_calls_it(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        lan, trunk = desk.theatre.phones[0], desk.theatre.trunk
        assert trunk is not None
        trunk.does(BUSY)
        caller, _ = await desk.talk(lan, wait=20)
        row = desk.press_emergency()
        await trunk.next_call()
        assert (await desk.stands(EmergencyStage.BACK)).steps == [emergency_rules.EmergencyStep.AGAIN]
        await caller.done()
        await desk.stands(EmergencyStage.CALLER_GONE)
        trunk.reset()
        lan.reset()
        await desk.step(row, emergency_rules.EmergencyStep.CALL_SERVICE)
        own = await lan.next_talk()
        assert own.peer == "115"
        far = await trunk.next_talk()
        assert far.peer == "1022"
        await far.hang_up()
        with Session(desk.engine) as session:
            out = session.scalars(select(OutgoingCall.id)).one()
        assert (await desk.ended_call(out)).result == CallOut.REACHED
        with Session(desk.engine) as session:
            assert session.get_one(Emergency, row).ended_at is None

    play(scene)
