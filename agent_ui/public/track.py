"""Tracking page of the public site: a report found by code and last four digits, and the citizen's moves on it."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from agent_ui.public import plain_words, proof
from agent_ui.public.report import pictures_busy
from agent_ui.web import forms, limits, signed, site
from agent_ui.web.errors import problem_words
from agent_ui.words.spans import in_words
from callcenter.errors import Busy, Invalid, MoveRefused, NotFound
from tickets.life import files, posts, uploads
from tickets.life.files import StoredFile
from tickets.people import citizens, tracking
from tickets.people.citizens import CITIZEN
from tickets.rules import codes, policy

blueprint = Blueprint("track", __name__)

EVIDENCE = "evidence"
_OFTEN = "20 per minute; 200 per hour"


@blueprint.errorhandler(TooManyRequests)
def _too_often(_error: TooManyRequests) -> ResponseReturnValue:
    words = _("Thử quá nhiều lần trong một lúc. Hãy đợi một phút rồi thử lại; chữ đã ghi vẫn còn đây.")
    return _page(proof.held(), notice=words), 429, {"Retry-After": "60"}


@blueprint.get("/track")
def page() -> ResponseReturnValue:
    asked, code = codes.parse(request.args.get("code", "")), proof.held()
    # A link to another ticket asks for that one's digits.
    return _page(None if asked and asked != code else code)


def _asked_for() -> str:
    """Limit by ticket, for all clients together: four digits are few for a client with many addresses."""
    return codes.parse(request.form.get("code", "")) or limits.address()


@blueprint.post("/track")
@limits.posts("10 per minute; 60 per hour")
@limits.posts("30 per hour; 60 per day", _asked_for)
def look_up() -> ResponseReturnValue:
    code, digits = codes.parse(request.form.get("code", "")), forms.text("last4")
    try:
        if code is None:
            raise NotFound("not a code")
        with site.reading() as session:
            tracking.by_phone(session, code, digits)
    except NotFound:
        # The same words for a wrong code and for wrong digits.
        words = _("Không có phiếu nào khớp mã và bốn số cuối này. Hãy xem lại cả hai.")
        return _page(None, notice=words), 404
    proof.give(code)
    return _page(code)


@blueprint.post("/track/leave")
def leave() -> ResponseReturnValue:
    proof.drop()
    return redirect(url_for("track.page"), 303)


@blueprint.post("/track/rate")
@limits.posts(_OFTEN)
def rate() -> ResponseReturnValue:
    try:
        stars, note = forms.number("stars"), forms.text("note")
        with site.transaction() as session:
            if _is_first(session):
                citizens.rate(session, CITIZEN, _mine(), stars=stars, note=note, now=site.now())
    except Invalid as error:
        return _again("rate", error.problems)
    return _said(_("Cảm ơn ông/bà đã đánh giá."))


@blueprint.post("/track/not-fixed")
@limits.posts(_OFTEN)
def not_fixed() -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            if _is_first(session):
                citizens.not_fixed(session, CITIZEN, _mine(), reason=forms.text("reason"), now=site.now())
    except Invalid as error:
        return _again("not_fixed", error.problems)
    return _said(_("Đã mở lại phiếu. Đơn vị được báo ngay là việc chưa khắc phục."))


@blueprint.post("/track/supply")
@limits.posts(_OFTEN)
def supply() -> ResponseReturnValue:
    try:
        code = _mine()
        with site.transaction() as session:
            if _is_first(session):
                citizens.supply(session, CITIZEN, code, text=forms.text("text"), files=_pictures(), now=site.now())
    except Invalid as error:
        return _again("supply", error.problems)
    return _said(_("Đã gửi cho đơn vị xử lý. Hạn trả lời lại chạy tiếp."))


@blueprint.post("/track/withdraw")
@limits.posts(_OFTEN)
def withdraw() -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            if _is_first(session):
                citizens.withdraw(session, CITIZEN, _mine(), reason=forms.text("withdraw_reason"), now=site.now())
    except Invalid as error:
        return _again("withdraw", error.problems)
    return _said(_("Đã rút phản ánh."))


@blueprint.get("/track/files/<token>")
def evidence(token: str) -> Response:
    """A file of the answer: by an address that was made for this citizen and works as long as their proof."""
    file_id = signed.unseal(EVIDENCE, token, max_age_s=int(policy.PROOF_LASTS.total_seconds()))
    with site.reading() as session:
        found = tracking.evidence(session, file_id)
        name, content_type, sha256 = found.name, found.content_type, found.sha256
    shown = content_type in files.IMAGES
    path = files.path_of(site.site().settings.data_dir, sha256)
    response = send_file(path, mimetype=content_type, as_attachment=not shown, download_name=name, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.errorhandler(MoveRefused)
def _too_late(_error: MoveRefused) -> ResponseReturnValue:
    words = _("Phiếu vừa thay đổi nên không làm được bước này nữa. Dưới đây là tình trạng mới nhất.")
    return _page(proof.held(), notice=words), 409


@blueprint.errorhandler(Busy)
def _busy(error: Busy) -> ResponseReturnValue:
    """Pictures refused for lack of room; only the form for what the agency asked takes any."""
    page = _page(proof.held(), notice=pictures_busy(error.retry_s), verb="supply", problems={"files": "pictures_wait"})
    return page, 503, {"Retry-After": str(error.retry_s)}


def _mine() -> str:
    """The ticket this browser has shown to be its owner's; without it, one has to look it up again."""
    code = proof.held()
    # Another tab may have looked up another ticket meanwhile: what was typed is meant for the one on the page.
    if code is None or forms.text("code") != code:
        raise Invalid({"proof": "proof_gone"})
    return code


def _is_first(session: Session) -> bool:
    """False where this very form was carried out before: pressed twice, or sent again by going back."""
    return posts.is_first(session, forms.text("nonce"), site.now())


def _pictures() -> list[StoredFile]:
    chosen = [upload for upload in request.files.getlist("files") if upload.filename]
    if len(chosen) > policy.MOST_PICTURES:
        raise Invalid({"files": "too_many_pictures"})
    folder, sending = site.site().settings.data_dir, uploads.Sending(limits.address())
    return [uploads.keep_picture(folder, upload.filename or "", upload.read(), sending) for upload in chosen]


def _said(words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("track.page"), 303)


def _again(verb: str, problems: Mapping[str, str]) -> ResponseReturnValue:
    if "proof" in problems:
        words = _(
            "Đã quá %(span)s nên cần nhập lại mã và bốn số cuối. Chữ ông/bà vừa ghi vẫn còn ở dưới để chép lại.",
            span=in_words("PROOF_LASTS"),
        )
        return _page(None, notice=words), 403
    return _page(proof.held(), verb=verb, problems=problems), 422


def _page(code: str | None, *, notice: str = "", verb: str = "", problems: Mapping[str, str] | None = None) -> str:
    """The look-up, and the whole way of the ticket that is open. `verb` is the form that has to be mended."""
    way = None
    if code is not None:
        with site.reading() as session:
            way = tracking.journey(session, code, site.now())
    return render_template(
        "public/track.html",
        way=way,
        steps=plain_words.steps(way) if way else (),
        headline=plain_words.headline(way) if way else "",
        seal=lambda file_id: signed.seal(EVIDENCE, file_id),
        notice=notice,
        verb=verb,
        problems=problem_words(problems or {}),
        typed=request.form if request.method == "POST" else request.args,
    )
