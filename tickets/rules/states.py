"""States of a ticket, one row each: clock, step of the journey, texts, group of the lists.

Words are Vietnamese source strings, marked with `N_` for the catalogue and translated where they are shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.text import N_
from callcenter.vocab import Clock
from callcenter.vocab import TicketState as S


class InboxGroup(StrEnum):
    """Groups of an agency's inbox, in the order of the page."""

    LATE = "late"
    TODAY = "today"
    NEW = "new"
    APPROVAL = "approval"
    WAITING = "waiting"
    REST = "rest"


class Stop(StrEnum):
    """The stop of the citizen's page at which a ticket is; `HIDDEN` is shown to no citizen, `UNKNOWN` guesses none."""

    HIDDEN = "hidden"
    PLACING = "placing"
    HANDLING = "handling"
    ANSWERED = "answered"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Tone(StrEnum):
    """The look of a state's badge (`hotline.css`)."""

    IDLE = "idle"
    NEW = "new"
    WAIT = "wait"
    BUSY = "busy"
    DONE = "done"
    BAD = "bad"


# What an agency does, where a state has no words of its own for it.
HANDLING = N_("Đơn vị đã nhận việc và đang xử lý.")


@dataclass(frozen=True)
class Standing:
    """What a state means wherever it is shown.

    Clocks: `clock` is the one that runs, None where nothing is owed any more; `stands` while it is paused. The
    answer's clock runs beside it in every state that owes something.
    Staff: `label` on badges; `step` is how many of the five steps are behind it (None: never takes this way, or ended
    early with `ending` as its last step); `note` stands at the step where it is; `idle` for a person with nothing to
    do; `group` in the agency's inbox, None where the due moment decides.
    Citizen: `stop` of the page, `headline` in one sentence (`%(agency)s`), `handling` what the agency does now.
    `is_ticket`: False for what was never filed as a matter of its own (drafts, drafts put aside, duplicates).
    """

    label: str
    tone: Tone
    clock: Clock | None = None
    stands: bool = False
    step: int | None = None
    ending: str = ""
    note: str = ""
    idle: str = ""
    group: InboxGroup | None = None
    stop: Stop = Stop.HIDDEN
    headline: str = ""
    handling: str = HANDLING
    is_ticket: bool = True

    @property
    def is_open(self) -> bool:
        """Something is still owed to the citizen."""
        return self.clock is not None

    @property
    def is_untaken(self) -> bool:
        """Filed, and accepted by no agency yet."""
        return self.clock in (Clock.TRIAGE, Clock.ACCEPT)


_PLACING = N_("Tổng đài đang chuyển phản ánh đến đơn vị có trách nhiệm.")
_HANDLED = N_("%(agency)s đang xử lý.")
_GIVEN = N_("Đã có trả lời.")


class _Rows(dict[S, Standing]):
    """Answers a stored state of another version with `UNKNOWN`: a page says that it does not know it."""

    def __missing__(self, state: S) -> Standing:
        return UNKNOWN


UNKNOWN = Standing(
    label="",
    tone=Tone.IDLE,
    stop=Stop.UNKNOWN,
    headline=N_("Trang này chưa biết tình trạng “%(state)s” của phiếu. Cần biết thêm, ông/bà gọi 1022."),
)

