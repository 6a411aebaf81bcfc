"""Runs of continuous-variable scenarios: quadratures drawn, the channel estimated back."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from experiments.cli import printer
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value

if TYPE_CHECKING:
    from experiments.scenario.cv import CvScenario
    from protocols.key_rates import KeyRate

__all__ = ["execute"]


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
    rate, table = run(scenario)
    if arguments.json:
        head = {"kind": "cv", "engine": "sampled", "seed": scenario.seed}
        report = printer.as_json(
            {**head, "pulses": scenario.symbols}, table, rate, name=scenario.name
        )
        print(json.dumps(report, allow_nan=False))
    else:
        how = f"{scenario.symbols} symbols, seed {scenario.seed}; 95 % intervals"
        print(printer.as_text([f"{scenario.name}: cv", how], table, rate, width=18))
    return 0


def run(scenario: CvScenario) -> tuple[KeyRate, dict[Figure, Value]]:
    """The key of the worst channel, and every figure of the run with its interval."""
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
    return rate, {
        Figure(name="qber", title="QBER"): None,
        Figure(name="yields", title="yield"): None,
        Figure(name="chsh", title="CHSH"): None,
        Figure(name="transmission", title="transmission"): shown.transmission,
        Figure(name="excess_noise", title="excess noise"): shown.excess_noise,
        Figure(name="mutual_information", title="I(A:B), bit/symbol"): rate.figures[
            "mutual_information"
        ],
        Figure(name="holevo_bound", title="Holevo bound"): rate.figures["holevo_bound"],
        Figure(name="sifted_bits", title="sifted bits"): None,
        Figure(name="secret_bits", title="secret bits"): per_symbol * float(scenario.symbols),
        Figure(name="secret_key_rate_per_pulse", title="key per symbol"): per_symbol,
        printer.PER_SECOND: None if clock is None else per_symbol * clock,
    }
