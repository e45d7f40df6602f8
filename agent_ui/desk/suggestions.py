"""Suggestions for the draft's form, requested after each pause in typing; and an article's answer put into it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.words import labels
from callcenter.vocab import Level
from tickets.desk import queries
from tickets.finding import articles, suggestions
from tickets.finding.suggestions import ReportPlace
from tickets.rights import Right

blueprint = Blueprint("suggestions", __name__)

_LONGEST = 2000


@blueprint.post("/drafts/<code>/suggestions")
@may(Right.READ_KNOWLEDGE)
def offered(code: str) -> str:
    """Sent as a form, so that what citizens say stands in no address and no log."""
    level = forms.text("level")
    with site.reading() as session:
        ticket = queries.either(session, me(), code)
        found = suggestions.suggest(
            session,
            forms.text("description")[:_LONGEST],
            ReportPlace(forms.text("ward_code") or None, forms.text("address")[:_LONGEST]),
            site.now(),
            category=forms.text("category_code") or None,
            level=Level(level) if level in set(Level) else Level.NORMAL,
            caller=ticket.caller,
            draft=ticket.code,
        )
        return render_template("desk/suggestions.html", found=found, code=code, why=labels.ROUTING_REASONS)


@blueprint.post("/articles/<int:article_id>/use")
@may(Right.READ_KNOWLEDGE)
def use(article_id: int) -> ResponseReturnValue:
    """The article's answer as text, and the use of it counted for that ticket."""
    with site.transaction() as session:
        article = articles.use(session, me(), article_id, forms.code("code"), now=site.now())
        return {"title": article.title, "body": article.body}
