"""Administration page of the table of rights, read-only: the table is part of the program."""

from flask_babel import gettext as _

from agent_ui import frame
from agent_ui.admin.base import blueprint
from agent_ui.web import site
from agent_ui.web.auth import may
from agent_ui.words import right_words
from agent_ui.words.right_words import GROUPS
from tickets.rights import COLUMNS, Right


@blueprint.get("/rights")
@may(Right.SEE_SYSTEM)
def rights() -> str:
    holders = [right_words.holder_words(holder) for holder in COLUMNS]
    groups = [(_(group.name), [_row(right, words) for right, words in group.rights.items()]) for group in GROUPS]
    with site.reading() as session:
        return frame.page(session, "admin/rights.html", holders=holders, groups=groups)


def _row(right: Right, words: str) -> tuple[str, list[str]]:
    """What may be done, and how far for each holder; '' for a role without the right."""
    scopes = (right_words.scope_words(right, holder) for holder in COLUMNS)
    return _(words), [_(scope) if scope else "" for scope in scopes]
