"""Closed by default: every route of the console for every role and signed out, on own and on others' things.

Which right opens a route stands here once more; which role has it, and how far it reaches, is read from the table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from agent_ui.app import create_console
from callcenter.config import Settings
from callcenter.models import Assignment, Ticket, TicketEvent
from callcenter.vocab import AssignmentRole, Role, Source, TicketKind, TicketState
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser, enter
from tickets import rights
from tickets.actors import Actor
from tickets.life import history
from tickets.rights import Right, Scope

# Of each role one; `ngoc` heads an agency.
PEOPLE = ("lan", "hoa", "phuc", "thu", "ngoc", "quan")
# A route that is not here fails the walk, so that none is added unseen.
OPEN = {"static", "auth.sign_in", "auth.sign_out", "languages.choose", "languages.choose_theme"}
MACHINES = {"health.healthz", "health.readyz", "health.metrics"}
BEHIND: dict[Right, str] = {
    Right.USE_CONSOLE: (
        "live.live home.home onlookers.here design.page palette.results tours.steps tours.done "
        "pins.wards pins.dialog account.own_password"
    ),
    Right.SEE_TICKET: (
        "search.page search.total search.keep search.drop tickets.page tickets.printed tickets.file tickets.thumb"
    ),
    Right.SEE_CALLS: "console.waiting console.parts",
    Right.NOTE_CALLER: "numbers.page numbers.save",
    Right.FILE_REPORT: (
        "drafts.begin drafts.page drafts.save drafts.file drafts.link drafts.answer drafts.guide "
        "drafts.one_more drafts.put_aside drafts.go_on drafts.dispose drafts.find_places "
        "drafts.candidates closing.send_code tickets.unlink"
    ),
    Right.HAND_ON_WORK: "shift.take_over shift.hand_to",
    Right.CALL_BACK: (
        "tickets.called_back tickets.to_report tickets.not_reached call_backs.page call_backs.take_next "
        "call_backs.take call_backs.leave sounds.heard"
    ),
    Right.END_CALL_BACKS: "call_backs.end",
    Right.SPEAK_FOR_CITIZEN: "tickets.supply tickets.not_fixed tickets.rate tickets.withdraw",
    Right.READ_KNOWLEDGE: "suggestions.offered suggestions.use articles.listed articles.page",
    Right.EDIT_KNOWLEDGE: "admin.keyword_list admin.keywords admin.article_new admin.article",
    Right.WORK_TELEPHONE: (
        "phone.answer phone.hang_up my_phone.sign_in my_phone.sign_out my_phone.pause "
        "my_phone.resume my_phone.call my_extension.choose my_extension.take my_extension.give_back "
        "transfers.transfer"
    ),
    Right.LISTEN_MESSAGE: "sounds.play",
    Right.OPEN_RECORDING: "sounds.open_to_agency",
    Right.SEE_LISTENINGS: "sounds.listenings",
    Right.PASS_EMERGENCY: "emergencies.begin emergencies.step",
    Right.FOLLOW_EMERGENCY: "emergencies.bar emergencies.end",
    Right.LEAD_EMERGENCY: "emergencies.page emergencies.take",
    Right.WORK_INBOX: "agency.inbox agency.rows",
    Right.ACCEPT_TICKET: "tickets.accept tickets.give_back agency.accept",
    Right.ANSWER_TICKET: "tickets.resolve tickets.ask tickets.resume tickets.extend",
    Right.APPROVE_ANSWER: "tickets.approve tickets.send_back",
    Right.ROUTE_TICKET: "tickets.assign_form tickets.assign",
    Right.REJECT_TICKET: "tickets.reject",
    Right.SEE_FLOOR: "shift.home shift.now",
    Right.OVERSEE_WORK: (
        "supervisor.calls supervisor.unreached supervisor.overdue supervisor.in_state supervisor.triage "
        "supervisor.stuck supervisor.retry supervisor.settle"
    ),
    Right.HAND_OVER: (
        "shift_change.page shift_change.give shift_change.record shift_change.confirm shift_change.withdraw"
    ),
    Right.DECIDE_NUISANCE: "nuisance.page nuisance.decide",
    Right.SEE_GRIEVANCES: "grievances.page",
    Right.SEE_FIGURES: "supervisor.board supervisor.figures",
    Right.SEE_PEOPLE_FIGURES: "people_figures.everybody",
    Right.SEE_OWN_FIGURES: "people_figures.mine",
    Right.CHECK_CAPTURE: "capture.page capture.calls capture.call",
    Right.SEE_SYSTEM: "admin.overview admin.rights",
    Right.SEE_CHANGES: "admin.changes admin.changes_csv",
    Right.ADMINISTER_ACCOUNTS: "admin.users admin.user_new admin.user admin.user_active admin.user_password",
    Right.ADMINISTER_AGENCIES: (
        "admin.agency_list admin.agency_new admin.agency admin.rule_list admin.rule_new admin.rule "
        "admin.rule_place admin.category_list admin.category_new admin.category"
    ),
    Right.ADMINISTER_CALENDAR: "admin.calendar admin.calendar_day admin.week admin.deadlines admin.deadline",
    Right.ADMINISTER_TELEPHONY: (
        "admin.emergency_lines admin.emergency_line admin.numbers admin.number_remove admin.queues "
        "admin.reasons admin.reason"
    ),
    Right.ADMINISTER_TOKENS: "admin.token_list admin.token_new admin.token_revoke",
    Right.STAFF_DESK: "console.desk_of_mine console.work console.side",
}
RIGHT_OF = {endpoint: right for right, endpoints in BEHIND.items() for endpoint in endpoints.split()}
ROLES = {
    "lan": Role.OPERATOR,
    "hoa": Role.SHIFT_LEADER,
    "phuc": Role.SUPERVISOR,
    "thu": Role.OFFICER,
    "quan": Role.ADMIN,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ARGUMENTS = {
    "code": "123456789", "call_id": 1, "file_id": 1, "outbox_id": 1, "set_aside_id": 1, "outcome": "all",
    "state": "triage", "filename": "hotline.css", "user_id": 999999, "agency_id": 999999, "rule_id": 999999,
    "token_id": 999999, "handover_id": 999999, "number": "0905123456", "name": "operator",
    "which": "heard", "pbx": "lab", "linkedid": "1795612712.4",
    "day": "2026-01-01", "saved_id": 999999, "article_id": 999999, "level": "normal", "clock": "answer",
    "sound": "voicemail", "emergency_id": 999999, "service": "115",
}  # fmt: skip


_SAID = {
    "grievance": "complaint", "summary": "x", "reason": "x", "text": "x", "note": "x", "question": "x",
    "result": "busy", "working_days": "2", "stars": "5",
}  # fmt: skip


@dataclass(frozen=True)
class Things:
    """Two tickets for one person: a draft of theirs or a ticket of their agency, and the same of another person."""

    near: str
    far: str


def openers(endpoint: str) -> set[str]:
    """Of each role the person that the table lets in, heads of agencies left out."""
    if endpoint in OPEN | MACHINES:
        return set(ROLES)
    return {name for name, role in ROLES.items() if rights.may(Actor(1, name, role, 1), RIGHT_OF[endpoint])}


def things(session: Session, province: Province, username: str) -> Things:
    actor, minh = province.actor(username), province.actor("minh")
    power = province.agencies["power"].id
    near = _with_agency(session, actor.agency_id) if actor.agency_id else _draft(session, actor)
    far = _with_agency(session, power) if actor.agency_id else _draft(session, minh)
    return Things(near, far)


def _draft(session: Session, owner: Actor, state: TicketState = TicketState.DRAFT) -> str:
    alike = {"kind": TicketKind.REPORT, "source": Source.HOTLINE, "state": state, "owner_id": owner.id}
    return history.begin(session, owner, now=MONDAY, move="open", **alike).code  # type: ignore[arg-type]


def _with_agency(session: Session, agency_id: int) -> str:
    alike = {"kind": TicketKind.REPORT, "source": Source.HOTLINE, "state": TicketState.ROUTED}
    ticket = history.begin(
        session,
        Actor.rule("routing"),
        now=MONDAY,
        move="open",
        lead_agency_id=agency_id,
        **alike,  # type: ignore[arg-type]
    )
    session.add(Assignment(ticket_id=ticket.id, agency_id=agency_id, role=AssignmentRole.LEAD, assigned_at=MONDAY))
    return ticket.code


def urls(app: Flask, **own: str) -> Iterator[tuple[Rule, str]]:
    """Every route with arguments that fit; signing out comes last."""
    with app.test_request_context():
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint == "auth.sign_out"):
            arguments = {name: {**_ARGUMENTS, **own}[name] for name in rule.arguments}
            built = rule.build(arguments, append_unknown=False)
            assert built is not None
            yield rule, built[1]


def walk(app: Flask, **own: str) -> Iterator[tuple[Rule, str, str]]:
    """Every route with each method that it takes."""
    for rule, url in urls(app, **own):
        for method in METHODS:
            if method in (rule.methods or ()):
                yield rule, method, url


def test_every_route_is_known_with_its_right(console: Flask) -> None:
    declared = {endpoint: getattr(view, "right", None) for endpoint, view in console.view_functions.items()}
    closed = {endpoint: right for endpoint, right in declared.items() if endpoint not in OPEN | MACHINES}
    assert closed == RIGHT_OF
    marks = {endpoint for endpoint, view in console.view_functions.items() if getattr(view, "open_to_all", False)}
    assert marks == OPEN - {"static"}
    assert {name for name, view in console.view_functions.items() if getattr(view, "for_machines", False)} == MACHINES


@pytest.mark.parametrize("username", PEOPLE)
def test_every_route_for_every_role(console: Flask, province: Province, session: Session, username: str) -> None:
    client, actor = enter(console, username).client, province.actor(username)
    found = things(session, province, username)
    session.commit()
    # The token is another test's matter: here the question is only access.
    console.config["WTF_CSRF_ENABLED"] = False
    wrong: list[str] = []
    for rule, method, url in walk(console, code=found.near):
        wanted = _wanted(actor, rule)
        status = _status(client, method, url, rule.endpoint)
        if not wanted(status):
            wrong.append(f"{method} {url} -> {status}, not {wanted.__name__}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("username", PEOPLE)
def test_what_is_somebody_else_s_stays_theirs(
    console: Flask, province: Province, session: Session, username: str
) -> None:
    """Every route on a ticket that the right does not reach, with a form that says all that is asked for."""
    client, actor = enter(console, username).client, province.actor(username)
    found = things(session, province, username)
    session.commit()
    console.config["WTF_CSRF_ENABLED"] = False
    before = _state(session, found.far)
    form = {"parent_code": found.near, **_SAID}
    wrong: list[str] = []
    for rule, method, url in walk(console, code=found.far):
        if "code" in rule.arguments and _is_beyond(actor, rule, method):
            status = _status(client, method, url, rule.endpoint, form if method == "POST" else None)
            # Forbidden, unknown to them, or shown with what was typed to be copied; the inbox says it on its page.
            if status not in (403, 404, 409) and (status, rule.endpoint) != (303, "agency.accept"):
                wrong.append(f"{method} {url} -> {status}")
    assert not wrong, "\n".join(wrong)
    assert _state(session, found.far) == before


def _state(session: Session, code: str) -> tuple[object, ...]:
    session.expire_all()
    ticket = session.scalars(select(Ticket).where(Ticket.code == code)).one()
    events = session.scalars(select(TicketEvent.move).where(TicketEvent.ticket_id == ticket.id)).all()
    return ticket.state, ticket.owner_id, ticket.version, ticket.description, ticket.lead_agency_id, events


def _status(client: FlaskClient, method: str, url: str, endpoint: str, form: Mapping[str, str] | None = None) -> int:
    # As a program would ask: what is refused needs no page then.
    headers = {"Accept": "application/json, text/html;q=0.9"}
    answer = client.open(url, method=method, headers=headers, data=form, buffered=endpoint != "live.live")
    answer.close()
    return answer.status_code


def _wanted(actor: Actor, rule: Rule) -> Callable[[int], bool]:
    if rule.endpoint == "auth.sign_in":
        return _asked_who
    if rule.endpoint in OPEN | MACHINES or rights.may(actor, RIGHT_OF[rule.endpoint]):
        return _let_in
    return _kept_out


def _is_beyond(actor: Actor, rule: Rule, method: str) -> bool:
    """Whether the right does not reach another person's ticket. What an operator may not touch can be read."""
    if rule.endpoint in OPEN:
        return False
    scope = rights.scope_of(actor, RIGHT_OF[rule.endpoint])
    if scope is Scope.OWN_AGENCY:
        return True
    return scope is Scope.OWN and method == "POST" and RIGHT_OF[rule.endpoint] is Right.FILE_REPORT


