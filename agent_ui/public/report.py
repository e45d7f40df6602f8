"""Report pages of the public site in three steps: what, where, contact. No JavaScript; Back and errors lose nothing."""

from dataclasses import replace

from flask import Blueprint, Response, jsonify, redirect, render_template, request, send_file, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.exceptions import TooManyRequests

from agent_ui.public import proof, report_form
from agent_ui.public.report_form import SEND, WHAT, WHERE, ReportForm
from agent_ui.web import limits, maps, security, site
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from callcenter.models import Category, Ward
from callcenter.vocab import Source
from tickets.finding import places
from tickets.life import choices, files
from tickets.people import intake, tracking

blueprint = Blueprint("report", __name__)

_SENT = "sent"
# What people mean by a field; the province's own fields do without.
EXAMPLES = {
    "tthc": _l("hồ sơ trễ hẹn, hỏi giấy tờ"),
    "can-bo": _l("thái độ phục vụ"),
    "dat-dai": _l("xây lấn, không phép"),
    "giao-thong": _l("ổ gà, cầu hư, biển báo"),
    "chieu-sang-dien": _l("đèn đường tắt, dây điện sà"),
    "cap-thoat-nuoc": _l("mất nước, cống nghẹt"),
    "moi-truong": _l("rác đổ bừa, mùi hôi"),
    "cay-xanh": _l("cây sắp đổ, nhánh gãy"),
    "an-ninh": _l("hát loa khuya, tụ tập"),
    "y-te": _l("quán ăn mất vệ sinh"),
    "giao-duc": _l("thu tiền, tuyển sinh"),
    "bao-tro": _l("trợ cấp, thẻ bảo hiểm"),
    "vien-thong": _l("mất mạng, dây cáp rối"),
    "gia-ca": _l("hét giá, cân thiếu"),
    "nong-nghiep": _l("nước mặn, cống thủy lợi"),
    "du-lich": _l("dịch vụ, bến tàu"),
}


@blueprint.after_request
def _open_what_the_form_needs(response: Response) -> Response:
    """The place of the phone if its owner allows it, and the tiles of the province's map if it has any."""
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self)"
    response.headers.setdefault("Content-Security-Policy", security.policy(maps.host(site.site().settings)))
    # Not `no-store`: the browser's own Back must find the step as it was typed.
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


@blueprint.errorhandler(TooManyRequests)
def _too_often(_error: TooManyRequests) -> ResponseReturnValue:
    """The form as it was, so that nothing typed is lost to impatience."""
    form = report_form.read(site.site().settings.data_dir, look=False)
    words = _("Gửi quá nhiều lần trong một lúc. Hãy đợi một phút rồi bấm lại; những gì ông/bà đã ghi vẫn còn đây.")
    return _page(form, _asked_step() or SEND, notice=words), 429, {"Retry-After": "60"}


@blueprint.get("/reports/new")
def form() -> str:
    return _page(report_form.empty(), WHAT)


@blueprint.get("/reports/step")
def start_again() -> ResponseReturnValue:
    return redirect(url_for("report.form"))


@blueprint.post("/reports/step")
@limits.posts("60 per minute; 600 per hour")
def step() -> ResponseReturnValue:
    """From one step to another. Missing fields are reported when going on, never when going back."""
    filled = report_form.read(site.site().settings.data_dir)
    at, go = _asked_step() or WHAT, request.form.get("go", "next")
    if go.startswith("remove-"):
        return _page(replace(report_form.without_picture(filled, go.removeprefix("remove-")), problems={}), WHAT)
    if go == "attach":
        return _again(filled, WHAT, filled.problems)
    if go in ("edit-1", "edit-2"):
        return _page(replace(filled, problems={}), int(go[-1]))
    if go == "back":
        return _page(replace(filled, problems={}), max(at - 1, WHAT))
    searches = at == WHERE and _wants_search(filled, go)
    with site.reading() as session_:
        if searches:
            filled = report_form.find_place(session_, filled)
        stays = searches and (bool(filled.problems) or go == "find")
        problems = filled.problems if stays else report_form.check(session_, filled, at)
    return _again(filled, at, problems) if stays or problems else _page(filled, min(at + 1, SEND))


