"""Plans whose durations fit no time grid: outright where their times can be listed, else bracketed.

First everything is tried with integer keys, which rounds nothing. Where there would be too many,
durations of rounds that feed a parent are split between steps of a grid, which is made finer until
the proven width (see ``bracket``) is what was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.bracket import widths_of
from qnet.engines.exact.decisions import decided
from qnet.engines.exact.durations import durations_of
from qnet.engines.exact.integer_keys import MOST_KEYS, KeyLattice, Units
from qnet.engines.exact.limits import TooManyAtoms, TooManyKeys
from qnet.engines.exact.representation import Carrier
from qnet.engines.exact.result import AtomResult, DeliveryLaw
from qnet.engines.exact.solved import SolvedNodes
from qnet.engines.exact.split import SplitGrid
from qnet.engines.exact.table import STEPS
from qnet.engines.exact.transforms import Transforms
from qnet.engines.forecast import LONGEST_DELIVERY_S, forecast
from qnet.engines.result import Key
from qnet.errors import EngineError, InfeasiblePlanError
from qnet.estimate import Estimate
from qnet.plans import Plan
from qnet.progress import ProgressCallback
from qnet.states.pauli import Array

__all__ = ["Wish", "play_bracketed", "play_listed", "play_outright"]

#: How often links are followed further, and how far at most: exp(-700) is about all there is.
_TRIES, _FURTHEST = 12, 700.0

#: Links of so few attempts are followed until nothing is left above rounding.
_FEW_ATTEMPTS, _DEEP = 1 << 12, 37.0

#: Shortest and longest grid of split times, the latter times the number of components over four.
_COARSEST, _FINEST = 1 << 11, 1 << 20

#: A width above this does not yet say how it falls.
_WIDE = 0.25

#: By how much it is shorter where chains are swapped as soon as possible, step by step.
_CHAINS = 1 << 5

#: How far a grid reaches, in forecast delivery times per unit of ``reach``.
_GENEROUS = 1.3

#: The same, at most; and the share of deliveries beyond it that is taken for all.
_LONGEST, _NEXT_TO_NONE = 1e5, 1.0 - 1e-9

#: Probability that transforms of large lattices lose to rounding.
_ROUNDING = 1e-10

#: Steps of the grid of two laws between which a delivery time lies.
_LISTED = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for.

    Args:
        tolerance: Largest probability of deliveries that are not followed.
        width: Largest width of a bracket, see `ExactResult.width`.
        key: How a secret key is taken.
        progress: Called with the number of nodes solved and wanted, anew for each solution.
    """

    tolerance: float
    width: float
    key: Key
    progress: ProgressCallback | None = None

    def is_met(self, lost: float) -> bool:
        """Whether no more is left out than was asked for, or than transforms round."""
        return lost <= max(self.tolerance, _ROUNDING)


def play_listed(plan: Plan, carrier: Carrier, wish: Wish) -> AtomResult:
    """Play a plan without a common grid.

    Raises:
        InfeasiblePlanError: If it never delivers, or not in a reasonable time.
        EngineError: If it is beyond the engine, or its bracket stays too wide.
    """
    try:
        return play_outright(plan, carrier, wish)
    except (TooManyAtoms, TooManyKeys) as why:
        reason = str(why)
    try:
        return play_bracketed(plan, carrier, wish, reason)
    except TooManyAtoms as why:
        message = f"the exact engine cannot play this plan ({why}); use engine='sampled'"
        raise EngineError(message) from None


def play_outright(plan: Plan, carrier: Carrier, wish: Wish) -> AtomResult:
    """With no time rounded.

    Raises:
        TooManyAtoms: If the delivery times of a part would be too many to be listed.
        TooManyKeys: If sums of its rounds would be.
        InfeasiblePlanError: If it never delivers, or not in a reasonable time.
    """
    units = Units(durations_of(plan))
    most = MOST_KEYS * 4 // carrier.size
    reach, found = 2.0 - math.log(wish.tolerance), None
    if sum(1.0 / link.round_success_probability for link in plan.links()) <= _FEW_ATTEMPTS:
        reach = max(reach, _DEEP)
    nodes = SolvedNodes(plan, wish.progress)
    for done in range(1, _TRIES + 1):
        nodes.begin(f"attempt {done}, outright")
        solver = AtomSolver(carrier, reach, units, KeyLattice(units, most), nodes)
        try:
            found = _Found.of(plan, solver)
        except (TooManyAtoms, TooManyKeys):
            if found is not None and found.lost > 0.5:
                raise _infeasible(plan, found) from None
            raise
        if wish.is_met(found.lost):
            break
        if found.is_infeasible or reach >= _FURTHEST:
            raise _infeasible(plan, found)
        further = math.log(found.lost / wish.tolerance) + 2.0
        reach = min(_FURTHEST, reach + (further if found.lost < 0.5 else reach))
    else:
        message = f"{found.lost if found else 1.0:.2g} of the deliveries are not followed"
        raise TooManyAtoms(message)

    @cache
    def listed() -> DeliveryLaw:
        try:
            law = solver.law(plan)
        except (TooManyAtoms, TooManyKeys):
            return _rounded_law(plan, carrier, wish)
        seen = law.atoms.mass > 0.0
        times, mass = law.atoms.times[seen], law.atoms.mass[seen]
        return DeliveryLaw(
            times=times,
            early=mass,
            late=mass,
            untracked=law.untracked,
            step_s=0.0,
            remaining_s=_remaining_s(plan, solver),
        )

    def timed() -> tuple[Array, Array]:
        try:
            atoms = solver.law(plan).atoms
        except (TooManyAtoms, TooManyKeys) as why:
            message = f"its delivery times are too many to be listed ({why}); use engine='sampled'"
            raise EngineError(message) from None
        return atoms.times, atoms.sequence

    what = "outright, sums of durations by integer keys" if solver.used_lattice else "outright"
    result = _result(plan, carrier, wish, found, what, listed)
    return replace(result, transforms=partial(Transforms(solver).of, plan), timed=timed)