def _asked_who(status: int) -> bool:
    return status in (200, 401, 429)


def _let_in(status: int) -> bool:
    return status not in (401, 403, 405) and status < 500


def _kept_out(status: int) -> bool:
    return status == 403


def test_nobody_gets_past_the_sign_in(console: Flask, province: Province) -> None:
    client = enter(console, None).client
    console.config["WTF_CSRF_ENABLED"] = False
    for rule, method, url in walk(console):
        if rule.endpoint not in OPEN | MACHINES:
            answer = client.open(url, method=method)
            sent_away = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
            assert sent_away or answer.status_code == 401, f"{method} {url} -> {answer.status_code}"


def test_no_route_takes_another_method(console: Flask, province: Province) -> None:
    client = enter(console, None).client
    console.config["WTF_CSRF_ENABLED"] = False
    for rule, url in urls(console):
        for method in set(METHODS) - (rule.methods or set()):
            assert _status(client, method, url, rule.endpoint) == 405, f"{method} {url}"


@pytest.mark.parametrize("path", ["/api/v1/reports", "/api/v1/reports/123456789"])
def test_a_program_needs_a_key(public: Browser, path: str) -> None:
    """A console's session is none, and the key of a program opens nothing of the console."""
    for authorization in ("", "Bearer wrong", "Basic cXVhbjpx"):
        headers = {"Authorization": authorization} if authorization else {}
        for method in ("GET", "POST"):
            answer = public.client.open(path, method=method, headers=headers)
            assert answer.status_code in (401, 405), (method, authorization)


