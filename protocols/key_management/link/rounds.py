"""Rounds of an emulated channel: drawn from the operating system's entropy, one record per end.

The circuits of the protocol are compiled once for each fraction that a spy intercepts. What a round
gives (bases and bits) is drawn from the operating system's entropy alone; only which of the rounds
are registered, which the ends announce in public, comes from a generator with a fresh seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.key_management.link.plan import LinkPlan, spied
from protocols.postprocessing.messages import Message, decode, encode
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.raw_key import RawKey
from protocols.qkd.raw_keys import devices_of, intensities_of, raw_keys

if TYPE_CHECKING:
    from protocols.qkd.outcome_table import OutcomeTable

__all__ = ["RoundSource", "record_bytes", "record_of"]


class _SystemGenerator(np.random.Generator):
    """A generator whose uniform numbers come from the operating system."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64())
        self._source = Randomness()

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:  # noqa: ANN401
        """Uniform numbers in [0, 1) of 53 bits."""
        if out is not None or not isinstance(size, int | None) or dtype is not np.float64:
            return super().random(size, dtype, out)
        drawn = self._source.chances(1 if size is None else size)
        return float(drawn[0]) if size is None else drawn


class RoundSource:
    """Rounds of a link, with or without a spy on it.

    Args:
        plan: Of the link.

    Examples:
        >>> source = RoundSource(LinkPlan(ends=("A", "B")))
        >>> alice, bob = source.draw(2000, 0.0)
        >>> alice["total"], len(bob["bits"]) > 100
        (2000, True)
    """

    def __init__(self, plan: LinkPlan) -> None:
        self._protocol = plan.honest_protocol
        self._generator = _SystemGenerator()
        self._table = lru_cache(maxsize=8)(self._compiled)
        self._table(0.0)

    def _compiled(self, fraction: float) -> OutcomeTable:
        return spied(self._protocol, fraction).table()

    def draw(self, rounds: int, fraction: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """What each end wrote down of new rounds; nothing is kept.

        Args:
            rounds: How many are played.
            fraction: Of the pulses that a spy intercepts.

        Raises:
            ParameterError: If no spy can be played on the protocol.
        """
        dead = self._protocol.line.detectors.dead_gates
        played = self._table(fraction).draw(rounds, self._generator, dead_gates=dead)
        alice, bob = raw_keys(self._protocol, played)
        facts = {"total": played.total, "registered": len(played)}
        return _record(alice) | facts, _record(bob) | facts


_COLUMNS = ("bits", "detectors", "intensities")


def _record(raw: RawKey) -> dict[str, Any]:
    """The columns of a raw key as a message holds them."""
    bases, rounds = np.asarray(raw.bases), np.asarray(raw.rounds)
    steps = np.diff(rounds, prepend=-1)
    narrow = steps.max(initial=0) < 1 << 31
    record: dict[str, Any] = {"low": bases & 1, "high": bases >> 1}
    record["steps"] = steps.astype(np.int32 if narrow else np.int64)
    for name in _COLUMNS:
        column = getattr(raw, name)
        if column is not None:
            whole = np.asarray(column, np.uint8)
            record[name] = whole.astype(np.int8) if name == "intensities" else whole
    return record


def record_bytes(run: str, record: Mapping[str, Any]) -> bytes:
    """A record as it goes to its end."""
    return encode(Message("record", {"run": run, **record}))


def record_of(frame: bytes, plan: LinkPlan) -> tuple[str, RawKey]:
    """The run and the raw key of a record that came.

    The devices are those that the end knows of its own plan, not what the channel says of them.

    Args:
        frame: What `record_bytes` made.
        plan: Of the link.

    Raises:
        ParameterError: If it is no record.
    """
    fields = decode(frame).fields
    protocol = plan.honest_protocol
    raw = RawKey(
        bits=fields["bits"],
        bases=fields["low"] + 2 * fields["high"],
        rounds=np.cumsum(fields["steps"], dtype=np.int64) - 1,
        detectors=fields.get("detectors"),
        intensities=fields.get("intensities"),
        apparatus=devices_of(protocol, int(fields["total"]), int(fields["registered"])),
        decoys=intensities_of(protocol),
    )
    return str(fields["run"]), raw
