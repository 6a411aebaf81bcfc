"""Answers on photons that meet at a beam splitter, and on the swap that their clicks make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from qiskit import QuantumCircuit

from experiments.notebooks.kinds import (
    CircuitExercise,
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from qnet.circuits.photonic import midpoint_station
from qnet.instrument import compile as compile_circuit
from qnet.states import fidelity
from qnet.states.maps import PAULI_CHARACTERS
from qnet.states.pauli import Array

__all__ = ["EXERCISES"]

#: Clicks of H+, V+, H- and V-.
Clicks = tuple[int, ...]

#: Gives success and state, from visibility, efficiency and dark counts.
Heralded = Callable[..., tuple[float, Array]]

#: Gives the memories' states by clicks, from the same.
Swapped = Callable[..., Mapping[Clicks, Array]]

_LENGTHS_KM = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)

#: Detectors of dark counts that a rule has to bear: share of photons that come, and dark counts.
_DARK = (0.1, 1e-2)


def _coincidence() -> float:
    """Probability that both detectors click: of the compiled station, for one photon each."""
    circuit = midpoint_station(0.9)
    light = [circuit.qregs[0][0], circuit.qregs[1][0]]
    photon = np.array([1.0, 0.0, 0.0, -1.0])
    counted = compile_circuit(circuit, inputs=light, outputs=[], perfect={"*"})
    both = counted.select(lambda counts: all("1" in each for each in counts.values()))
    return float(both[0] @ np.kron(photon, photon))


def _photons() -> QuantumCircuit:
    """(left V, right H) less (left H, right V): a photon of unknown side, and its partner."""
    circuit = QuantumCircuit(4)
    circuit.x(1)
    circuit.h(0)
    circuit.z(0)
    circuit.cx(0, 1)
    circuit.cx(0, 3)
    circuit.cx(1, 2)
    return circuit


def _successes(heralded: Heralded) -> list[float]:
    return [heralded(efficiency=10 ** (-0.01 * length))[0] for length in _LENGTHS_KM]


def _rule(correction: Callable[..., str | None], swapped: Swapped) -> Verdict:
    """Play a rule on perfect light, and where dark counts stand in for photons."""
    told = {clicks: correction(*clicks) for clicks in product((0, 1), repeat=4)}
    for clicks, pauli in told.items():
        if pauli is not None and not (isinstance(pauli, str) and pauli in ("X", "Y")):
            given = ", ".join(map(str, clicks))
            return Verdict(False, f"correction({given}) gives {pauli!r}, no 'X', 'Y' or None")
    perfect = swapped()
    success, reached = _played(told, perfect)
    words = f"on perfect light it keeps {success:.4g} of the rounds"
    if success < 0.5 - 1e-9:
        return Verdict(False, f"{words}, and could keep half of them")
    words += f", with the fidelity {reached:.4g}"
    if reached < 1.0 - 1e-9:
        return Verdict(False, words)
    efficiency, dark = _DARK
    noisy = swapped(efficiency=efficiency, dark=dark)
    doubtful = [c for c, pauli in told.items() if pauli and perfect[c][0, 0] < 1e-12]
    if doubtful:
        share = sum(float(noisy[clicks][0, 0]) for clicks in doubtful)
        false = "clicks that perfect light never makes: only dark counts do"
        return Verdict(False, f"with dark counts {share:.2g} of all rounds are kept after {false}")
    return Verdict(True, f"{words}, and {_played(told, noisy)[1]:.4g} where dark counts abound")


def _played(
    told: Mapping[Clicks, str | None], states: Mapping[Clicks, Array]
) -> tuple[float, float]:
    """How often a rule keeps a round, and the fidelity of what it keeps."""
    total = np.zeros((4, 4))
    for clicks, pauli in told.items():
        if pauli is not None:
            total += states[clicks] * PAULI_CHARACTERS["IXYZ".index(pauli)]
    success = float(total[0, 0])
    return success, float(fidelity(total / success)) if success > 0.0 else 0.0


def _after_three(heralded: Heralded) -> float:
    """Fidelity after two more swaps, each with the pair of a swap and a turned sign of Y Y."""
    state = heralded(visibility=0.95)[1]
    turned = np.diag([1.0, 1.0, -1.0, 1.0])
    return float(fidelity(state @ turned @ state @ turned @ state))


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _coincidence,
        "a share V of the pairs of photons leaves together, the others go as balls would",
        slips=((0.1, "of balls, half leave by different outputs"),),
    ),
    2: CircuitExercise(
        _photons,
        "make the singlet of the two V modes; then each H mode has a photon unless its V mode has",
        prepares=True,
    ),
    3: CurveExercise(
        _LENGTHS_KM,
        _successes,
        ("distance / km", "success per attempt"),
        "each photon goes half of the way, both must come, and linear optics takes a half",
        tolerance=0.02,
    ),
    4: PlayedExercise(
        _rule,
        "one H and one V have to click, and nothing else; the sides tell Psi+ from Psi-",
    ),
    5: NumberExercise(
        _after_three,
        "each swap multiplies the coherence of the pair, and leaves Z as it is",
        slips=(((1.95 / 2) ** 3, "fidelities do not multiply; coherences do"),),
    ),
}
