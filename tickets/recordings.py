"""Where the sound of a call lies: the file that a PBX named, found below the folder that the settings give for it."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from callcenter.models import Call

# What a browser plays, the best first; Asterisk writes the same message in several formats beside each other.
ENDINGS = {".wav": "audio/wav", ".WAV": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


def voicemail(folders: Mapping[str, str], call: Call) -> Path | None:
    """The message's file, or None where the call has none, its PBX no folder, or the file is gone.

    `folders` are `Settings.recordings`: PBX name to a folder on this machine. `Call.voicemail` is a path on the PBX;
    it may lie in that very folder, or the folder is a copy of some part of the PBX's tree.
    """
    return _find(folders, call.pbx, call.voicemail)


def recording(folders: Mapping[str, str], call: Call) -> Path | None:
    """The same for the recording of the talk."""
    return _find(folders, call.pbx, call.recording)


def _find(folders: Mapping[str, str], pbx: str, name: str | None) -> Path | None:
    folder = folders.get(pbx)
    if not name or "\x00" in name or not folder or "://" in folder:
        return None
    root = Path(folder).resolve()
    for candidate in _candidates(root, name):
        real = candidate.resolve()
        # A name with `..`, or a link that leads away, is no recording of ours, whoever put it there.
        if real.is_relative_to(root) and real.is_file():
            return real
    return None


def _candidates(root: Path, name: str) -> Iterator[Path]:
    """The whole path first, then less and less of its beginning: the same tree may hang elsewhere here."""
    parts = [part for part in PurePosixPath(name).parts if part != "/"]
    if PurePosixPath(name).is_absolute():
        yield from _with_ending(Path(name))
    for start in range(len(parts)):
        yield from _with_ending(root.joinpath(*parts[start:]))


def _with_ending(path: Path) -> Iterator[Path]:
    if path.suffix in ENDINGS:
        yield path
    yield from (path.with_name(path.name + ending) for ending in ENDINGS)
