"""queue_log and CEL as rules: what a line or a row says, what it never says, and that nothing breaks them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.callflow import columns
from telephony.events import Happening, Kind
from telephony.witness import cel, queue_log
from telephony.witness.queue_log import interpret, parse, sift
from telephony.witness.testimony import WitnessedFacts, fold, of_cel, of_queue_log
from tests.generated import examples

CALL = "1795612712.4"
NAMES = {"Lan": "121", "Minh": "122"}


def names(queue: str, name: str, channel: str) -> str:
    return NAMES.get(name, f"?{name}")


def told(*rows: str, call: str = CALL) -> WitnessedFacts:
    """The facts of a call from `seconds|queue|agent|event|data…`."""
    found = [parse(f"{1795612712 + int(row.partition('|')[0])}|{call}|{row.partition('|')[2]}") for row in rows]
    facts = of_queue_log(call, [row for row in found if row], names)
    assert facts is not None
    return facts


START = "0|q|NONE|HOTLINESTART|0905123456|allowed_not_screened|1022|trunk"
IN_QUEUE = (START, "1|q|NONE|HOTLINESTAGE|queue||x.wav", "1|q|NONE|ENTERQUEUE||0905123456|1")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1795612712",
        "stray text without bars",
        "1795612712|1795612712.4|q|Lan",
        "today|1795612712.4|q|Lan|CONNECT|1|1795612712.5|1",
        "1795612712|1795612712.4|q|NONE|ENTERQUEUE||0905\r",
        "1795612712|1795612712.4|q|NONE|ENTERQUEUE||0905",
        "1795612712|1795612712.4|q|NONE|HOTLINESTART|0905|allowed|1022",
        "1795612712|1795612712.4|q|NONE|HOTLINESTART|0905|allowed|1022|trunk|1",
        "1795612712|1795612712.4|q|NONE|connect|1|2|3",
        "1795612712|1795612712.4|q|NONE|CONNECT" + "|x" * 2000,
    ],
)
def test_what_app_queue_never_writes_is_no_row(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("callid", ["NONE", "CLI", "REALTIME", "MANAGER", "", "x", "1.2", "../../etc"])
def test_a_row_about_no_call_says_nothing_of_one(callid: str) -> None:
    row = parse(f"1795612712|{callid}|q|Lan|CONNECT|1|1795612712.5|1")
    assert row is not None
    assert row.callid == ""
    assert interpret(row, names) == ()


def test_the_identifier_of_a_named_pbx_is_a_call() -> None:
    row = parse("1795612712|pbx1-1795612712.10|q|NONE|ENTERQUEUE||0905123456|1")
    assert row is not None
    assert row.callid == "pbx1-1795612712.10"
    assert queue_log.started_at(row.callid) == datetime.fromtimestamp(1795612712, UTC)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ("2|q|Lan|CONNECT|1|1795612713.5|1", "6|q|Lan|COMPLETECALLER|1|4|1", "6|q|NONE|HOTLINEEND|caller|16"),
            {"outcome": "answered", "operators": ["121"], "hung_up_by": "caller", "wait_s": 1.0, "talk_s": 4.0},
        ),
        (
            ("2|q|Lan|CONNECT|1|1795612713.5|1", "6|q|Lan|COMPLETEAGENT|1|4|1", "6|q|NONE|HOTLINEEND|operator|16"),
            {"outcome": "answered", "hung_up_by": "operator"},
        ),
        (
            ("4|q|Lan|RINGNOANSWER|3000", "5|q|Minh|RINGCANCELED|900", "5|q|NONE|ABANDON|1|1|4",
             "5|q|NONE|HOTLINEEND|caller|0"),
            {"outcome": "abandoned", "stage": "queue", "rang": ["121", "122"], "wait_s": 4.0, "operators": []},
        ),
        # The end is written in the next second: still one moment.
        (("5|q|NONE|ABANDON|1|1|4", "6|q|NONE|HOTLINEEND|caller|0"), {"outcome": "abandoned"}),
        (("5|q|NONE|ABANDON|1|1|4", "5|q|NONE|HOTLINEEND|system|0"), {"outcome": "failed", "hung_up_by": "system"}),
        (("5|q|NONE|EXITWITHTIMEOUT|1|1|4", "5|q|NONE|HOTLINEEND|system|16"), {"outcome": "timeout", "wait_s": 4.0}),
        (
            ("5|q|NONE|EXITWITHTIMEOUT|1|1|4", "5|q|NONE|HOTLINESTAGE|voicemail||",
             "9|q|NONE|HOTLINEVOICEMAIL|/spool/msg0000", "9|q|NONE|HOTLINEEND|caller|0"),
            {"outcome": "voicemail", "voicemail": "/spool/msg0000"},
        ),
        (("5|q|NONE|EXITEMPTY|1|1|4", "6|q|NONE|HOTLINEEND|system|16"), {"outcome": "unserved", "reason": "empty"}),
        (
            ("4|q|NONE|EXITWITHKEY|1|1|1|3", "4|q|NONE|HOTLINECALLBACK|0905123456", "5|q|NONE|HOTLINEEND|system|16"),
            {"outcome": "callback", "wait_s": 3.0},
        ),
        # LINK shifts the fields: nothing of them is read as a phone.
        (
            ("2|q|Lan|CONNECT|1|1795612713.5|1", "4|q|Lan|ATTENDEDTRANSFER|LINK|PJSIP/121-1|PJSIP/122-2|1|2|1",
             "9|q|NONE|HOTLINEEND|caller|16"),
            {"outcome": "answered", "operators": ["121"], "transfers": [{"kind": "attended", "to": ""}]},
        ),
        (
            ("2|q|Lan|CONNECT|1|1795612713.5|1", "4|q|Lan|BLINDTRANSFER|122|agents|1|2|1",
             "9|q|NONE|HOTLINEEND|caller|16"),
            {"operators": ["121"], "transfers": [{"kind": "blind", "to": "122"}]},
        ),
    ],
)  # fmt: skip
def test_what_queue_log_holds_of_a_call(rows: tuple[str, ...], expected: dict[str, object]) -> None:
    facts = told(*IN_QUEUE, *rows)
    assert {name: facts.values[name] for name in expected} == expected
    assert facts.ended
    assert facts.values["number_dialled"] == "1022"
    assert facts.values["caller"] == "+84905123456"


@pytest.mark.parametrize("over", ["2|q|Lan|BLINDTRANSFER|200|agents|1|1|1", "3|q|Lan|COMPLETEAGENT|1|1|1"])
def test_a_queue_that_is_written_before_the_talk_that_led_there_follows_it(over: str) -> None:
    """Two threads of the PBX write: the next queue can be ahead of the end of the talk (seen in CI, Asterisk 22)."""
    before = (*IN_QUEUE, "1|q|Lan|CONNECT|1|1795612713.5|1")
    joined = "2|next|NONE|ENTERQUEUE||0905123456|1"
    talk = ("3|next|Minh|CONNECT|1|1795612714.7|1", "9|next|Minh|COMPLETECALLER|1|6|1")
    after = (*talk, "9|q|NONE|HOTLINEEND|caller|16")
    swapped, straight = told(*before, joined, over, *after), told(*before, over, joined, *after)
    assert (swapped.values["operators"], swapped.values["transfers"]) == (
        straight.values["operators"], straight.values["transfers"]
    )  # fmt: skip
    expected = [{"kind": "blind", "to": "200"}] if "BLIND" in over else []
    assert swapped.values["transfers"] == expected


def test_a_talk_that_went_on_unseen_has_no_length() -> None:
    """A transfer by keys was logged as the operator's end: the talk that went on is in no row."""
    talk = ("2|q|Lan|CONNECT|1|1795612713.5|1", "7|q|Lan|COMPLETEAGENT|1|5|1")
    facts = told(*IN_QUEUE, *talk, "14|q|NONE|HOTLINEEND|caller|16")
    assert facts.values["operators"] == ["121"]
    assert "talk_s" not in facts.values
    assert facts.unknown == {"operators", "talk_s"}
    assert told(*IN_QUEUE, *talk, "8|q|NONE|HOTLINEEND|operator|16").values["talk_s"] == 5.0


