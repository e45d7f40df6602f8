"""Caller card of a number: names that it gave, the note on it, missed calls. Any Vietnamese form is the same number."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter import phones
from callcenter.errors import Invalid, NotAllowed, Stale
from callcenter.vocab import ContactFlag, Outcome
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.desk import filing, queries
from tickets.people import contacts
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=3)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def report(session: Session, province: Province, name: str, **fields: str) -> None:
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    given = {"category_code": "khac", "description": "Một chuyện nào đó", "reporter_name": name, **fields}
    filing.file(session, province.actor("lan"), draft.code, TicketFields(**given), now=MONDAY)  # type: ignore[arg-type]


def save(session: Session, province: Province, **values: object) -> None:
    given = {"names": [], "note": "", "flags": [], "seen": "", "now": LATER, **values}
    contacts.save(session, province.actor("lan"), CALLER, **given)  # type: ignore[arg-type]


def test_several_people_of_one_number_are_all_named_and_none_is_bound(session: Session, province: Province) -> None:
    for name in ("Nguyễn Văn Ba", "Trần Thị Tư", "trần thị tư", ""):
        report(session, province, name)
    save(session, province, names=["Chị Năm", " Chị  Năm "])
    names = contacts.card(session, CALLER).names
    assert (names[0].name, names[0].tickets) == ("Chị Năm", 0)
    assert {known.name: known.tickets for known in names[1:]} in (
        {"Trần Thị Tư": 2, "Nguyễn Văn Ba": 1},
        {"trần thị tư": 2, "Nguyễn Văn Ba": 1},
    )
    new = filing.open_draft(session, factories.call(session), now=LATER)
    assert new.reporter_name == ""


@pytest.mark.parametrize("written", ["0905123456", "0905 123 456", "+84905123456", "84905123456", "0084905123456"])
def test_any_form_finds_the_same_person(session: Session, province: Province, written: str) -> None:
    report(session, province, "Ông Ba")
    number = phones.normalise(written)
    assert number is not None
    assert [known.name for known in contacts.card(session, number).names] == ["Ông Ba"]


def test_a_number_of_before_2018_is_the_one_of_today(session: Session, province: Province) -> None:
    report(session, province, "Ông Ba", reporter_phone="0168 345 6789")
    assert contacts.card(session, str(phones.normalise("0383456789"))).names[0].name == "Ông Ba"


def test_missed_calls_count_from_the_last_answered_one(session: Session, province: Province) -> None:
    for minutes, outcome in (
        (0, Outcome.ABANDONED),
        (1, Outcome.ANSWERED),
        (2, Outcome.TIMEOUT),
        (3, Outcome.UNSERVED),
    ):
        at = MONDAY + timedelta(minutes=minutes)
        factories.missed(session, started_at=at, ended_at=at, outcome=outcome, stage=None)
    now = factories.call(session, started_at=MONDAY + timedelta(minutes=9))
    card = contacts.card(session, CALLER, before_call=now.id)
    assert (card.missed, card.missed_last) == (2, MONDAY + timedelta(minutes=3))


def test_the_note_says_what_to_mind_and_who_wrote_it(session: Session, province: Province) -> None:
    save(session, province, note=" Nói chậm ", flags=[ContactFlag.SMS_FIRST, ContactFlag.HARD_OF_HEARING])
    card = contacts.card(session, CALLER)
    assert card.contact is not None
    assert (card.contact.note, card.contact.changed_by_id) == ("Nói chậm", province.people["lan"].id)
    assert card.flags == [ContactFlag.HARD_OF_HEARING, ContactFlag.SMS_FIRST]


def test_two_writers_do_not_overwrite_each_other(session: Session, province: Province) -> None:
    save(session, province, note="Của Lan")
    with pytest.raises(Stale):
        save(session, province, note="Của người khác")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"note": "x" * 501}, "note"), ({"names": ["x" * 201]}, "names"), ({"flags": ["nobody"]}, "flags")],
)
def test_what_cannot_be_kept_is_named(
    session: Session, province: Province, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(session, province, **values)
    assert set(refused.value.problems) == {field}


def test_an_officer_writes_no_notes(session: Session, province: Province) -> None:
    with pytest.raises(NotAllowed):
        contacts.save(session, province.actor("son"), CALLER, names=[], note="", flags=[], seen="", now=LATER)


def test_open_tickets_stand_on_top(session: Session, province: Province) -> None:
    for name in ("cũ", "mới"):
        report(session, province, name)
    session.flush()
    older, newer = reversed(queries.caller_history(session, CALLER).tickets)
    newer.state = "resolved"  # type: ignore[assignment]
    session.flush()
    assert list(queries.caller_history(session, CALLER).tickets) == [older, newer]
