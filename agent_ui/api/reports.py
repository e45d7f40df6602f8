"""Reports API: takes reports as JSON with a token, once each; returns their state, without personal data."""

from flask import Blueprint, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest

from agent_ui.api import openapi
from agent_ui.web import auth, limits, site
from agent_ui.web.errors import refuse
from agent_ui.web.tokens import hash_token
from callcenter.errors import Invalid, NotFound
from tickets.administration import lists
from tickets.people import intake, tracking
from tickets.people.intake import Report
from tickets.rights import Right
from tickets.rules import codes

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

SCOPE = "api"
_MAX_BODY = 256 * 1024


@blueprint.before_request
def _guard() -> ResponseReturnValue | None:
    request.max_content_length = _MAX_BODY
    view = current_app.view_functions[request.endpoint or ""]
    if getattr(view, "open_to_all", False):
        return None
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _ask_for_token()
    with site.lookup() as session:
        known = lists.token_in_use(session, hash_token(token.strip()), SCOPE)
        if known is None:
            return _ask_for_token()
        g.program, g.source = known
    return None if auth.opens(view, g.program) else refuse(403, _("Khóa này không có quyền đó."))


def _ask_for_token() -> ResponseReturnValue:
    detail = _(
        "Gửi kèm dòng Authorization: Bearer TOKEN. Quản trị hệ thống cấp TOKEN; TOKEN đã thu hồi không dùng được."
    )
    response = refuse(401, detail)
    response.headers["WWW-Authenticate"] = 'Bearer realm="1022"'
    return response


@blueprint.post("/reports")
@auth.may(Right.SEND_REPORT)
@limits.posts("600 per minute")
def receive() -> ResponseReturnValue:
    if request.mimetype != "application/json":
        return refuse(415, _("Gửi thân yêu cầu dạng JSON, với Content-Type: application/json."))
    try:
        body = request.get_json()
    except (BadRequest, RecursionError):
        return refuse(400, _("Thân yêu cầu không phải JSON đọc được (UTF-8)."))
    if not isinstance(body, dict):
        return refuse(422, _("Thân yêu cầu phải là một đối tượng JSON."))
    key = request.headers.get("Idempotency-Key", "").strip()
    if key and "source_ref" not in body:
        body["source_ref"] = key
    return _receive(body)


def _receive(body: dict[str, object]) -> ResponseReturnValue:
    try:
        report = Report.model_validate(body)
        with site.transaction() as session:
            ticket, new = intake.receive(session, report, source=g.source, sender=g.program.name, now=site.now())
            standing = tracking.standing(ticket)
    except ValidationError as error:
        problems = {".".join(map(str, one["loc"])) or "body": one["msg"] for one in error.errors()}
        return refuse(422, _("Sửa các trường nêu trong problems rồi gửi lại với cùng source_ref."), problems)
    except Invalid as error:
        problems = dict.fromkeys(error.problems, _("Không có mã này; xem danh mục của tỉnh."))
        return refuse(422, _("Sửa các trường nêu trong problems rồi gửi lại với cùng source_ref."), problems)
    response = jsonify(openapi.told(standing))
    response.headers["Location"] = url_for("api.read", code=standing.code)
    return response, 201 if new else 200


@blueprint.get("/reports/<code>")
@auth.may(Right.SEND_REPORT)
def read(code: str) -> ResponseReturnValue:
    parsed = codes.parse(code)
    try:
        if parsed is None:
            raise NotFound("not a code")
        with site.reading() as session:
            return jsonify(openapi.told(tracking.by_source(session, parsed, g.source)))
    except NotFound:
        return refuse(404, _("Không có phản ánh nào mang mã này trong số các phản ánh do chương trình này gửi."))


@blueprint.get("/openapi.json")
@auth.open_to_all
def describe() -> ResponseReturnValue:
    return jsonify(openapi.document())
