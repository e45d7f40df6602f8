"""Application factories: the staff console, and the public site without the staff's routes."""

from collections.abc import Callable

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine

from agent_ui.admin import pages as administration
from agent_ui.agency import inbox
from agent_ui.api import reports
from agent_ui.desk import (
    articles,
    call_backs,
    closing,
    console,
    drafts,
    emergencies,
    my_extension,
    my_phone,
    numbers,
    phone,
    pins,
    suggestions,
    transfers,
)
from agent_ui.lead import capture, grievances, nuisance, people_figures, shift, shift_change, supervisor
from agent_ui.public import front, report, track
from agent_ui.shell import design, home, navigation, palette, tours
from agent_ui.ticket import onlookers, search_pages, sounds, ticket_moves
from agent_ui.web import (
    addresses,
    again,
    auth,
    compression,
    counters,
    errors,
    filters,
    health,
    limits,
    live,
    maps,
    same_parts,
    security,
    signed,
    site,
    slow,
    static_files,
)
from agent_ui.web.kept_files import KeptFiles
from agent_ui.web.templating import Templates, templates
from agent_ui.words import catalogue
from agent_ui.words.languages import LANGUAGES
from callcenter import push
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.pool import lane
from callcenter.vocab import ContactFlag
from tickets.rules import policy

_CONSOLE = (
    home,
    console,
    phone,
    my_phone,
    my_extension,
    drafts,
    closing,
    onlookers,
    suggestions,
    articles,
    search_pages,
    ticket_moves,
    inbox,
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
        my_tour=tours.mine, tour_due=tours.due, CONTACT_FLAGS=tuple(ContactFlag), own_key=signed.own_key
    )
    app.jinja_env.globals.update(may=auth.has, desk_of=navigation.desk_of)
    app.jinja_env.globals.update(beside_sign_in=beside_sign_in or str)
    again.attach(app)
    limits.apply(app, site_of(app).redis_url)
    return app


def create_public(settings: Settings, engine: Engine | None = None, redis_url: str | None = None) -> Flask:
    """What anybody may open: report, track, and the programs' door `/api/v1`."""
    app = _base("public", settings, engine, redis_url, cookie="hotline_public")
    for pages in (front, report, track, reports):
        app.register_blueprint(pages.blueprint)
    app.extensions["csrf"].exempt(reports.blueprint)
    again.attach(app)
    limits.apply(app, site_of(app).redis_url)
    return app


def serving(name: str, settings: Settings, beside_sign_in: Callable[[], str] | None = None) -> Flask:
    """`console` or `public`, in a process that people wait for: from here on its pool has processes of its own."""
    lane.begin(lambda of, result: counters.POOL_TASKS.labels(name, of, result).inc())
    if name == "public":
        return create_public(settings)
    return create_console(settings, beside_sign_in=beside_sign_in)


def _engine(name: str, settings: Settings) -> Engine:
    """Processes of one site share what the database lets in: twenty connections, and five at least for each."""
    stays = max(10 // settings.workers, 3)
    overflow = max(10 // settings.workers, 2)
    return make_engine(settings.database_url or "", pool_size=stays, overflow=overflow, application=name)


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
    app = Flask("agent_ui", static_folder=None)
    app.jinja_environment = Templates
    app.jinja_loader = templates()
    app.name = name
    broker = redis_url or settings.redis_url
    site.attach(app, site.Site(settings, engine or _engine(name, settings), broker))
    if broker is not None:
        push.connect(broker)
    app.config.update(MAX_CONTENT_LENGTH=policy.LARGEST_FORM, MAX_FORM_MEMORY_SIZE=2_000_000, WTF_CSRF_TIME_LIMIT=None)
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    slow.attach(app)
    if name == "console":
        auth.recognise(app)
    app.wsgi_app = KeptFiles(app.wsgi_app)  # type: ignore[method-assign]
    security.protect(app, settings, cookie=cookie, pictures_of=pictures_of)
    CSRFProtect(app)
    compression.compress(app)
    catalogue.compile_if_old()
    app.config.update(BABEL_DEFAULT_LOCALE="vi", BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh")
    catalogue.Languages(app, locale_selector=home.language)
    addresses.attach(app)
    static_files.attach(app)
    filters.add(app)
    app.jinja_env.globals.update(site_name=name, language=home.language, LANGUAGES=LANGUAGES)
    app.jinja_env.globals.update(places=navigation.places, shelf_of=navigation.shelf_of, theme=home.theme)
    same_parts.attach(app)
    errors.handle_errors(app)
    app.register_blueprint(home.languages)
    return app
