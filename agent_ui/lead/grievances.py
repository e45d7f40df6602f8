"""Pages of complaints and denunciations that were referred elsewhere: for shift leaders and above only."""

from flask import Blueprint

from agent_ui import frame
from agent_ui.web import site
from agent_ui.web.auth import may, me
from tickets.desk import grievances
from tickets.rights import Right

blueprint = Blueprint("grievances", __name__)


@blueprint.get("/grievances")
@may(Right.SEE_GRIEVANCES)
def page() -> str:
    with site.reading() as session:
        return frame.page(session, "supervisor/grievances.html", found=grievances.recent(session, me()))
