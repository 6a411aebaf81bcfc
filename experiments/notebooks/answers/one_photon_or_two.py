"""Answers on links that one click heralds: how often, how well, and how they beat a bare fibre."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from qiskit import QuantumCircuit
from scipy.optimize import brentq

from experiments.notebooks.kinds import (
    CircuitExercise,
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from qnet.circuits.photonic import emission_to_memory
from qnet.hardware import Fibre
from qnet.links import HeraldedAttempt, SingleClick
from qnet.metrics import plob, secret_key_fraction
from qnet.plans import Link
from qnet.states import fidelity, qber

__all__ = ["EXERCISES"]

_ARMS = (0.02, 0.005)
_PHASES_DEG = (0.0, 20.0, 40.0, 60.0, 90.0)


def _link(
    population: float | tuple[float, float],
    transmission: float | tuple[float, float] = 1e-3,
    phase_deg: float = 0.0,
) -> Link:
    attempt = HeraldedAttempt(
        transmission=transmission,
        attempt_time_s=1e-5,
        phase_noise_deg=phase_deg,
        phase_noise_kind="drift",
    )
    return SingleClick(attempt, bright_state_population=population).link()


def _key(link: Link) -> float:
    errors = np.clip([qber(link.fano, axis) for axis in "xyz"], 0.0, 1.0)
    return link.success_probability * float(secret_key_fraction(errors))


def _emission() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    return circuit.compose(emission_to_memory(0.2), circuit.qubits)


@cache
def _fidelities() -> list[float]:
    return [float(fidelity(_link(0.1, phase_deg=deg).fano)) for deg in _PHASES_DEG]


@cache
def _most_key() -> float:
    """Most key of unequal arms, over a grid of the populations' sum and ratio."""
    found = []
    for both in (0.1, 0.135, 0.17):
        for ratio in (2.5, 3.5, 5.0):
            left = both / (1 + ratio)
            found.append(_key(_link((left, both - left), _ARMS)))
    return max(found)


def _designed(populations: Sequence[float]) -> Verdict:
    """Play the link of both populations."""
    if len(populations) != 2:
        return Verdict(False, f"two populations are asked for, not {len(populations)}")
    left, right = (float(each) for each in populations)
    link = _link((left, right), _ARMS)
    key, best = _key(link), _most_key()
    share, good = key / best, float(fidelity(link.fano))
    told = f"fidelity {good:.3f}, {key:.3g} bits per attempt, {share:.0%} of what is possible"
    return Verdict(share >= 0.95, told)


@cache
def _break_even_km() -> float:
    def surplus(length_km: float) -> float:
        arm = Fibre(length_km=length_km / 2).transmission
        return _key(_link(0.069, arm)) / plob(arm**2) - 1

    return float(brentq(surplus, 50.0, 300.0, xtol=0.1))


EXERCISES: dict[int, Exercise] = {
    1: CircuitExercise(
        _emission,
        "an RY gate sets the population of 1 to sin(angle/2)^2; the photon copies the bit",
        prepares=True,
    ),
    2: NumberExercise(
        lambda: 1 / _link(0.05).success_probability,
        "either of two nodes may send the photon",
        slips=(
            (20_000.0, "there are two nodes, and either may send the photon"),
            (1e-4, "that is the probability of a pair in an attempt"),
        ),
    ),
    3: CurveExercise(
        _PHASES_DEG,
        _fidelities,
        ("phase / degrees", "fidelity"),
        "(1 - alpha)(1 + c)/2 with the coherence c = exp(-sigma^2/2), and sigma in radians",
        tolerance=0.02,
    ),
    4: PlayedExercise(
        _designed, "a click must not tell which side it came from: where must a memory be brighter?"
    ),
    5: NumberExercise(
        _break_even_km,
        "the best key was plotted over eta, that of one arm; small transmissions make PLOB 1.44 of"
        " the whole",
        tolerance=0.02,
        slips=(
            (279.0, "that counts an arm as long as the whole fibre"),
            (139_425.0, "a distance in km is asked for"),
        ),
    ),
}
