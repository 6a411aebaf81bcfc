"""Benchmark of the exact engine on one core: ``python -m experiments.benchmarks exact``.

Bell-diagonal states, p = 0.1, swap probability 0.5. Every line is a ratio against one real Fourier
transform of twice the grid with SciPy, run beside it, so that it holds on any machine; the
milliseconds are this machine's. The best published code, for Werner states only, took 61 ms and 651
ms for the first two lines on a core of this class. Swap-as-soon-as-possible chains of unequal links
with classical latency are held against one triangular system of N unknowns for every step.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.fft import next_fast_len, rfft
from scipy.linalg.blas import dtrsm

from experiments.benchmarks.timing import best_of, show
from protocols import nested, swap_asap
from qnet import Cutoff, Link, Memory, Plan, Station
from qnet.engines.exact import Grid, Solver, carrier_of, time_step
from qnet.states import fano_from_weights
from qnet.states.typed import fano_rows

CUTOFFS = (16.0, 31.0, 55.0, 100.0)


def chain(levels: int) -> Plan:
    """Nested chain of 2**levels equal links, each level with its cut-off."""
    memory = Memory(depolarizing_time_s=2000.0, dephasing_time_s=5000.0)
    link = Link(
        success_probability=0.1,
        attempt_time_s=1.0,
        state=fano_rows(fano_from_weights([0.97, 0.015, 0.005, 0.01])),
        left=memory,
        right=memory,
    )
    rules = [Cutoff(kind="difference", time_s=steps) for steps in CUTOFFS[:levels]]
    station = Station(success_probability=0.5, perfect=True)
    return nested([link] * 2**levels, stations=station, cutoffs=rules)


def asap_chain(segments: int, *, relaxing: bool = False) -> Plan:
    """Swap-as-soon-as-possible chain of unequal links, results at the speed of light."""
    memory = Memory(t1_s=9000.0, t2_s=5000.0) if relaxing else Memory(dephasing_time_s=5000.0)
    links = [
        Link(
            success_probability=0.02 * (1.0 + 0.5 * np.sin(k)),
            attempt_time_s=1.0,
            state=fano_rows(fano_from_weights([0.997, 0.0015, 0.0005, 0.001])),
            left=memory,
            right=memory,
            length_km=2e5,
        )
        for k in range(segments)
    ]
    return swap_asap(links, classical_latency=True)


def solve(plan: Plan, steps: int) -> None:
    """Work out the deliveries of a plan from scratch."""
    Solver(carrier_of(plan), Grid(time_step(plan), steps)).solve(plan)


def report_asap(name: str, segments: int, steps: int, *, relaxing: bool = False) -> float:
    """Time a swap-as-soon-as-possible chain against one triangular system for every step."""
    matrix = np.asfortranarray(np.triu(np.random.default_rng(1).random((segments, segments))))
    unknowns = np.asfortranarray(np.eye(segments))

    def triangular() -> None:
        for _ in range(steps):
            dtrsm(1.0, matrix, unknowns, diag=1)

    seconds = best_of(3, partial(solve, asap_chain(segments, relaxing=relaxing), steps))
    ratio = seconds / best_of(3, triangular)
    show(name, f"{seconds * 1e3:>10.1f} ms", f"{ratio:>8.1f} x a solve each step")
    return seconds


def report(name: str, plan: Plan, steps: int) -> float:
    """Time a plan, print its line, and return its time in s."""
    sample = np.random.default_rng(1).random(steps)
    seconds = best_of(5, partial(solve, plan, steps))
    ratio = seconds / best_of(5, partial(rfft, sample, next_fast_len(2 * steps, real=True)))
    show(name, f"{seconds * 1e3:>10.1f} ms", f"{ratio:>8.0f} x one transform")
    return seconds


def main(*, quick: bool = False) -> None:
    """Print the table."""
    shrink = 20 if quick else 1
    report("8 segments, 24,000 steps", chain(3), 24_000 // shrink)
    report("16 segments, 90,000 steps", chain(4), 90_000 // shrink)
    print("growth with the grid, 8 segments:")
    for steps in (24_000, 48_000, 96_000, 180_000):
        report(f"  {steps:,} steps", chain(3), steps // shrink)
    print("growth with the nesting level, 24,000 steps:")
    for levels in (1, 2, 3, 4):
        report(f"  {2**levels} segments", chain(levels), 24_000 // shrink)
    print("swap-as-soon-as-possible with latency, unequal links:")
    for segments in (16, 64):
        report_asap(f"  {segments} segments, 2,000 steps", segments, 2_000 // shrink)
    report_asap("  64 segments, T1 and T2, 2,000 steps", 64, 2_000 // shrink, relaxing=True)
