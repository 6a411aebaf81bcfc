"""Diagnosis of a search that found nothing: one sentence, with what to improve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocols.planning.optimise.space import Objective
from protocols.planning.optimise.trial import Evaluator, Trial
from qnet.engines.exact import Played, play_gridded
from qnet.errors import QnetError
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.plans import Link, Plan

__all__ = ["why_nothing"]


def why_nothing(evaluate: Evaluator, trials: Sequence[Trial]) -> str:
    """The sentence: the best fidelity reached, and which part of the hardware stands in the way."""
    played = [trial for trial in trials if trial.score is not None]
    if not played:
        return f"no candidate could be played: {trials[0].reason}"
    best = evaluate.proven(max(played, key=lambda trial: trial.fidelity).candidate)
    goal = evaluate.objective
    what = _missing(goal)
    about = "" if best.is_proven else "about "
    start = f"{what}: the best fidelity is {about}{best.fidelity:.3g} ({best.candidate})"
    return f"{start}; {_advice(evaluate, best)}"


def _missing(goal: Objective) -> str:
    if goal.minimum_fidelity > 0.0:
        return f"no plan reaches the fidelity {goal.minimum_fidelity:g} with a {goal.name} above 0"
    if goal.figure is None and goal.name == "secret-key-rate":
        return "no plan gives a secret key"
    return f"no plan has a {goal.name} above 0"


def _advice(evaluate: Evaluator, best: Trial) -> str:
    """Make one part of the hardware perfect at a time; the first that suffices is to blame."""
    plan = evaluate.setting.plan(best.candidate)
    parts: list[tuple[str, Callable[[Plan], Plan]]] = [
        ("improve the memories or lower the waiting times", _perfect_memories),
        ("improve the gates and the readout of swaps and distillation", _perfect_gates),
    ]
    for hint, perfect in parts:
        if found := _enough(evaluate, perfect(plan)):
            return f"{hint}: with perfect ones it would do{_by(found)}"
    if found := _enough(evaluate, _perfect_gates(_perfect_memories(plan))):
        return f"improve both memories and gates: with both perfect it would do{_by(found)}"
    fidelity = min(_fidelity(link) for link in plan.links())
    return (
        f"the links are too poor even for perfect memories and gates (fidelity {fidelity:.3g}): "
        "improve the interference, the dark counts or the bright-state population, distil, or take "
        "fewer segments"
    )


def _enough(evaluate: Evaluator, plan: Plan) -> Played | None:
    """What was found where that is worth something."""
    try:
        played = play_gridded(plan, key=evaluate.setting.key)
    except QnetError:
        return None
    return played if evaluate.objective.value(played.result) > 0.0 else None


def _by(played: Played) -> str:
    return ", by a coarse estimate" if played.is_coarse else ""


def _fidelity(link: Link) -> float:
    fano = link.fano
    return float(1.0 + fano[1, 1] - fano[2, 2] + fano[3, 3]) / 4.0


def _perfect_memories(plan: Plan) -> Plan:
    return plan.mapped(part=_perfect_memories, memory=lambda _: Memory())


def _perfect_gates(plan: Plan) -> Plan:
    def timed(gates: Gates) -> Gates:
        return Gates(
            single_qubit_time_s=gates.single_qubit_time_s,
            two_qubit_time_s=gates.two_qubit_time_s,
            readout_time_s=gates.readout_time_s,
        )

    return plan.mapped(part=_perfect_gates, gates=timed)
