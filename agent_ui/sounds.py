"""The sound of a call, for the desk: a voice message, in pieces where the player asks for pieces."""

from flask import Blueprint, Response, send_file

from agent_ui import site
from agent_ui.auth import roles
from callcenter.errors import NotFound
from callcenter.models import Call
from tickets import recordings
from tickets.actors import DESK

blueprint = Blueprint("sounds", __name__)


@blueprint.get("/calls/<int:call_id>/voicemail")
@roles(*DESK)
def voicemail(call_id: int) -> Response:
    with site.reading() as session:
        call = session.get(Call, call_id)
        file = recordings.voicemail(site.site().settings.recordings, call) if call else None
    if file is None:
        raise NotFound(f"call {call_id} has no message that can be heard")
    # `conditional` answers Range too: without it nobody could go back five seconds in a message.
    return send_file(file, mimetype=recordings.ENDINGS[file.suffix], conditional=True, max_age=0)


@blueprint.app_template_filter()
def can_be_heard(call: Call) -> bool:
    """For pages: whether there is a file to play now, so that no dead player is shown."""
    return recordings.voicemail(site.site().settings.recordings, call) is not None