def test_before_the_queue_only_the_dialplan_speaks() -> None:
    facts = told(START, "0|q|NONE|HOTLINEBLOCKED", "0|q|NONE|HOTLINEEND|system|21")
    assert (facts.values["outcome"], facts.values.get("queue")) == ("blocked", None)
    facts = told(START, "1|q|NONE|HOTLINEUNSERVED|full", "2|q|NONE|HOTLINEEND|system|16")
    assert (facts.values["outcome"], facts.values["reason"]) == ("unserved", "full")
    facts = told(START, "1|q|NONE|HOTLINEFORWARDED|cong-an", "9|q|NONE|HOTLINEEND|caller|16")
    assert (facts.values["outcome"], facts.values["branch"]) == ("forwarded", "cong-an")


def test_a_withheld_number_stays_withheld() -> None:
    facts = told("0|q|NONE|HOTLINESTART|0905123456|prohib_not_screened|1022|trunk", "3|q|NONE|HOTLINEEND|caller|0")
    assert facts.values["caller"] is facts.values["caller_raw"] is None


def test_the_start_of_the_pbx_ends_what_had_no_end() -> None:
    lines = [f"{1795612712 + 9}|NONE|NONE|NONE|QUEUESTART|"]
    rows = [f"{1795612712 + int(row.partition('|')[0])}|{CALL}|{row.partition('|')[2]}" for row in IN_QUEUE]
    parsed = [row for row in map(parse, [*rows, *lines]) if row]
    facts = of_queue_log(CALL, parsed, names)
    assert facts is not None
    assert facts.ended
    assert facts.values["outcome"] == "failed"
    assert facts.values["ended_at"] == datetime.fromtimestamp(1795612721, UTC)
    assert facts.values["wait_s"] == 8.0


