"""Logging of every process: structlog to stderr, plain for a person at a terminal, JSON lines for a machine."""

import logging
import sys
from typing import Any

import structlog


def set_up(level: int = logging.INFO) -> None:
    """stdout is never touched: it belongs to data."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    show: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        show = structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(show)))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, *_last(show)[1:]],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _last(show: Any) -> list[Any]:
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, show]
