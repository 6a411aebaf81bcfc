"""Links between processors: steps that bring a qubit's value, or the qubit, to another node."""

from __future__ import annotations

from protocols.applications.processors.steps import Step, pair_wire
from qnet.circuits import cat_copy, cat_uncopy, teleportation

__all__ = ["copied", "moved", "uncopied"]


def copied(wire: str, pair: int, home: str, away: str, latency_s: float = 0.0) -> Step:
    """Cat copy of a wire of ``home``, at ``away`` on the wire of its half of the pair."""
    half = pair_wire(pair, home)
    return Step(
        circuit=cat_copy(latency_s=latency_s),
        wires=(wire, half, pair_wire(pair, away)),
        spent=(half,),
        role="copy",
    )


def uncopied(wire: str, copy: str, latency_s: float = 0.0) -> Step:
    """Take the copy of a wire back."""
    return Step(
        circuit=cat_uncopy(latency_s=latency_s), wires=(wire, copy), spent=(copy,), role="copy"
    )


def moved(wire: str, pair: int, home: str, away: str, latency_s: float = 0.0) -> Step:
    """Teleportation of a wire of ``home`` to the wire of the half of the pair at ``away``."""
    half = pair_wire(pair, home)
    return Step(
        circuit=teleportation(latency_s=latency_s),
        wires=(wire, half, pair_wire(pair, away)),
        spent=(wire, half),
        role="copy",
    )
