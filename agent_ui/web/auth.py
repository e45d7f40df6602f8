"""Sign-in and sign-out, the person behind a request, and the right that each view declares; the rest is closed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from agent_ui.web import forms, limits, site
from callcenter.models import User
from callcenter.passwords import LONGEST, verify_password
from callcenter.vocab import Role
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.telephone import taking

View = TypeVar("View", bound=Callable[..., Any])

# Asked for before every answer, so it is but what is needed.
_PERSON = select(
    *(User.id, User.name, User.role, User.agency_id, User.extension.label("extension"), User.approves),
    *(User.username, User.language, User.tours, User.active, User.session_epoch),
).where(User.id == bindparam("id"))

blueprint = Blueprint("auth", __name__)


@dataclass(frozen=True)
class SignedIn:
    """The person behind this request."""

    actor: Actor
    username: str
    language: str
    tours: frozenset[str] = frozenset()


def may(right: Right) -> Callable[[View], View]:
    """Declare at a view the right that opens it; a view that declares nothing is closed to everybody."""

    def mark(view: View) -> View:
        view.right = right  # type: ignore[attr-defined]
        return view

    return mark


def open_to_all(view: View) -> View:
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def for_machines(view: View) -> View:
    """Open, and answered without a look at the database: probes must work while it is away."""
    view.for_machines = True  # type: ignore[attr-defined]
    return view


def me() -> Actor:
    """The person signed in; only in views that declare a right."""
    person: SignedIn = g.person
    return person.actor


def role() -> Role:
    """The role of the person signed in."""
    found = me().role
    assert found is not None
    return found


def recognise(app: Flask) -> None:
    """Before anything may be refused: that too is told in the person's own frame and language."""
    app.before_request(_recognise)


def close_by_default(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.before_request(_guard)


def _recognise() -> None:
    g.person = None
    if request.endpoint != "static" and not getattr(_view(), "for_machines", False):
        g.person = _person()


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions[request.endpoint] if request.endpoint else None


def _guard() -> ResponseReturnValue | None:
    view = _view()
    if view is None or request.endpoint == "static":
        return None
    if getattr(view, "for_machines", False) or getattr(view, "open_to_all", False):
        return None
    if g.person is None:
        return _ask_to_sign_in()
    right: Right | None = getattr(view, "right", None)
    if right is None or not rights.may(g.person.actor, right):
        abort(403)
    return None


def has(right: str, thing: rights.Thing | rights.Ties | None = None) -> bool:
    """`may('right', thing)` of the templates: whether the person signed in may, False for nobody."""
    person: SignedIn | None = g.get("person")
    return person is not None and rights.may(person.actor, Right(right), thing)


def _person() -> SignedIn | None:
    """The session's person, if the account still works and nobody ended its sessions since."""
    user_id, epoch = session.get("user"), session.get("epoch")
    if user_id is None:
        return None
    if request.method in ("GET", "HEAD"):
        site.read_on()
    with site.reading() as database:
        user = database.connection().execute(_PERSON, {"id": user_id}).one_or_none()
        if user is None or not user.active or user.session_epoch != epoch:
            session.clear()
            return None
        return SignedIn(Actor.of(user), user.username, user.language, frozenset(user.tours))


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        # A part that reads itself again must not take the page away from somebody who is typing: it says so there.
        abort(401)
    kinds = ("text/html", "application/json", "text/event-stream")
    wanted = request.accept_mimetypes.best_match(kinds, default="text/html")
    if request.method != "GET" or wanted != "text/html":
        abort(401)
    return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")))


def _who() -> str:
    """One person guessing at one account; the room behind one address keeps working."""
    return f"{limits.address()} {request.form.get('username', '').strip().lower()[:40]}"


@blueprint.route("/sign-in", methods=["GET", "POST"])
@open_to_all
@limits.posts("10 per minute", _who)
@limits.posts("100 per minute")
def sign_in() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("sign_in.html", username="", problem=None)
    username = request.form.get("username", "").strip().lower()
    user = _check(username, request.form.get("password", ""))
    if user is None:
        problem = _("Tên đăng nhập hoặc mật khẩu không đúng.")
        return render_template("sign_in.html", username=username, problem=problem), 401
    # The session is a new one, but for the language of whoever is just signing in.
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["user"], session["epoch"] = user
    if language is not None:
        session["language"] = language
    if not _at_a_telephone(user[0]):
        return redirect(url_for("my_extension.choose", next=forms.own_address("") or None), 303)
    return redirect(forms.own_address(url_for("home.home")), 303)


def _at_a_telephone(user_id: int) -> bool:
    """The usual extension is taken by itself; False where somebody has it, and the person chooses."""
    with site.transaction() as database:
        return taking.arrive(database, Actor.of(database.get_one(User, user_id)), now=site.now())


def _check(username: str, password: str) -> tuple[int, int] | None:
    with site.reading() as database:
        user = database.scalars(select(User).where(User.username == username[:40], User.active)).one_or_none()
        password_hash = user.password_hash if user else None
        known = (user.id, user.session_epoch) if user else None
    return known if verify_password(password_hash, password[:LONGEST]) else None


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    if g.person is not None and g.person.actor.extension is not None:
        with site.transaction() as database:
            taking.give_back(database, me(), now=site.now())
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)
