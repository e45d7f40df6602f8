"""Demo accounts on the sign-in page, one click each; a production site can never show them.

All of these must hold: `scripts/run` started this process with its demo province (it alone sets HOTLINE_DEMO_DOOR),
the console listens on this machine only, the asker sits at this machine and came through no proxy, and the data folder
has a `demo.json`, which only a demo's seed writes.
"""

import json
import os
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callcenter.config import Settings
from callcenter.vocab import Role

if TYPE_CHECKING:
    from markupsafe import Markup

OPEN = "HOTLINE_DEMO_DOOR"
_PROXY = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
_PART = Path(__file__).with_suffix(".html")


def beside_sign_in(settings: Settings) -> "Callable[[], Markup] | None":
    """The part of the sign-in page for `create_console`; None where this process serves no demo."""
    if os.environ.get(OPEN) != "1":
        return None
    from flask import render_template_string
    from markupsafe import Markup

    text = _PART.read_text(encoding="utf-8")
    return lambda: Markup(render_template_string(text, people=people(settings)))  # noqa: S704 (escaped by Jinja)


def people(settings: Settings) -> list[Mapping[str, Any]]:
    """`{role: Role, username, password, name, extension, agency}`: the demo's people by role; empty without a demo."""
    if not (_loopback(_host(settings)) and _at_this_machine()):
        return []
    try:
        users = json.loads((settings.data_dir / "demo.json").read_text(encoding="utf-8"))["users"]
        known = [{**user, "role": Role(user["role"])} for user in users]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    order = list(Role)
    return sorted(known, key=lambda user: order.index(user["role"]))


def _host(settings: Settings) -> str:
    return settings.console_bind.rpartition(":")[0].strip("[]")


def _at_this_machine() -> bool:
    from flask import request

    asked = request.host.rpartition(":")[0] if ":" in request.host else request.host
    forwarded = any(name in request.headers for name in _PROXY)
    return not forwarded and _loopback(request.remote_addr or "") and _loopback(asked.strip("[]"))


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
