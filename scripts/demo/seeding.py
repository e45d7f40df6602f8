"""Seed command: writes rows once, and demo.json beside them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from callcenter.config import Settings
from callcenter.db import transaction
from scripts.demo import fill


def seed(engine: Engine, settings: Settings, *, with_demo: bool) -> dict[str, Any] | None:
    """What every site needs; with `with_demo` also the demo province. Returns what went into `demo.json`."""
    if with_demo:
        return seed_demo(engine, settings)
    seed_base(engine, settings)
    return None


def seed_base(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as session:
        fill.base(session, now=datetime.now(UTC), province=settings.province)


def seed_demo(engine: Engine, settings: Settings) -> dict[str, Any]:
    """What demo.json holds; the passwords of an earlier one stay good."""
    path = settings.data_dir / "demo.json"
    with transaction(engine) as session:
        now = datetime.now(UTC)
        seeded = fill.seed(session, now=now, province=settings.province, earlier=_earlier(path))
    facts = seeded.as_json() | {
        "console": f"http://{settings.console_bind}",
        "public": f"http://{settings.public_bind}",
    }
    _write(path, facts)
    return facts


def _earlier(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _write(path: Path, facts: dict[str, Any]) -> None:
    """In one step, and readable by its owner alone from the first moment: it holds passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
    fresh.replace(path)