def test_what_a_plain_transfer_led_to_is_not_known() -> None:
    facts = told(
        *IN_QUEUE, "2|q|Lan|CONNECT|1|1.5|1", "4|q|Lan|BLINDTRANSFER|122|x|1|2|1", "9|q|NONE|HOTLINEEND|caller|16"
    )
    assert facts.unknown == {"operators", "talk_s"}
    assert "lost_in_transfer" not in facts.values


def test_a_name_that_is_no_extension_is_no_operator() -> None:
    facts = told(*IN_QUEUE, "2|q|Ai|CONNECT|1|1.5|1", "4|q|Ai|COMPLETECALLER|1|2|1", "4|q|NONE|HOTLINEEND|caller|16")
    assert facts.values["outcome"] == "answered"
    assert facts.values["operators"] == []
    assert facts.unknown == {"operators"}


def test_app_queue_alone_claims_no_more_than_it_knows() -> None:
    facts = told("1|q|NONE|ENTERQUEUE||0905123456|1", "5|q|NONE|EXITWITHTIMEOUT|1|1|4")
    assert not facts.ended
    assert "outcome" not in facts.values
    assert "caller" not in facts.values
    assert facts.guesses["caller"] == "+84905123456"
    facts = told("1|q|NONE|ENTERQUEUE||0905123456|1", "5|q|NONE|ABANDON|1|1|4")
    assert facts.ended
    assert facts.guesses["outcome"] == "abandoned"


FORGED = "1795612712|1795612712.99|q|NONE|HOTLINESTART|0|a|1022|t"


@pytest.mark.parametrize("feed", ["\n", "\r\n"])
def test_a_line_break_in_a_number_forges_nothing(feed: str) -> None:
    """As app_queue writes a number that was not cleaned: the rest of the row stands on a line of its own."""
    number = f"0905{feed}{FORGED}{feed}".ljust(79, "7")
    written = f"1795612712|{CALL}|q|NONE|ENTERQUEUE||{number}|1"
    honest = f"1795612715|{CALL}|q|Lan|CONNECT|3|1795612714.5|1"
    sifted = sift([*written.split("\n"), honest])
    assert [row.event for _, row in sifted.rows] == ["CONNECT"]
    assert sifted.dropped == 3
    # The same, where the reader stopped in the middle of it.
    first = sift(written.split("\n")[:1])
    rest = sift(written.split("\n")[1:], first.torn)
    assert first.rows == rest.rows == []


def test_stray_lines_are_passed_over_and_counted() -> None:
    line = f"1795612715|{CALL}|q|Lan|CONNECT|3|1795612714.5|1"
    sifted = sift(["garbage", line, "", "half|a|line"])
    assert [text for text, _ in sifted.rows] == [line]
    assert sifted.dropped == 2


# CEL


