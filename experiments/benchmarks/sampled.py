"""Benchmark of the sampled engine on one core: ``python -m experiments.benchmarks sampled``.

Every line is a ratio against drawing the geometric variates of the same plan with NumPy
(``Generator.geometric``), run beside it, so that it holds on any machine; the pairs per second are
this machine's. The best of three runs counts. Measured on a core of this class: SeQUeNCe 5, requsim
194 and a Numba-compiled Werner-only Monte Carlo 104,000 pairs/s for eight nested links (28,000 with
cut-offs).
"""

from __future__ import annotations

import numpy as np

from experiments.benchmarks.timing import best_of, show
from protocols import nested, swap_asap
from qnet import Cutoff, Link, Memory, Plan, Station, play
from qnet.states import werner
from qnet.states.typed import fano_rows

P = 0.1
DEPOLARISING = Memory(depolarizing_time_s=1000.0)
RELAXING = Memory(t1_s=1000.0, t2_s=900.0)
CUTOFFS = [Cutoff(kind="difference", time_s=steps) for steps in (16.0, 31.0, 55.0)]


def links(count: int, memory: Memory) -> list[Link]:
    """``count`` equal links of success probability P and attempts of one second."""
    link = Link(
        success_probability=P,
        attempt_time_s=1.0,
        state=fano_rows(werner(0.98)),
        left=memory,
        right=memory,
    )
    return [link] * count


def geometric_time(count: int, shots: int) -> float:
    """Time in s that NumPy takes to draw ``count`` geometric variates for each of ``shots``."""
    rng = np.random.default_rng(1)

    def draw() -> None:
        for _ in range(count):
            rng.geometric(P, shots)

    return best_of(3, draw)


def report(name: str, plan: Plan, count: int, shots: int) -> float:
    """Time a plan, print its line, and return its seconds per shot."""
    seconds = best_of(3, lambda: play(plan, shots=shots, seed=1))
    ratio = seconds / geometric_time(count, shots)
    show(name, f"{shots / seconds:>12,.0f} pairs/s", f"{ratio:>8.1f} x {count} geometric draws")
    return seconds / shots


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a hundredth of the pairs: shows that everything runs."""
    share = 100 if quick else 1
    half = Station(success_probability=0.5, perfect=True)
    eight = links(8, DEPOLARISING)
    report("swap-asap, 8 links, Bell-diagonal", swap_asap(eight), 8, 400_000 // share)
    plain = nested(eight, stations=half)
    report("nested, 8 links, q = 0.5, Bell-diagonal", plain, 8, 100_000 // share)
    full = nested(links(8, RELAXING), stations=half)
    report("nested, 8 links, q = 0.5, full 4x4 states", full, 8, 50_000 // share)
    with_cutoffs = nested(eight, stations=half, cutoffs=CUTOFFS)
    report("nested, 8 links, q = 0.5, cut-offs 16, 31, 55", with_cutoffs, 8, 50_000 // share)
    print("growth with the number of links, swap-asap:")
    base = None
    for count in (8, 32, 128, 512, 1024):
        chain = swap_asap(links(count, DEPOLARISING))
        per_shot = report(f"  {count} links", chain, count, 4_000_000 // count // share)
        base = base or per_shot / 8
        show("", f"{per_shot / count / base:>12.2f} x the time per link of 8")
