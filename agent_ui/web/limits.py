"""Rate limits by address, counted in the broker, so that all processes count together."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import Flask, request
from flask_limiter import Limiter, RateLimitExceeded
from redis.backoff import NoBackoff
from redis.retry import Retry

View = TypeVar("View", bound=Callable[..., Any])
Key = Callable[[], str]


def address() -> str:
    """The client's address as one key. An IPv6 client has a network of 2^64 addresses: they count together."""
    asker = request.remote_addr or "127.0.0.1"
    try:
        known = ip_address(asker)
    except ValueError:
        return asker
    return str(ip_network((known, 64), strict=False)) if known.version == 6 else asker


def posts(rate: str, key: Key = address) -> Callable[[View], View]:
    """Declare at a view how many posts one key may send (`10 per minute`); the default key is the address."""

    def mark(view: View) -> View:
        view.rates = [*getattr(view, "rates", ()), (rate, key)]  # type: ignore[attr-defined]
        return view

    return mark


class _Counting(Limiter):
    """flask-limiter lets the request that finds the broker away count in memory; this one those beside it, too."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        try:
            super()._check_request_limit(callable_name, in_middleware)
        except RateLimitExceeded:
            raise
        except Exception:
            # Another request has found the same while this one waited.
            if not (self._storage_dead and self._in_memory_fallback_enabled):
                raise
            self.context.seen_limits.clear()
            super()._check_request_limit(callable_name, in_middleware)


def apply(app: Flask, redis_url: str | None) -> None:
    """Without a broker, or while it is away, each process counts alone rather than refuse all."""
    app.config.update(
        RATELIMIT_STORAGE_URI=_storage(redis_url),
        RATELIMIT_STORAGE_OPTIONS=_options(redis_url),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=redis_url is not None,
        RATELIMIT_KEY_PREFIX=f"hotline-{app.name}",
    )
    limiter = _Counting(address, app=app)
    for endpoint, view in list(app.view_functions.items()):
        for number, (rate, key) in enumerate(getattr(view, "rates", ())):
            scope = f"{endpoint}-{number}"
            limited: Any = limiter.shared_limit(rate, scope=scope, key_func=key, methods=["POST"])
            app.view_functions[endpoint] = limited(app.view_functions[endpoint])


def _storage(redis_url: str | None) -> str:
    if redis_url is None:
        return "memory://"
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def _options(redis_url: str | None) -> dict[str, Any]:
    """As for `push.make_publisher`: what is tried again for seconds is a page that stands still."""
    if redis_url is None:
        return {}
    return {"retry": Retry(NoBackoff(), 0), "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
