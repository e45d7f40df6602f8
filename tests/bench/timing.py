"""What the benches of pages share: sign-in, times of an answer, the processor time it took."""

import json
import re
import statistics
import time

import psutil
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from callcenter.models import User
from callcenter.vocab import Role
from scripts.processes.ground import Ground


def timed(
    here: Ground, client: FlaskClient, address: str, headers: dict[str, str], rounds: int
) -> tuple[list[float], str, float]:
    """Milliseconds of each, the last answer, and the mean CPU milliseconds."""
    took, spent = [], 0.0
    for turn in range(rounds + 2):
        if turn == 2:
            spent = cpu_s(here)
        began = time.perf_counter()
        answer = client.get(address, headers=headers)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    spent = (cpu_s(here) - spent) * 1000 / rounds
    return took[2:], answer.text, spent


def told(ms: list[float]) -> str:
    return f"{statistics.median(ms):12.1f} {p95(ms):7.1f}" if ms else f"{'':20}"


def cpu_s(here: Ground) -> float:
    """What this process and PostgreSQL's backends have spent so far."""
    with here.engine.connect() as connection:
        backends = connection.scalars(text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"))
        times = [psutil.Process(pid).cpu_times() for pid in backends]
    return time.process_time() + sum(each.user + each.system for each in times)


def p95(ms: list[float]) -> float:
    return sorted(ms)[int(len(ms) * 0.95)]


_clients: dict[str, FlaskClient] = {}


def signed_in(here: Ground, who: str) -> FlaskClient:
    if who not in _clients:
        settings = here.settings.model_copy(update={"secret_key": "a secret of the bench"})
        client = create_console(settings, here.engine).test_client()
        with Session(here.engine) as session:
            username = person(session, who).username
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)[1]  # type: ignore[index]
        password = next(user["password"] for user in _facts(here)["users"] if user["username"] == username)
        form = {"csrf_token": token, "username": username, "password": password}
        assert client.post("/sign-in", data=form).status_code == 303
        _clients[who] = client
    return _clients[who]


def _facts(here: Ground) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads((here.settings.data_dir / "demo.json").read_text("utf-8"))
    return found


def person(session: Session, who: str) -> User:
    return session.scalars(select(User).where(User.role == Role(who)).order_by(User.id).limit(1)).one()
