"""Devices that several edges of a key network share in turn over switched paths: [[shared]]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.hardware import Recovery, TimeShare
from qnet.schema import Description, check_fields, key

__all__ = ["SharedDevice", "check_shared", "shared_at"]

_EDGES = 'write edges = [["A", "B"], ["A", "C"]]'


def _edges(field: str, value: object) -> tuple[tuple[str, str], ...]:
    """Ends of each edge, in the order of their turns."""
    if not isinstance(value, list | tuple) or len(value) < 2:
        raise ParameterError(field, "name two edges or more", value, _EDGES)
    found: list[tuple[str, str]] = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        is_pair = isinstance(each, list | tuple) and len(each) == 2
        if not is_pair or not all(isinstance(end, str) for end in each) or each[0] == each[1]:
            raise ParameterError(place, "name two different nodes", each, _EDGES)
        if any(set(each) == set(other) for other in found):
            raise ParameterError(place, "not come twice", each, "each edge has one turn a cycle")
        found.append((each[0], each[1]))
    return tuple(found)


def _turns(field: str, value: object) -> float | tuple[float, ...]:
    """One time for all, or one for each."""
    if isinstance(value, list | tuple):
        return tuple(check_positive(f"{field}[{k}]", each) for k, each in enumerate(value))
    return check_positive(field, value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SharedDevice(Description):
    """A transmitter or receiver that edges have in turn: [[shared]].

    Args:
        edges: Ends of each edge, in the order of their turns; the first turn begins at time 0.
        turn_s: Length in s of each turn, switching and recovery included: one for all, or a list.
        recovery: What an edge needs after a switch, and now and then while it runs.
        switch_loss_db: Insertion loss in dB of the switches, on the path of each edge.

    Raises:
        ParameterError: If it names no edges, the times do not fit them, or a turn is over before
            the path has recovered.

    Examples:
        >>> two = SharedDevice(
        ...     edges=[["A", "B"], ["A", "C"]], turn_s=100.0, recovery=Recovery(polarisation_s=20.0)
        ... )
        >>> two.plan.share(0)
        0.4
    """

    edges: Any = key(
        read=lambda field, value: _edges(field, value), example=[["A", "B"], ["A", "C"]]
    )
    turn_s: Any = key(read=lambda field, value: _turns(field, value), example=600.0)
    recovery: Recovery = key(factory=Recovery)
    switch_loss_db: float = key(0.0, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)
        if isinstance(self.turn_s, tuple) and len(self.turn_s) != len(self.edges):
            rule = f"hold {len(self.edges)} times, one for each edge"
            raise ParameterError("turn_s", rule, list(self.turn_s), "or give one for all")
        try:
            self.plan  # noqa: B018 - checked here
        except ParameterError as error:
            each = isinstance(self.turn_s, tuple)
            error.field = error.field.replace("turns_s", "turn_s") if each else "turn_s"
            error.value = error.value if each else self.turn_s
            raise

    @property
    def plan(self) -> TimeShare:
        """The turns of its edges."""
        each = isinstance(self.turn_s, tuple)
        turns = self.turn_s if each else (self.turn_s,) * len(self.edges)
        return TimeShare(tuple(turns), self.recovery.dead_s)

    def number(self, ends: Sequence[str]) -> int | None:
        """Which turn an edge has; None where it is no edge of this device."""
        names = [frozenset(edge) for edge in self.edges]
        return names.index(frozenset(ends)) if frozenset(ends) in names else None


def shared_at(
    shared: Sequence[SharedDevice], ends: Sequence[str]
) -> tuple[SharedDevice, int, int] | None:
    """The device that an edge shares, its place in the table, and the edge's turn."""
    for k, device in enumerate(shared):
        number = device.number(ends)
        if number is not None:
            return device, k, number
    return None


def check_shared(shared: Sequence[SharedDevice], edges: Sequence[Sequence[str]]) -> None:
    """Raise unless the edges of shared devices are there, and none has two devices.

    Args:
        shared: The devices.
        edges: Ends of the edges of the network.

    Raises:
        ParameterError: With the place in the table.
    """
    known = {frozenset(edge) for edge in edges}
    seen: dict[frozenset[str], str] = {}
    for place, edge in _places(shared):
        if frozenset(edge) not in known:
            hint = "name the ends of an edge of the topology"
            raise ParameterError(place, "be an edge of the topology", list(edge), hint)
        if frozenset(edge) in seen:
            rule = f"not repeat {seen[frozenset(edge)]}"
            hint = "an edge waits for one device: give its turns in one table"
            raise ParameterError(place, rule, list(edge), hint)
        seen[frozenset(edge)] = place


def _places(shared: Sequence[SharedDevice]) -> Iterator[tuple[str, tuple[str, str]]]:
    for k, device in enumerate(shared):
        for j, edge in enumerate(device.edges):
            yield f"shared[{k}].edges[{j}]", edge
