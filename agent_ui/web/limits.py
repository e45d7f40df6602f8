"""How often one address may try: counted in the broker, so that all processes count together."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import Flask, request
from flask_limiter import Limiter

View = TypeVar("View", bound=Callable[..., Any])
Key = Callable[[], str]


def address() -> str:
    """Who asks, as one. Behind an IPv6 address stands a network of 2^64 of them: they count together."""
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


def apply(app: Flask, redis_url: str | None) -> None:
    """Without a broker, or while it is away, each process counts alone rather than let nobody in."""
    app.config.update(
        RATELIMIT_STORAGE_URI=_storage(redis_url),
        RATELIMIT_STORAGE_OPTIONS=_options(redis_url),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=redis_url is not None,
        RATELIMIT_KEY_PREFIX=f"hotline-{app.name}",
    )
    limiter = Limiter(address, app=app)
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
    return {} if redis_url is None else {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
