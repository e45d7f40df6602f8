"""One table from what went wrong to what people and programs are told, as a page, a fragment or JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException

from agent_ui.labels import PROBLEMS
from callcenter.errors import HotlineError, Invalid, MoveRefused, NotAllowed, NotFound, Stale

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Told:
    """What people read: what it is, and what to do now."""

    status: int
    title: LazyString
    advice: LazyString


_BY_STATUS: Mapping[int, Told] = {
    told.status: told
    for told in (
        Told(400, _l("Yêu cầu không đọc được"), _l("Hãy quay lại trang trước, tải lại trang và thử lần nữa.")),
        Told(401, _l("Cần đăng nhập"), _l("Phiên làm việc đã hết. Hãy đăng nhập lại; chữ đã gõ vẫn còn trên máy này.")),
        Told(
            403,
            _l("Không có quyền"),
            _l("Tài khoản này không được dùng trang này. Nếu cần, hãy báo quản trị hệ thống."),
        ),
        Told(404, _l("Không tìm thấy"), _l("Trang hoặc phiếu này không có, hoặc không thuộc phạm vi của ông/bà.")),
        Told(405, _l("Cách gửi không đúng"), _l("Hãy quay lại và dùng nút trên trang.")),
        Told(409, _l("Phiếu đã thay đổi"), _l("Người khác vừa cập nhật phiếu này. Hãy tải lại để xem bản mới nhất.")),
        Told(413, _l("Tệp quá lớn"), _l("Mỗi tệp tối đa 10 MB, cả lần gửi tối đa 60 MB. Hãy chọn tệp nhỏ hơn.")),
        Told(415, _l("Kiểu dữ liệu không nhận"), _l("Hãy gửi dữ liệu dạng JSON (application/json).")),
        Told(422, _l("Thông tin chưa đúng"), _l("Hãy xem các ô được đánh dấu và sửa lại.")),
        Told(429, _l("Thử quá nhiều lần"), _l("Hãy đợi một phút rồi thử lại.")),
        Told(
            500,
            _l("Có lỗi trong hệ thống"),
            _l("Lỗi đã được ghi lại. Hãy thử lại; nếu vẫn lỗi, báo quản trị hệ thống."),
        ),
        Told(
            503,
            _l("Hệ thống tạm ngừng"),
            _l("Chưa kết nối được cơ sở dữ liệu. Chữ đã gõ vẫn còn trên máy này. Hãy thử lại sau ít phút."),
        ),
    )
}
_REFUSED = Told(
    409, _l("Không làm được bước này"), _l("Phiếu đang ở trạng thái khác. Hãy tải lại để xem bản mới nhất.")
)
_BY_ERROR: tuple[tuple[type[HotlineError], Told], ...] = (
    (NotFound, _BY_STATUS[404]),
    (NotAllowed, _BY_STATUS[403]),
    (Stale, _BY_STATUS[409]),
    (MoveRefused, _REFUSED),
    (Invalid, _BY_STATUS[422]),
)


def handle_errors(app: Flask) -> None:
    app.register_error_handler(HotlineError, _hotline_error)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(HTTPException, _http_error)
    for away in (OperationalError, InterfaceError, NoConnectionLeft, redis.ConnectionError):
        app.register_error_handler(away, _away)
    app.register_error_handler(Exception, _unexpected)


def problem_words(problems: Mapping[str, str]) -> dict[str, str]:
    """Field -> a sentence for people, from the keys that the layers below give."""
    return {field: str(PROBLEMS.get(key, PROBLEMS["invalid"])) for field, key in problems.items()}


def _hotline_error(error: HotlineError) -> ResponseReturnValue:
    told = next((told for kind, told in _BY_ERROR if isinstance(error, kind)), _BY_STATUS[500])
    log.info("refused", path=request.path, why=str(error))
    return tell(told, problems=error.problems if isinstance(error, Invalid) else None)


def _form_too_old(error: CSRFError) -> ResponseReturnValue:
    return tell(_BY_STATUS[400], detail=error.description)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error.code, int) and error.code < 400:
        return error.get_response()
    return tell(_BY_STATUS.get(error.code or 500, _BY_STATUS[400 if (error.code or 500) < 500 else 500]), error.code)


def _away(error: Exception) -> ResponseReturnValue:
    log.error("not reachable", path=request.path, error=type(error).__name__)
    return tell(_BY_STATUS[503])


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("unexpected", path=request.path, method=request.method, exc_info=error)
    return tell(_BY_STATUS[500])


def tell(
    told: Told, status: int | None = None, *, problems: Mapping[str, str] | None = None, detail: str | None = None
) -> ResponseReturnValue:
    """The answer in the form the asker understands."""
    status = status or told.status
    if wants_json():
        return refuse(status, detail or str(told.advice), problem_words(problems or {}), title=told.title)
    if request.headers.get("HX-Request"):
        body = render_template("errors/fragment.html", told=told, problems=problem_words(problems or {}))
        # A live region that failed must not swallow what it showed before.
        return Response(body, status, {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
    g.setdefault("person", None)
    page = render_template("errors/page.html", told=told, status=status, problems=problem_words(problems or {}))
    return page, status


def wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.path.startswith("/api/") or best == "application/json"


def refuse(
    status: int, detail: str, problems: Mapping[str, str] | None = None, *, title: LazyString | None = None
) -> Response:
    """RFC 9457 for programs: `type, title, status, detail`, and `problems` by field, as sentences."""
    words = title or _BY_STATUS.get(status, _BY_STATUS[500]).title
    body: dict[str, Any] = {"type": "about:blank", "title": str(words), "status": status, "detail": detail}
    response = jsonify({**body, "problems": dict(problems)} if problems else body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response
