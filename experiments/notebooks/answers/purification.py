"""Answers on DEJMPS, its rounds, and where in a chain to distil."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from experiments.notebooks.kinds import Exercise, NumberExercise, PlayedExercise, Verdict
from protocols import nested
from qnet import Abstract, Gates, Link, Memory, Plan, play
from qnet.circuits import accepts, dejmps
from qnet.instrument import compile as compile_circuit
from qnet.states import fidelity, werner

__all__ = ["EXERCISES"]


@cache
def _round() -> np.ndarray:
    circuit = dejmps()
    alice_keep, alice_spend, bob_keep, bob_spend = circuit.qubits
    instrument = compile_circuit(
        circuit,
        inputs=[alice_keep, bob_keep, alice_spend, bob_spend],
        outputs=[alice_keep, bob_keep],
    )
    return np.asarray(instrument.select(lambda bits: accepts(bits["alice"], bits["bob"])))


def _success() -> float:
    pair = werner((4 * 0.7 - 1) / 3).ravel()
    return float((_round() @ np.kron(pair, pair))[0])


def _rounds_needed() -> int:
    pair, rounds = werner((4 * 0.7 - 1) / 3), 0
    while float(fidelity(pair)) <= 0.95:
        kept = _round() @ np.kron(pair.ravel(), pair.ravel())
        pair, rounds = kept.reshape(4, 4) / kept[0], rounds + 1
    return rounds


def _strategy(build: Callable[[list[Link], Gates], object]) -> Verdict:
    """Play a strategy on links that are worse than those of the notebook."""
    memory, gates = Memory(t2_s=1.0), Gates(two_qubit_depolarizing=0.01)
    part = Abstract(success_probability=0.05, attempt_time_s=1e-3, fidelity=0.9, memory=memory)
    links = [part.link()] * 2
    plan = build(links, gates)
    if not isinstance(plan, Plan):
        return Verdict(False, f"it returns {type(plan).__name__}, where a plan is wanted")
    if plan.span != len(links):
        return Verdict(False, "its plan has to join both links")
    rates = [play(each, shots=4000, seed=7).secret_key_rate_hz for each in (plan, nested(links))]
    words = f"it makes {rates[0]} bits/s, where a swap alone makes {rates[1]}"
    return Verdict(rates[0].low > rates[1].high, words)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _success,
        "A + B = 0.8 and C + D = 0.2",
        slips=((0.8**2, "both bits may also be wrong together: add (C + D)^2"),),
    ),
    2: NumberExercise(
        lambda: 2 / _success(),
        "every try takes two pairs, and some tries fail",
        slips=((2.0, "that is a single try"), (1 / 0.68, "each try takes two pairs")),
    ),
    3: NumberExercise(
        _rounds_needed,
        "call `distilled` again and again, on what the last round left",
    ),
    4: PlayedExercise(
        _strategy, "distil every link, as the second chain above does, or more than once"
    ),
}
