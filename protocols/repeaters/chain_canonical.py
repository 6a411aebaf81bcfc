"""Canonical form of a chain: all that changes an answer, as JSON types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qnet.schema import canonical

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["canonical_chain"]


def canonical_chain(chain: Chain) -> dict[str, Any]:
    """All that changes an answer of a chain; equal segments in a row stand once.

    Seed, shots and the time grid of the exact engine are not in it. Keys that came later are there
    where they are given, so that other chains keep their digest.

    Args:
        chain: The chain.
    """
    rule, coded = chain.distill, chain.encode
    more = {} if coded is None else {"encode": canonical(coded)}
    return more | {
        "chain": {
            "classical_latency": chain.classical_latency,
            "lengths_km": canonical(chain.lengths_km),
            "segments": chain.segments,
            "strategy": chain.strategy,
            "tree": canonical(() if chain.tree is None else chain.tree),
        },
        "cutoff": canonical(chain.cutoffs),
        "distillation": None
        if rule is None
        else {
            "gates": canonical(chain.distillation_gates),
            "level": rule.level,
            "rounds": rule.rounds,
            "scheme": rule.scheme,
        },
        "key": canonical(chain.key),
        "station": canonical(chain.station),
        "segments": _runs([canonical(segment) for segment in chain.parts]),
    }


def _runs(values: Sequence[Any]) -> list[list[Any]]:
    """Equal values in a row once each, after their number."""
    found: list[list[Any]] = []
    for value in values:
        if found and found[-1][1] == value:
            found[-1][0] += 1
        else:
            found.append([1, value])
    return found
