"""Response compression: pages, style sheets and scripts, never the live stream or a download.

A guess at secrets by the length of answers (BREACH) needs many requests with the person's cookie from another site;
the cookies are SameSite=Lax, so another site can send none (docs/decisions/0011).
"""

from flask import Flask, Response, request
from flask_compress import Compress

_TEXTS = (
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/problem+json",
    "image/svg+xml",
)


def compress(app: Flask) -> None:
    app.config.update(
        COMPRESS_MIMETYPES=_TEXTS,
        COMPRESS_ALGORITHM=("br", "gzip"),
        # Quick enough for a page of a busy desk, a tenth larger than the best.
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=5,
        COMPRESS_STREAMS=False,
    )
    Compress(app)
    # Called before the compression, because what was registered last is called first.
    app.after_request(_read_static)


def _read_static(response: Response) -> Response:
    """Our files come as open files; as streams they would be compressed and left open."""
    if request.endpoint == "static" and response.mimetype in _TEXTS and response.status_code == 200:
        response.direct_passthrough = False
        response.make_sequence()
        response.close()
    return response
