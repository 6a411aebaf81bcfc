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
    from protocols.optimise import Setting, Trial

__all__ = ["execute", "trial_as_json", "trial_as_text"]


def execute(arguments: argparse.Namespace) -> int:
    """Search, and print the best plan; where there is none, why."""
    from experiments.scenario import load
    from experiments.scenario.reader import missing
    from experiments.scenario.setting import setting_of
    from protocols.optimise import optimise

    scenario = load(arguments.file)
    if scenario.search is None:
        raise missing("optimize.objective", "secret-key-rate")
    search = scenario.search
    setting = setting_of(scenario)
    best = 0.0
    with Ticker() as ticker:

        def show(count: int, trial: Trial) -> None:
            nonlocal best
            best = max(best, trial.value)
            ticker(f"{count} candidates, best {best:.4g} {search.objective.unit}")

        optimum = optimise(
            setting,
            search.space,
            search.objective,
            log=arguments.log,
            progress=show,
        )
    if arguments.json:
        report: dict[str, Any] = {
            "objective": search.objective.name,
            "minimum_fidelity": search.objective.minimum_fidelity,
            "found": optimum.found,
            "reason": optimum.reason,
            "candidates": optimum.trials,
            "played_now": optimum.played,
            **trial_as_json(optimum.best),
            "scenario": scenario.name,
            "versions": versions(),
        }
        print(json.dumps(report, allow_nan=False))
        return 0
    print(f"{scenario.name}: {optimum.trials} candidates, {optimum.played} played now\n")
    if optimum.found:
        print(f"{'best plan':<16} {optimum.best.candidate}")
        print(trial_as_text(optimum.best, setting.with_cutoff_kind(search.space.cutoff_kind)))
    else:
        print(optimum.reason[0].upper() + optimum.reason[1:] + ".")
    return 0


def trial_as_json(trial: Trial) -> dict[str, Any]:
    """A trial, flat."""
    values = trial.as_dict()
    names = ("value", "rate_hz", "fidelity", "secret_key_rate_hz", "step_s", "is_coarse")
    plan = values["candidate"]
    claim = chain_claim(trial.secret_key_rate_hz, trial.reason)
    figures = {name: values[name] for name in (*names, "storage_error")}
    return {"plan": plan, **figures, "security": claim.as_dict()}


def trial_as_text(trial: Trial, setting: Setting) -> str:
    """Its figures, one per line, and what its time grid means."""
    from experiments.cli.exact import longer_steps
    from protocols.optimise import grid_remark

    lines = [
        f"{'rate':<16} {trial.rate_hz:<14.6g} pairs/s",
        f"{'fidelity':<16} {trial.fidelity:.6g}",
        f"{'secret-key rate':<16} {trial.secret_key_rate_hz:<14.6g} bit/s",
        *claim_lines(chain_claim(trial.secret_key_rate_hz, trial.reason)),
    ]
    if remark := grid_remark(trial.step_s, trial.storage_error, is_coarse=trial.is_coarse):
        longer = longer_steps(setting.plan(trial.candidate), setting.key, trial.step_s)
        lines += ["", sentence(remark), sentence(longer)]
    return "\n".join(lines)
