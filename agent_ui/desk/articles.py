"""Article pages of the desk: search by words, and reading during a call."""

from flask import Blueprint, request

from agent_ui import frame
from agent_ui.admin.base import latest
from agent_ui.web import site
from agent_ui.web.auth import may, me
from tickets import rights
from tickets.finding import articles
from tickets.life import choices
from tickets.rights import Right

blueprint = Blueprint("articles", __name__, url_prefix="/articles")


@blueprint.get("/")
@may(Right.READ_KNOWLEDGE)
def listed() -> str:
    said = request.args.get("q", "")[:200].replace("\x00", "")
    category = request.args.get("category", "")[:80].replace("\x00", "")
    with site.reading() as session:
        return frame.page(
            session,
            "articles/list.html",
            rows=articles.listed(session, me(), said, category or None),
            said=said,
            category=category,
            categories=choices.categories(session),
            edits=rights.may(me(), Right.EDIT_KNOWLEDGE),
        )


@blueprint.get("/<int:article_id>")
@may(Right.READ_KNOWLEDGE)
def page(article_id: int) -> str:
    with site.reading() as session:
        found = articles.read(session, me(), article_id)
        edits = rights.may(me(), Right.EDIT_KNOWLEDGE)
        return frame.page(
            session,
            "articles/page.html",
            article=found.article,
            uses=found.uses,
            edits=edits,
            changes=latest(session, "article", str(article_id)) if edits else (),
        )
