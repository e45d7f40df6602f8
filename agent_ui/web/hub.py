"""Event hub of one process: one subscription to the broker, one bounded queue for each open page."""

import json
import queue
import threading
import time
from collections.abc import Callable

import redis
import structlog

from agent_ui.web import counters
from callcenter import push

log = structlog.get_logger(__name__)

RESYNC = b"event: resync\ndata: {}\n\n"
AWAY = b"event: away\ndata: {}\n\n"
BEAT = b"event: beat\ndata: {}\n\n"
_QUEUE_LENGTH = 100
_RETRY_S = 1.0

Wants = Callable[[str], bool]


class Page:
    """One open page: what it may hear, and what it has not taken yet."""

    def __init__(self, wants: Wants) -> None:
        self.wants = wants
        # Not queue.Queue, whose locks cost more than all else that a message needs.
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def put(self, message: bytes) -> None:
        """Never waits: a page that cannot follow gets a request to read everything anew instead."""
        if self._waiting.qsize() >= _QUEUE_LENGTH:
            self._waiting, message = queue.SimpleQueue(), RESYNC
        self._waiting.put(message)

    def take(self, timeout_s: float) -> bytes | None:
        """The next message, or None after that many seconds of silence."""
        try:
            return self._waiting.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def rest(self) -> bytes:
        """Whatever waits besides: a burst is one piece of the stream, and not a write to the socket for each."""
        piece = b""
        while not self._waiting.empty():
            piece += self._waiting.get()
        return piece


class Hub:
    """Starts to listen with the first page, after the worker process was forked."""

    def __init__(self, redis_url: str | None) -> None:
        self._url = redis_url
        self._pages: set[Page] = set()
        self._lock = threading.Lock()
        self._listening = False
        self._started = False
        self._number = 0

    def join(self, wants: Wants) -> Page:
        page = Page(wants)
        with self._lock:
            self._pages.add(page)
            counters.PAGES.set(len(self._pages))
            # Only when listening is sure: what changes between the page's reading and our listening would be lost.
            page.put(RESYNC if self._listening else AWAY)
            if not self._started and self._url is not None:
                self._started = True
                threading.Thread(target=self._listen, name="live", daemon=True).start()
        return page

    def leave(self, page: Page) -> None:
        with self._lock:
            self._pages.discard(page)
            counters.PAGES.set(len(self._pages))

    @property
    def pages(self) -> int:
        return len(self._pages)

    def _listen(self) -> None:
        assert self._url is not None
        while True:
            try:
                for announcement in push.follow(self._url):
                    self._hear(announcement)
            except redis.RedisError as error:
                if self._listening:
                    log.warning("live channel lost", error=type(error).__name__)
                self._listening = False
                self._tell_all(AWAY)
            time.sleep(_RETRY_S)

    def _hear(self, announcement: dict[str, object] | None) -> None:
        if announcement is None:
            if not self._listening:
                self._listening = True
                self._tell_all(RESYNC)
            return
        topic = str(announcement["topic"])
        self._number += 1
        # Encoded once for all pages.
        text = json.dumps({**announcement, "topic": topic.partition(":")[0]})
        message = f"id: {self._number}\nevent: change\ndata: {text}\n\n".encode()
        for page in self._all():
            if page.wants(topic):
                page.put(message)

    def _tell_all(self, message: bytes) -> None:
        for page in self._all():
            page.put(message)

    def _all(self) -> list[Page]:
        with self._lock:
            return list(self._pages)
