r"""Proven widths of figures whose times were split between the steps of a grid.

Rounds that fail below a parent follow one another; where the sums of their durations are too many
to be listed, each round keeps its exact law and only its duration x is split between the two
nearest steps of size h. Replace one duration at a time and leave all others as they are. The
delivery time is then :math:`\max(\alpha, x + \beta)`, convex with one kink; the logarithm of a
correlator is piecewise linear in x, its slopes within the total rate A of what may be waiting, with
one kink for every step above. Linear interpolation over a cell errs by at most
:math:`\sup |g''| h^2 / 8`, and by a kink's jump times h / 4 where the kink lies in the cell of x:
with a probability of at most c, the largest of any cell, for its place depends on other rounds.
With n times split in a delivery,

.. math:: 0 \le E[\tilde T] - E[T] \le \sum n \frac{h c}{4}, \qquad
    |E[\tilde r] - E[r]| \le \sum n' \left(\frac{A^2 h^2}{8} + d\, \frac{A h}{2} c\right),

n' those within the round that delivers and d the number of steps above (three for each
swap-as-soon-as-possible). It holds where all above are swaps without cut-offs, and for a
distillation at the root, whose acceptance and state are multilinear in such correlators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.steps import bilinear_table, step_of
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap

__all__ = ["Split", "Widths", "no_bounds", "splits_of", "waiting_rate", "widths_of"]


@dataclass(frozen=True, slots=True)
class Split:
    """Times of one node that were split.

    Args:
        whole: How many of them a delivery of the whole plan takes.
        inside: How many of them lie within the root's round that delivers.
        concentration: Largest probability between two steps.
        rate_hz: Largest total rate of what waits because of them.
        depth: Number of steps above.
    """

    whole: float
    inside: float
    concentration: float
    rate_hz: float
    depth: int


@dataclass(frozen=True, slots=True)
class Widths:
    """Bounds on what splitting changes.

    Args:
        time_s: The mean time is shorter by at most this.
        round_s: The mean time of one round of the root is shorter by at most this.
        state: Every element of the Fano matrix differs by at most this.
    """

    time_s: float
    round_s: float
    state: float


def widths_of(solver: AtomSolver, root: Plan, step_s: float) -> Widths:
    """Bounds for a plan that was solved on a grid of steps of ``step_s``.

    Raises:
        EngineError: If the bounds do not cover what is above a split time.
    """
    time = in_round = state = 0.0
    for split in splits_of(solver, root):
        kink = split.concentration * step_s / 4.0
        bend = (split.rate_hz * step_s) ** 2 / 8.0
        time += split.whole * kink
        in_round += split.inside * kink
        state += split.inside * (bend + 2.0 * split.depth * split.rate_hz * kink)
    if isinstance(root, Distill) and state > 0.0:
        step = step_of(solver.carrier, root)
        table = np.abs(bilinear_table(solver.carrier, root.pair.ends, step.join))
        state *= float(table.sum(axis=(1, 2)).max())
    return Widths(time, in_round, state)


def splits_of(solver: AtomSolver, root: Plan) -> Iterator[Split]:
    """Every node of the tree, as often as it stands there, whose times were split."""
    yield from _below(solver, root, (), 1.0, 1.0)


def _below(
    solver: AtomSolver, node: Plan, above: tuple[Plan, ...], whole: float, inside: float
) -> Iterator[Split]:
    splits = solver.splits.get(node, [])
    if splits:
        _check_above(node, above)
    for count, concentration in splits:
        yield Split(
            whole=whole * count,
            inside=inside * count,
            concentration=concentration,
            rate_hz=sum(map(waiting_rate, above)),
            depth=sum(3 if isinstance(step, SwapAsap) else 1 for step in above),
        )
    if isinstance(node, Link):
        return
    rounds = _rounds_per_delivery(solver, node)
    copies = {Distill: getattr(node, "copies", 1), Pump: getattr(node, "steps", 0) + 1}
    times = copies.get(type(node), 1)
    for child in node.children:
        within = inside * times * (rounds if above else 1.0)
        yield from _below(solver, child, (*above, node), whole * times * rounds, within)


def _rounds_per_delivery(solver: AtomSolver, node: Plan) -> float:
    if isinstance(node, Swap) and node.cutoff is None:
        return 1.0 / node.station.success_probability
    if isinstance(node, SwapAsap) and node.is_plain:
        return 1.0
    if isinstance(node, Multiplex):
        return float(node.copies)
    if isinstance(node, Pump) or getattr(node, "order", "") == "sequential":
        return 1.0  # below them nothing is split without being refused
    rounds = solver.rounds(node)
    return 1.0 / max(rounds.chance, 1e-300)


def waiting_rate(step: Plan) -> float:
    """Largest rate in 1/s at which what waits for this step falls."""
    if isinstance(step, SwapAsap):
        return sum(_pair_rate(part) for part in step.segments)
    return max(_pair_rate(part) for part in step.children)


def _pair_rate(part: Plan) -> float:
    return sum(map(_rate, part.ends))


def _rate(memory: Memory) -> float:
    rate = max(memory.transverse_rate_hz, memory.longitudinal_rate_hz)
    # Relaxation mixes two channels, whose difference is up to twice as large as a correlator.
    return rate if memory.is_unital else 2.0 * rate


def _check_above(node: Plan, above: tuple[Plan, ...]) -> None:
    for place, step in enumerate(above):
        plain = isinstance(step, Swap) and step.cutoff is None
        asap = isinstance(step, SwapAsap) and step.is_plain
        distill = (
            place == 0
            and isinstance(step, Distill)
            and step.cutoff is None
            and step.order == "parallel"
            and step.copies == 2
        )
        if not (plain or asap or distill):
            raise no_bounds(step, node)


def no_bounds(step: Plan, node: Plan) -> EngineError:
    """The error of a step above times that were split and that no bound covers."""
    what = type(step).__name__.lower()
    if getattr(step, "cutoff", None) is not None:
        what = f"{what} with a cut-off"
    message = (
        f"the exact engine has no bounds for a {what} above pairs whose times are too many to be "
        f"listed ({type(node).__name__.lower()}); use engine='sampled', or durations that are "
        "multiples of one step"
    )
    return EngineError(message)
