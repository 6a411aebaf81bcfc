"""Schedules of key from satellites: of each block when its last pass ends, and how many bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from protocols.key_networks.case import KeyDelivery
from protocols.satellite.mission import SatelliteResult
from qnet.errors import ParameterError
from qnet.metrics.security import SecurityClaim
from qnet.schema import load, read_text
from qnet.schema.shipped import find_beside

__all__ = ["KeySchedule", "satellite_schedule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySchedule:
    """Key that a satellite brings.

    Args:
        deliveries: When how much comes.
        qber: Error rate of all its sifted bits; 0 where there are none.
        security: What its bits claim.
    """

    deliveries: tuple[KeyDelivery, ...]
    qber: float
    security: SecurityClaim


def satellite_schedule(file: str, ends: tuple[str, str], folder: str = "") -> KeySchedule:
    """The schedule of an edge from a file of kind ``satellite``.

    Clouds are averaged: each second counts as often as its sight is free, and [weather] is not
    drawn. Time 0 of the network is the start of the file's [period].

    Args:
        file: The file, beside the scenario or of the package.
        ends: Names of the edge's nodes. Of decoy BB84 the station is the end that has its name; of
            pairs both are.
        folder: Where the scenario stands.

    Raises:
        ParameterError: If the file is none of a satellite, or has no such station.
    """
    path = find_beside(file, folder)
    read_text(path)
    result = _worked_out(str(path), path.stat().st_mtime_ns)
    stations = _stations(result, ends)
    blocks = [b for b in result.blocks if result.slots.passes[b.passes[0]].stations == stations]
    rows = sorted(
        KeyDelivery(result.slots.passes[block.passes[-1]].end_s, float(int(block.secret_bits)))
        for block in blocks
        if block.secret_bits >= 1.0
    )
    total = sum(block.sifted_bits for block in blocks)
    wrong = sum(block.sifted_bits * (block.qber or 0.0) for block in blocks)
    claim = next(
        (b.rate.security for b in blocks if b.secret_bits > 0.0),
        SecurityClaim.none(result.reason or f"no key: no pass for {' - '.join(ends)}"),
    )
    qber = min(wrong / total, 0.5) if total > 0.0 else 0.0
    return KeySchedule(deliveries=tuple(rows), qber=qber, security=claim)


@lru_cache(maxsize=64)
def _worked_out(path: str, _changed_ns: int) -> SatelliteResult:
    """The keys of a mission; once per file."""
    scenario: Any = load(path, kinds=["satellite"])
    scenario.check()
    if scenario.orbit.geometry != "rotating":
        hint = "a pass of geometry 'satquma' has no time: describe the orbit"
        raise ParameterError("orbit.geometry", "be 'rotating'", scenario.orbit.geometry, hint)
    if scenario.orbit.satellites != 1:
        hint = "each satellite is a node of its own, with stores of its own"
        raise ParameterError("orbit.satellites", "be 1", scenario.orbit.satellites, hint)
    result: SatelliteResult = replace(scenario, weather=None).play()
    return result


def _stations(result: SatelliteResult, ends: tuple[str, str]) -> tuple[int, ...]:
    """Numbers of the stations at the ends of an edge: one, or two that share pairs."""
    names = [station.name for station in result.found.stations] if result.found else []
    here = tuple(sorted(names.index(end) for end in ends if end in names))
    pairs = any(len(each.stations) == 2 for each in result.slots.passes)
    wanted = 2 if pairs else 1
    if len(here) != wanted:
        hint = "name the nodes of the edge as [[station]] does, and the satellite otherwise"
        rule = f"name {wanted} of the stations {', '.join(names)}"
        raise ParameterError("station", rule, list(ends), hint)
    return here
