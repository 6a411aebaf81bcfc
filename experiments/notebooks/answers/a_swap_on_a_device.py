"""Answers on readout errors, deferred corrections, and the swaps of measured devices."""

from __future__ import annotations

from functools import cache

from qiskit import QuantumCircuit

from experiments.notebooks.kinds import CircuitExercise, CurveExercise, Exercise, NumberExercise
from protocols import sequential
from protocols.characterisation import estimate
from qnet import Abstract, Gates, Station, play
from qnet.states import werner

__all__ = ["EXERCISES"]


@cache
def _without_readout() -> float:
    """Mean of ZZ that is behind one of 0.72."""
    even = [43_000, 7_000, 7_000, 43_000]
    counts = {"XX": even, "YY": even, "ZZ": even}
    told = estimate({"pair": counts, "readout": {"A": [0.02, 0.02], "B": [0.04, 0.04]}})
    return float(told["correlators"]["ZZ"]["best"])


def _deferred() -> QuantumCircuit:
    """The swap with ``if_test``, which does the same."""
    circuit = QuantumCircuit(4, 2)
    circuit.cx(1, 2)
    circuit.h(1)
    circuit.measure([1, 2], [0, 1])
    for bit, gate in ((1, circuit.x), (0, circuit.z)):
        with circuit.if_test((circuit.clbits[bit], 1)):
            gate(3)
    return circuit


def _werner_parameter(segments: int, link: float, factor: float) -> float:
    """That of a chain's ends, whose links and swaps have these."""
    part = Abstract(success_probability=0.5, attempt_time_s=1.0, state=werner(link)).link()
    station = Station(gates=Gates(two_qubit_depolarizing=1 - factor))
    plan = sequential([part] * segments, stations=station)
    return (4 * play(plan, engine="exact").fidelity.best - 1) / 3


@cache
def _most_segments() -> int:
    segments = 1
    while (1 - _werner_parameter(segments + 1, 0.98, 0.95)) / 2 < 0.11:
        segments += 1
    return segments


@cache
def _curve() -> list[float]:
    return [_werner_parameter(segments, 0.97, 0.9) for segments in (1, 2, 4, 8)]


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _without_readout,
        "a flip with probability e shrinks the mean of a sign by 1 - 2e, at either end",
        tolerance=0.002,
        slips=((0.72 / 0.96 / 0.98, "a flip moves a sign by two"),),
    ),
    2: CircuitExercise(
        _deferred,
        "a CNOT and an H as in 4.4; then an X on C controlled by B2, a Z on C controlled by B1",
    ),
    3: NumberExercise(
        _most_segments,
        "n segments have n links and n - 1 swaps; w has to stay above 0.78",
        slips=((5.0, "that is one too many"), (3.0, "one more is still possible")),
    ),
    4: CurveExercise(
        (1, 2, 4, 8),
        _curve,
        ("segments", "Werner parameter of the ends"),
        "multiply all links and all swaps: n segments have n - 1 swaps",
        tolerance=0.03,
    ),
}
