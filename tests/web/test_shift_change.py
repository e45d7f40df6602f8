"""Giving a shift over in the console: the record, the banner at the receiver's, the word that it is taken."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import ShiftHandover
from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_shift import left_draft

SignIn = Callable[[str | None], Browser]


def test_from_the_list_to_the_next_leader_s_name(sign_in: SignIn, session: Session, province: Province) -> None:
    draft = left_draft(session)
    hoa, phuc = sign_in("hoa"), sign_in("phuc")
    assert draft.code in hoa.get("/shift/handovers").text
    refused = hoa.post("/shift/handovers/give", {"to": "", "note": "Điện lực đã gọi hai lần"})
    assert refused.status_code == 422
    assert "Điện lực đã gọi hai lần" in refused.text
    given = {"to": str(province.people["phuc"].id), "note": "Điện lực đã gọi hai lần"}
    where = hoa.post("/shift/handovers/give", given).headers["Location"]
    record = hoa.get(where).text
    assert "Biên bản giao ca" in record
    assert "Tôi nhận ca này" not in record
    assert "Lê Thị Hoa giao ca cho ông/bà" in phuc.get("/shift").text
    assert "Tôi nhận ca này" in phuc.get(where).text
    assert hoa.post(f"{where}/confirm").status_code == 403
    assert phuc.post(f"{where}/confirm", {"remark": "đã xem đủ"}).headers["Location"] == "/shift"
    assert "giao ca cho ông/bà" not in phuc.get("/shift").text
    told = hoa.get(where).text
    assert "đã xem đủ" in told
    assert "nhận từ ca của Lê Thị Hoa" in phuc.get(f"/tickets/{draft.code}").text
    late = hoa.post(f"{where}/withdraw")
    assert late.status_code == 422
    assert "Ca này đã có người nhận" in late.text


def test_it_can_be_taken_back(sign_in: SignIn, session: Session, province: Province) -> None:
    hoa = sign_in("hoa")
    where = hoa.post("/shift/handovers/give", {"to": str(province.people["phuc"].id)}).headers["Location"]
    assert hoa.post(f"{where}/withdraw").status_code == 303
    assert "đã rút lại" in hoa.get("/shift/handovers").text
    refused = sign_in("phuc").post(f"{where}/confirm")
    assert refused.status_code == 422
    assert "Người giao đã rút lại biên bản này" in refused.text
    assert session.scalars(select(ShiftHandover.confirmed_at)).one() is None
