"""Complaints and denunciations that were guided elsewhere: for the shift leader and above, and nobody else."""

from flask import Blueprint

from agent_ui import frame
from agent_ui.web import site
from agent_ui.web.auth import me, roles
from tickets.actors import LEADS
from tickets.desk import grievances

blueprint = Blueprint("grievances", __name__)


@blueprint.get("/grievances")
@roles(*LEADS)
def page() -> str:
    with site.reading() as session:
        return frame.page(session, "supervisor/grievances.html", found=grievances.recent(session, me()))
