"""Administration pages of accounts: the list with its search, one account, its password; and one's own password."""

import secrets

from flask import Blueprint, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, attempt, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, limits, site
from agent_ui.web.auth import may, me
from callcenter.models import User
from callcenter.text import fold, sort_key
from callcenter.vocab import Role, rank
from tickets.administration import people, sessions
from tickets.life import choices
from tickets.rights import Right

account = Blueprint("account", __name__, url_prefix="/account")

# Spoken by phone and typed once: no letter that looks or sounds like another one.
_LETTERS = "abcdeghkmnpqrstuvxy23456789"


def new_password() -> str:
    """Four groups of four, about 76 bits: `kh3d-q7mx-…`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _n in range(4)) for _m in range(4))


@blueprint.get("/users")
@may(Right.ADMINISTER_ACCOUNTS)
def users() -> str:
    asked = {name: request.args.get(name, "").strip() for name in ("q", "role", "active")}
    with site.reading() as database:
        everybody = people.everybody(database)
        rows = sorted((user for user in everybody if _fits(user, asked)), key=_order)
        return frame.page(database, "admin/users.html", rows=rows, asked=asked, total=len(everybody))


def _fits(user: User, asked: dict[str, str]) -> bool:
    where = fold(
        " ".join((user.username, user.name, user.usual_extension or "", user.agency.name if user.agency else ""))
    )
    if asked["active"] and user.active != (asked["active"] == "yes"):
        return False
    return fold(asked["q"]) in where and asked["role"] in ("", user.role)


def _order(user: User) -> tuple[object, ...]:
    """Active accounts first, by role, then in the order of Vietnamese lists: by given name."""
    return (not user.active, rank(user.role), sort_key(user.name.split()[-1]), sort_key(user.name))


@blueprint.route("/users/new", methods=["GET", "POST"])
@may(Right.ADMINISTER_ACCOUNTS)
def user_new() -> ResponseReturnValue:
    password = request.form.get("password", "")

    def page(database: Session, form: EditForm | None) -> str:
        opened = {"language": "vi", "role": request.args.get("role", ""), "password": new_password()}
        return frame.page(
            database,
            "admin/user_new.html",
            form=form or EditForm(opened),
            agencies=choices.agencies(database),
            roles=tuple(Role),
        )

    def write(database: Session) -> tuple[str, str, int]:
        user = people.add(database, me(), forms.text("username"), password, _fields(), now=site.now())
        return user.name, user.username, user.id

    return edit(page, write, lambda made: _shown(*made, password))


def _shown(name: str, username: str, user_id: int, password: str) -> str:
    shown = {"name": name, "username": username, "user_id": user_id, "password": password}
    with site.reading() as database:
        return frame.page(database, "admin/user_shown.html", **shown)


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@may(Right.ADMINISTER_ACCOUNTS)
def user(user_id: int) -> ResponseReturnValue:
    def page(database: Session, form: EditForm | None) -> str:
        return _user_page(database, user_id, form)

    def write(database: Session) -> str:
        return people.edit(database, me(), user_id, _fields(), seen=seen(), now=site.now()).name

    return edit(page, write, lambda name: back(url_for("admin.user", user_id=user_id), _("Đã lưu %(x)s.", x=name)))


def _user_page(database: Session, user_id: int, form: EditForm | None) -> str:
    row = database.get(User, user_id)
    if row is None:
        abort(404)
    return frame.page(
        database,
        "admin/user.html",
        address=url_for("admin.user", user_id=user_id),
        user=row,
        form=form or EditForm.of(people.facts(database, row)),
        agencies=choices.agencies(database),
        roles=tuple(Role),
        changes=latest(database, "user", row.username),
    )


@blueprint.post("/users/<int:user_id>/active")
@may(Right.ADMINISTER_ACCOUNTS)
def user_active(user_id: int) -> ResponseReturnValue:
    wanted = forms.text("active") == "yes"

    def write(database: Session) -> str:
        return people.set_active(database, me(), user_id, wanted, now=site.now()).name

    def page(database: Session, form: EditForm | None) -> str:
        row = database.get(User, user_id)
        problems = form.problems if form else {}
        return _user_page(database, user_id, EditForm(people.facts(database, row) if row else {}, None, problems))

    words = _("Đã mở lại tài khoản.") if wanted else _("Đã khóa tài khoản.")
    return attempt(write, page, lambda _name: back(url_for("admin.user", user_id=user_id), words))


@blueprint.route("/users/<int:user_id>/password", methods=["GET", "POST"])
@may(Right.ADMINISTER_ACCOUNTS)
def user_password(user_id: int) -> ResponseReturnValue:
    password = request.form.get("password", "")

    def page(database: Session, form: EditForm | None) -> str:
        row = database.get(User, user_id)
        if row is None:
            abort(404)
        return frame.page(
            database, "admin/user_password.html", user=row, form=form or EditForm({"password": new_password()})
        )

    def write(database: Session) -> tuple[str, str, int]:
        row = people.set_password(database, me(), user_id, password, now=site.now())
        return row.name, row.username, row.id

    return edit(page, write, lambda made: _shown(*made, password))


def _fields() -> people.UserFields:
    return people.UserFields(
        name=forms.text("name"),
        role=forms.text("role"),
        agency=forms.text("agency"),
        extension=forms.text("extension"),
        language=forms.text("language"),
        approves=ticked("approves"),
    )


@account.route("/password", methods=["GET", "POST"])
@may(Right.USE_CONSOLE)
@limits.posts("10 per minute")
def own_password() -> ResponseReturnValue:
    """Everybody's own; this browser stays signed in, the others do not."""

    def page(database: Session, form: EditForm | None) -> str:
        return frame.page(database, "admin/own_password.html", form=form or EditForm({}))

    typed = [request.form.get(name, "") for name in ("old", "password", "again")]

    def write(database: Session) -> User:
        old, password, repeated = typed
        user = people.change_own_password(database, me(), old, password, repeated, now=site.now())
        sessions.keep(database, g.person.session_id, user.session_epoch)
        return user

    def done(_user: User) -> ResponseReturnValue:
        return back(url_for("account.own_password"), _("Đã đổi mật khẩu. Các máy khác đã đăng xuất."))

    return edit(page, write, done)
