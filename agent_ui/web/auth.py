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
from flask_babel import ngettext

from agent_ui.web import forms, limits, site
from callcenter.errors import Busy
from callcenter.models import User
from callcenter.passwords import LONGEST, verify_password
from callcenter.vocab import Role
from tickets import rights
from tickets.actors import Actor
from tickets.administration import people, sessions
from tickets.rights import Right
from tickets.telephone import taking

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("auth", __name__)


@dataclass(frozen=True)
class SignedIn:
    """The person behind this request, and the session (`UserSession`) it belongs to."""

    actor: Actor
    username: str
    language: str
    session_id: int
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
    """Before anything may be refused: an error page too has the person's own frame and language."""
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
    if not opens(view, g.person.actor):
        abort(403)
    return None


def opens(view: Callable[..., Any], actor: Actor) -> bool:
    """Whether the right that the view declares is the actor's."""
    right: Right | None = getattr(view, "right", None)
    return right is not None and rights.may(actor, right)


def has(right: str, thing: rights.Thing | rights.Ties | None = None) -> bool:
    """`may('right', thing)` of the templates: whether the signed-in person may; False without one."""
    person: SignedIn | None = g.get("person")
    return person is not None and rights.may(person.actor, Right(right), thing)


def _person() -> SignedIn | None:
    """The session's person, while it has not ended and the account works."""
    token = session.get("token")
    if token is None:
        # Of a version that did not know its sessions, too: they are asked to sign in.
        return None
    with site.reading() as database:
        user = people.signed_in(database, sessions.hash_of(token))
        if user is None:
            session.clear()
            return None
        return SignedIn(Actor.of(user), user.username, user.language, user.session_id, frozenset(user.tours))


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        # A part that reads itself again must not take the page away from a person typing: it shows a notice there.
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
    try:
        user = _check(username, request.form.get("password", ""))
    except Busy as busy:
        return _too_many(username, busy.retry_s)
    if user is None:
        problem = _("Tên đăng nhập hoặc mật khẩu không đúng.")
        return render_template("sign_in.html", username=username, problem=problem), 401
    token, at_a_telephone = _begin(*user)
    # The session is a new one, but for the language of the person signing in.
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["token"] = token
    if language is not None:
        session["language"] = language
    if not at_a_telephone:
        return redirect(url_for("my_extension.choose", next=forms.own_address("") or None), 303)
    return redirect(forms.own_address(url_for("home.home")), 303)


def _too_many(username: str, retry_s: int) -> ResponseReturnValue:
    words = ngettext(
        "Nhiều người đang đăng nhập cùng lúc. Hãy thử lại sau %(num)d giây.",
        "Nhiều người đang đăng nhập cùng lúc. Hãy thử lại sau %(num)d giây.",
        retry_s,
    )
    return render_template("sign_in.html", username=username, problem=words), 503, {"Retry-After": str(retry_s)}


def _begin(user_id: int, epoch: int) -> tuple[str, bool]:
    """The new session's token, in place of the one this browser had; False where an extension is to be chosen.

    The usual one is taken by itself where it is free.
    """
    with site.transaction() as database:
        sessions.end(database, session.get("token"), now=site.now())
        token = sessions.begin(database, user_id, epoch, now=site.now())
        return token, taking.arrive(database, Actor.of(database.get_one(User, user_id)), now=site.now())


def _check(username: str, password: str) -> tuple[int, int] | None:
    with site.reading() as database:
        user = people.by_username(database, username[:40])
        password_hash = user.password_hash if user else None
        known = (user.id, user.session_epoch) if user else None
    return known if verify_password(password_hash, password[:LONGEST]) else None


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    if g.person is not None:
        with site.transaction() as database:
            sessions.end(database, session["token"], now=site.now())
            if me().extension is not None:
                taking.give_back(database, me(), now=site.now())
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)
