"""``qnet optimize``: the best plan for the hardware of a scenario."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, chain
from experiments.cli.search_store import add_search_store, search_log
from qnet.progress import Progress

if TYPE_CHECKING:
    from protocols.planning.optimise import Problem, Trial
    from qnet.engines import Key
    from qnet.plans.base import Plan

__all__ = ["SUMMARY", "add_arguments", "execute", "trial_as_json", "trial_as_text"]

SUMMARY = "the best plan of those that [optimize] allows"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet optimize``."""
    add_file(parser)
    add_search_store(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Search, and print the best plan; where there is none, why."""
    from experiments.cli.printer import print_json, sentence
    from protocols.planning.optimise import Problem, given_plan, optimise
    from qnet.schema import missing

    scenario = chain(arguments)
    if scenario.optimize is None:
        raise missing("optimize.objective", "secret-key-rate")
    objective, space = scenario.optimize.goal, scenario.optimize.space(scenario)
    setting, given = given_plan(scenario, Problem.of_chain(scenario))
    said = [scenario.canonical(), scenario.optimize]
    kept = search_log(arguments.store, scenario.name, said)
    with kept as log, Progress("optimize", "candidates") as progress:
        optimum = optimise(
            setting,
            space,
            objective,
            given=given,
            log=log,
            width=scenario.exact.width,
            progress=progress,
        )
    if arguments.json:
        found = {
            "objective": objective.name,
            "minimum_fidelity": objective.minimum_fidelity,
            "found": optimum.found,
            "reason": optimum.reason,
            "candidates": optimum.trials,
            "played_now": optimum.played,
            "replayed_now": optimum.replayed,
            "remarks": [*scenario.other_meanings, *optimum.remarks],
            **trial_as_json(optimum.best),
            **cost_as_json(optimum.best, setting),
        }
        print_json(found, scenario.name)
        return 0
    again = f", {optimum.replayed} again for proven figures" if optimum.replayed else ""
    print(f"{scenario.name}: {optimum.trials} candidates, {optimum.played} played now{again}\n")
    if optimum.found:
        print(f"{'best plan':<16} {optimum.best.candidate}")
        print(trial_as_text(optimum.best, setting.with_cutoff_kind(space.cutoff_kind)))
        for remark in optimum.remarks:
            print("", sentence(remark), sep="\n")
    else:
        print(sentence(optimum.reason))
    return 0


def trial_as_json(trial: Trial) -> dict[str, Any]:
    """A trial, flat; the ranges are those of proven figures."""
    ranges = {name: [each.low, each.high] for name, each in trial.figures.items()}
    names = ("value", *ranges, "how", "step_s", "is_coarse", "storage_error")
    return {
        "plan": trial.candidate.parameters(),
        **{name: getattr(trial, name) for name in names},
        "ranges": ranges if trial.is_proven else None,
        "security": trial.security.as_dict(),
    }


def cost_as_json(trial: Trial, setting: Problem) -> dict[str, Any]:
    """What a bit of its plan costs, with the range of the key rate; null where there is none."""
    from protocols.repeaters.cost import COST, QUBITS, cost_of, length_of, resources

    plan = setting.plan(trial.candidate)
    cost, _ = cost_of(plan, trial.figures["secret_key_rate_hz"], length_of(plan))
    qubits = resources(plan).qubits_per_station
    return {COST.name: None if cost is None else cost.as_dict(), QUBITS.name: qubits}


def trial_as_text(trial: Trial, setting: Problem) -> str:
    """Its figures, one per line, and how they were found."""
    from experiments.cli.printer import claim_lines, rows, sentence
    from protocols.planning.optimise import grid_remark
    from protocols.repeaters.cost import COST, QUBITS, cost_of, length_of, resources

    how = f"exact, {trial.how}" if trial.is_proven else "estimate"
    plan = setting.plan(trial.candidate)
    cost, _ = cost_of(plan, trial.figures["secret_key_rate_hz"], length_of(plan))
    figures = trial.table("text")
    if cost is not None:
        figures |= {COST: cost, QUBITS: resources(plan).qubits_per_station}
    lines = [f"{'engine':<16} {how}", *rows(figures), *claim_lines(trial.security)]
    if remark := grid_remark(trial.step_s, trial.storage_error, is_coarse=trial.is_coarse):
        longer = _longer_steps(setting.plan(trial.candidate), setting.key, trial.step_s)
        refused = [sentence(trial.reason)] if trial.reason else []
        lines += ["", sentence(remark), sentence(longer), *refused]
    return "\n".join(lines)


def _longer_steps(plan: Plan, key: Key, step_s: float) -> str:
    """What the coarse estimate finds on steps about twice as long, in a sentence."""
    from protocols.planning.optimise import play_gridded
    from qnet.errors import EngineError

    try:
        longer = play_gridded(plan, key=key, step_s=2.0 * step_s)
    except EngineError:
        return "steps twice as long are too long for this plan"
    found = longer.result
    return (
        f"with steps of {longer.step_s:.3g} s: {found.rate_hz.best:.6g} pairs/s, fidelity "
        f"{found.fidelity.best:.6g}, {found.secret_key_rate_hz.best:.6g} bit/s"
    )
