"""``qnet optimize``: the best plan for the hardware of a scenario."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from experiments.cli.claim import claim_lines
from experiments.cli.report import sentence, versions
from experiments.cli.ticker import Ticker
from qnet.engines.result import chain_claim

if TYPE_CHECKING:
    from protocols.planning.optimise import Problem, Trial

__all__ = ["execute", "trial_as_json", "trial_as_text"]


def execute(arguments: argparse.Namespace) -> int:
    """Search, and print the best plan; where there is none, why."""
    from experiments.scenario import load
    from protocols.planning.optimise import Problem, given_plan, optimise
    from qnet.schema import missing

    scenario = load(arguments.file)
    if scenario.optimize is None:
        raise missing("optimize.objective", "secret-key-rate")
    objective, space = scenario.optimize.goal, scenario.optimize.space(scenario)
    setting, given = given_plan(scenario, Problem.of_chain(scenario))
    best = 0.0
    with Ticker() as ticker:

        def show(count: int, trial: Trial) -> None:
            nonlocal best
            best = max(best, trial.value)
            ticker(f"{count} candidates, best {best:.4g} {objective.unit}")

        optimum = optimise(
            setting,
            space,
            objective,
            given=given,
            log=arguments.log,
            width=scenario.exact.width,
            progress=show,
        )
    if arguments.json:
        report: dict[str, Any] = {
            "objective": objective.name,
            "minimum_fidelity": objective.minimum_fidelity,
            "found": optimum.found,
            "reason": optimum.reason,
            "candidates": optimum.trials,
            "played_now": optimum.played,
            "replayed_now": optimum.replayed,
            "remarks": list(optimum.remarks),
            **trial_as_json(optimum.best),
            "scenario": scenario.name,
            "versions": versions(),
        }
        print(json.dumps(report, allow_nan=False))
        return 0
    again = f", {optimum.replayed} again for proven figures" if optimum.replayed else ""
    print(f"{scenario.name}: {optimum.trials} candidates, {optimum.played} played now{again}\n")
    if optimum.found:
        print(f"{'best plan':<16} {optimum.best.candidate}")
        print(trial_as_text(optimum.best, setting.with_cutoff_kind(space.cutoff_kind)))
        for remark in optimum.remarks:
            print("", sentence(remark), sep="\n")
    else:
        print(optimum.reason[0].upper() + optimum.reason[1:] + ".")
    return 0


def trial_as_json(trial: Trial) -> dict[str, Any]:
    """A trial, flat; the ranges are those of proven figures."""
    names = ("value", "rate_hz", "fidelity", "secret_key_rate_hz", "how", "step_s", "is_coarse")
    figures = {name: getattr(trial, name) for name in (*names, "storage_error")}
    ranges = {name: [each.low, each.high] for name, each in trial.figures.items()}
    return {
        "plan": trial.candidate.parameters(),
        **figures,
        "ranges": ranges if trial.is_proven else None,
        "security": chain_claim(trial.secret_key_rate_hz, trial.reason).as_dict(),
    }


def trial_as_text(trial: Trial, setting: Problem) -> str:
    """Its figures, one per line, and how they were found."""
    from experiments.cli.exact import longer_steps
    from protocols.planning.optimise import grid_remark

    shown = trial.figures
    lines = [
        f"{'engine':<16} exact, {trial.how}" if trial.is_proven else f"{'engine':<16} estimate",
        f"{'rate':<16} {shown['rate_hz']!s:<34} pairs/s",
        f"{'fidelity':<16} {shown['fidelity']}",
        f"{'secret-key rate':<16} {shown['secret_key_rate_hz']!s:<34} bit/s",
        *claim_lines(chain_claim(trial.secret_key_rate_hz, trial.reason)),
    ]
    if remark := grid_remark(trial.step_s, trial.storage_error, is_coarse=trial.is_coarse):
        longer = longer_steps(setting.plan(trial.candidate), setting.key, trial.step_s)
        refused = [sentence(trial.reason)] if trial.reason else []
        lines += ["", sentence(remark), sentence(longer), *refused]
    return "\n".join(lines)
