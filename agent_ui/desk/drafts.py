"""Draft pages: typing is saved by itself; a draft ends filed, linked to an older ticket, or with a disposition."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.desk import console
from agent_ui.ticket import tickets_pages
from agent_ui.web import filters, forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter import phones
from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound, Stale
from callcenter.models import Call, TicketOrCallBack
from callcenter.vocab import Disposition, GrievanceKind, Source
from tickets import rights
from tickets.desk import at_once, filing, grievances, queries, same_caller
from tickets.finding import places, search
from tickets.life import choices
from tickets.rights import Right
from tickets.rules import codes
from tickets.rules.fields import TicketFields, pin_of

blueprint = Blueprint("drafts", __name__)


@blueprint.post("/drafts")
@may(Right.FILE_REPORT)
def begin() -> ResponseReturnValue:
    source = forms.word(Source, "source")
    if source not in choices.BY_HAND:
        raise Invalid({"source": "unknown_choice"})
    with site.transaction() as session:
        code = filing.new_ticket(session, me(), source=source, now=site.now()).code
    return redirect(url_for("drafts.page", code=code), 303)


@blueprint.get("/drafts/<code>")
@may(Right.FILE_REPORT)
def page(code: str) -> ResponseReturnValue:
    with site.reading() as session:
        work = console.one_work(session, me(), code)
        if not work.open_draft and request.headers.get("HX-Request"):
            # Ended elsewhere while its page is open: what is typed there stays, and its next saving says so.
            return "", 204
        if not work.open_draft:
            return redirect(url_for("tickets.page", code=code))
        return _page(session, work)


@blueprint.post("/drafts/<code>/save")
@may(Right.FILE_REPORT)
def save(code: str) -> ResponseReturnValue:
    """What is typed so far, kept; answers the new version, and by field what could not be kept."""
    fields = forms.ticket_fields()
    problems: Mapping[str, str] = {}
    try:
        with site.transaction() as session:
            try:
                ticket = filing.save_draft(session, me(), code, fields, version=forms.version(), now=site.now())
            except Invalid as error:
                # One field that cannot be kept must not hold back the others.
                problems = error.problems
                rest = replace(fields, **dict.fromkeys(problems))
                ticket = filing.save_draft(session, me(), code, rest, version=forms.version(), now=site.now())
            version = ticket.version
    except Stale:
        return _theirs(code), 409
    except MoveRefused:
        return {"ended": True}, 410
    return {"version": version, "saved_at": filters.second(site.now()), "problems": problem_words(problems)}


@blueprint.post("/drafts/<code>/file")
@may(Right.FILE_REPORT)
def file(code: str) -> ResponseReturnValue:
    fields = forms.ticket_fields()
    try:
        with site.transaction() as session:
            filing.file(session, me(), code, fields, version=forms.version(), now=site.now())
    except Invalid as error:
        return _again(code, fields, problem_words(error.problems)), 422
    except Stale:
        return _again(code, fields, {}, stale=True), 409
    except (MoveRefused, NotAllowed) as error:
        # Another person ended it or works on it now: the ticket as it is, and what was typed, to be copied.
        return tickets_pages.show(code, form="file", refused=True), 403 if isinstance(error, NotAllowed) else 409
    return _filed(code)


@blueprint.post("/drafts/<code>/link")
@may(Right.FILE_REPORT)
def link(code: str) -> ResponseReturnValue:
    try:
        parent = forms.code("parent_code")
        with site.transaction() as session:
            filing.link(session, me(), code, parent, now=site.now())
    except (Invalid, NotFound) as error:
        problems = error.problems if isinstance(error, Invalid) else {"parent_code": "code_unknown"}
        return _again(code, TicketFields(), problem_words(problems)), 422
    flash(_("Đã gắn vào phiếu %(code)s.", code=codes.group(parent)), "success")
    return redirect(url_for("home.home"), 303)


@blueprint.post("/drafts/<code>/answer")
@may(Right.FILE_REPORT)
def answer(code: str) -> ResponseReturnValue:
    """Answered at once (tier 1)."""
    fields = forms.ticket_fields()
    try:
        with site.transaction() as session:
            at_once.answer(session, me(), code, fields, version=forms.version(), now=site.now())
    except Invalid as error:
        return _again(code, fields, problem_words(error.problems)), 422
    except Stale:
        return _again(code, fields, {}, stale=True), 409
    return _filed(code)


@blueprint.post("/drafts/<code>/guide")
@may(Right.FILE_REPORT)
def guide(code: str) -> ResponseReturnValue:
    """A complaint or a denunciation: guided, and kept apart."""
    given = {"against": forms.text("against"), "summary": forms.text("summary")}
    try:
        kind = forms.word(GrievanceKind, "grievance")
        with site.transaction() as session:
            grievances.guide(session, me(), code, kind, now=site.now(), **given)
    except Invalid as error:
        return _again(code, TicketFields(), problem_words(error.problems)), 422
    flash(_("Đã ghi riêng: %(how)s. Bản ghi không chuyển đơn vị nào.", how=filters.name_of(kind)), "success")
    return redirect(url_for("home.home"), 303)


@blueprint.post("/drafts/<code>/more")
@may(Right.FILE_REPORT)
def one_more(code: str) -> ResponseReturnValue:
    """One more report of the same call or visit; the desk opens its form."""
    with site.transaction() as session:
        more = same_caller.one_more(session, me(), code, now=site.now()).code
    return _at_work(more)


@blueprint.post("/drafts/<code>/put-aside")
@may(Right.FILE_REPORT)
def put_aside(code: str) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            same_caller.put_aside(session, me(), code, reason=forms.text("note"), now=site.now())
    except Invalid as error:
        return _again(code, TicketFields(), problem_words(error.problems)), 422
    flash(_("Đã bỏ phiếu %(code)s.", code=codes.group(code)), "success")
    return redirect(url_for("home.home"), 303)


@blueprint.post("/calls/<int:call_id>/go-on")
@may(Right.FILE_REPORT)
def go_on(call_id: int) -> ResponseReturnValue:
    """The talk that broke off goes on in this call, with the draft of before."""
    code = forms.code("code")
    with site.transaction() as session:
        same_caller.go_on(session, me(), call_id, code, now=site.now())
    return _at_work(code)


@blueprint.post("/calls/<int:call_id>/disposition")
@may(Right.FILE_REPORT)
def dispose(call_id: int) -> ResponseReturnValue:
    disposition = forms.word(Disposition, "disposition")
    try:
        with site.transaction() as session:
            filing.dispose(session, me(), call_id, disposition, note=forms.text("note"), now=site.now())
    except Invalid as error:
        code = _draft_of(call_id)
        if code is None:
            raise
        return _again(code, TicketFields(), problem_words(error.problems)), 422
    flash(_("Đã ghi kết quả cuộc gọi: %(how)s.", how=filters.name_of(disposition)), "success")
    return redirect(url_for("home.home"), 303)


@blueprint.get("/places")
@may(Right.FILE_REPORT)
def find_places() -> str:
    with site.reading() as session:
        hits = places.find_places(session, request.args.get("q", "")[:100])
        return render_template("desk/places.html", hits=hits)


@blueprint.get("/drafts/<code>/candidates")
@may(Right.FILE_REPORT)
def candidates(code: str) -> str:
    """Tickets this draft may belong to, by code, number or words."""
    text = request.args.get("q", "")[:200].strip()
    with site.reading() as session:
        found = search.search(session, me(), search.SearchQuery(text=text)).tickets[:10] if text else ()
        return render_template("desk/candidates.html", found=[t for t in found if t.code != code and t.filed_at])


def _filed(code: str) -> ResponseReturnValue:
    """The desk's card says what to tell the citizen; a person whose home is another page is told of the code."""
    if rights.may(me(), Right.STAFF_DESK):
        return redirect(url_for("console.desk_of_mine", _anchor="closing"), 303)
    flash(_("Đã ghi nhận phiếu %(code)s.", code=codes.group(code)), "success")
    return redirect(url_for("home.home"), 303)


