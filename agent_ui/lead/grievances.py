"""Complaints and denunciations that were guided elsewhere: for the shift leader and above, and nobody else."""

from flask import Blueprint, render_template

from agent_ui.web import site
from agent_ui.web.auth import may, me
from tickets.desk import grievances
from tickets.rights import Right

blueprint = Blueprint("grievances", __name__)


@blueprint.get("/grievances")
@may(Right.SEE_GRIEVANCES)
def page() -> str:
    with site.reading() as session:
        return render_template("supervisor/grievances.html", found=grievances.recent(session, me()))
