"""Front door of the console, which redirects to one's home page; and language and colours of both sites."""

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from agent_ui.desk import console
from agent_ui.shell import navigation
from agent_ui.web import forms
from agent_ui.web.auth import may, open_to_all, role
from agent_ui.words.languages import LANGUAGES
from tickets.rights import Right

blueprint = Blueprint("home", __name__)
languages = Blueprint("languages", __name__)

THEMES = ("light", "dark", "auto")
# A cookie of its own: the choice belongs to the machine and outlives the day's session and the sign-out.
_THEME_COOKIE = "hotline_theme"
_A_YEAR = 365 * 24 * 3600


@blueprint.get("/")
@may(Right.USE_CONSOLE)
def home() -> ResponseReturnValue:
    start = navigation.start_of(role())
    return console.desk_page() if start == "home.home" else redirect(url_for(start))


@languages.post("/language")
@open_to_all
def choose() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    session["language"] = chosen
    return redirect(forms.own_address("/"), 303)


@languages.post("/theme")
@open_to_all
def choose_theme() -> ResponseReturnValue:
    chosen = request.form.get("theme", "")
    if chosen not in THEMES:
        abort(400)
    answer = redirect(forms.own_address("/"), 303)
    answer.set_cookie(_THEME_COOKIE, chosen, _A_YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return answer


def theme() -> str:
    """`light`, `dark`, or `auto` (as the machine is set), as chosen on this machine."""
    chosen = request.cookies.get(_THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def language() -> str:
    """What was chosen on this machine, else what the account says, else Vietnamese; a program asks by header."""
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(list(LANGUAGES), "vi")
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    person = g.get("person")
    return person.language if person is not None and person.language in LANGUAGES else "vi"
