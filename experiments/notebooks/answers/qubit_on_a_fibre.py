"""Answers on photons in a fibre and a qubit in a memory."""

from __future__ import annotations

import numpy as np

from experiments.notebooks.kinds import Exercise, NumberExercise
from qnet import Fibre, Memory

__all__ = ["EXERCISES"]


def _more_photons() -> float:
    usual, better = (Fibre(loss_db_per_km=loss).of_length(200.0) for loss in (0.2, 0.16))
    return better.transmission / usual.transmission


def _kept_fidelity() -> float:
    round_trip_s = 2 * Fibre(loss_db_per_km=0.2).of_length(100.0).delay_s
    return float(1 + Memory(t2_s=1e-3).pauli_transfer(round_trip_s)[1, 1]) / 2


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        lambda: float(10 * np.log10(2)) / 0.2,
        "half of the light is about 3 dB",
        slips=((50.0, "after 50 km one photon in ten is left"), (2.5, "a loss of 0.5 is no dB")),
    ),
    2: NumberExercise(
        _more_photons,
        "dB add up along the fibre: 0.04 dB less on each km",
        slips=((8.0, "that is the difference in dB; a ratio is asked for"),),
    ),
    3: NumberExercise(
        _kept_fidelity,
        "5 microseconds a km, there and back; then the fidelity is (1 + <X>)/2",
        slips=(
            (float(np.exp(-1)), "that is <X>, not yet the fidelity"),
            (float(1 + np.exp(-0.5)) / 2, "light goes there, and the answer comes back"),
        ),
    ),
}
