"""What the browser tests let gunicorn load: the two apps, from the environment."""

from flask import Flask

from agent_ui.app import create_console, create_public
from callcenter.config import Settings
from scripts.processes import log

# As for people: structlog's own way to show an error, with every local value, holds up a busy worker for seconds.
log.set_up()


def console() -> Flask:
    return create_console(Settings.from_env())


def public() -> Flask:
    return create_public(Settings.from_env())
