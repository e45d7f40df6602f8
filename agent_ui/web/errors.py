"""Error table: from exceptions to what people and programs read, as a page, a fragment or JSON."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import redis
import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException

from agent_ui.words.problems import PROBLEMS
from agent_ui.words.spans import in_words
from callcenter.errors import Busy, HotlineError, Invalid, MoveRefused, NotAllowed, NotFound, Stale

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ErrorText:
    """What people read: what it is, and what to do now."""

    status: int
    title: LazyString
    advice: LazyString


_BY_STATUS: Mapping[int, ErrorText] = {
    told.status: told
    for told in (
        ErrorText(400, _l("Yêu cầu không đọc được"), _l("Hãy quay lại trang trước, tải lại trang và thử lần nữa.")),
        ErrorText(
            401, _l("Cần đăng nhập"), _l("Phiên làm việc đã hết. Hãy đăng nhập lại; chữ đã gõ vẫn còn trên máy này.")
        ),
        ErrorText(
            403,
            _l("Không có quyền"),
            _l("Tài khoản này không được dùng trang này. Nếu cần, hãy báo quản trị hệ thống."),
        ),
        ErrorText(
            404,
            _l("Không tìm thấy"),
            _l("Trang hoặc phiếu này không có, hoặc ngoài phạm vi của ông/bà. Hãy xem lại địa chỉ hoặc mã phiếu."),
        ),
        ErrorText(405, _l("Cách gửi không đúng"), _l("Hãy quay lại và dùng nút trên trang.")),
        ErrorText(
            409, _l("Phiếu đã thay đổi"), _l("Người khác vừa cập nhật phiếu này. Hãy tải lại để xem bản mới nhất.")
        ),
        ErrorText(
            413,
            _l("Tệp quá lớn"),
            _l(
                "Mỗi tệp tối đa %(file)s, cả lần gửi tối đa %(form)s. Hãy chọn tệp nhỏ hơn.",
                file=in_words("LARGEST_FILE"),
                form=in_words("LARGEST_FORM"),
            ),
        ),
        ErrorText(415, _l("Kiểu dữ liệu không nhận"), _l("Hãy gửi dữ liệu dạng JSON (application/json).")),
        ErrorText(422, _l("Thông tin chưa đúng"), _l("Hãy xem các ô được đánh dấu và sửa lại.")),
        ErrorText(
            429, _l("Thử quá nhiều lần"), _l("Để bảo vệ tài khoản và hệ thống, mỗi nơi chỉ được thử một số lần.")
        ),
        ErrorText(
            500,
            _l("Có lỗi trong hệ thống"),
            _l("Lỗi đã được ghi lại và không phải do ông/bà. Hãy thử lại; nếu vẫn lỗi, hãy báo mã lỗi dưới đây."),
        ),
        ErrorText(
            503,
            _l("Hệ thống tạm ngừng"),
            _l("Chưa kết nối được cơ sở dữ liệu. Chữ đã gõ vẫn còn trên máy này. Cuộc gọi đến 1022 vẫn đổ chuông."),
        ),
    )
}
# Citizens are no operators of it: what it means to them, in their words.
_AWAY_TO_CITIZENS = ErrorText(
    503,
    _l("Trang đang tạm nghỉ"),
    _l("Máy chủ của tổng đài 1022 đang trục trặc, thường chỉ trong chốc lát. Việc gấp, ông/bà hãy gọi 1022."),
)
_BUSY = ErrorText(503, _l("Máy chủ đang bận"), _l("Nhiều người đang gửi cùng lúc. Hãy thử lại sau ít giây."))
_PICTURES: Mapping[int, tuple[str, str]] = {
    400: ("refresh", "wait"),
    401: ("key", "wait"),
    403: ("lock", "bad"),
    404: ("search", "info"),
    405: ("arrow-back-up", "wait"),
    409: ("users", "wait"),
    413: ("paperclip", "wait"),
    415: ("file", "wait"),
    429: ("hourglass", "wait"),
    500: ("alert-triangle", "bad"),
    503: ("database-off", "bad"),
}
_TOO_OLD = ErrorText(
    400,
    _l("Trang đã mở quá lâu"),
    _l("Vì an toàn, biểu mẫu của trang này hết hiệu lực. Hãy mở lại trang rồi gửi lần nữa."),
)
# How often a page that found no database looks again.
_AGAIN_S = 5
_REFUSED = ErrorText(
    409, _l("Không làm được bước này"), _l("Phiếu đang ở trạng thái khác. Hãy tải lại để xem bản mới nhất.")
)
_BY_ERROR: tuple[tuple[type[HotlineError], ErrorText], ...] = (
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
    for away in (OperationalError, InterfaceError, NoConnectionLeft, redis.ConnectionError, redis.TimeoutError):
        app.register_error_handler(away, _away)
    app.register_error_handler(Exception, _unexpected)


def problem_words(problems: Mapping[str, str]) -> dict[str, str]:
    """Field -> a sentence for people, from the keys that the layers below give."""
    return {field: str(PROBLEMS.get(key, PROBLEMS["invalid"])) for field, key in problems.items()}


def _hotline_error(error: HotlineError) -> ResponseReturnValue:
    if isinstance(error, Busy):
        return tell(_BUSY, wait_s=error.retry_s)
    told = next((told for kind, told in _BY_ERROR if isinstance(error, kind)), _BY_STATUS[500])
    log.info("refused", path=request.path, why=str(error))
    return tell(told, problems=error.problems if isinstance(error, Invalid) else None)


def _form_too_old(error: CSRFError) -> ResponseReturnValue:
    """A person signed out meanwhile has no token either, and needs another hint."""
    signed_out = "auth.sign_in" in current_app.view_functions and "token" not in session
    if signed_out and request.endpoint not in ("auth.sign_in", "languages.choose", "languages.choose_theme"):
        return tell(_BY_STATUS[401], 400, detail=error.description)
    return tell(_TOO_OLD, detail=error.description)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error.code, int) and error.code < 400:
        return error.get_response()
    told = _BY_STATUS.get(error.code or 500, _BY_STATUS[400 if (error.code or 500) < 500 else 500])
    return tell(told, error.code, wait_s=_wait(error) if isinstance(error, RateLimitExceeded) else None)


def _wait(error: RateLimitExceeded) -> int:
    """Seconds until one more try is let through, as the counter says; else the length of the limit."""
    for limiter in current_app.extensions.get("limiter", ()):
        if limiter.current_limit is not None:
            return max(1, int(limiter.current_limit.reset_at - time.time()) + 1)
    return int(error.limit.limit.get_expiry()) if error.limit else 60


def _away(error: Exception) -> ResponseReturnValue:
    log.error("not reachable", path=request.path, error=type(error).__name__)
    return tell(_AWAY_TO_CITIZENS if current_app.name == "public" else _BY_STATUS[503], wait_s=_AGAIN_S)


def _unexpected(error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    log.error("unexpected", path=request.path, method=request.method, reference=reference, exc_info=error)
    return tell(_BY_STATUS[500], reference=reference)


def tell(
    told: ErrorText,
    status: int | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    detail: str | None = None,
    wait_s: int | None = None,
    reference: str = "",
) -> ResponseReturnValue:
    """The answer in the form the asker understands. `wait_s`: when another try makes sense, in seconds."""
    status = status or told.status
    words = problem_words(problems or {})
    if wants_json():
        response = refuse(status, detail or str(told.advice), words, title=told.title)
    elif request.headers.get("HX-Request"):
        body = render_template(
            "errors/fragment.html", told=told, problems=words, wait_words=_wait_words(wait_s), reference=reference
        )
        # A live region that failed must not swallow what it showed before.
        response = Response(body, status, {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
    else:
        response = _page(told, status, words, wait_s, reference)
    if wait_s is not None:
        response.headers["Retry-After"] = str(wait_s)
    return response


def _page(told: ErrorText, status: int, problems: Mapping[str, str], wait_s: int | None, reference: str) -> Response:
    g.setdefault("person", None)
    came_from = _came_from()
    picture, tone = _PICTURES.get(told.status, ("alert-circle", "wait"))
    page = render_template(
        "errors/page.html", told=told, status=status, problems=problems, came_from=came_from, picture=picture,
        tone=tone, wait_words=_wait_words(wait_s), reference=reference, sent=request.method == "POST",
    )  # fmt: skip
    response = make_response(page, status)
    if status == 503:
        # Works without scripts too. What was posted is not sent twice: the page that has the form is opened again.
        where = f"; url={came_from or '/'}" if request.method != "GET" else ""
        response.headers["Refresh"] = f"{wait_s or _AGAIN_S}{where}"
    return response


def _came_from() -> str:
    """The page of this site that led here (path and query), or nothing."""
    asked = urlsplit(request.referrer or "")
    if asked.netloc != request.host or not asked.path.startswith("/") or asked.path.startswith(("//", "/\\")):
        return ""
    return f"{asked.path}?{asked.query}" if asked.query else asked.path


def _wait_words(wait_s: int | None) -> str:
    if wait_s is None:
        return ""
    if wait_s < 120:
        return str(ngettext("%(num)d giây", "%(num)d giây", wait_s))
    return str(ngettext("%(num)d phút", "%(num)d phút", -(-wait_s // 60)))


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