@blueprint.post("/reports/new")
@limits.posts("10 per minute; 60 per hour")
def send() -> ResponseReturnValue:
    filled = report_form.read(site.site().settings.data_dir)
    try:
        report = report_form.report(filled)
        with site.transaction() as session_:
            ticket, _new = intake.receive(
                session_,
                report,
                source=Source.WEB,
                sender="web",
                now=site.now(),
                pictures=[one.file for one in filled.pictures],
                consented=True,
                may_publish="may_publish" in filled.ticks,
            )
            code = ticket.code
    except Invalid as error:
        return _again(filled, report_form.first_step(error.problems), error.problems)
    session[_SENT] = code
    # The sender of a moment ago need not prove that it is theirs.
    proof.give(code)
    return redirect(url_for("report.sent"), 303)


@blueprint.get("/reports/sent")
def sent() -> ResponseReturnValue:
    """The code to keep; a reload shows it again, until the proof is too old."""
    code = proof.held()
    if code is None or session.get(_SENT) != code:
        return redirect(url_for("track.page"))
    with site.reading() as session_:
        return render_template("public/sent.html", journey=tracking.journey(session_, code, site.now()))


@blueprint.get("/reports/pictures/<token>")
def picture(token: str) -> Response:
    """A picture of a report that is still being written, for the holder of its token."""
    file = report_form.picture(token)
    response = send_file(files.path_of(site.site().settings.data_dir, file.sha256), mimetype=file.content_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/places")
def find_places() -> str:
    with site.reading() as session_:
        hits = places.find_places(session_, request.args.get("q", "")[:100])
        return render_template("public/places.html", hits=hits, chosen="")


@blueprint.get("/wards.json")
def wards() -> ResponseReturnValue:
    with site.reading() as session_:
        return jsonify(choices.ward_points(session_))


def _wants_search(form: ReportForm, go: str) -> bool:
    """Asked for, or a name was typed and nothing chosen: Enter in the box, or going on without searching."""
    return go == "find" or bool(form.get("place") and not form.get("ward"))


def _asked_step() -> int | None:
    text = request.form.get("step", "")
    return int(text) if text in ("1", "2", "3") else None


def _again(form: ReportForm, step: int, problems: dict[str, str]) -> ResponseReturnValue:
    form = replace(form, problems=problems)
    if form.busy_s is not None and "files" in problems:
        return _page(form, step, notice=pictures_busy(form.busy_s)), 503, {"Retry-After": str(form.busy_s)}
    return _page(form, step), 422 if problems else 200


def pictures_busy(retry_s: int) -> str:
    """For a form whose pictures were not looked at: what was typed is still in it."""
    return str(
        ngettext(
            "Đang có nhiều ảnh gửi đến cùng lúc. Chữ đã ghi và ảnh đã giữ vẫn còn đây; hãy gửi ảnh sau %(num)d giây.",
            "Đang có nhiều ảnh gửi đến cùng lúc. Chữ đã ghi và ảnh đã giữ vẫn còn đây; hãy gửi ảnh sau %(num)d giây.",
            retry_s,
        )
    )


def _page(form: ReportForm, step: int, notice: str = "") -> str:
    settings = site.site().settings
    with site.reading() as session_:
        category = session_.get(Category, form.get("category")) if form.get("category") else None
        ward = session_.get(Ward, form.get("ward")) if form.get("ward") else None
        return render_template(
            "public/report.html",
            form=form,
            step=step,
            problems=problem_words(form.problems),
            notice=notice,
            category=category,
            ward=ward,
            categories=choices.categories(session_),
            wards=choices.wards(session_),
            tiles=settings.map_tiles,
            credit=settings.map_credit,
            EXAMPLES=EXAMPLES,
        )