def play_bracketed(plan: Plan, carrier: Carrier, wish: Wish, reason: str) -> AtomResult:
    """With times split between steps, as narrow as was asked for.

    Args:
        plan: What to play.
        carrier: How states are carried.
        wish: What is asked for.
        reason: Why it cannot be played outright, for the message.

    Raises:
        InfeasiblePlanError: If it never delivers, or not in a reasonable time.
        EngineError: If there are no bounds, or they stay too wide.
    """
    finest, size, nodes = _finest(plan, carrier), _COARSEST, SolvedNodes(plan, wish.progress)
    reach = 2.0 - math.log(wish.tolerance)
    slowest = _slowest_part_s(plan)
    span = _GENEROUS * reach * slowest
    seen: list[tuple[int, float]] = []
    while size <= finest:
        grid = SplitGrid(
            span / (size - 1), size, "early" if STEPS.of(plan).decides(plan) else "split"
        )
        nodes.begin(f"bracket on {size} of at most {finest} steps")
        solver = AtomSolver(carrier, reach, Units([]), grid, nodes)
        try:
            found = _Found.of(plan, solver)
        except TooManyAtoms as why:
            if not seen:
                raise
            reason = str(why)
            break
        if not wish.is_met(found.lost):
            if found.lost > _NEXT_TO_NONE or span > _LONGEST * slowest:
                raise _infeasible(plan, found)
            more = math.log(found.lost / wish.tolerance) + 1.0
            span, reach = span * (1.0 + more / reach), reach + more
            continue
        result = _with_widths(plan, carrier, wish, solver, found)
        seen.append((size, result.width))
        if result.width <= wish.width:
            return result
        if _foreseen(seen, finest) > 2.0 * wish.width:
            break
        size *= 4 if result.width > 4.0 * wish.width else 2
    reached = f"a width of {seen[-1][1]:.3g}" if seen else "nothing"
    message = (
        f"the exact engine reached {reached}, not the width of {wish.width:g} that was asked for "
        f"({reason}); ask for a larger one (exact.width, --width), or use engine='sampled'"
    )
    raise EngineError(message)


def _finest(plan: Plan, carrier: Carrier) -> int:
    """Longest grid of split times: some ten seconds of work."""
    longest = _FINEST * 4 // carrier.size
    chains = any(STEPS.of(node).goes_by_steps and len(node.children) > 2 for node in plan.nodes())
    return longest // _CHAINS if chains else longest


def _foreseen(seen: list[tuple[int, float]], finest: int) -> float:
    """Width that the longest grid would reach, by how it has fallen so far; 0 if nobody knows."""
    (size, width), order = seen[-1], 2.0
    if width > _WIDE:
        return 0.0
    if len(seen) > 1 and seen[-2][1] < math.inf:
        before, wider = seen[-2]
        fallen = math.log(wider / width) if 0.0 < width <= wider else 0.0
        order = min(2.0, fallen / math.log(size / before))
    return width * (size / finest) ** order


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Scalars of the root.

    Args:
        total: Components (k,) of the deliveries that are followed.
        low_s: Lower bound on the mean time in s, what is cut off considered.
        high_s: Upper bound.
    """

    total: Array
    low_s: float
    high_s: float

    @staticmethod
    def of(plan: Plan, solver: AtomSolver) -> _Found:
        """What the solver's lists and transforms give."""
        transforms = Transforms(solver)
        total = transforms.of(plan, 0.0)
        low, high = transforms.mean_s(plan)
        return _Found(total=total, low_s=low, high_s=high)

    @property
    def lost(self) -> float:
        """Probability of deliveries that are not followed."""
        return min(1.0, max(0.0, 1.0 - float(self.total[0])))

    @property
    def is_infeasible(self) -> bool:
        """Whether a pair would take a thousand years, if one came at all."""
        return self.lost > 0.5 and self.low_s > LONGEST_DELIVERY_S


