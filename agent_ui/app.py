"""Two apps in two processes: the staff's console and the public site, which does not contain the staff's routes."""

from collections.abc import Callable

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine

from agent_ui import (
    agency,
    articles,
    auth,
    call_backs,
    capture,
    catalogue,
    compression,
    console,
    design,
    drafts,
    emergencies,
    errors,
    filters,
    grievances,
    health,
    home,
    limits,
    live,
    maps,
    my_extension,
    my_phone,
    navigation,
    nuisance,
    numbers,
    onlookers,
    palette,
    people_figures,
    phone,
    pins,
    same_parts,
    search_pages,
    security,
    shift,
    shift_change,
    signed,
    site,
    sounds,
    suggestions,
    supervisor,
    ticket_moves,
    tours,
    transfers,
)
from agent_ui.admin import pages as administration
from agent_ui.kept_files import KeptFiles
from agent_ui.public import api, front, report, track
from agent_ui.templating import Templates
from callcenter import push
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.vocab import ContactFlag
from tickets.files import MAX_BYTES

_MAX_REQUEST = 6 * MAX_BYTES
_CONSOLE = (
    home,
    console,
    phone,
    my_phone,
    my_extension,
    drafts,
    onlookers,
    suggestions,
    articles,
    search_pages,
    ticket_moves,
    agency,
    supervisor,
    people_figures,
    grievances,
    capture,
    shift,
    shift_change,
    call_backs,
    nuisance,
    health,
    design,
    sounds,
    palette,
    numbers,
    tours,
    transfers,
    emergencies,
    pins,
)


def create_console(
    settings: Settings,
    engine: Engine | None = None,
    redis_url: str | None = None,
    *,
    beside_sign_in: Callable[[], str] | None = None,
) -> Flask:
    """The staff's pages. Without `engine` and `redis_url` the addresses of the settings are used.

    `beside_sign_in` makes what this installation shows under the form for signing in: Markup, or text to be escaped.
    """
    app = _base("console", settings, engine, redis_url, cookie="hotline_console", pictures_of=maps.host(settings))
    auth.close_by_default(app)
    live.attach(app, site_of(app).redis_url)
    for pages in _CONSOLE:
        app.register_blueprint(pages.blueprint)
    for part in administration.BLUEPRINTS:
        app.register_blueprint(part)
    app.jinja_env.globals.update(
        tour_page_of=tours.page_of, tour_due=tours.due, CONTACT_FLAGS=tuple(ContactFlag), own_key=signed.own_key
    )
    app.jinja_env.globals.update(beside_sign_in=beside_sign_in or str)
    limits.apply(app, site_of(app).redis_url)
    return app


def create_public(settings: Settings, engine: Engine | None = None, redis_url: str | None = None) -> Flask:
    """What anybody may open: report, track, and the programs' door `/api/v1`."""
    app = _base("public", settings, engine, redis_url, cookie="hotline_public")
    for pages in (front, report, track, api):
        app.register_blueprint(pages.blueprint)
    app.extensions["csrf"].exempt(api.blueprint)
    limits.apply(app, site_of(app).redis_url)
    return app


def site_of(app: Flask) -> site.Site:
    with app.app_context():
        return site.site()


def _base(
    name: str,
    settings: Settings,
    engine: Engine | None,
    redis_url: str | None,
    *,
    cookie: str,
    pictures_of: str | None = None,
) -> Flask:
    app = Flask("agent_ui")
    app.jinja_environment = Templates
    app.name = name
    broker = redis_url or settings.redis_url
    site.attach(app, site.Site(settings, engine or make_engine(settings.database_url or "", application=name), broker))
    if broker is not None:
        push.connect(broker)
    app.config.update(MAX_CONTENT_LENGTH=_MAX_REQUEST, MAX_FORM_MEMORY_SIZE=2_000_000, WTF_CSRF_TIME_LIMIT=None)
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if name == "console":
        auth.recognise(app)
    app.wsgi_app = KeptFiles(app.wsgi_app)  # type: ignore[method-assign]
    security.protect(app, settings, cookie=cookie, pictures_of=pictures_of)
    CSRFProtect(app)
    compression.compress(app)
    catalogue.compile_if_old()
    app.config.update(BABEL_DEFAULT_LOCALE="vi", BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh")
    catalogue.Languages(app, locale_selector=home.language)
    filters.add(app)
    app.jinja_env.globals.update(site_name=name, language=home.language, LANGUAGES=home.LANGUAGES)
    app.jinja_env.globals.update(
        places=navigation.places, shelf_of=navigation.shelf_of, theme=home.theme, is_part=site.is_part
    )
    same_parts.attach(app)
    errors.handle_errors(app)
    app.register_blueprint(home.languages)
    return app
