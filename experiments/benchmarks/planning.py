"""Benchmark of network plans on one core: ``python -m experiments.benchmarks planning``.

Europe's capitals over trusted fibre and satellites, and a national network: the gap that is proven,
what the plan costs against the best of the three plain heuristics, and the proven bound against
that of the same integer programme without strengthening rows, given the same time.
"""

from __future__ import annotations

import time

import qnet
from experiments.benchmarks.timing import show
from protocols.planning.design.diagnosis import usable
from protocols.planning.design.flows import once
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.heuristics import Heuristics
from protocols.planning.design.lines import span_lines
from protocols.planning.design.programme import design

__all__ = ["main"]


def measure(name: str, time_limit_s: float) -> None:
    """Plan one of the scenarios of the package and show gap, ratios and seconds.

    Args:
        name: Name of the scenario.
        time_limit_s: Longest search, in s.
    """
    case = qnet.load(f"planning/{name}").case
    start, busy = time.monotonic(), time.process_time()
    plan = design(case, gap=0.01, time_limit_s=time_limit_s)
    took, busy = time.monotonic() - start, time.process_time() - busy
    lines = span_lines(case, usable(case), sum(demand.key_rate_hz for demand in case.demands))
    heuristics = Heuristics(case, lines, time.monotonic() + time_limit_s)
    found = (heuristics.spanning_tree(), heuristics.shortest_paths(), heuristics.greedy_removal())
    least = min((each.cost for each in found if each is not None), default=float("inf"))
    plain = DesignProgramme(case, usable(case), once(case), strong=False).model
    bound = plain.solved(gap=0.01, time_limit_s=time_limit_s).bound
    show(
        f"plan of {name}",
        f"gap {100.0 * (1.0 if plan.gap is None else plan.gap):.1f} %",
        f"cost / best heuristic {(plan.objective or least) / least:.3f}",
        f"bound / plain bound {(plan.bound or 0.0) / (bound or float('inf')):.2f}",
        f"{took:.1f} s, {busy:.1f} s of the processor",
    )


def main(*, quick: bool = False) -> None:
    """Run the benchmark.

    Args:
        quick: Whether a few seconds must do: shows that it runs.
    """
    for name in ("ring",) if quick else ("ring", "national", "europe"):
        measure(name, 5.0 if quick else 100.0)