def seen(*rows: str) -> WitnessedFacts:
    """The facts of a call from `seconds TYPE uniqueid channel key=value…`."""
    found = []
    for row in rows:
        seconds, kind, number, channel, *more = row.split()
        given = dict(word.split("=", 1) for word in more)
        found.append(
            {
                "eventtype": kind,
                "eventtime": f"{1795612712 + float(seconds):.6f}",
                "uniqueid": f"1795612712.{number}",
                "linkedid": CALL,
                "channame": channel,
                **given,
            }
        )
    facts = of_cel(CALL, found)
    assert facts is not None
    return facts


CAME = "0 CHAN_START 4 PJSIP/trunk-00000001 context=from-trunk exten=1022 cidnum=0905123456"
QUEUED = "1 APP_START 4 PJSIP/trunk-00000001 appname=Queue appdata=hotline-1022,ct context=q"
RINGS = "1.1 CHAN_START 5 PJSIP/121-00000002"
TALKS = (
    '3 BRIDGE_ENTER 5 PJSIP/121-00000002 eventextra={"bridge_id":"b"}',
    '3 BRIDGE_ENTER 4 PJSIP/trunk-00000001 eventextra={"bridge_id":"b"}',
)
GONE = '9 HANGUP 4 PJSIP/trunk-00000001 context=q eventextra={"hangupcause":16,"hangupsource":"PJSIP/trunk-00000001"}'


def test_cel_sees_phones_bridges_and_moments() -> None:
    facts = seen(CAME, QUEUED, RINGS, *TALKS, GONE)
    wanted = {
        "outcome": "answered",
        "operators": ["121"],
        "rang": ["121"],
        "queue": "hotline-1022",
        "hung_up_by": "caller",
    }
    assert {name: facts.values[name] for name in wanted} == wanted
    assert (facts.values["wait_s"], facts.values["talk_s"], facts.values["lost_in_transfer"]) == (2.0, 6.0, False)
    assert facts.whole == frozenset()


def test_cel_sees_the_talk_after_a_transfer_to_a_plain_phone() -> None:
    facts = seen(
        CAME,
        QUEUED,
        RINGS,
        *TALKS,
        "5 BLINDTRANSFER 5 PJSIP/121-00000002 "
        'eventextra={"extension":"122","transferee_channel_uniqueid":"1795612712.4"}',
        '5 BRIDGE_EXIT 4 PJSIP/trunk-00000001 eventextra={"bridge_id":"b"}',
        '5 HANGUP 5 PJSIP/121-00000002 eventextra={"hangupcause":16,"hangupsource":""}',
        "5.1 CHAN_START 6 PJSIP/122-00000003",
        '6 BRIDGE_ENTER 6 PJSIP/122-00000003 eventextra={"bridge_id":"c"}',
        '6 BRIDGE_ENTER 4 PJSIP/trunk-00000001 eventextra={"bridge_id":"c"}',
        GONE,
    )
    assert facts.values["operators"] == ["121", "122"]
    assert facts.values["transfers"] == [{"kind": "blind", "to": "122"}]


def test_a_transfer_that_does_not_know_its_target_is_explained_by_who_joined() -> None:
    """As Asterisk writes it under load."""
    facts = seen(
        CAME,
        QUEUED,
        RINGS,
        *TALKS,
        '5 BRIDGE_ENTER 6 PJSIP/122-00000003 eventextra={"bridge_id":"b"}',
        '5 ATTENDEDTRANSFER 5 PJSIP/121-00000002 eventextra={"transfer_target_channel_name":"N/A",'
        '"transfer_target_channel_uniqueid":"N/A","transferee_channel_uniqueid":"1795612712.4"}',
        '5 HANGUP 5 PJSIP/121-00000002 eventextra={"hangupcause":16,"hangupsource":""}',
        GONE,
    )
    assert facts.values["transfers"][0]["kind"] == "attended"
    assert facts.values["transfers"][0]["to"] in ("", "122")
    assert facts.values["operators"] == ["121", "122"]


