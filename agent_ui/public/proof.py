"""Proof that a ticket is the citizen's: code and digits given, remembered in the session for a while."""

from flask import session

from agent_ui.web import site
from tickets.rules import policy

_KEY = "proof"


def give(code: str) -> None:
    """The code and the digits were right, or the report was sent from here."""
    session[_KEY] = [code, site.now().timestamp()]


def held() -> str | None:
    """The code of the ticket that this browser may act on now."""
    found = session.get(_KEY)
    if not found or site.now().timestamp() - found[1] > policy.PROOF_LASTS.total_seconds():
        return None
    return str(found[0])


def drop() -> None:
    session.pop(_KEY, None)
