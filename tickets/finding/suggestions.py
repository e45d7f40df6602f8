"""Suggestions while an operator types: field, place, agency, similar reports nearby, articles; each with its reason.

`suggest` is the one seam: whatever fills it (today words that supervisors edit, the routing rules and the tickets that
are there; one day perhaps a model that has learned) answers with the same `Suggestions`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Agency, Article, Category, CategoryKeywords, RoutingRule, Ticket
from callcenter.text import fold
from callcenter.vocab import Level, TicketState
from tickets.agency import assignment
from tickets.finding import articles, places
from tickets.finding.places import PlaceHit
from tickets.rules import policy
from tickets.rules.keywords import Phrases
from tickets.rules.routing import choose_agency
from tickets.rules.states import OPEN

_LOOKED_AT = 200
_AT_MOST = 3
_ALIKE = 0.34
# Words that nearly every report has say nothing of what it is about.
_EMPTY = frozenset((
    "ai", "anh", "ba", "bac", "ban", "bao", "bi", "bo", "cac", "cai", "can", "chi", "cho", "chu", "chua", "co",
    "con", "cua", "cung", "da", "dan", "dang", "day", "de", "den", "di", "do", "duoc", "em", "gap", "gi",
    "gium", "giup", "hay", "hoai", "hom", "khong", "la", "lai", "lam", "len", "ly", "mai", "may", "moi", "mot",
    "nao", "nay", "ngay", "nguoi", "nha", "nhieu", "nho", "nhung", "o", "phan", "qua", "ra", "rat", "roi",
    "sang", "tai", "the", "thi", "toi", "trong", "tu", "va", "vao", "ve", "vi", "voi", "xin", "xu", "xuong",
))  # fmt: skip


@dataclass(frozen=True)
class ReportPlace:
    """Where it is, as far as the form knows: the chosen unit of today, and what was written beside it."""

    ward_code: str | None = None
    address: str = ""


@dataclass(frozen=True)
class SuggestedField:
    """A field, and the words that speak for it."""

    code: str
    name: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class LastPlace:
    """Where this caller's last report was."""

    ticket: Ticket


@dataclass(frozen=True)
class Receiver:
    """The agency that would get it, None for triage; `why` as in `routing.Decision`, `note` the rule's own reason."""

    name: str | None
    why: str
    note: str | None = None


@dataclass(frozen=True)
class Alike:
    """A ticket of the same commune and field, and the words that both have."""

    ticket: Ticket
    because: tuple[str, ...]


@dataclass(frozen=True)
class Suggestions:
    """Everything that is offered; `fields` and `places` only while the form has none."""

    fields: Sequence[SuggestedField] = ()
    places: Sequence[PlaceHit] = ()
    last_place: LastPlace | None = None
    receiver: Receiver | None = None
    alike: Sequence[Alike] = ()
    articles: Sequence[Article] = ()


def suggest(
    session: Session,
    text: str,
    place: ReportPlace,
    at: datetime,
    *,
    category: str | None = None,
    level: Level = Level.NORMAL,
    caller: str | None = None,
    draft: str | None = None,
) -> Suggestions:
    """For a report that reads `text` so far. `category` is the field that was chosen already, `draft` its own code."""
    fields = _fields(session, text) if category is None else ()
    field = category or (fields[0].code if fields else None)
    return Suggestions(
        fields=fields,
        places=() if place.ward_code else _places(session, place.address),
        last_place=None if place.ward_code or not caller else _last_place(session, caller, draft),
        receiver=_receiver(session, field, place.ward_code, level) if field else None,
        alike=_alike(session, text, place, field, at, draft),
        articles=articles.for_report(session, text, field, limit=_AT_MOST),
    )


def phrases(session: Session) -> Phrases:
    query = select(CategoryKeywords).join(Category, Category.code == CategoryKeywords.category_code)
    return Phrases({row.category_code: row.phrases for row in session.scalars(query.where(Category.active))})


def meaningful(text: str) -> frozenset[str]:
    """The words of a text that tell what it is about, folded."""
    return frozenset(word for word in fold(text).split() if len(word) > 1 and word not in _EMPTY)


def _fields(session: Session, text: str) -> list[SuggestedField]:
    hits = phrases(session).find(text, _AT_MOST)
    query = select(Category.code, Category.name).where(Category.code.in_([hit.category for hit in hits]))
    names = {code: name for code, name in session.execute(query)} if hits else {}
    return [SuggestedField(hit.category, names[hit.category], hit.phrases) for hit in hits]


def _places(session: Session, address: str) -> Sequence[PlaceHit]:
    """Units that the address itself names; a hamlet or a market alone names too many to be worth a key."""
    hits = places.find_places(session, address, limit=_AT_MOST + 1) if len(fold(address)) > 4 else []
    return hits if len(hits) <= _AT_MOST else ()


def _last_place(session: Session, caller: str, draft: str | None) -> LastPlace | None:
    query = (
        select(Ticket)
        .where(Ticket.caller == caller, Ticket.ward_code.is_not(None), Ticket.code != (draft or ""))
        .order_by(Ticket.id.desc())
        .limit(1)
        .options(joinedload(Ticket.ward))
    )
    found = session.scalars(query).first()
    return LastPlace(found) if found else None


def _receiver(session: Session, category: str, ward: str | None, level: Level) -> Receiver:
    rules, communes = assignment.rules(session), assignment.communes(session)
    decision = choose_agency(rules, communes, category=category, ward=ward, level=level)
    if decision.lead is None:
        return Receiver(None, decision.why)
    note = session.scalar(select(RoutingRule.note).where(RoutingRule.id == decision.rule_id))
    return Receiver(session.scalar(select(Agency.name).where(Agency.id == decision.lead)), decision.why, note)


def _alike(
    session: Session, text: str, place: ReportPlace, category: str | None, at: datetime, draft: str | None
) -> list[Alike]:
    """Reports of the same commune in the last fortnight that say much the same, open ones first."""
    words = meaningful(f"{text} {place.address}")
    if not place.ward_code or not words:
        return []
    query = (
        select(Ticket)
        .where(
            Ticket.ward_code == place.ward_code,
            Ticket.created_at > at - policy.ALIKE_WITHIN,
            Ticket.filed_at.is_not(None),
            Ticket.state != TicketState.LINKED,
            Ticket.code != (draft or ""),
        )
        .order_by(Ticket.created_at.desc())
        .limit(_LOOKED_AT)
    )
    if category is not None:
        query = query.where(Ticket.category_code == category)
    scored = [(_shared(words, ticket), ticket) for ticket in session.scalars(query)]
    near = [(share, both, ticket) for (share, both), ticket in scored if share >= _ALIKE]
    near.sort(key=lambda row: (row[2].state not in OPEN, -row[0], -row[2].id))
    return [Alike(ticket, both) for _share, both, ticket in near[:_AT_MOST]]


def _shared(words: Iterable[str], ticket: Ticket) -> tuple[float, tuple[str, ...]]:
    """How much of the shorter text the other one has, and the words themselves as the ticket writes them."""
    wanted = frozenset(words)
    theirs = meaningful(f"{ticket.description} {ticket.address}")
    both = wanted & theirs
    if len(both) < 2:
        return 0.0, ()
    written = dict.fromkeys(
        word.strip('.,;:!?()“”"').lower() for word in f"{ticket.description} {ticket.address}".split()
    )
    return len(both) / min(len(wanted), len(theirs)), tuple(word for word in written if fold(word) in both)[:5]
