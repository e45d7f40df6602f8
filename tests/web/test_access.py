"""Closed by default: every route and method of the console, for every role and for nobody."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.routing import Rule

from agent_ui.app import create_console
from callcenter.config import Settings
from tests.factories import Province
from tests.web.conftest import Browser, enter

EVERYBODY = {"lan", "hoa", "phuc", "thu", "quan"}
DESK = {"lan", "hoa", "phuc", "quan"}
LEADS = {"hoa", "phuc", "quan"}
OFFICER = {"thu"}
OPEN = EVERYBODY | {None}

# Who may come in, by endpoint. A route that is not here fails the walk, so that nobody adds one unseen.
WHO: dict[str, set[str | None]] = {
    "static": OPEN,
    "languages.choose": OPEN,
    "languages.choose_theme": OPEN,
    "design.page": EVERYBODY,
    "auth.sign_in": OPEN,
    "auth.sign_out": OPEN,
    "health.healthz": OPEN,
    "health.readyz": OPEN,
    "health.metrics": OPEN,
    "live.live": EVERYBODY,
    "home.home": EVERYBODY,
    "console.desk_of_mine": {"lan", "hoa"},
    "console.waiting": DESK,
    "console.work": {"lan", "hoa"},
    "console.side": {"lan", "hoa"},
    "console.parts": DESK,
    "phone.answer": {"lan", "hoa"},
    "phone.hang_up": {"lan", "hoa"},
    "my_phone.sign_in": {"lan", "hoa"},
    "my_phone.sign_out": {"lan", "hoa"},
    "my_phone.pause": {"lan", "hoa"},
    "my_phone.resume": {"lan", "hoa"},
    "my_phone.call": {"lan", "hoa"},
    "my_extension.choose": {"lan", "hoa"},
    "my_extension.take": {"lan", "hoa"},
    "my_extension.give_back": {"lan", "hoa"},
    "people_figures.everybody": LEADS,
    "people_figures.mine": {"lan", "hoa"},
    "transfers.transfer": {"lan", "hoa"},
    "pins.dialog": EVERYBODY,
    "pins.wards": EVERYBODY,
    "drafts.begin": DESK,
    "drafts.page": DESK,
    "drafts.save": DESK,
    "drafts.file": DESK,
    "drafts.link": DESK,
    "drafts.dispose": DESK,
    "drafts.answer": DESK,
    "drafts.guide": DESK,
    "drafts.one_more": DESK,
    "drafts.put_aside": DESK,
    "drafts.go_on": DESK,
    "onlookers.here": EVERYBODY,
    "grievances.page": LEADS,
    "numbers.save": DESK,
    "drafts.find_places": DESK,
    "drafts.candidates": DESK,
    "suggestions.offered": DESK,
    "suggestions.use": DESK,
    "articles.listed": DESK,
    "articles.page": DESK,
    "admin.keyword_list": {"phuc", "quan"},
    "admin.keywords": {"phuc", "quan"},
    "admin.article_new": {"phuc", "quan"},
    "admin.article": {"phuc", "quan"},
    "search.page": EVERYBODY,
    "search.total": EVERYBODY,
    "search.keep": EVERYBODY,
    "search.drop": EVERYBODY,
    "tickets.page": EVERYBODY,
    "tickets.file": EVERYBODY,
    "tickets.assign": LEADS,
    "tickets.accept": OFFICER,
    "tickets.give_back": OFFICER,
    "tickets.resolve": OFFICER,
    "tickets.called_back": DESK,
    "tickets.not_reached": DESK,
    "tickets.unlink": DESK,
    "tickets.printed": EVERYBODY,
    "tickets.thumb": EVERYBODY,
    "tickets.ask": OFFICER,
    "tickets.resume": OFFICER,
    "tickets.extend": OFFICER,
    "tickets.assign_form": LEADS,
    "tickets.reject": LEADS | OFFICER,
    "tickets.approve": {"phuc"} | OFFICER,
    "tickets.send_back": {"phuc"} | OFFICER,
    "tickets.supply": DESK,
    "tickets.not_fixed": DESK,
    "tickets.rate": DESK,
    "tickets.withdraw": DESK,
    "agency.inbox": OFFICER,
    "agency.rows": OFFICER,
    "agency.accept": OFFICER,
    "supervisor.board": {"phuc", "quan"},
    "supervisor.figures": {"phuc", "quan"},
    "supervisor.calls": LEADS,
    "supervisor.unreached": LEADS,
    "supervisor.overdue": LEADS,
    "capture.page": {"phuc", "quan"},
    "capture.calls": {"phuc", "quan"},
    "capture.call": {"phuc", "quan"},
    "shift.home": LEADS,
    "shift.now": LEADS,
    "shift.take_over": LEADS,
    "shift.hand_to": LEADS,
    "shift_change.page": LEADS,
    "shift_change.give": LEADS,
    "shift_change.record": LEADS,
    "shift_change.confirm": LEADS,
    "shift_change.withdraw": LEADS,
    "emergencies.page": LEADS,
    "emergencies.bar": DESK,
    "emergencies.begin": {"lan", "hoa"},
    "emergencies.take": LEADS,
    "emergencies.end": DESK,
    "emergencies.step": {"lan", "hoa"},
    "nuisance.page": LEADS,
    "nuisance.decide": LEADS,
    "call_backs.page": DESK,
    "call_backs.take_next": DESK,
    "call_backs.take": DESK,
    "call_backs.leave": DESK,
    "call_backs.end": LEADS,
    "supervisor.in_state": LEADS,
    "supervisor.triage": LEADS,
    "supervisor.stuck": LEADS,
    "supervisor.retry": LEADS,
    "supervisor.settle": LEADS,
    "admin.overview": {"quan"},
    "admin.users": {"quan"},
    "admin.user_new": {"quan"},
    "admin.user": {"quan"},
    "admin.user_active": {"quan"},
    "admin.user_password": {"quan"},
    "admin.agency_list": {"quan"},
    "admin.agency_new": {"quan"},
    "admin.agency": {"quan"},
    "admin.rule_list": {"quan"},
    "admin.rule_new": {"quan"},
    "admin.rule": {"quan"},
    "admin.rule_place": {"quan"},
    "admin.category_list": {"quan"},
    "admin.category_new": {"quan"},
    "admin.category": {"quan"},
    "admin.numbers": {"quan"},
    "admin.number_remove": {"quan"},
    "admin.queues": {"quan"},
    "admin.reasons": {"quan"},
    "admin.emergency_lines": {"quan"},
    "admin.emergency_line": {"quan"},
    "admin.reason": {"quan"},
    "admin.token_list": {"quan"},
    "admin.token_new": {"quan"},
    "admin.token_revoke": {"quan"},
    "admin.calendar": {"quan"},
    "admin.calendar_day": {"quan"},
    "admin.week": {"quan"},
    "admin.deadlines": {"quan"},
    "admin.deadline": {"quan"},
    "admin.changes": {"phuc", "quan"},
    "admin.changes_csv": {"phuc", "quan"},
    "account.own_password": EVERYBODY,
    "palette.results": EVERYBODY,
    "tours.steps": EVERYBODY,
    "tours.done": EVERYBODY,
    "numbers.page": DESK,
    "sounds.play": EVERYBODY,
    "sounds.heard": DESK,
    "sounds.listenings": LEADS,
    "sounds.open_to_agency": LEADS,
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


def urls(app: Flask) -> Iterator[tuple[Rule, str]]:
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            arguments = {name: _ARGUMENTS[name] for name in rule.arguments}
            built = rule.build(arguments, append_unknown=False)
            assert built is not None
            yield rule, built[1]


@pytest.mark.parametrize("person", [None, "lan", "hoa", "phuc", "thu", "quan"])
def test_every_route_and_method(person: str | None, console: Flask, sign_in: Callable[[str | None], Browser]) -> None:
    signed_in = sign_in(person)
    # The token is another test's matter: here the question is only who may come in.
    console.config["WTF_CSRF_ENABLED"] = False
    for rule, url in urls(console):
        assert rule.methods is not None
        for method in METHODS:
            browser = sign_in(person) if rule.endpoint == "auth.sign_out" else signed_in
            answer = browser.client.open(url, method=method, buffered=rule.endpoint != "live.live")
            where = f"{person} {method} {url} -> {answer.status_code}"
            if method not in rule.methods:
                assert answer.status_code == 405, where
            elif rule.endpoint == "auth.sign_in" and method == "POST":
                # The form itself refuses an empty name; tests/web/test_sign_in.py has the rest.
                assert answer.status_code in (401, 429), where
            elif person in WHO[rule.endpoint]:
                assert answer.status_code not in (401, 403, 405, 500, 503), where
                assert "/sign-in" not in answer.headers.get("Location", "") or rule.endpoint == "auth.sign_out", where
            elif person is not None:
                assert answer.status_code == 403, where
            else:
                sent_away = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
                assert sent_away or answer.status_code == 401, where
            answer.close()


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
    """Whoever is typing keeps the page; the notice leads to the sign-in."""
    answer = sign_in(None).get("/desk/work", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (401, "#notice")
    assert "HX-Redirect" not in answer.headers
    assert 'href="/sign-in"' in answer.text
