"""Distillation as plans: recurrence, and entanglement pumping."""

from __future__ import annotations

from qnet.errors import check_integer
from qnet.hardware.gates import Gates
from qnet.plans import Distill, Plan, Pump

__all__ = ["pumped", "recurrence"]


def recurrence(
    pair: Plan,
    *,
    scheme: str = "dejmps",
    rounds: int = 1,
    gates: Gates | None = None,
    classical_latency: bool = False,
) -> Plan:
    """Distil in rounds: round k joins pairs of round k - 1, which all start anew when it fails.

    Args:
        pair: Plan that delivers the pairs of round 0.
        scheme: ``dejmps``, ``bbpssw`` or ``double-selection``.
        rounds: Number of rounds; 0 leaves the pair as it is.
        gates: Errors of gates and readout at both ends; perfect when None.
        classical_latency: Whether comparing the outcomes takes one way of the fibre.

    Raises:
        ParameterError: If ``rounds`` is no whole number or the scheme is unknown.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> recurrence(link, rounds=2).pair.pair == link
        True
    """
    check_integer("distill.rounds", rounds, 0)
    for _ in range(rounds):
        pair = Distill(
            pair=pair, scheme=scheme, gates=gates or Gates(), classical_latency=classical_latency
        )
    return pair


def pumped(
    pair: Plan, *, steps: int = 1, gates: Gates | None = None, classical_latency: bool = False
) -> Plan:
    """Pump one kept pair with fresh ones (Duer et al., Phys. Rev. A 59, 169 (1999)).

    Args:
        pair: Plan that delivers the pairs.
        steps: Number of fresh pairs.
        gates: Errors of gates and readout at both ends; perfect when None.
        classical_latency: Whether comparing the outcomes takes one way of the fibre.

    Returns:
        The plan of the pumped pair.

    Raises:
        ParameterError: If ``steps`` is no whole number above zero.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> pumped(link, steps=2).steps
        2
    """
    return Pump(pair=pair, steps=steps, gates=gates or Gates(), classical_latency=classical_latency)
