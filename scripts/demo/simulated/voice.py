"""Synthetic voice of the simulated PBX's messages: not words, but the pace, the tones and the pauses of speech.

A buzz at the pitch of a voice goes through three resonances, one set a vowel; the six tones of Vietnamese bend the
pitch, commas and full stops are pauses. 8 kHz, 16 bit, one channel, as a telephone line has it.
"""

import math
import os
import random
import unicodedata
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

RATE = 8000
SHORTEST_S, LONGEST_S = 3.0, 6.0
_LOUDEST = 14_000
_COMMA_S, _STOP_S, _ENDS_S = 0.18, 0.38, 0.5
_SYLLABLE_S = 0.21
# The first three resonances of each vowel, in Hz.
_VOWELS = {
    "a": (800, 1400, 2600), "ă": (740, 1450, 2600), "â": (600, 1350, 2500), "e": (620, 1900, 2650),
    "ê": (430, 2200, 2750), "i": (310, 2350, 3000), "y": (310, 2350, 3000), "o": (580, 950, 2500),
    "ô": (440, 850, 2450), "ơ": (540, 1300, 2450), "u": (340, 800, 2350), "ư": (360, 1350, 2350),
}  # fmt: skip
# Where the pitch stands at the beginning, the middle and the end of a syllable, against that of the voice.
_LEVEL = (1.0, 1.0, 0.98)
_TONES = {
    "\u0301": (1.0, 1.08, 1.32),
    "\u0300": (0.92, 0.84, 0.76),
    "\u0309": (0.95, 0.78, 0.93),
    "\u0303": (1.0, 0.86, 1.36),
    "\u0323": (0.92, 0.8, 0.62),
}
_WIDTHS = (80, 110, 160)
_WEIGHTS = (1.0, 0.55, 0.25)
_HISSING = frozenset("sxckhtpgđ")


@dataclass(frozen=True)
class _Syllable:
    vowels: tuple[tuple[int, int, int], ...]
    tone: tuple[float, float, float]
    hiss: bool
    seconds: float


def leave_message(folder: Path, serial: int, text: str) -> str:
    """Write `text` as it would sound into `folder`; returns the file without its ending, as a PBX names a message.

    The same serial has the same voice. 3 to 6 seconds: a longer text breaks off, as callers do. Appears whole or not
    at all, and over no earlier message: then it gets the next number that is free.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = next(n for n in count(serial) if not (folder / f"msg{n:04d}.wav").exists())
    path = folder / f"msg{number:04d}"
    whole = path.with_suffix(f".{os.getpid()}.new")
    with wave.open(str(whole), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(speak(serial, text).tobytes())
    whole.replace(path.with_suffix(".wav"))
    return str(path)


def speak(serial: int, text: str) -> "array[int]":
    """The samples of `text` in the voice of this serial."""
    chance = random.Random(f"voice:{serial}")  # noqa: S311 (a voice, not a secret)
    pitch = chance.choice((chance.uniform(105, 135), chance.uniform(185, 230)))
    pace = chance.uniform(0.92, 1.15)
    sound = [0.0] * int(0.15 * RATE)
    while len(sound) < SHORTEST_S * RATE:
        for part in _parts(text):
            if len(sound) > (LONGEST_S - 2 * _ENDS_S) * RATE:
                break
            sound += _silence(part * pace) if isinstance(part, float) else _say(part, pitch, pace, chance)
        sound += _silence(_ENDS_S)
    loudest = max(abs(value) for value in sound) or 1.0
    # The line itself is never quite silent.
    return array("h", (int(value / loudest * _LOUDEST + chance.gauss(0, 70)) for value in sound))


def _parts(text: str) -> Iterator[_Syllable | float]:
    """Syllables and, as seconds, the pauses between them."""
    for word in text.lower().split() or ["a"]:
        yield _syllable(word)
        if word[-1] in ",;:":
            yield _COMMA_S
        elif word[-1] in ".?!…":
            yield _STOP_S
        else:
            yield 0.02


def _syllable(word: str) -> _Syllable:
    spelled = unicodedata.normalize("NFD", word)
    tone = next((_TONES[sign] for sign in spelled if sign in _TONES), _LEVEL)
    plain = unicodedata.normalize("NFC", "".join(sign for sign in spelled if sign not in _TONES))
    vowels = tuple(_VOWELS[letter] for letter in plain if letter in _VOWELS) or (_VOWELS["ơ"],)
    return _Syllable(vowels, tone, plain[0] in _HISSING, _SYLLABLE_S * (0.8 + 0.15 * len(vowels)))


def _silence(seconds: float) -> list[float]:
    return [0.0] * int(seconds * RATE)


def _say(syllable: _Syllable, pitch: float, pace: float, chance: random.Random) -> list[float]:
    hiss = [chance.gauss(0, 0.05) for _ in range(int(0.04 * RATE))] if syllable.hiss else []
    buzz = _buzz(syllable, pitch, pace, chance)
    voiced = [0.0] * len(buzz)
    for place, weight in enumerate(_WEIGHTS):
        ends = syllable.vowels[0][place], syllable.vowels[-1][place]
        for at, value in enumerate(_resonance(buzz, ends, _WIDTHS[place])):
            voiced[at] += weight * value
    return hiss + voiced


def _buzz(syllable: _Syllable, pitch: float, pace: float, chance: random.Random) -> list[float]:
    """The vocal cords: a falling tooth a period, a little uneven, swelling and fading with the syllable."""
    length = int(syllable.seconds * pace * RATE)
    first, middle, last = syllable.tone
    phase, found = 0.0, []
    for at in range(length):
        part = at / length
        bend = first + (middle - first) * 2 * part if part < 0.5 else middle + (last - middle) * (2 * part - 1)
        phase += pitch * bend * (1 + chance.gauss(0, 0.01)) / RATE
        swell = math.sin(math.pi * part) ** 0.6
        found.append(swell * (1 - 2 * (phase % 1) + chance.gauss(0, 0.04)))
    return found


def _resonance(sound: list[float], ends: tuple[int, int], width: int) -> Iterator[float]:
    """A two-pole filter whose frequency glides from one of `ends` to the other."""
    radius = math.exp(-math.pi * width / RATE)
    one = two = 0.0
    for start in range(0, len(sound), 80):
        frequency = ends[0] + (ends[1] - ends[0]) * start / len(sound)
        turn = 2 * radius * math.cos(2 * math.pi * frequency / RATE)
        for value in sound[start : start + 80]:
            one, two = (1 - radius) * value + turn * one - radius * radius * two, one
            yield one