def test_the_console_takes_no_key_of_a_program(console: Flask, province: Province, session: Session) -> None:
    key = Actor.token("app")
    held = {right for right in Right if rights.may(key, right)}
    assert held == {Right.SEND_REPORT}
    assert not held & RIGHT_OF.keys()
    headers = {"Authorization": "Bearer anything", "Accept": "application/json"}
    assert console.test_client().get("/tickets", headers=headers).status_code == 401


def test_a_view_that_declares_nothing_is_closed(settings: Settings, engine: Engine, province: Province) -> None:
    app = create_console(settings, engine)
    app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    assert enter(app, "quan").get("/forgotten").status_code == 403
    assert enter(app, None).get("/forgotten").status_code == 302


def test_every_post_wants_its_token(console: Flask, sign_in: Callable[[str | None], Browser]) -> None:
    browser = sign_in("quan")
    posts = [(rule, url) for rule, url in urls(console) if "POST" in (rule.methods or ())]
    assert len(posts) > 10
    for _rule, url in posts:
        assert browser.client.post(url).status_code == 400, url


def test_a_live_region_of_somebody_signed_out_says_so_and_leaves_the_page(sign_in: Callable[..., Browser]) -> None:
    """A person typing keeps the page; the notice leads to the sign-in."""
    answer = sign_in(None).get("/desk/work", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (401, "#notice")
    assert "HX-Redirect" not in answer.headers
    assert 'href="/sign-in"' in answer.text
