"""Messages of the simulated PBX: a small sound that any browser plays, with the pauses of its words."""

import wave
from array import array
from pathlib import Path

import pytest

from scripts.demo.simulated.past import messages, sounds_folder
from scripts.demo.simulated.voice import LONGEST_S, RATE, SHORTEST_S, leave_message, speak

SHORT = "Alô."
LONG = "Nước máy mấy bữa nay vàng khè, có mùi, không dám nấu ăn. Nhờ tổng đài báo giùm. " * 3


@pytest.mark.parametrize("text", [SHORT, LONG, ""])
def test_a_message_is_a_few_seconds_of_telephone_sound(tmp_path: Path, text: str) -> None:
    path = leave_message(tmp_path / "in", 3, text)
    with wave.open(f"{path}.wav") as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1)
        assert SHORTEST_S <= file.getnframes() / RATE <= LONGEST_S
        samples = array("h", file.readframes(file.getnframes()))
    assert max(map(abs, samples)) > 8000
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == ["msg0003.wav"]


def test_pauses_follow_the_words() -> None:
    def silent(text: str) -> float:
        sound = speak(1, text)
        frames = [sound[at : at + 80] for at in range(0, len(sound), 80)]
        return sum(max(map(abs, frame)) < 600 for frame in frames) / len(frames)

    assert silent("Tôi. Ở. Phường. Bốn. Mỹ. Tho. Nước. Máy.") > silent("Tôi ở phường bốn mỹ tho nước máy") + 0.1


def test_voices_differ_and_stay_themselves() -> None:
    assert speak(1, SHORT) == speak(1, SHORT) != speak(2, SHORT)


def test_an_earlier_message_is_never_overwritten(tmp_path: Path) -> None:
    first = leave_message(tmp_path, 0, SHORT)
    assert leave_message(tmp_path, 0, LONG) != first


def test_the_past_shares_a_few_messages_spoken_once(tmp_path: Path) -> None:
    spoken = messages(tmp_path)
    assert 3 <= len(spoken) <= 10
    assert messages(tmp_path) == spoken
    assert all(Path(f"{name}.wav").is_relative_to(sounds_folder(tmp_path)) for name in spoken)
