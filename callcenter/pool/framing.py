"""Framing between a server and a process of its pool: JSON and bytes, each prefixed with its length.

Never pickle: a process that opens hostile files must not be able to make its server run what it answers.
"""

import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]
# What a lane's module lists in WORK, by name: takes the body and the arguments, gives facts (JSON) and a body.
Work = Callable[..., tuple[Facts, bytes]]

_LENGTHS = struct.Struct(">IQ")
_MOST_FACTS = 1 << 16
_MOST_BODY = 1 << 26


def send(connection: socket.socket, facts: Facts, body: bytes) -> None:
    """Raises OSError when the other side is gone, TimeoutError after the connection's timeout."""
    text = json.dumps(facts).encode()
    connection.sendall(_LENGTHS.pack(len(text), len(body)) + text)
    if body:
        connection.sendall(body)


def receive(connection: socket.socket, until: float | None = None) -> tuple[dict[str, Any], bytes]:
    """One frame. `until` is a moment of the monotonic clock, after which TimeoutError is raised.

    Raises EOFError when the other side is gone, ValueError for a frame that is none.
    """
    text, body = _LENGTHS.unpack(_read(connection, _LENGTHS.size, until))
    if text > _MOST_FACTS or body > _MOST_BODY:
        raise ValueError(f"a frame of {text} and {body} bytes")
    facts = json.loads(_read(connection, text, until))
    if not isinstance(facts, dict):
        raise ValueError("a frame without facts")
    return facts, bytes(_read(connection, body, until))


def _read(connection: socket.socket, length: int, until: float | None) -> bytearray:
    whole = bytearray(length)
    left = memoryview(whole)
    while left:
        if until is not None:
            # Not below a millisecond: a timeout of 0 would mean not to wait at all.
            connection.settimeout(max(until - time.monotonic(), 0.001))
        count = connection.recv_into(left)
        if count == 0:
            raise EOFError("the other side of the pool is gone")
        left = left[count:]
    return whole
