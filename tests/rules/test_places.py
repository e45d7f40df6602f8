"""Finding a commune or ward by what people type: the units of the demo province, the index without a database."""

import time

import pytest

from scripts.demo.reports import REPORTS, DemoReport
from scripts.tools import places
from scripts.tools.places import MERGED, WRONG, FormerName, Successor
from tickets.rules.place_index import FormerRow, Index, PlaceHit, WardRow, words_of

DONG_THAP = "82"


@pytest.fixture(scope="module")
def former() -> list[Successor]:
    return places.former_units_of(DONG_THAP)


@pytest.fixture(scope="module")
def index(former: list[Successor]) -> Index:
    wards = [WardRow(ward["code"], ward["name"]) for ward in places.wards_of(DONG_THAP)]
    codes = {ward.name: ward.code for ward in wards}
    return Index(wards, [FormerRow(*row.place, codes[row.ward], row.partial) for row in former])


def names(hits: list[PlaceHit]) -> list[str]:
    return [hit.name for hit in hits]


@pytest.mark.parametrize(
    ("text", "ward", "found_by"),
    [
        ("mỹ tho", "Phường Mỹ Tho", None),
        ("my tho", "Phường Mỹ Tho", None),
        ("Mỹ Thọ", "Xã Mỹ Thọ", None),
        ("xa my tho", "Xã Mỹ Thọ", None),
        ("p3 my tho", "Phường Mỹ Tho", "Phường 3"),
        ("P.03 Mỹ Tho", "Phường Mỹ Tho", "Phường 3"),
        ("phuong 3 tp my tho", "Phường Mỹ Tho", "Phường 3"),
        ("phường 3, TP.Cao Lãnh", "Phường Cao Lãnh", "Phường 3"),
        ("f4 tx cai lậy", "Phường Cai Lậy", "Phường 4"),
        ("xa tan hoi cai lay", "Xã Tân Phú", "Xã Tân Hội"),
        ("xa tan hoi hong ngu", "Phường Hồng Ngự", "Xã Tân Hội"),
        ("hung thanh, thap muoi", "Xã Phương Thịnh", "Xã Hưng Thạnh"),
        ("xã hưng thạnh", "Xã Hưng Thạnh", None),
        ("xã tân phú, huyện châu thành", "Xã Tân Phú Trung", "Xã Tân Phú"),
        ("xã Tân Phú, tỉnh Đồng Tháp", "Xã Tân Phú", None),
        ("12/3 ấp Mỹ Lương, xã Tân Mỹ Chánh, TP Mỹ Tho, Tiền Giang", "Phường Mỹ Phong", "Xã Tân Mỹ Chánh"),
        ("phuong thinh", "Xã Phương Thịnh", None),
        ("hang trung", "Xã Bình Hàng Trung", None),
        ("sơn quý", "Phường Sơn Qui", None),
        ("tt cái bè", "Xã Cái Bè", "Thị trấn Cái Bè"),
        ("hữu đạo", "Xã Bình Trưng", "Xã Hữu Đạo"),
        ("phường 11 cao lãnh", "Phường Mỹ Ngãi", "Phường 11"),
        # One slip of the finger in a word that is no other.
        ("xa Duog Diem, Chau Thanh", "Xã Bình Trưng", "Xã Dưỡng Điềm"),
        ("bên h.thanh bình x. tân qiới", "Xã Tân Long", "Xã Tân Quới"),
        ("x.Đốc Bnh Kieu", "Xã Đốc Binh Kiều", None),
        ("Phu Hip", "Xã Tam Nông", "Xã Phú Hiệp"),
        # A market, a bridge, a street and a hamlet are called after other places.
        ("gần chợ Vĩnh Kim, xã Tam Bình", "Xã Ngũ Hiệp", "Xã Tam Bình"),
        ("ngay cầu Tân Hương, xã Vĩnh Bình", "Xã Vĩnh Bình", None),
        ("khu phố Long Hưng, Thới Sơn", "Phường Thới Sơn", None),
        ("chợ gạo", "Xã Chợ Gạo", None),
        # A text that names a district is of the old frame.
        ("Lai Vung, H.Lai Vung", "Xã Hòa Long", "Thị trấn Lai Vung"),
    ],
)
def test_the_first_hit_is_what_was_meant(index: Index, text: str, ward: str, found_by: str | None) -> None:
    first = index.find(text)[0]
    assert first.name == ward
    assert (first.former or "").split(",")[0] == (found_by or "")


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.place)
def test_every_place_of_the_demo_reports_is_found_first(index: Index, report: DemoReport) -> None:
    assert index.find(report.place)[0].name == report.ward