def _draft_of(call_id: int) -> str | None:
    with site.reading() as session:
        call = session.get(Call, call_id)
        draft = filing.draft_of(session, call) if call is not None else None
        return draft.code if draft is not None else None


def _at_work(code: str) -> ResponseReturnValue:
    """The desk with this draft's form; a person without a desk gets the form on a page of its own."""
    if rights.may(me(), Right.STAFF_DESK):
        return redirect(url_for("console.desk_of_mine", _anchor=f"open-{code}"), 303)
    return redirect(url_for("drafts.page", code=code), 303)


def values(ticket: TicketOrCallBack) -> dict[str, object]:
    """A draft's fields as its form shows them."""
    return {
        "category_code": ticket.category_code or "",
        "ward_code": ticket.ward_code or "",
        "ward_name": ticket.ward.name if ticket.ward else "",
        "address": ticket.address,
        "pin": pin_of(ticket.latitude, ticket.longitude),
        "level": ticket.level,
        "description": ticket.description,
        "reporter_name": ticket.reporter_name,
        "reporter_phone": phones.display(ticket.reporter_phone),
        "keep_identity": ticket.keep_identity,
        "safe_contact": ticket.safe_contact,
        "answer": ticket.resolution or "",
        "kind": ticket.kind,
    }


def _theirs(code: str) -> dict[str, object]:
    with site.reading() as session:
        ticket = queries.either(session, me(), code)
        return {"version": ticket.version, "fields": values(ticket)}


def _page(session: Session, work: console.DeskItem) -> str:
    around = frame.of(session, numbers=True)
    offered = console.work_choices(session, around)
    return frame.page(around, "desk/draft_page.html", work=work, **offered)


def _again(code: str, fields: TicketFields, problems: Mapping[str, str], *, stale: bool = False) -> str:
    """The form once more, with what was typed; a field another person changed meanwhile is shown beside it."""
    typed = dict(fields.given())
    with site.reading() as session:
        work = console.one_work(session, me(), code)
        assert work.ticket is not None
        now_kept = values(work.ticket)
        theirs = {name: kept for name, kept in now_kept.items() if stale and name in typed and typed[name] != kept}
        if "ward_code" in typed:
            typed["ward_name"] = request.form.get("ward_name", "")
        refused = replace(work, typed=typed, problems=problems, theirs=theirs)
        # Where calls go on: the next one may ring while this form is mended.
        on_desk = not _came_from_page_of_draft() and console.has_form(session, code)
        return console.desk_page(refused) if on_desk else _page(session, refused)


def _came_from_page_of_draft() -> bool:
    return urlsplit(request.referrer or "").path.startswith("/drafts/")
