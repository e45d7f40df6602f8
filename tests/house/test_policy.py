"""Spans of time and limits that a province may want otherwise stand in the policy, and no text has them frozen."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.build.texts import extract
from tickets.rules import policy

ROOT = Path(__file__).parents[2]
# How the machines work together: nothing that a province decides.
TECHNICAL = {
    "tickets/calls/listening.py": {"_ONCE"},
    "tickets/calls/recordings.py": {"_SETTLES", "_MAY_BE_WRITTEN"},
    "tickets/figures/overview.py": {"_PROMISE_LATE"},
    "tickets/finding/search.py": {"_KNOWN_S"},
    "tickets/jobs.py": {"_TEXTS_FOR_S"},
    "tickets/life/posts.py": {"_NONCE_LASTS", "ANSWER_LASTS"},
    "tickets/life/sweeps.py": {"_KEEP_PROMISES"},
    "tickets/life/uploads.py": {"UNUSED_AFTER"},
    "tickets/notices/gateways.py": {"_CONNECT_S", "_ANSWER_S"},
    "tickets/notices/messages.py": {"_LOST_AFTER"},
    "tickets/rules/nuisance_rules.py": {"_PAUSE"},
    "tickets/rules/sla.py": {"_ONE_DAY", "_HORIZON_DAYS"},
    "tickets/telephone/after_call.py": {"_FRESH", "_SHOWS_WITHIN", "_AGAIN"},
    "tickets/telephone/emergency_bar.py": {"_SHOWS_WITHIN"},
    "tickets/telephone/handset.py": {"REMEMBERED", "_CALL_REMEMBERED", "_FORGOTTEN", "LONGEST_CONSULTATION"},
    "tickets/telephone/phone.py": {"_SHOWS_WITHIN", "_HEARTBEAT"},
    "tickets/telephone/restarts.py": {"_TOLD"},
    "tickets/telephone/taking.py": {"_TOLD"},
    "tickets/telephone/transfers.py": {"_LASTS_S", "_BEGUN_AFTER", "_TOLD_FOR"},
}
# The law's own spans, the least of a field, and advice about the machine.
FROZEN = {
    (
        "Nộp đơn có chữ ký hoặc đến trình bày trực tiếp, mang theo quyết định và giấy tờ; "
        "trong 90 ngày từ khi biết quyết định hoặc việc làm đó."
    ),
    "Thời hạn từ 1 phút đến %(span)s.",
    "Trang tự nối lại; nếu quá năm phút, hãy báo quản trị hệ thống.",
}
_UNITS = "ngày|phút|giờ|giây|tuần|tháng|lần|tệp|ảnh|bộ lọc|tin|MB"
_COUNTED = re.compile(rf"(?<![\w/:])(\d+|hai|ba|bốn|năm|sáu|bảy|mười|nửa)\s+({_UNITS})\b")
# "ba ngày nay" of an example's own report, and clock times.
_EXAMPLES = re.compile("ví dụ", re.IGNORECASE)


def _spans(path: Path) -> Iterator[str]:
    """Names of module-level constants that are a span of time."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        built = {
            call.func.id for call in ast.walk(node.value) if isinstance(call, ast.Call) and hasattr(call.func, "id")
        }
        yield from (name for name in names if "timedelta" in built or re.search("_(S|MIN|HOURS|DAYS)$", name))


@pytest.mark.parametrize("path", sorted((ROOT / "tickets").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_span_of_time_is_policy_or_technical(path: Path) -> None:
    module = str(path.relative_to(ROOT))
    if module != "tickets/rules/policy.py":
        assert set(_spans(path)) == TECHNICAL.get(module, set())


def test_no_text_has_a_span_or_a_limit_frozen() -> None:
    texts = {text for one in extract() for text in (one.id if isinstance(one.id, tuple) else (one.id,))}
    frozen = {text for text in texts if _COUNTED.search(text) and not _EXAMPLES.search(text)}
    assert frozen == FROZEN


def test_a_text_speaks_only_of_what_the_policy_has() -> None:
    sources = [*(ROOT / "agent_ui").rglob("*.py"), *(ROOT / "agent_ui").rglob("*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r"in_words\([\"'](\w+)", text)) | set(re.findall(r"POLICY\.([A-Z_]+)", text))
    named |= {name for one in extract() for name in re.findall(r"%\(([A-Z_]+)\)s", str(one.id))}
    assert len(named) > 10
    assert all(hasattr(policy, name) for name in named)
