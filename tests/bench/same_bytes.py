"""A month of the demo before and after an upgrade: the same bytes, pages, passwords and tokens. By hand.

The month is written once, by the code before (a checkout of it, set up by `scripts/start`), and is never written to
again: everything below works on a copy of its data folder.

    mkdir /tmp/month && cd OLD_CHECKOUT
    CALLCENTER_DATA_DIR=/tmp/month/var scripts/run --history 30       # some minutes of callers too, then Ctrl-C
    cd THIS_CHECKOUT
    .venv/bin/python -P -m tests.bench.same_bytes keep /tmp/month --code OLD_CHECKOUT
    .venv/bin/python -P -m tests.bench.same_bytes check /tmp/month    # after each change; exit 1 where anything differs

`keep` prints with the old code into `/tmp/month/printed`: `calls`, `tickets` and `stats` of all that began until the
month was kept, and what each address answers. `check` upgrades a copy by `scripts/manage migrate`, prints the same with
this code and compares: the three files byte by byte; `/tickets/CODE` of every ticket and call-back, 200 for a
supervisor and the same as before for an officer; every password of demo.json signs in; the API's token reads and sends.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRINTED = ("calls.jsonl", "tickets.jsonl", "stats.json")
ALL_SEE, OWN_SEE = "supervisor", "officer"
REPORT = {
    "source_ref": "same-bytes",
    "description": "Đèn đường trước trạm y tế không sáng từ ba hôm nay, đoạn đường rất tối.",
    "reporter_phone": "0912 345 678",
}


def keep(month: Path, code: Path) -> None:
    """Print with the code that wrote the month, and keep what it printed."""
    until = datetime.now(UTC).isoformat()
    with _copy(month) as data:
        found = _printed(code, data, until) | {"pages.json": _pages(code, data)}
    folder = month / "printed"
    folder.mkdir(exist_ok=True)
    (folder / "until").write_text(until)
    for name, content in found.items():
        (folder / name).write_bytes(content)
        print(f"kept {name}: {len(content)} bytes", flush=True)


def check(month: Path) -> list[str]:
    """Upgrade a copy, print with this code, and tell each thing that is not as it was."""
    folder = month / "printed"
    with _copy(month) as data:
        _manage(ROOT, data, "migrate")
        found = _printed(ROOT, data, (folder / "until").read_text())
        wrong = [f"{name} differs" for name in PRINTED if found[name] != (folder / name).read_bytes()]
        for name in PRINTED:
            print(f"{name}: {len(found[name])} bytes", flush=True)
            (month / f"differs-{name}").unlink(missing_ok=True)
            if f"{name} differs" in wrong:
                (month / f"differs-{name}").write_bytes(found[name])
        pages = json.loads(_pages(ROOT, data))
    return wrong + list(_other_answers(json.loads((folder / "pages.json").read_bytes()), pages))


def _other_answers(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for person in (ALL_SEE, OWN_SEE):
        print(f"tickets as {person}: {len(now[person])}", flush=True)
        yield from (
            f"{person} gets {now[person].get(code)} for /tickets/{code}, and got {status}"
            for code, status in before[person].items()
            if now[person].get(code) != status
        )
    yield from (f"/tickets/{code} answers {status}" for code, status in now[ALL_SEE].items() if status != 200)
    yield from (f"the password of {name} does not sign in" for name, home in now["people"].items() if home != 200)
    if now["api"] != before["api"] or now["api"]["sent"] != 201:
        yield f"the API answers {now['api']}, and answered {before['api']}"
    print(f"people: {len(now['people'])}, API: {now['api']}", flush=True)


@contextmanager
def _copy(month: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="same-bytes-") as folder:
        # PostgreSQL may belong to another account than the rest.
        Path(folder).chmod(0o711)
        subprocess.run(["cp", "-a", str(month / "var"), folder], check=True)
        shutil.rmtree(Path(folder) / "var" / "run", ignore_errors=True)
        yield Path(folder) / "var"


def _printed(code: Path, data: Path, until: str) -> dict[str, bytes]:
    span = ("--since", "2020-01-01", "--until", until)
    return {name: _manage(code, data, name.partition(".")[0], *span) for name in PRINTED}


def _manage(code: Path, data: Path, *arguments: str) -> bytes:
    return _run(code, data, "-P", "-m", "scripts.tools.cli", *arguments)


def _pages(code: Path, data: Path) -> bytes:
    """This file again, as `ask`, in the process and with the packages of that code."""
    # What the pages log goes to the same stream, before it.
    return _run(code, data, "-P", __file__, "ask", str(data)).splitlines()[-1]


def _run(code: Path, data: Path, *arguments: str) -> bytes:
    given = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    environment = given | {"CALLCENTER_DATA_DIR": str(data), "PYTHONPATH": str(code)}
    python = str(code / ".venv" / "bin" / "python")
    return subprocess.run([python, *arguments], cwd=code, env=environment, stdout=subprocess.PIPE, check=True).stdout


def ask(data: Path) -> dict[str, Any]:
    """What every address answers: `{supervisor: {code: status}, officer: …, people: {name: status}, api: …}`."""
    from agent_ui.app import create_console, create_public
    from scripts.processes.ground import ground

    demo = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    lines = _manage(Path(os.environ["PYTHONPATH"]), data, "tickets").decode().splitlines()
    codes = [json.loads(line)["code"] for line in lines]
    with ground("same-bytes") as here:
        console, public = create_console(here.settings), create_public(here.settings)
        clients = {user["username"]: _signed_in(console, user) for user in demo["users"]}
        first = {user["role"]: user["username"] for user in reversed(demo["users"])}
        found: dict[str, Any] = {
            role: {code: clients[first[role]].get(f"/tickets/{code}").status_code for code in codes}
            for role in (ALL_SEE, OWN_SEE)
        }
        found["people"] = {name: client.get("/", follow_redirects=True).status_code for name, client in clients.items()}
        found["api"] = _api(public.test_client(), demo["tokens"]["api"], codes)
    return found


def _signed_in(app: Any, user: dict[str, Any]) -> Any:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    form = {"csrf_token": token[1], "username": user["username"], "password": user["password"]}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 303, f"{user['username']} cannot sign in: {answer.status_code}"
    return client


def _api(client: Any, token: str, codes: list[str]) -> dict[str, Any]:
    own = {"Authorization": f"Bearer {token}"}
    statuses = [client.get(f"/api/v1/reports/{code}", headers=own).status_code for code in codes]
    return {
        "read": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "without a token": client.get(f"/api/v1/reports/{codes[0]}").status_code,
        "sent": client.post("/api/v1/reports", json=REPORT, headers=own).status_code,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["keep", "check", "ask"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", type=Path, default=ROOT)
    given = parser.parse_args()
    if given.what == "ask":
        print(json.dumps(ask(given.folder)))
    elif given.what == "keep":
        keep(given.folder.resolve(), given.code.resolve())
    else:
        wrong = check(given.folder.resolve())
        print("\n".join(wrong[:40]) or "the same", flush=True)
        return 1 if wrong else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
