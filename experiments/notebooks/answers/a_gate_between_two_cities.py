"""Answers on remote gates, divided circuits and the pairs that they need."""

from __future__ import annotations

from functools import cache

from scipy.optimize import brentq

from experiments.notebooks.kinds import Exercise, NumberExercise, single
from protocols import Chain
from protocols.applications import StateTable
from protocols.applications.processors.distributed_qft import DistributedQft
from protocols.applications.processors.divided_circuit import DividedCircuit
from protocols.applications.processors.remote_cnot import RemoteCnot
from qnet.links import Abstract

__all__ = ["EXERCISES"]

_PAULIS = [a + b for a in "IXYZ" for b in "IXYZ"]


@cache
def _flipped() -> float:
    skewed = RemoteCnot(state=StateTable(bell_diagonal=(0.90, 0.06, 0.01, 0.03)))
    return float(1 - skewed.final(skewed.deliver())[0][_PAULIS.index("IZ")]) / 2


@cache
def _five() -> float:
    five = RemoteCnot(repetitions=5, state=StateTable(fidelity=0.98)).play()
    return single(five.merit.value)


@cache
def _pairs() -> int:
    nodes = {"A": [0, 1], "B": [2, 3], "C": [4, 5]}
    return int(DividedCircuit.of(DistributedQft(qubits=6).whole(), nodes).division.pairs)


@cache
def _needed() -> float:
    def missing(fidelity: float) -> float:
        link = Abstract(success_probability=0.5, attempt_time_s=1e-3, fidelity=fidelity).link()
        return single(RemoteCnot(chain=Chain(links=(link,) * 2)).play().merit.value) - 0.9

    return float(brentq(missing, 0.8, 1.0, xtol=1e-5))


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _flipped,
        "which wrong pairs put an X on the target?",
        slips=((0.1, "a sign of the pair does not flip the target"),),
    ),
    2: NumberExercise(_five, "these errors pass a CNOT unchanged, and two of a kind cancel"),
    3: NumberExercise(_pairs, "to how many other cities must each qubit be copied?"),
    4: NumberExercise(_needed, "Werner parameters multiply in a swap"),
}
