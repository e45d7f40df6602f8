"""Sound files of calls: the name given by the PBX, looked up in the folder of the settings."""

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path, PurePosixPath

from callcenter.models import Call
from callcenter.vocab import Sound
from tickets.rules.sla import VIETNAM

# What a browser plays, the best first; Asterisk writes the same message in several formats beside each other.
ENDINGS = {".wav": "audio/wav", ".WAV": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


IsThere = Callable[[str], bool]

# A WAV file without a single sample.
_HEADER_BYTES = 44
# Asterisk closes the file, and joins its two sides, a moment after the call is over.
_SETTLES = timedelta(seconds=3)
_MAY_BE_WRITTEN = timedelta(seconds=60)


class State(StrEnum):
    """Whether a sound can be heard now."""

    READY = "ready"
    WRITING = "writing"
    MISSING = "missing"


@dataclass(frozen=True)
class Heard:
    """`file` is there for everything but a missing one."""

    state: State
    file: Path | None = None


def look(
    folders: Mapping[str, str], call: Call, sound: Sound, now: datetime, is_there: IsThere = os.path.isfile
) -> Heard | None:
    """What there is of this sound; None where the call never had one. `is_there`: `Listings` for many calls."""
    if sound == Sound.VOICEMAIL:
        return Heard(*_state(voicemail(folders, call, is_there), call, now)) if call.voicemail else None
    if call.recording is None and call.answered_at is None:
        return None
    found = Heard(*_state(recording(folders, call, is_there), call, now))
    # A PBX that recorded nothing has not lost anything.
    return None if found.state is State.MISSING and call.recording is None else found


class Listings:
    """Which files are there, by reading each folder once: a call without a recording is looked for at fifty places."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        names = self._names.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder))
            except OSError:
                names = frozenset()
            self._names[folder] = names
        return name in names


def _state(file: Path | None, call: Call, now: datetime) -> tuple[State, Path | None]:
    if file is None:
        return (State.WRITING if call.ended_at is None else State.MISSING), None
    found = file.stat()
    touched = datetime.fromtimestamp(found.st_mtime, UTC)
    if call.ended_at is None or (now - call.ended_at < _MAY_BE_WRITTEN and now - touched < _SETTLES):
        return State.WRITING, file
    return (State.READY, file) if found.st_size > _HEADER_BYTES else (State.MISSING, None)


def voicemail(folders: Mapping[str, str], call: Call, is_there: IsThere = os.path.isfile) -> Path | None:
    """The message's file, or None where the call has none, its PBX no folder, or the file is gone.

    `folders` are `Settings.recordings`: PBX name to a folder on this machine. `Call.voicemail` is a path on the PBX;
    it may lie in that very folder, or the folder is a copy of some part of the PBX's tree.
    """
    return _find(folders, call.pbx, call.voicemail, is_there)


def recording(folders: Mapping[str, str], call: Call, is_there: IsThere = os.path.isfile) -> Path | None:
    """The same for the recording of the talk: one file a call, named by its Linkedid whatever it was passed on to.

    It lies in a folder of its day; a PBX that does not name the file may still have it.
    """
    names = [name for name in (call.recording, call.linkedid) if name]
    for name in names:
        for place in dict.fromkeys(_days(call, name)):
            found = _find(folders, call.pbx, place, is_there)
            if found is not None:
                return found
    return None


def _days(call: Call, name: str) -> Iterator[str]:
    """The name as it is, and below the day it was made on: a call that begins before midnight may be queued after."""
    yield name
    for moment in (call.queued_at or call.started_at, call.started_at):
        for folder in ("", "monitor/"):
            yield f"{folder}{moment.astimezone(VIETNAM):%Y/%m/%d}/{PurePosixPath(name).name}"


def _find(folders: Mapping[str, str], pbx: str, name: str | None, is_there: IsThere) -> Path | None:
    folder = folders.get(pbx)
    if not name or "\x00" in name or not folder or "://" in folder:
        return None
    for candidate in _candidates(folder, name):
        if not is_there(candidate):
            continue
        real = Path(candidate).resolve()
        # A name with `..`, or a link that leads away, is no recording of ours.
        if real.is_relative_to(Path(folder).resolve()) and real.is_file():
            return real
    return None


def _candidates(folder: str, name: str) -> Iterator[str]:
    """The whole path first, then less and less of its beginning: the same tree may hang elsewhere here."""
    if name.startswith("/"):
        yield from _with_ending(name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    for start in range(len(parts)):
        yield from _with_ending(posixpath.join(folder, *parts[start:]))


def _with_ending(path: str) -> Iterator[str]:
    if posixpath.splitext(path)[1] in ENDINGS:
        yield path
    yield from (path + ending for ending in ENDINGS)
