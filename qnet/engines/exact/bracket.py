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
from qnet.engines.exact.round_step import bilinear_table
from qnet.engines.exact.table import STEPS
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Plan

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
    if root.states_decide and state > 0.0:
        join = STEPS.of(root).join(solver.carrier, root)
        table = np.abs(bilinear_table(solver.carrier, root.children[0].ends, join))
        state *= float(table.sum(axis=(1, 2)).max())
    return Widths(time, in_round, state)


def splits_of(
    solver: AtomSolver,
    node: Plan,
    above: tuple[Plan, ...] = (),
    whole: float = 1.0,
    inside: float = 1.0,
) -> Iterator[Split]:
    """Every node of the tree, as often as it stands there, whose times were split.

    Args:
        solver: What split them.
        node: The root of the tree.
        above: The steps above it.
        whole: How often it is played in a delivery of the whole plan.
        inside: How often within the root's round that delivers.
    """
    splits = solver.splits.get(node, [])
    for place, step in enumerate(above if splits else ()):
        if not STEPS.of(step).is_bounded(step, at_root=place == 0):
            raise no_bounds(step, node)
    for count, concentration in splits:
        yield Split(
            whole=whole * count,
            inside=inside * count,
            concentration=concentration,
            rate_hz=sum(map(waiting_rate, above)),
            depth=sum(STEPS.of(step).kinks for step in above),
        )
    if node.is_elementary:
        return
    rounds = STEPS.of(node).rounds_per_delivery(solver, node)
    for child in node.children:
        within = inside * node.takes * (rounds if above else 1.0)
        yield from splits_of(solver, child, (*above, node), whole * node.takes * rounds, within)


def waiting_rate(step: Plan) -> float:
    """Largest rate in 1/s at which what waits for this step falls."""
    rates = [sum(map(_rate, part.ends)) for part in step.children]
    return sum(rates) if STEPS.of(step).waits_add_up else max(rates)


def _rate(memory: Memory) -> float:
    rate = max(memory.transverse_rate_hz, memory.longitudinal_rate_hz)
    # Relaxation mixes two channels, whose difference is up to twice as large as a correlator.
    return rate if memory.is_unital else 2.0 * rate


def no_bounds(step: Plan, node: Plan) -> EngineError:
    """The error of a step above times that were split and that no bound covers."""
    what = f"the step {step.step_name!r}"
    if step.cutoff is not None:
        what = f"{what} with a cut-off"
    message = (
        f"the exact engine has no bounds for {what} above pairs whose times are too many to be "
        f"listed ({type(node).__name__.lower()}); use engine='sampled', or durations that are "
        "multiples of one step"
    )
    return EngineError(message)
