"""Pages of figures by person: all people for leaders, one's own for each operator; each figure with its formula."""

from flask import Blueprint

from agent_ui import frame
from agent_ui.web import site
from agent_ui.web.asked_days import around, asked_day
from agent_ui.web.auth import may, me
from agent_ui.words import figure_words
from tickets.figures import overview, people_day
from tickets.rights import Right

blueprint = Blueprint("people_figures", __name__)


@blueprint.get("/supervisor/people")
@may(Right.SEE_PEOPLE_FIGURES)
def everybody() -> str:
    return _page("people_figures.everybody", None)


@blueprint.get("/my-figures")
@may(Right.SEE_OWN_FIGURES)
def mine() -> str:
    return _page("people_figures.mine", me().id)


def _page(endpoint: str, only: int | None) -> str:
    day, now = asked_day(), site.now()
    with site.reading() as session:
        return frame.page(
            session,
            "supervisor/people.html",
            read=people_day.read(session, day, now, only=only),
            endpoint=endpoint,
            is_today=day == overview.local_day(now),
            words=figure_words,
            **around(day),
        )
