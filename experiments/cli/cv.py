"""``qnet run`` of a continuous-variable scenario: quadratures drawn, the channel estimated back."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from experiments.cli.claim import claim_lines
from experiments.cli.report import versions
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

if TYPE_CHECKING:
    from experiments.scenario.cv import CvScenario

__all__ = ["execute"]

_ROWS = {
    "transmission": "transmission",
    "excess_noise": "excess noise",
    "mutual_information": "I(A:B), bit/symbol",
    "holevo_bound": "Holevo bound",
    "secret_bits": "secret bits",
    "secret_key_rate_per_pulse": "key per symbol",
    "secret_key_rate_hz": "key, bit/s",
}


def execute(arguments: argparse.Namespace) -> int:
    """Draw the disclosed symbols, estimate the channel, and print the finite key."""
    from dataclasses import replace

    from experiments.scenario.cv import read_cv
    from experiments.scenario.read import read_text

    scenario = read_cv(read_text(arguments.file), name=arguments.file.stem)
    if arguments.seed is not None:
        scenario = replace(scenario, seed=arguments.seed)
    if arguments.shots is not None:
        scenario = scenario.with_symbols(arguments.shots)
    report = run(scenario)
    print(json.dumps(report, allow_nan=False) if arguments.json else as_text(report))
    return 0


def run(scenario: CvScenario) -> dict[str, Any]:
    """The report: every figure with its interval; the key is that of the worst channel."""
    import numpy as np

    from protocols.key_rates import draw_quadratures, estimate_channel, finite_gg02

    link, rng = scenario.link, np.random.default_rng(scenario.seed)
    sent, received = draw_quadratures(link, scenario.disclosed, rng)
    shown = estimate_channel(sent, received, link)
    rate = finite_gg02(
        link,
        symbols=float(scenario.symbols),
        disclosed=float(scenario.disclosed),
        reconciliation_efficiency=scenario.reconciliation_efficiency,
        epsilon=scenario.epsilon,
        estimate=estimate_channel(sent, received, link, failure=scenario.epsilon),
    )
    per_symbol = Estimate.exact(rate.value)
    clock = scenario.clock_hz
    return {
        "kind": "cv",
        "engine": "sampled",
        "seed": scenario.seed,
        "pulses": scenario.symbols,
        "qber": None,
        "yields": None,
        "chsh": None,
        "transmission": shown.transmission.as_dict(),
        "excess_noise": shown.excess_noise.as_dict(),
        "mutual_information": rate.figures["mutual_information"],
        "holevo_bound": rate.figures["holevo_bound"],
        "sifted_bits": None,
        "secret_bits": (per_symbol * float(scenario.symbols)).as_dict(),
        "secret_key_rate_per_pulse": per_symbol.as_dict(),
        "secret_key_rate_hz": None if clock is None else (per_symbol * clock).as_dict(),
        "security": rate.security.as_dict(),
        "scenario": scenario.name,
        "versions": versions(),
        "warnings": [rate.reason] if rate.reason else [],
    }


def as_text(report: dict[str, Any]) -> str:
    """A table of the figures."""
    lines = [
        f"{report['scenario']}: cv",
        f"{report['pulses']} symbols, seed {report['seed']}; 95 % intervals",
        "",
    ]
    for name, title in _ROWS.items():
        figure = report[name]
        if isinstance(figure, dict):
            figure = Estimate(**figure)
        if figure is not None:
            shown = f"{figure:.6g}" if isinstance(figure, float) else str(figure)
            lines.append(f"{title:<18} {shown}")
    claim = report["security"]
    claim = SecurityClaim(**{**claim, "reason": claim["reason"] or ""})
    lines += ["", *claim_lines(claim)]
    remarks = [text[0].upper() + text[1:] + "." for text in report["warnings"]]
    return "\n".join([*lines, *([""] if remarks else []), *remarks])
