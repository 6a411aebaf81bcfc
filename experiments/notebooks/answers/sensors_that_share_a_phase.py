"""Answers on the phases, clocks and telescopes of entangled sensors."""

from __future__ import annotations

from functools import cache

from scipy.optimize import brentq

from experiments.notebooks.kinds import Exercise, NumberExercise, single
from protocols.applications import StateTable
from protocols.applications.sensing.clock_network import ClockNetwork
from protocols.applications.sensing.ghz_phase import GhzPhase
from protocols.applications.sensing.phase_sum import PhaseSum
from protocols.applications.sensing.telescope import Telescope

__all__ = ["EXERCISES"]


@cache
def _sensors() -> int:
    dephased = StateTable(dephasing=0.04)
    told = {n: single(GhzPhase(parties=n, state=dephased).play().merit.value) for n in range(8, 17)}
    return max(told, key=lambda n: told[n])


@cache
def _gain() -> float:
    return single(PhaseSum(weights=(-0.3, -0.1, 0.1, 0.3)).play()["gain"].value)


@cache
def _visibility() -> float:
    def surplus(p: float) -> float:
        clocks = ClockNetwork(clocks=16, atoms=10, state=StateTable(visibility=p))
        return single(clocks.play()["network_gain"].value) - 1

    return float(brentq(surplus, 0.05, 0.9, xtol=1e-4))


@cache
def _pairs() -> float:
    return single(Telescope(mean_photons=2e-4, modes=4096).play()["pairs_per_block"].value)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(_sensors, "try all numbers, or set the derivative of the logarithm to zero"),
    2: NumberExercise(
        _gain, "the state turns by the sum over the largest weight; alone, variances add"
    ),
    3: NumberExercise(
        _visibility,
        "information is the squared contrast times the squared number of atoms that share a state",
        slips=((1 / 16, "the contrast counts squared"),),
    ),
    4: NumberExercise(
        _pairs,
        "that no photon came is an answer as well",
        slips=((12.0, "4096 slots, and no photon: one answer more"),),
    ),
}
