"""The demo's people on the sign-in page, one click each; a production site can never show them.

All of these must hold: `scripts/run` started this process with its demo province (it alone sets
CALLCENTER_DEMO_DOOR; `scripts/manage console`, which a production site runs, does not), the console listens on this
machine only, the asker sits at this machine and came through no proxy, and the data folder has a `demo.json`, which
only a demo's seed writes.
"""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from flask import request

from agent_ui.web import site
from callcenter.config import Settings
from callcenter.vocab import Role

_PROXY = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


def people() -> list[Mapping[str, Any]]:
    """`{role: Role, username, password, name, extension, agency}`: everybody of the demo by role, or nobody."""
    settings = site.site().settings
    if not (settings.demo_door and _loopback(_host(settings)) and _at_this_machine()):
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
    asked = request.host.rpartition(":")[0] if ":" in request.host else request.host
    forwarded = any(name in request.headers for name in _PROXY)
    return not forwarded and _loopback(request.remote_addr or "") and _loopback(asked.strip("[]"))


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
