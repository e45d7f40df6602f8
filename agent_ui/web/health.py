"""For machines that watch: is the process alive, is everything it needs there, and the counters."""

import redis
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from agent_ui.web import filters, live, site
from agent_ui.web.auth import for_machines
from callcenter import push
from callcenter.db import ping
from tickets.desk import queries
from tickets.figures import overview

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@for_machines
def healthz() -> ResponseReturnValue:
    return {"status": "alive"}


@blueprint.get("/readyz")
@for_machines
def readyz() -> ResponseReturnValue:
    """200 when database and broker answer; each PBX is told, but a PBX that is away does not take the site down."""
    checks = {"database": _database(), "broker": _broker()}
    ready = all(checks.values())
    body = {"ready": ready, **{name: _word(fine) for name, fine in checks.items()}}
    body["pbx"] = _pbx() if checks["database"] else {}
    return jsonify(body), 200 if ready else 503


@blueprint.get("/metrics")
@for_machines
def metrics() -> ResponseReturnValue:
    if request.remote_addr not in ("127.0.0.1", "::1"):
        abort(404)
    return Response(generate_latest(_collect()), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    try:
        with site.reading() as session:
            ping(session)
    except SQLAlchemyError:
        return False
    return True


def _broker() -> bool:
    url = site.site().redis_url
    if url is None:
        return False
    client = push.make_publisher(url)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _pbx() -> dict[str, str]:
    with site.reading() as session:
        return {row.pbx: _word(filters.pbx_down(row) is None) for row in queries.pbx_states(session)}


def _word(fine: bool) -> str:
    return "ok" if fine else "away"


def _collect() -> CollectorRegistry:
    """Read at the moment of asking, so that several processes never disagree."""
    registry = CollectorRegistry()
    today = Gauge("hotline_calls_today", "Calls of today by outcome", ["outcome"], registry=registry)
    waiting = Gauge("hotline_calls_waiting", "Callers nobody has answered yet", registry=registry)
    tickets = Gauge("hotline_tickets", "Tickets by state", ["state"], registry=registry)
    stuck = Gauge("hotline_stuck", "What does not go on by itself", registry=registry)
    pbx = Gauge("hotline_pbx_connected", "1 while the PBX is heard", ["pbx"], registry=registry)
    findings = Gauge("hotline_pbx_findings", "What is wrong with what the PBX lets us hear", ["pbx"], registry=registry)
    forged = Gauge("hotline_pbx_forged", "Pieces of AMI dropped as forged by a caller", ["pbx"], registry=registry)
    pages = Gauge("hotline_live_pages", "Open live pages of this process", registry=registry)
    pages.set(live.hub().pages)
    with site.reading() as session:
        for outcome, count in overview.day_outcomes(session, overview.local_day(site.now())).items():
            today.labels(outcome or "live").set(count)
        for state, count in overview.tickets_by_state(session).items():
            tickets.labels(state).set(count)
        waiting.set(len(queries.waiting_calls(session)))
        stuck.set(overview.stuck(session, site.now()).count)
        for row in queries.pbx_states(session):
            pbx.labels(row.pbx).set(filters.pbx_down(row) is None)
            findings.labels(row.pbx).set(sum(found["serious"] for found in row.findings))
            counts = [found["values"]["count"] for found in row.findings if found["code"] == "forged"]
            forged.labels(row.pbx).set(sum(counts))
    return registry