def test_whoever_is_in_the_bridge_already_when_the_caller_comes_is_told_by_the_callers_row() -> None:
    """Picked up in the moment of the transfer: their own row still belongs to the consultation, and is not kept."""
    facts = seen(
        CAME,
        QUEUED,
        RINGS,
        *TALKS,
        '5 BRIDGE_EXIT 5 PJSIP/121-00000002 eventextra={"bridge_id":"b"}',
        '5.001 ATTENDEDTRANSFER 5 PJSIP/121-00000002 eventextra={"app":"Dial","channel2_uniqueid":"1795612712.7",'
        '"transferee_channel_uniqueid":"1795612712.4","transfer_target_channel_uniqueid":"N/A"}',
        '5.002 HANGUP 5 PJSIP/121-00000002 eventextra={"hangupcause":16,"hangupsource":""}',
        '5.003 BRIDGE_ENTER 4 PJSIP/trunk-00000001 peer=PJSIP/122-00000003 eventextra={"bridge_id":"c"}',
        '8.5 BRIDGE_EXIT 8 PJSIP/122-00000003 eventextra={"bridge_id":"c"}',
        '8.5 BRIDGE_EXIT 4 PJSIP/trunk-00000001 eventextra={"bridge_id":"c"}',
        GONE,
    )
    assert facts.values["operators"] == ["121", "122"]
    assert facts.values["talk_s"] == pytest.approx(5.5)


IN_PLACE = (
    '5 ATTENDEDTRANSFER 5 PJSIP/121-00000002 eventextra={"app":"Dial","bridge1_id":"b","channel2_uniqueid":'
    '"1795612712.7","transferee_channel_uniqueid":"1795612712.4","transfer_target_channel_uniqueid":"N/A"}'
)
OUT_OF_THE_OLD = (
    '5 BRIDGE_EXIT 4 PJSIP/trunk-00000001 exten=7 eventextra={"bridge_id":"b"}',
    '5 BRIDGE_EXIT 5 PJSIP/121-00000002 eventextra={"bridge_id":"b"}',
    '5 HANGUP 5 PJSIP/121-00000002 eventextra={"hangupcause":16,"hangupsource":""}',
)


@pytest.mark.parametrize(
    ("told", "operators"),
    [
        ("exten=122 appname=Dial appdata=PJSIP/122,25,t", ["121", "122"]),
        ("exten=122 appname=Dial peer=PJSIP/122-00000003", ["121", "122"]),
        # Outside, though what was dialled is as short as an extension; and a queue, which is no telephone.
        ("exten=115 appname=Dial appdata=PJSIP/115@trunk,60", ["121"]),
        ("exten=600 appname=Queue appdata=hotline", ["121"]),
    ],
)
def test_a_caller_put_in_the_place_of_who_consulted(told: str, operators: list[str]) -> None:
    """As Asterisk writes it where the transfer comes before the two are joined: only their leaving is logged."""
    facts = seen(
        CAME,
        QUEUED,
        RINGS,
        *TALKS,
        IN_PLACE,
        *OUT_OF_THE_OLD,
        f'8.5 BRIDGE_EXIT 4 PJSIP/trunk-00000001 {told} eventextra={{"bridge_id":"c"}}',
        GONE,
    )
    assert facts.values["operators"] == operators
    assert facts.values["lost_in_transfer"] is ("Queue" in told)
    if len(operators) == 2:
        assert facts.values["talk_s"] == pytest.approx(5.5)


def test_only_the_transfer_that_put_the_caller_there_is_meant() -> None:
    """The first one rang on until it was answered, and the caller entered that bridge by a row of their own."""
    facts = seen(
        CAME,
        QUEUED,
        RINGS,
        *TALKS,
        IN_PLACE,
        *OUT_OF_THE_OLD,
        '6 BRIDGE_ENTER 4 PJSIP/trunk-00000001 peer=PJSIP/122-00000003 eventextra={"bridge_id":"c"}',
        '7 ATTENDEDTRANSFER 6 PJSIP/122-00000003 eventextra={"app":"Dial","bridge1_id":"c","channel2_uniqueid":'
        '"1795612712.8","transferee_channel_uniqueid":"1795612712.4","transfer_target_channel_uniqueid":"N/A"}',
        '7 BRIDGE_EXIT 4 PJSIP/trunk-00000001 eventextra={"bridge_id":"c"}',
        '8.5 BRIDGE_EXIT 4 PJSIP/trunk-00000001 appname=Dial appdata=PJSIP/123,25 eventextra={"bridge_id":"d"}',
        GONE,
    )
    assert facts.values["operators"] == ["121", "122", "123"]


def test_a_queue_that_lets_go_at_once_was_never_joined() -> None:
    facts = seen(CAME, QUEUED, "1.01 APP_END 4 PJSIP/trunk-00000001 appname=Queue", GONE)
    assert "queued_at" not in facts.values
    assert "outcome" not in facts.values


