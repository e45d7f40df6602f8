"""The moves of a ticket that people make on its page. What is refused comes back with what was typed."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui.ticket.tickets_pages import blueprint, show
from agent_ui.web import forms, limits, signed, site
from agent_ui.web.auth import may, me
from callcenter.errors import Busy, Invalid, MoveRefused, NotFound
from callcenter.vocab import Attempt
from tickets import rights
from tickets.agency import approvals, casework
from tickets.calls import calling
from tickets.desk import filing, queries
from tickets.life import choices, uploads
from tickets.life.files import StoredFile
from tickets.people import citizens
from tickets.rights import Right
from tickets.rules import codes, policy

__all__ = ["blueprint"]

_KEPT = "kept-file"
_KEPT_FOR_S = 12 * 3600


@blueprint.get("/tickets/<code>/assign-form")
@may(Right.ROUTE_TICKET)
def assign_form(code: str) -> str:
    """The form alone, for a row of a list: with each row's hundred agencies in it the list would be slow to open."""
    with site.reading() as session:
        ticket = queries.ticket(session, me(), code).ticket
        return render_template("tickets/assign.html", ticket=ticket, agencies=choices.agencies(session))


@blueprint.post("/tickets/<code>/assign")
@may(Right.ROUTE_TICKET)
def assign(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        agency_id = forms.number("agency_id")
        casework.assign(session, me(), code, agency_id, reason=forms.text("reason"), now=site.now())

    return _move(code, "assign", act, _("Đã chuyển đơn vị xử lý."))


@blueprint.post("/tickets/<code>/accept")
@may(Right.ACCEPT_TICKET)
def accept(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        casework.accept(session, me(), code, now=site.now())

    return _move(code, "accept", act, _("Đã tiếp nhận phiếu %(code)s.", code=codes.group(code)))


@blueprint.post("/tickets/<code>/give-back")
@may(Right.ACCEPT_TICKET)
def give_back(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        casework.give_back(session, me(), code, reason=forms.text("reason"), now=site.now())

    words = _("Đã trả lại phiếu %(code)s.", code=codes.group(code))
    return _move(code, "give_back", act, words, then=url_for("agency.inbox"))


@blueprint.post("/tickets/<code>/resolve")
@may(Right.ANSWER_TICKET)
def resolve(code: str) -> ResponseReturnValue:
    try:
        with site.reading() as session:
            queries.ticket(session, me(), code)
        chosen = _files()
    except Invalid as error:
        return show(code, {"resolve_files": error.problems["files"]}, form="resolve"), 422
    except Busy as error:
        page = show(code, {"resolve_files": "files_wait"}, form="resolve")
        return page, 503, {"Retry-After": str(error.retry_s)}
    except NotFound:
        return _gone(), 404

    def act(session: Session) -> None:
        casework.resolve(session, me(), code, text=forms.text("text"), files=chosen, now=site.now())

    return _move(code, "resolve", act, _("Đã gửi kết quả xử lý."))


@blueprint.post("/tickets/<code>/ask")
@may(Right.ANSWER_TICKET)
def ask(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        casework.ask(session, me(), code, question=forms.text("question"), now=site.now())

    return _move(code, "ask", act, _("Đã hỏi người dân. Hạn trả lời tạm dừng đến khi có bổ sung."))


@blueprint.post("/tickets/<code>/resume")
@may(Right.ANSWER_TICKET)
def resume(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        casework.resume(session, me(), code, reason=forms.text("reason"), now=site.now())

    return _move(code, "resume", act, _("Đã chuyển về đang xử lý. Hạn trả lời chạy tiếp."))


@blueprint.post("/tickets/<code>/extend")
@may(Right.ANSWER_TICKET)
def extend(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        days = forms.number("working_days")
        casework.extend(session, me(), code, working_days=days, reason=forms.text("reason"), now=site.now())

    return _move(code, "extend", act, _("Đã gia hạn. Người dân thấy ngày hẹn mới khi tra cứu."))


@blueprint.post("/tickets/<code>/reject")
@may(Right.REJECT_TICKET)
def reject(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        queries.ticket(session, me(), code)
        casework.reject(session, me(), code, reason=forms.text("reason"), now=site.now())

    return _move(code, "reject", act, _("Đã từ chối phiếu. Người dân đọc được lý do khi tra cứu."))


@blueprint.post("/tickets/<code>/approve")
@may(Right.APPROVE_ANSWER)
def approve(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        queries.ticket(session, me(), code)
        read = forms.digits(request.form.get("proposal", ""))
        approvals.approve(session, me(), code, proposal=read, now=site.now())

    return _move(code, "approve", act, _("Đã duyệt. Câu trả lời đã gửi người dân."))


@blueprint.post("/tickets/<code>/send-back")
@may(Right.APPROVE_ANSWER)
def send_back(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        queries.ticket(session, me(), code)
        approvals.send_back(session, me(), code, reason=forms.text("reason"), now=site.now())

    return _move(code, "send_back", act, _("Đã trả lại để sửa câu trả lời."))


@blueprint.post("/tickets/<code>/supply")
@may(Right.SPEAK_FOR_CITIZEN)
def supply(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        citizens.supply(session, me(), code, text=forms.text("text"), now=site.now())

    return _move(code, "supply", act, _("Đã ghi thông tin người dân bổ sung. Đơn vị xử lý tiếp."))


@blueprint.post("/tickets/<code>/not-fixed")
@may(Right.SPEAK_FOR_CITIZEN)
def not_fixed(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        citizens.not_fixed(session, me(), code, reason=forms.text("reason"), now=site.now())

    return _move(code, "not_fixed", act, _("Đã mở lại phiếu. Đơn vị phải xử lý tiếp."))


@blueprint.post("/tickets/<code>/rate")
@may(Right.SPEAK_FOR_CITIZEN)
def rate(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        citizens.rate(session, me(), code, stars=forms.number("stars"), note=forms.text("note"), now=site.now())

    return _move(code, "rate", act, _("Đã ghi đánh giá của người dân."))


@blueprint.post("/tickets/<code>/withdraw")
@may(Right.SPEAK_FOR_CITIZEN)
def withdraw(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        citizens.withdraw(session, me(), code, reason=forms.text("reason"), now=site.now())

    return _move(code, "withdraw", act, _("Đã ghi: người dân rút phản ánh."))


@blueprint.post("/tickets/<code>/called-back")
@may(Right.CALL_BACK)
def called_back(code: str) -> ResponseReturnValue:
    def act(session: Session) -> None:
        filing.close_callback(session, me(), code, note=forms.text("note"), now=site.now())

    return _move(code, "called_back", act, _("Đã ghi: người dân đã được gọi lại."))


@blueprint.post("/tickets/<code>/not-reached")
@may(Right.CALL_BACK)
def not_reached(code: str) -> ResponseReturnValue:
    """The next number is one key away from there: an operator goes back to the desk."""

    def act(session: Session) -> None:
        result = forms.word(Attempt, "result")
        note, later = forms.text("note"), forms.text("later")
        calling.not_reached(session, me(), code, result, note=note, later=later, now=site.now())

    return _move(code, "not_reached", act, _("Đã ghi lần gọi. Số này sẽ trở lại danh sách khi đến giờ."))


@blueprint.post("/tickets/<code>/unlink")
@may(Right.FILE_REPORT)
def unlink(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        filing.unlink(session, me(), code, now=site.now())
    return redirect(url_for("drafts.page", code=code), 303)


def _move(
    code: str, form: str, act: Callable[[Session], Any], words: str, *, then: str | None = None
) -> ResponseReturnValue:
    """Make the move and go back to the ticket, or on to `then`; refused, the page says why and keeps what was typed.

    An agency that lost the ticket while its officer typed sees no more of it; the text comes back to be copied.
    """
    try:
        with site.transaction() as session:
            act(session)
    except Invalid as error:
        return show(code, {f"{form}_{name}": why for name, why in error.problems.items()}, form=form), 422
    except (MoveRefused, NotFound):
        try:
            return show(code, form=form, refused=True), 409
        except NotFound:
            if not rights.may(me(), Right.WORK_INBOX):
                raise
            return _gone(), 404
    flash(words, "success")
    return redirect(then or url_for("tickets.page", code=code), 303)


def _gone() -> str:
    return render_template("tickets/gone.html", typed=request.form)


def _files() -> list[StoredFile]:
    """What was chosen now, and what came with the same form before it was refused."""
    folder, sending = site.site().settings.data_dir, uploads.Sending(limits.address())
    kept = [StoredFile(*signed.unseal(_KEPT, token, max_age_s=_KEPT_FOR_S)) for token in request.form.getlist("kept")]
    everything = {file.sha256: file for file in kept}
    try:
        for upload in forms.uploads("files"):
            file = uploads.keep(folder, upload.filename or "", upload.read(), sending)
            everything[file.sha256] = file
        if len(everything) > policy.MOST_FILES:
            raise Invalid({"files": "too_many_files"})
    finally:
        g.kept_files = [
            {"token": signed.seal(_KEPT, [file.name, file.content_type, file.size, file.sha256]), "name": file.name}
            for file in list(everything.values())[: policy.MOST_FILES]
        ]
    return list(everything.values())
