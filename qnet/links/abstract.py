"""A link without hardware: its numbers given as they are."""

from __future__ import annotations

import dataclasses
from typing import Any

from qnet.errors import ParameterError, check_probability
from qnet.hardware import Memory
from qnet.plans import Link
from qnet.states.pauli import werner

__all__ = ["abstract_link", "multiplexed"]


def abstract_link(
    *,
    success_probability: float,
    attempt_time_s: float = 1.0,
    fidelity: float | None = None,
    state: Any = None,  # noqa: ANN401
    memory: Memory | None = None,
    modes: int = 1,
    length_km: float = 0.0,
    speed_km_per_s: float = 2e5,
    name: str = "link",
) -> Link:
    """A link by its numbers, as in most of the theory of repeaters.

    Args:
        success_probability: Probability that one attempt of one mode heralds a pair.
        attempt_time_s: Duration of an attempt in s; 1 counts time in attempts.
        fidelity: Fidelity of its pairs, which are Werner states.
        state: The state instead of the fidelity: a Fano matrix (4, 4), or what ``Link`` accepts,
            which reads no array that could be a density matrix as well. With neither, a pair is
            Phi+.
        memory: Memory of both ends; perfect unless given.
        modes: Modes tried in one attempt.
        length_km: Length of the fibre, for the travel of messages.
        speed_km_per_s: Speed of light in it.
        name: What to call it.

    Returns:
        The link.

    Raises:
        ParameterError: If a number breaks its rule, or both fidelity and state are given.

    Examples:
        >>> abstract_link(success_probability=0.1, fidelity=0.925).fano.diagonal().round(6)
        array([ 1. ,  0.9, -0.9,  0.9])
    """
    if fidelity is not None and state is not None:
        hint = "give one of the two"
        raise ParameterError("state", "be left out when a fidelity is given", state, hint)
    if state is None:
        f = 1.0 if fidelity is None else check_probability("fidelity", fidelity)
        state = werner((4.0 * f - 1.0) / 3.0)
    ends = Memory() if memory is None else memory
    return Link(
        success_probability=success_probability,
        attempt_time_s=attempt_time_s,
        state=state,
        left=ends,
        right=ends,
        modes=modes,
        length_km=length_km,
        speed_km_per_s=speed_km_per_s,
        name=name,
    )


def multiplexed(link: Link, modes: int) -> Link:
    """The same link with another number of modes tried in one attempt.

    Args:
        link: The link.
        modes: Number of modes M; at least one succeeds with probability ``1 - (1 - p)**M``.

    Raises:
        ParameterError: If ``modes`` is no whole number above zero.

    Examples:
        >>> multiplexed(abstract_link(success_probability=0.5), 2).round_success_probability
        0.75
    """
    return dataclasses.replace(link, modes=modes)