def test_a_split_unit_gives_all_its_parts_marked(index: Index) -> None:
    hits = index.find("xã Phú Thuận B, Hồng Ngự")
    assert names(hits) == ["Xã Long Phú Thuận", "Xã Tân Long"]
    assert all(hit.partial for hit in hits)


def test_a_former_town_lists_its_wards_of_today(index: Index) -> None:
    hits = index.find("thi xa go cong")
    assert sorted(names(hits)) == ["Phường Bình Xuân", "Phường Gò Công", "Phường Long Thuận", "Phường Sơn Qui"]
    assert {hit.former for hit in hits} == {"Thành phố Gò Công, Tiền Giang"}


def test_a_unit_of_today_stands_before_an_old_district_of_that_name(index: Index) -> None:
    hits = index.find("cai lậy")
    assert (hits[0].name, hits[0].former) == ("Phường Cai Lậy", None)
    assert "Thị xã Cai Lậy, Tiền Giang" in {hit.former for hit in hits}


def test_a_name_is_found_while_it_is_typed(index: Index) -> None:
    wanted = "đốc binh kiều"
    for typed in range(3, len(wanted) + 1):
        assert "Xã Đốc Binh Kiều" in names(index.find(wanted[:typed]))


def test_a_house_number_is_no_ward(index: Index) -> None:
    assert "Phường 3" not in str(index.find("số 3 Lê Lợi, Sa Đéc"))


def test_nothing_is_found_in_nothing(index: Index) -> None:
    assert index.find("") == index.find(" .,!") == index.find("xyz qqq") == []


def test_no_more_than_the_limit_and_each_unit_once(index: Index) -> None:
    hits = index.find("tân", limit=5)
    assert len(hits) == len({hit.ward_code for hit in hits}) == 5


def test_every_unit_is_found_by_its_own_full_name(index: Index, former: list[Successor]) -> None:
    for ward in places.wards_of(DONG_THAP):
        assert names(index.find(ward["name"]))[0] == ward["name"]
    for row in former:
        assert row.ward in names(index.find(", ".join(row.place)))


def test_short_forms_are_written_out() -> None:
    assert words_of("P3, TP.Mỹ Tho") == words_of("phường 03 thành phố Mĩ Tho")
    assert words_of("tx. Gò Công") == words_of("Thị xã Gò Công")


def test_a_search_takes_far_less_than_ten_milliseconds(index: Index) -> None:
    texts = [report.place for report in REPORTS] + ["tan", "my", "p", "123 Hùng Vương, Phường 5, TP. Mỹ Tho"]
    index.find("warm")
    took = []
    for text in texts:
        before = time.process_time()
        index.find(text)
        took.append(time.process_time() - before)
    assert sorted(took)[int(len(took) * 0.95)] < 0.010


def test_what_is_called_wrong_is_in_the_table_and_not_in_what_is_loaded(former: list[Successor]) -> None:
    table = {(row.place, row.ward) for row in places._table(DONG_THAP)}
    loaded = {(row.place, row.ward) for row in former}
    for row in WRONG:
        assert (row.place, row.ward) in table
        assert (row.place, row.ward) not in loaded
        assert [place for place, _ in loaded].count(row.place) == 1, "one true successor is left"


def test_a_unit_merged_earlier_goes_where_its_heir_went(former: list[Successor]) -> None:
    heirs: dict[FormerName, set[str]] = {}
    for row in former:
        heirs.setdefault(row.place, set()).add(row.ward)
    for merged in MERGED:
        assert heirs[merged.place] == heirs[FormerName(merged.into, *merged.place[1:])]
    assert heirs[FormerName("Phường 8", "Thành phố Mỹ Tho", "Tiền Giang")] == {"Phường Mỹ Tho"}


def test_only_the_split_units_are_partial(former: list[Successor]) -> None:
    assert {row.place.name for row in former if row.partial} == {"Xã Phú Thuận B", "Xã Gáo Giồng", "Xã Tân Thạnh"}


def test_every_ward_took_over_something(former: list[Successor]) -> None:
    assert {row.ward for row in former} == {ward["name"] for ward in places.wards_of(DONG_THAP)}


@pytest.mark.parametrize("province", places.provinces())
def test_every_province_can_be_loaded(province: str) -> None:
    """Each successor is a unit of today by the official spelling, and each of those is on the map."""
    wards = {ward["name"]: ward for ward in places.wards_of(province)}
    former = places.former_units_of(province)
    assert {row.ward for row in former} <= wards.keys()
    assert all(8 < ward["latitude"] < 24 and 102 < ward["longitude"] < 118 for ward in wards.values())
    assert former


def test_an_unknown_province_is_refused_by_name() -> None:
    with pytest.raises(LookupError, match="99"):
        list(places.wards_of("99"))
