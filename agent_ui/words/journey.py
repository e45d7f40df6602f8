"""Journey of a ticket in five steps: done ones with their moments, the present one, those to come."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.models import Ticket
from tickets.rules.states import STATES

_NAMES = (_l("Đã ghi nhận"), _l("Chuyển đơn vị"), _l("Đang xử lý"), _l("Đã trả lời"), _l("Kết thúc"))


@dataclass(frozen=True)
class JourneyStep:
    """`standing` is `done`, `now` or `later`; `note` says more of the step where it is now."""

    name: LazyString
    standing: str
    at: datetime | None
    note: LazyString | None = None


def journey(ticket: Ticket) -> list[JourneyStep]:
    """Empty for what never takes this way (drafts put aside, duplicates), and for a state not known here: where that
    stands on the way would be a guess.
    """
    row = STATES[ticket.state]
    if row.step is None and not row.ending:
        return []
    times = (ticket.filed_at, ticket.routed_at, ticket.accepted_at, ticket.resolved_at, ticket.closed_at)
    if row.step is None:
        done = [JourneyStep(name, "done", at) for name, at in zip(_NAMES[:3], times[:3], strict=True) if at]
        return [*done, JourneyStep(_l(row.ending), "done", ticket.closed_at)]
    behind, note = row.step, _l(row.note) if row.note else None
    return [
        JourneyStep(
            name=name,
            standing="done" if number < behind else "now" if number == behind else "later",
            at=at if number <= behind else None,
            note=note if number == behind else None,
        )
        for number, (name, at) in enumerate(zip(_NAMES, times, strict=True))
    ]