STATES: Mapping[S, Standing] = _Rows(
    {
        S.DRAFT: Standing(
            label=N_("Đang ghi nhận"),
            tone=Tone.IDLE,
            step=0,
            note=N_("đang ghi nhận"),
            is_ticket=False,
        ),
        S.FILED: Standing(
            label=N_("Đã ghi nhận"),
            tone=Tone.NEW,
            clock=Clock.TRIAGE,
            step=1,
            note=N_("đang chọn đơn vị"),
            stop=Stop.PLACING,
            headline=_PLACING,
        ),
        S.TRIAGE: Standing(
            label=N_("Chờ phân loại"),
            tone=Tone.WAIT,
            clock=Clock.TRIAGE,
            step=1,
            note=N_("chờ phân loại"),
            stop=Stop.PLACING,
            headline=_PLACING,
        ),
        S.ROUTED: Standing(
            label=N_("Đã chuyển xử lý"),
            tone=Tone.NEW,
            clock=Clock.ACCEPT,
            step=2,
            note=N_("chờ đơn vị tiếp nhận"),
            stop=Stop.HANDLING,
            headline=N_("Đang chờ %(agency)s tiếp nhận."),
            handling=N_("Đang chờ đơn vị tiếp nhận."),
        ),
        S.ACCEPTED: Standing(
            label=N_("Đang xử lý"),
            tone=Tone.BUSY,
            clock=Clock.ANSWER,
            step=2,
            stop=Stop.HANDLING,
            headline=_HANDLED,
        ),
        S.WAITING: Standing(
            label=N_("Chờ người dân bổ sung"),
            tone=Tone.WAIT,
            clock=Clock.ANSWER,
            stands=True,
            step=2,
            note=N_("chờ người dân bổ sung"),
            group=InboxGroup.WAITING,
            stop=Stop.HANDLING,
            headline=N_("%(agency)s cần ông/bà cho biết thêm."),
            handling=N_("Đơn vị hỏi thêm và chờ ông/bà trả lời. Hạn trả lời tạm dừng trong lúc chờ."),
        ),
        # The citizen does not see that an answer waits for the agency's head.
        S.AWAITING_APPROVAL: Standing(
            label=N_("Chờ duyệt trả lời"),
            tone=Tone.WAIT,
            clock=Clock.ANSWER,
            step=3,
            note=N_("chờ duyệt trả lời"),
            idle=N_("Không phải làm gì: câu trả lời đang chờ lãnh đạo đơn vị duyệt."),
            group=InboxGroup.APPROVAL,
            stop=Stop.HANDLING,
            headline=_HANDLED,
        ),
        S.RESOLVED: Standing(
            label=N_("Đã xử lý"),
            tone=Tone.DONE,
            step=4,
            note=N_("chờ ý kiến người dân"),
            idle=N_("Không phải làm gì: đã trả lời, chờ ý kiến người dân trong %(CLOSE_AFTER)s."),
            stop=Stop.ANSWERED,
            headline=_GIVEN,
        ),
        S.CLOSED: Standing(
            label=N_("Kết thúc"),
            tone=Tone.DONE,
            step=5,
            stop=Stop.ANSWERED,
            headline=_GIVEN,
        ),
        S.REJECTED: Standing(
            label=N_("Từ chối (có lý do)"),
            tone=Tone.BAD,
            ending=N_("Từ chối"),
            stop=Stop.ENDED,
            headline=N_("Phản ánh bị từ chối; lý do được nêu trên trang này."),
        ),
        S.WITHDRAWN: Standing(
            label=N_("Người dân rút phản ánh"),
            tone=Tone.IDLE,
            ending=N_("Người dân rút"),
            stop=Stop.ENDED,
            headline=N_("Ông/bà đã rút phản ánh này."),
        ),
        S.LINKED: Standing(
            label=N_("Trùng, theo phiếu gốc"),
            tone=Tone.IDLE,
            stop=Stop.ENDED,
            headline=N_("Phản ánh này được gộp vào một phiếu đã có về cùng việc."),
            is_ticket=False,
        ),
        S.DISCARDED: Standing(
            label=N_("Không lập phiếu"),
            tone=Tone.IDLE,
            is_ticket=False,
        ),
    }
)


def where(holds: Callable[[Standing], bool]) -> frozenset[S]:
    """The states whose row fits."""
    return frozenset(state for state, row in STATES.items() if holds(row))


# Something is still owed to the citizen.
OPEN = where(lambda row: row.is_open)
# Filed, and accepted by no agency yet.
UNTAKEN = where(lambda row: row.is_untaken)
# The citizen has an answer, and may speak of it.
ANSWERED = where(lambda row: row.stop == Stop.ANSWERED)
# Still being written down, or put aside: shown to no citizen.
HIDDEN = where(lambda row: row.stop == Stop.HIDDEN)
# Never filed as a matter of its own.
NO_TICKETS = where(lambda row: not row.is_ticket)


def runs_in(clock: Clock) -> frozenset[S]:
    """The states in which this clock runs; a paused one does not."""
    return where(lambda row: row.is_open and not row.stands and clock in (row.clock, Clock.ANSWER))
