"""Limits of a key management server: what one client, or all together, may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from qnet.errors import ParameterError

__all__ = ["RateLimiter", "ServerLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """What a server takes before it refuses, so that no client keeps others from their keys.

    Args:
        body_bytes: Longest body of a request.
        line_bytes: Longest request line.
        field_bytes: Longest header.
        headers: Most headers of a request.
        connections: Most open connections.
        connections_of_client: Most of them of one certificate's name.
        handshakes: Most connections whose TLS handshake is on its way.
        handshake_s: Longest TLS handshake.
        headers_s: Longest time from the first byte of a request to the end of its headers.
        body_s: Longest time for the body of a request.
        answer_s: Longest time that a request may take to be answered.
        idle_s: Longest time that a connection is kept alive between requests, and for a client to
            take its answer.
        requests_of_connection: Requests after which a connection is closed.
        rate_hz: Requests a second of one client, on average.
        burst: Requests that one client may make at once.
        shutdown_s: Longest time that requests in progress are waited for when the server stops.

    Raises:
        ParameterError: If one is not above zero.

    Examples:
        >>> ServerLimits(connections=2).connections
        2
    """

    body_bytes: int = 1 << 16
    line_bytes: int = 4096
    field_bytes: int = 4096
    headers: int = 64
    connections: int = 512
    connections_of_client: int = 128
    handshakes: int = 128
    handshake_s: float = 5.0
    headers_s: float = 10.0
    body_s: float = 10.0
    answer_s: float = 60.0
    idle_s: float = 60.0
    requests_of_connection: int = 1_000_000
    rate_hz: float = 5000.0
    burst: int = 5000
    shutdown_s: float = 5.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                raise ParameterError(each.name, "be above 0", value, "a limit lets something pass")


class RateLimiter:
    """Token buckets, one for each client: each holds ``burst``, and fills at ``rate_hz``.

    Args:
        rate_hz: Requests a second on average.
        burst: Requests at once.
        clock: Time in s.

    Examples:
        >>> limiter = RateLimiter(1.0, 2, clock=lambda: 0.0)
        >>> [limiter.allows("alice") for _ in range(3)], limiter.allows("bob")
        ([True, True, False], True)
    """

    def __init__(self, rate_hz: float, burst: int, *, clock: Callable[[], float]) -> None:
        self._rate_hz, self._burst, self._clock = rate_hz, burst, clock
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, client: str) -> bool:
        """Whether a client may make a request now; it is counted if so."""
        now = self._clock()
        left, before = self._left.get(client, (self._burst, now))
        left = min(self._burst, left + (now - before) * self._rate_hz)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        return allowed
