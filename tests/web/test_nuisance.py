"""The page of numbers that misuse the hotline: a decision with reason and end, what was typed stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.models import NuisanceNumber, PbxStatus
from callcenter.vocab import Disposition, NuisanceStep
from tests import factories
from tests.factories import CALLER, Province
from tests.web.conftest import Browser

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)


def test_from_the_mark_to_the_block(sign_in: SignIn, session: Session, province: Province) -> None:
    factories.answered(session, started_at=NOW, disposition=Disposition.PRANK, disposition_note="hát cho nghe")
    session.add(PbxStatus(pbx="lab", connected=True, since=NOW, seen_at=NOW, actions=["list", "unlist"]))
    session.commit()
    hoa = sign_in("hoa")
    page = hoa.get("/nuisance").text
    assert "hát cho nghe" in page
    assert "1 lần đánh dấu" in page
    blocked = {"number": CALLER, "step": "blocked", "reason": "gọi phá cả đêm", "days": "7"}
    refused = hoa.post("/nuisance/decide", blocked)
    assert refused.status_code == 422
    assert "Trước khi chặn, hãy cho số này chờ sau người khác" in refused.text
    told = hoa.post(
        "/nuisance/decide", {"number": CALLER, "step": "low", "reason": "gọi phá", "days": "1"}, follow_redirects=True
    )
    assert "0905 123 456 từ nay chờ sau những người khác" in told.text
    assert "đang báo tổng đài lab" in told.text
    assert "Sắp hết hạn, cần xem lại" in told.text
    given = {"number": CALLER, "step": "blocked", "reason": "vẫn gọi phá", "days": "30"}
    assert "113, 114, 115" in hoa.post("/nuisance/decide", given, follow_redirects=True).text
    row = session.get_one(NuisanceNumber, CALLER)
    session.refresh(row)
    assert (row.step, row.decided_by) == (NuisanceStep.BLOCKED, "Lê Thị Hoa")
    assert row.until - row.decided_at == timedelta(days=30)
    free = {"number": CALLER, "step": "free", "reason": "đã xin lỗi"}
    told = hoa.post("/nuisance/decide", free, follow_redirects=True)
    assert "gọi được như mọi người" in told.text


def test_what_was_typed_stays_and_a_deaf_pbx_is_named(sign_in: SignIn, session: Session) -> None:
    session.add(PbxStatus(pbx="cu", connected=True, since=NOW, seen_at=NOW))
    session.commit()
    hoa = sign_in("hoa")
    refused = hoa.post("/nuisance/decide", {"number": "số ẩn", "step": "low", "reason": "gọi lúc nửa đêm", "days": "7"})
    assert refused.status_code == 422
    assert "số ẩn thì không chặn được" in refused.text
    assert 'value="số ẩn"' in refused.text
    assert 'value="gọi lúc nửa đêm"' in refused.text
    assert "Tổng đài cu không nhận danh sách từ trang này" in refused.text