@pytest.mark.parametrize(
    "eventtime",
    ["1795612712.5", 1795612712.5, "2026-11-25 13:18:32.5", datetime(2026, 11, 25, 13, 18, 32, 500000, UTC)],
)
def test_the_time_of_a_row_in_each_form(eventtime: object) -> None:
    assert cel.moment({"eventtime": eventtime}) == datetime.fromtimestamp(1795612712.5, UTC)


def test_a_table_in_local_time_is_set_right_by_the_channels_own_second() -> None:
    row = {"eventtype": "CHAN_START", "uniqueid": CALL, "linkedid": CALL, "eventtime": "2026-11-25 20:18:32.25"}
    (came,) = cel.read(CALL, [row])
    assert came.at == datetime.fromtimestamp(1795612712.25, UTC)


def test_the_columns_of_a_postgres_table_are_read_too() -> None:
    row = {
        "eventtype": 1,
        "uniqueid": CALL,
        "linkedid": CALL,
        "eventtime": "1795612712",
        "cid_num": "0905",
        "exten": "1022",
    }
    (came,) = cel.read(CALL, [row])
    assert (came.kind, came.number, came.exten) == (Kind.CHANNEL, "0905", "1022")


# Fuzz

CELLS = st.one_of(
    st.sampled_from(
        ["NONE", "q", "Lan", CALL, "1795612712", "PJSIP/121-00000002", "{", '{"bridge_id":[]}', "", "\r", "\x00"]
    ),
    st.text(max_size=20),
)
EVENTS = st.sampled_from(
    ["HOTLINESTART", "HOTLINEEND", "HOTLINESTAGE", "HOTLINECALLBACK", "ENTERQUEUE", "CONNECT", "ABANDON", "QUEUESTART",
     "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "RINGNOANSWER", "EXITWITHKEY", "EXITEMPTY", "X"]
)  # fmt: skip
LINES = st.one_of(
    st.text(max_size=200),
    st.builds(
        lambda at, call, event, data: "|".join([str(at), call, "q", "Lan", event, *data]),
        st.integers(0, 99_999_999_999),
        st.sampled_from([CALL, "NONE", "1795612713.9"]),
        EVENTS,
        st.lists(CELLS, max_size=6),
    ),
)
COLUMNS = ["eventtype", "eventtime", "uniqueid", "linkedid", "channame", "context", "exten", "appname", "appdata",
           "cidnum", "cidname", "eventextra"]  # fmt: skip
ROWS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.one_of(CELLS, st.integers(), st.none(), st.floats()) for name in COLUMNS},
        "eventtype": st.sampled_from(
            [*map(str, range(18)), "CHAN_START", "BRIDGE_ENTER", "HANGUP", "ATTENDEDTRANSFER"]
        ),
        "eventtime": st.one_of(st.just("1795612712.5"), CELLS, st.floats(), st.datetimes()),
        "uniqueid": st.sampled_from([CALL, "1795612712.5", "x", None]),
    },
)


@examples(300)
@given(st.lists(LINES, max_size=25))
def test_no_lines_break_the_reader_or_make_another_call(lines: list[str]) -> None:
    rows = [row for _, row in sift(lines).rows]
    happenings = [happening for row in rows for happening in interpret(row, names)]
    assert {one.uniqueid for one in happenings} <= {row.callid for row in rows}
    folded = fold(CALL, [one for one in happenings if one.uniqueid == CALL])
    if folded is not None:
        calls, call = folded
        assert list(calls.by_id) == [CALL]
        columns(call)
    of_queue_log(CALL, rows, names)


@examples(300)
@given(st.lists(ROWS, max_size=25))
def test_no_rows_break_the_reader_or_make_another_call(rows: list[dict[str, object]]) -> None:
    for row in rows:
        cel.linkedid(row)
        cel.others(row)
        cel.zone_shift(row)
    folded = fold(CALL, cel.read(CALL, rows))
    if folded is not None:
        assert list(folded[0].by_id) == [CALL]
    of_cel(CALL, rows)


def test_the_fold_of_nothing_is_no_call() -> None:
    assert fold(CALL, []) is None
    other = Happening(Kind.HUNG_UP, datetime(2026, 11, 25, tzinfo=UTC), "9.9", "9.9")
    folded = fold(CALL, [other])
    assert folded is not None
    assert folded[1].ended_at is None
