"""What the administrator looks up: who can sign in. Changing it comes later; until then `scripts/manage user`."""

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from agent_ui import site
from agent_ui.auth import roles
from callcenter.models import User
from callcenter.vocab import Role

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/users")
@roles(Role.ADMIN)
def users() -> str:
    with site.reading() as session:
        rows = session.scalars(select(User).order_by(User.role, User.username).options(joinedload(User.agency))).all()
        return render_template("admin/users.html", rows=rows)