def _with_widths(
    plan: Plan, carrier: Carrier, wish: Wish, solver: AtomSolver, found: _Found
) -> AtomResult:
    """The result of a split grid, with what splitting may have changed."""
    grid = solver.lattice
    step_s = grid.step_s if isinstance(grid, SplitGrid) else 0.0
    decides = STEPS.of(plan).decides(plan)
    if decides:
        low, high, error = decided(solver, plan, found.high_s)
    else:
        widths = widths_of(solver, plan, step_s)
        low, high, error = found.low_s - widths.time_s, found.high_s, widths.state
    if plan.states_decide and error > 0.0:
        rounds = solver.rounds(plan)
        chance = rounds.chance
        least = chance - error
        low = (found.low_s * (chance + rounds.lost) - widths.round_s) / (
            chance + rounds.lost + error
        )
        high = found.high_s * chance / least if least > 0.0 else math.inf
        error = 2.0 * error / least if least > 0.0 else 2.0
    moved = "rounded down to" if decides else "split between"
    what = f"bracket, times {moved} steps of {step_s:.3g} s"
    listed = cache(lambda: _rounded_law(plan, carrier, wish))
    narrower = _Found(total=found.total, low_s=max(low, 0.0), high_s=high)
    best = (found.low_s + found.high_s) / 2.0
    return _result(plan, carrier, wish, narrower, what, listed, best, error, step_s)


def _result(
    plan: Plan,
    carrier: Carrier,
    wish: Wish,
    found: _Found,
    what: str,
    listed: Callable[[], DeliveryLaw],
    best_s: float | None = None,
    error: float = 0.0,
    step_s: float = 0.0,
) -> AtomResult:
    best = (found.low_s + found.high_s) / 2.0 if best_s is None else best_s
    return AtomResult(
        plan=plan,
        carrier=carrier,
        total=found.total,
        truncated_mass=found.lost,
        time=Estimate(found.low_s, min(max(best, found.low_s), found.high_s), found.high_s),
        error=error,
        step_s=step_s,
        what=what,
        key=wish.key,
        listed=listed,
    )


def _rounded_law(plan: Plan, carrier: Carrier, wish: Wish) -> DeliveryLaw:
    """Two laws on a grid between which the delivery time lies in distribution.

    For given numbers of attempts and outcomes of swaps a delivery time is a non-decreasing function
    of every duration of a round, unless rounds are given up by differences, or states decide.
    """
    for node in plan.nodes():
        if node.states_decide or (node.cutoff is not None and node.cutoff.kind != "total"):
            message = (
                "the delivery times of this plan are too many to be listed, and rounding does not "
                "bound them; use engine='sampled'"
            )
            raise EngineError(message)
    reach = 2.0 - math.log(wish.tolerance)
    span = 2.0 * _GENEROUS * reach * forecast(plan).delivery_s
    sides = []
    for rounding in ("early", "late"):
        grid = SplitGrid(span / (_LISTED - 1), _LISTED, rounding)
        solver = AtomSolver(carrier, reach, Units([]), grid)
        law = solver.law(plan)
        sides.append(np.maximum(grid.put(law.atoms)[0], 0.0))
    early, late = sides
    return DeliveryLaw(
        times=grid.step_s * np.arange(float(grid.size)),
        early=early,
        late=late,
        untracked=max(0.0, 1.0 - float(late.sum())),
        step_s=grid.step_s,
        remaining_s=_remaining_s(plan, solver),
    )


def _remaining_s(plan: Plan, solver: AtomSolver) -> float:
    """Bound in s on the mean time to a delivery from any state: of the running round, and anew."""
    transforms = Transforms(solver)
    return transforms.remaining_s(plan) + transforms.mean_s(plan)[1]


def _infeasible(plan: Plan, found: _Found) -> InfeasiblePlanError:
    """Nothing, or next to nothing, comes."""
    cutoffs = [node.cutoff.time_s for node in plan.nodes() if node.cutoff is not None]
    if found.total[0] > 0.0 or not cutoffs:
        years = found.low_s / (365.25 * 86400.0)
        hint = f"a pair takes more than {years:.2g} years: relax the cut-offs"
        return InfeasiblePlanError("plan", "deliver a pair now and then", type(plan).__name__, hint)
    hint = (
        "it never delivers: the times at which its parts can come do not meet within the cut-off; "
        "relax it"
    )
    rule = "be long enough for a pair to come"
    return InfeasiblePlanError("cutoff.time_s", rule, min(cutoffs), hint)


def _slowest_part_s(plan: Plan) -> float:
    """Forecast of the slowest part's delivery time in s."""
    return max(forecast(part).delivery_s for part in plan.children or (plan,))
