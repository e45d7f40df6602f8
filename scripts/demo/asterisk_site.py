"""A real Asterisk with SIPp callers and phones, for `scripts/run --asterisk`: one process that owns all of them."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from urllib.parse import quote, urlsplit

from callcenter.errors import HotlineError
from scripts.lab.asterisk_env import Asterisk, demo_site
from scripts.lab.asterisk_install import AsteriskUnavailable
from scripts.processes import lifeline, log
from scripts.processes.children import Supervisor
from scripts.processes.stopping import stopped_by_signals

# Extension: how long its phone rings before it is picked up. The first is the newcomer's; the last often rings in vain.
PHONES = {"101": 7000, "102": 2500, "103": 3500, "104": 40_000}
CALL_EVERY_S = 15
FETCH_S = 600.0

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n'
_ECHO = "[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
_SDP = (
    "v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n"
    "m=audio [media_port] RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
)


def start(supervisor: Supervisor, data_dir: Path, stop: Event) -> dict[str, str]:
    """Have a child start it all; returns the settings that name it and its logs.

    Raises HotlineError when there can be no Asterisk here.
    """
    address = data_dir / "run" / "asterisk.address"
    address.unlink(missing_ok=True)
    print("Asterisk is being started (the first time it is fetched, about a minute) …", flush=True)
    supervisor.start("asterisk", "scripts.demo.asterisk_site", str(address))
    until = time.monotonic() + FETCH_S
    while time.monotonic() < until and not stop.wait(0.2) and not supervisor.ended("asterisk"):
        if address.exists():
            given: dict[str, str] = json.loads(address.read_text(encoding="utf-8"))
            return {name: f"asterisk={value}" for name, value in given.items()}
    raise HotlineError(f"no Asterisk could be started: see {data_dir / 'log' / 'asterisk.log'}")


def phone_scenario(ring_ms: int) -> str:
    """Rings, answers, listens until the other side hangs up."""
    echo = _ECHO.format(tag="")
    tagged = _ECHO.format(tag=";tag=[call_number]")
    contact = "Contact: <sip:[local_ip]:[local_port]>\n"
    return (
        _HEAD.format(name="phone")
        + '<recv request="INVITE" rrs="true"/>\n'
        + _send(f"SIP/2.0 180 Ringing\n{tagged}{contact}Content-Length: 0\n")
        + f'<pause milliseconds="{ring_ms}"/>\n'
        + _send(
            f"SIP/2.0 200 OK\n{tagged}{contact}Content-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}",
            again=True,
        )
        + '<recv request="ACK"/>\n<recv request="BYE"/>\n'
        + _send(f"SIP/2.0 200 OK\n{echo}Content-Length: 0\n")
        + "</scenario>\n"
    )


def caller_scenario() -> str:
    """Calls with a number out of the file, waits or talks for a while, hangs up; or is hung up on."""
    request = (
        "{method} sip:1022@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
        "From: <sip:[field0]@carrier.invalid>;tag=[call_number]\nTo: <sip:1022@[remote_ip]>{tag}\n"
        "Call-ID: [call_id]\nCSeq: {number} {method}\nContact: <sip:caller@[local_ip]:[local_port]>\n"
    )
    invite = request.format(method="INVITE", number=1, tag="")
    later = request.format(method="{method}", number="{number}", tag="[peer_tag_param]")
    empty = "Content-Length: 0\n"
    return (
        _HEAD.format(name="caller")
        + _send(f"{invite}Content-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}", again=True)
        + "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
        + '<recv response="200" rrs="true"/>\n'
        + _send(later.format(method="ACK", number=1) + empty)
        + '<pause distribution="normal" mean="45000" stdev="18000"/>\n'
        + _send(later.format(method="BYE", number=2) + empty, again=True)
        + '<recv response="200"/>\n</scenario>\n'
    )


def _send(message: str, *, again: bool = False) -> str:
    retrans = ' retrans="500"' if again else ""
    return f"<send{retrans}><![CDATA[\n{message}\n]]></send>\n"


def _numbers() -> str:
    """Few enough that some citizens call again."""
    chance = random.Random(1022)  # noqa: S311 (callers, not secrets)
    return "RANDOM\n" + "".join(f"09{chance.randrange(10**8):08d};\n" for _ in range(60))


def _sipp(pbx: Asterisk, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    # In the session of this process: the end of the session ends them too.
    return subprocess.Popen(
        pbx.command("usr/bin/sipp", *arguments, "-nostdin"), cwd=folder, env={**os.environ, "TERM": "dumb"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _people(pbx: Asterisk) -> list[subprocess.Popen[bytes]]:
    folder = pbx.home / "demo"
    folder.mkdir()
    inside = f"{pbx.inside}/demo"
    (folder / "caller.xml").write_text(caller_scenario(), encoding="utf-8")
    (folder / "numbers.csv").write_text(_numbers(), encoding="utf-8")
    started = []
    for extension, ring_ms in PHONES.items():
        (folder / f"{extension}.xml").write_text(phone_scenario(ring_ms), encoding="utf-8")
        place = (
            "-i",
            pbx.phones,
            "-p",
            str(5000 + int(extension)),
            "-mi",
            pbx.phones,
            "-mp",
            f"{20 + int(extension)}00",
        )
        started.append(_sipp(pbx, folder, "-sf", f"{inside}/{extension}.xml", *place))
    host = f"{pbx.net}.64"
    pace = ("-r", "1", "-rp", str(CALL_EVERY_S * 1000), "-i", host, "-mi", host)
    scenario = ("-sf", f"{inside}/caller.xml", "-inf", f"{inside}/numbers.csv")
    started.append(_sipp(pbx, folder, f"{pbx.address}:5060", *scenario, *pace))
    return started


def _settings(pbx: Asterisk) -> dict[str, str]:
    url = urlsplit(pbx.ami_url())
    return {
        "CALLCENTER_PBX": f"ami://{url.username}:{quote(url.password or '')}@{url.hostname}:{url.port}",
        "CALLCENTER_QUEUE_LOG": str(pbx.queue_log),
        "CALLCENTER_CEL": f"sqlite:///{pbx.cel}",
    }


def main() -> int:
    lifeline.tie()
    log.set_up()
    stop = stopped_by_signals()
    try:
        with Asterisk(demo_site(PHONES)) as pbx:
            people = _people(pbx)
            ready = Path(sys.argv[1])
            ready.with_suffix(".new").write_text(json.dumps(_settings(pbx)), encoding="utf-8")
            ready.with_suffix(".new").rename(ready)
            while not stop.wait(1) and all(one.poll() is None for one in people):
                pass
            for one in people:
                one.send_signal(signal.SIGKILL)
    except AsteriskUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if stop.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
