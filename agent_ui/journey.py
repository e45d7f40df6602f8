"""The journey of a ticket in five steps: what is done and when, where it is now, what is still to come."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.models import Ticket
from callcenter.vocab import TicketKind
from callcenter.vocab import TicketState as S

_NAMES = (_l("Đã tiếp nhận"), _l("Chuyển đơn vị"), _l("Đang xử lý"), _l("Đã trả lời"), _l("Kết thúc"))
# How many steps are behind a ticket in this state; the next one is where it is.
_BEHIND = {
    S.DRAFT: 0, S.FILED: 1, S.TRIAGE: 1, S.ROUTED: 2, S.ACCEPTED: 2, S.WAITING: 2, S.AWAITING_APPROVAL: 3,
    S.RESOLVED: 4, S.CLOSED: 5,
}  # fmt: skip
_NOTES = {
    S.DRAFT: _l("đang ghi nhận"),
    S.FILED: _l("đang chọn đơn vị"),
    S.TRIAGE: _l("chờ phân loại"),
    S.ROUTED: _l("chờ đơn vị tiếp nhận"),
    S.WAITING: _l("chờ người dân bổ sung"),
    S.AWAITING_APPROVAL: _l("chờ duyệt trả lời"),
    S.RESOLVED: _l("chờ ý kiến người dân"),
}
_ENDED_EARLY = {S.REJECTED: _l("Từ chối"), S.WITHDRAWN: _l("Người dân rút")}


@dataclass(frozen=True)
class Step:
    """`standing` is `done`, `now` or `later`; `note` says more of the step where it is now."""

    name: LazyString
    standing: str
    at: datetime | None
    note: LazyString | None = None


def journey(ticket: Ticket) -> list[Step]:
    """Empty for what never takes this way (call-backs, drafts put aside, duplicates), and for a state not known here:
    where that stands on the way would be a guess.
    """
    if ticket.kind == TicketKind.CALLBACK or ticket.state in (S.LINKED, S.DISCARDED):
        return []
    times = (ticket.filed_at, ticket.routed_at, ticket.accepted_at, ticket.resolved_at, ticket.closed_at)
    if ticket.state in _ENDED_EARLY:
        done = [Step(name, "done", at) for name, at in zip(_NAMES[:3], times[:3], strict=True) if at]
        return [*done, Step(_ENDED_EARLY[ticket.state], "done", ticket.closed_at)]
    behind = _BEHIND.get(ticket.state)
    if behind is None:
        return []
    return [
        Step(
            name=name,
            standing="done" if number < behind else "now" if number == behind else "later",
            at=at if number <= behind else None,
            note=_NOTES.get(ticket.state) if number == behind else None,
        )
        for number, (name, at) in enumerate(zip(_NAMES, times, strict=True))
    ]
