"""Search pages: the address is the search, pages follow by position, and searches are saved under a name."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from callcenter.vocab import TicketState
from tickets import rights
from tickets.finding import saved_searches
from tickets.finding.search import PageCursor, SearchQuery, count
from tickets.finding.search import search as find
from tickets.life import choices
from tickets.rights import Right

blueprint = Blueprint("search", __name__)

# What makes up a search; where in it one stands (`older`, `newer`) does not belong to it.
_PARTS = ("q", "state", "agency", "category", "since", "until", "mine")


@blueprint.get("/tickets")
@may(Right.SEE_TICKET)
def page() -> str:
    if site.asked_part() not in ("rows", "found"):
        return _page({})
    with site.reading() as session:
        return render_template("tickets/found.html", **_found(session))


@blueprint.get("/tickets/count")
@may(Right.SEE_TICKET)
def total() -> str:
    """How many tickets a search finds, asked for by a press: it reads every one of them."""
    with site.reading() as session:
        return render_template("tickets/total.html", total=count(session, me(), _wanted()), older=True)


@blueprint.post("/searches")
@may(Right.SEE_TICKET)
def keep() -> ResponseReturnValue:
    """The search stands in the address of the form too, so that a refused name comes back on the same page."""
    query = _query()
    try:
        with site.transaction() as session:
            saved_searches.keep(session, me(), forms.text("name"), urlencode(query), now=site.now())
    except Invalid as error:
        return _page(problem_words(error.problems)), 422
    flash(_("Đã lưu bộ lọc. Lần sau bấm tên của nó ở đầu trang."), "success")
    return redirect(f"{url_for('search.page')}?{urlencode(query)}", 303)


@blueprint.post("/searches/<int:saved_id>/drop")
@may(Right.SEE_TICKET)
def drop(saved_id: int) -> ResponseReturnValue:
    with site.transaction() as session:
        saved_searches.drop(session, me(), saved_id)
    flash(_("Đã bỏ bộ lọc đã lưu."), "success")
    return redirect(forms.own_address(url_for("search.page")), 303)


def _page(problems: Mapping[str, str]) -> str:
    with site.reading() as session:
        return frame.page(
            session,
            "tickets/search.html",
            categories=choices.categories(session),
            agencies=choices.agencies(session) if rights.has_all(me(), Right.SEE_TICKET) else (),
            saved=saved_searches.of(session, me()),
            problems=problems,
            **_found(session),
        )


def _found(session: Session) -> dict[str, object]:
    """What another search reads again; what stands above, the page itself keeps up with it (`search.js`)."""
    query, wanted = _query(), _wanted()
    found = find(session, me(), wanted, _place())
    return {"found": found, "wanted": wanted, "query": query, "address": urlencode(query)}


def _wanted() -> SearchQuery:
    return SearchQuery(
        text=request.args.get("q", "")[:200].replace("\x00", ""),
        state=forms.asked_word(TicketState, "state"),
        agency_id=forms.asked_number("agency"),
        category_code=request.args.get("category", "")[:80].replace("\x00", "") or None,
        since=forms.asked_day("since"),
        until=forms.asked_day("until"),
        mine=bool(request.args.get("mine")),
    )


def _place() -> PageCursor | None:
    older, newer = forms.asked_number("older"), forms.asked_number("newer")
    if newer is not None:
        return PageCursor(newer, back=True)
    return None if older is None else PageCursor(older)


def _query() -> dict[str, str]:
    """The search as it stands in an address."""
    return {name: request.args[name][:200].replace("\x00", "") for name in _PARTS if request.args.get(name)}
