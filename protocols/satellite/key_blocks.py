"""Blocks of passes: which passes make a key together, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.key_rates.result import KeyRate
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.slots import Flight
from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.space.earth import Floats

__all__ = ["BLOCK_POLICIES", "KeyBlock", "block_policy", "grouped", "keys_of"]

#: Policies that have a name; a number of passes is one too.
BLOCK_POLICIES = ("pass", "all", "size")

Policy = str | int


def block_policy(field: str, value: object) -> Policy:
    """A name of ``BLOCK_POLICIES``, or a number of passes.

    Raises:
        ParameterError: If it is neither.

    Examples:
        >>> block_policy("block", "pass"), block_policy("block", 10)
        ('pass', 10)
    """
    if isinstance(value, str):
        return check_one_of(field, value, BLOCK_POLICIES)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        rule = "be 'pass', 'all', 'size' or a number of passes"
        raise ParameterError(field, rule, value, 'block = "pass" makes a key of each pass')
    return check_integer(field, int(value), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBlock:
    """A block of passes, and its key.

    Args:
        passes: Numbers of its passes, in time.
        sifted_bits: Sifted bits of the key basis.
        qber: Error rate of these; None where there are none.
        rate: Its key, ``secret_bits``.
    """

    passes: tuple[int, ...]
    sifted_bits: float
    qber: float | None
    rate: KeyRate

    @property
    def secret_bits(self) -> float:
        """Length of its key."""
        return self.rate.value


def grouped(
    flights: Sequence[Flight],
    sifted_bits: Floats,
    policy: Policy,
    *,
    size: float | None = None,
) -> list[tuple[int, ...]]:
    """Passes that make a block together, those of each satellite and station by themselves.

    Only passes that bring something count. With a number of passes the last block holds what is
    left; with ``size``, passes that do not fill a block wait, and make no key.

    Args:
        flights: The passes, by the time of their rise.
        sifted_bits: What each brings, shape ``(passes,)``.
        policy: ``pass``, ``all``, ``size``, or a number of passes.
        size: Sifted bits that close a block, of ``size``.

    Returns:
        Numbers of the passes of each block, by the end of its last one.

    Examples:
        >>> import numpy as np
        >>> flight = Flight(
        ...     stations=(0,), satellite=0, start=None, end=None, middle_s=0.0, end_s=0.0,
        ...     duration_s=1.0, maximum_elevation_deg=90.0,
        ... )
        >>> brought = np.array([10.0, 0.0, 20.0, 5.0])
        >>> grouped([flight] * 4, brought, 2)
        [(0, 2), (3,)]
        >>> grouped([flight] * 4, brought, "size", size=30.0)
        [(0, 2)]
    """
    queues: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for number, flight in enumerate(flights):
        if sifted_bits[number] > 0.0:
            queues.setdefault((flight.satellite, flight.stations), []).append(number)
    found: list[tuple[int, ...]] = []
    for queue in queues.values():
        if policy == "all":
            found.append(tuple(queue))
        elif policy == "size":
            found += _filled(queue, sifted_bits, size or 0.0)
        else:
            step = policy if isinstance(policy, int) else 1
            found += [tuple(queue[k : k + step]) for k in range(0, len(queue), step)]
    return sorted(found, key=lambda block: (flights[block[-1]].end_s, block))


def _filled(queue: list[int], sifted_bits: Floats, size: float) -> list[tuple[int, ...]]:
    found, block, held = [], list[int](), 0.0
    for number in queue:
        block.append(number)
        held += float(sifted_bits[number])
        if held >= size:
            found.append(tuple(block))
            block, held = [], 0.0
    return found


def keys_of(rule: KeyRule, counts: Floats, blocks: Sequence[tuple[int, ...]]) -> list[KeyBlock]:
    """The key of each block: of its pooled counts, not the sum of the keys of its passes.

    Args:
        rule: How a block becomes a key.
        counts: Of each pass, shape ``(passes, 2, columns)``.
        blocks: Numbers of passes.
    """
    found = []
    for block in blocks:
        pooled = counts[list(block)].sum(axis=0)
        sifted, wrong = float(rule.sifted_bits(pooled)), float(rule.wrong_bits(pooled))
        found.append(
            KeyBlock(
                passes=block,
                sifted_bits=sifted,
                qber=wrong / sifted if sifted > 0.0 else None,
                rate=rule.key(pooled),
            )
        )
    return found
