"""Dams of key: stores that fill continuously, and random requests that are refused or wait."""

from __future__ import annotations

from protocols.key_networks.exact.backlog import backlog
from protocols.key_networks.exact.law import StoreLaw
from qnet.errors import EngineError

__all__ = ["refusing_dam", "waiting_dam"]

#: A store in which nobody notices the top.
_ENDLESS = 1e12


def refusing_dam(
    *, rate_hz: float, request_hz: float, key_bits: int, capacity_bits: float
) -> StoreLaw:
    """A store that fills continuously, and refuses requests that find too little.

    Args:
        rate_hz: Bits made per second; positive.
        request_hz: Requests per second, at random times.
        key_bits: Bits of each.
        capacity_bits: Most bits that it holds; may be infinite.

    Raises:
        EngineError: If an endless store gets more than is asked for, or takes too many steps.

    Examples:
        >>> law = refusing_dam(rate_hz=1.0, request_hz=0.9, key_bits=1, capacity_bits=5)
        >>> f"{1.0 - law.served:.10f}"
        '0.0643618972'
    """
    size, rho = capacity_bits / key_bits, request_hz * key_bits / rate_hz
    if size < 1.0:
        return StoreLaw(served=0.0, available=0.0, stored_bits=capacity_bits, dry=0.0, delay_s=None)
    if size > _ENDLESS:
        check_drained(rho)
    found = backlog(rho, min(size, _ENDLESS) - 1.0)
    served = 1.0 / (found.inverse + rho)
    stored = served * (found.integral + 1.0 + rho / 2.0 - rho * found.moment)
    return StoreLaw(served=served, available=served, stored_bits=stored * key_bits, dry=0.0)


def waiting_dam(
    *, rate_hz: float, request_hz: float, key_bits: int, capacity_bits: float
) -> StoreLaw:
    """A store that fills continuously, and requests that wait for their key, first come first.

    What the store lacks of being full, waiting requests included, is the work in a queue M/D/1: a
    request waits for what this is above ``capacity_bits - key_bits`` when it comes.

    Args:
        rate_hz: Bits made per second; positive.
        request_hz: Requests per second, at random times.
        key_bits: Bits of each.
        capacity_bits: Most bits that it holds.

    Raises:
        EngineError: If requests pile up without end, or the store does.

    Examples:
        >>> law = waiting_dam(rate_hz=640.0, request_hz=2.0, key_bits=256, capacity_bits=256)
        >>> f"{law.delay_s:.12f}"
        '0.800000000000'
    """
    size, rho = capacity_bits / key_bits, request_hz * key_bits / rate_hz
    if size < 1.0 or rho >= 1.0:
        message = "requests pile up without end: sampled plays them for the time of a run"
        raise EngineError(message)
    if size > _ENDLESS:
        check_drained(rho)
    mean = rho / (2.0 * (1.0 - rho))
    at, top = backlog(rho, size - 1.0), backlog(rho, size)
    below = (1.0 - rho) / at.inverse
    waits = mean - (size - 1.0) + below * at.integral
    room = (1.0 - rho) / top.inverse * top.integral
    # What is there for the first who waits: the backlog modulo one key.
    stored = room + 1.0 - (1.0 - rho) / top.inverse - (1.0 - rho) * (mean - size + room)
    return StoreLaw(
        served=1.0,
        available=below,
        stored_bits=stored * key_bits,
        dry=0.0,
        delay_s=max(waits, 0.0) * key_bits / rate_hz,
    )


def check_drained(load: float) -> None:
    """Raise unless more is asked for than is made: a store without a limit fills else.

    Raises:
        EngineError: If the load is 1 or less.
    """
    if load <= 1.0:
        message = (
            "a store without capacity_bits fills without end where less is asked for than is "
            "made: sampled plays it for the time of a run"
        )
        raise EngineError(message)
