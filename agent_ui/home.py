"""The console's front door: each role to its own page, and the language of the page."""

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from agent_ui import console
from agent_ui.auth import me, open_to_all, roles
from callcenter.vocab import Role

blueprint = Blueprint("home", __name__)
languages = Blueprint("languages", __name__)

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


@blueprint.get("/")
@roles(*Role)
def home() -> ResponseReturnValue:
    match me().role:
        case Role.OFFICER:
            return redirect(url_for("agency.inbox"))
        case Role.SUPERVISOR | Role.ADMIN:
            return redirect(url_for("supervisor.board"))
        case _:
            return console.desk_page()


@languages.post("/language")
@open_to_all
def choose() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    session["language"] = chosen
    target = request.form.get("next", "/")
    return redirect(target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/", 303)


def language() -> str:
    """What was chosen on this machine, else what the account says, else Vietnamese; a program asks by header."""
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(list(LANGUAGES), "vi")
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    person = g.get("person")
    return person.language if person is not None and person.language in LANGUAGES else "vi"
