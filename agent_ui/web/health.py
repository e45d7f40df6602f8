"""Health checks: liveness, readiness with each dependency, and metrics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import redis
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from agent_ui.web import counters, filters, site
from agent_ui.web.auth import for_machines
from callcenter import push
from callcenter.db import ping
from callcenter.models import PbxStatus
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
    """200 when database and broker answer; each PBX is listed, but a PBX that is away does not take the site down."""
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
    registry = CollectorRegistry()
    registry.register(counters.AllProcesses())
    registry.register(_Now())
    return registry


class _Now(Collector):
    """Read at the moment of asking, so that several processes never disagree."""

    def collect(self) -> Iterator[Metric]:
        with site.reading() as session:
            outcomes = overview.day_outcomes(session, overview.local_day(site.now()))
            yield _gauge("calls_today", "Calls of today by outcome", outcomes, "outcome", otherwise="live")
            waiting = len(queries.waiting_calls(session))
            yield GaugeMetricFamily("hotline_calls_waiting", "Callers nobody has answered yet", waiting)
            yield _gauge("tickets", "Tickets by state", overview.tickets_by_state(session), "state")
            stuck = overview.stuck(session, site.now()).count
            yield GaugeMetricFamily("hotline_stuck", "What does not go on by itself", stuck)
            yield from _pbx_gauges({row.pbx: row for row in queries.pbx_states(session)})


def _pbx_gauges(rows: Mapping[str, PbxStatus]) -> Iterator[Metric]:
    up = {name: filters.pbx_down(row) is None for name, row in rows.items()}
    serious = {name: sum(found["serious"] for found in row.findings) for name, row in rows.items()}
    forged = {name: _forged(row.findings) for name, row in rows.items()}
    yield _gauge("pbx_connected", "1 while the PBX is heard", up, "pbx")
    yield _gauge("pbx_findings", "What is wrong with what the PBX lets us hear", serious, "pbx")
    yield _gauge("pbx_forged", "Pieces of AMI dropped as forged by a caller", forged, "pbx")


def _gauge(name: str, words: str, values: Mapping[Any, float], label: str, *, otherwise: str = "") -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"hotline_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key or otherwise)], value)
    return family


def _forged(findings: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(found["values"]["count"]) for found in findings if found["code"] == "forged")
