"""Rounds of a step at any times: when all parts have come, in what states, and cut-offs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.atoms import TIE, Atoms, Waits, together
from qnet.engines.exact.laws import Law, RoundLaw
from qnet.engines.exact.limits import TooManyAtoms
from qnet.engines.exact.memory import MOST_BYTES, NUMBER_BYTES
from qnet.engines.exact.round_step import RoundStep, bilinear_table
from qnet.engines.exact.series import last_to_come, product, survival
from qnet.errors import EngineError
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["given_up", "in_sequence", "rounds_of_step", "unlisted"]

#: Components above which fixed states are worth a way of their own.
_FEW = 4


def rounds_of_step(solver: AtomSolver, plan: Plan, step: RoundStep) -> RoundLaw:
    """How one round of a step goes.

    Raises:
        EngineError: If it takes more than the times of the pairs to know.
    """
    if step.cutoff is not None and step.cutoff.kind == "age" and not step.is_of_links:
        message = (
            "the exact engine follows the ages of composed pairs only on a time grid that all "
            "durations fit; use engine='sampled', or a difference cut-off"
        )
        raise EngineError(message)
    step.check_order()
    play = _sequential_rounds if step.order == "sequential" else _parallel_rounds
    return play(solver, plan, step)


def _parallel_rounds(solver: AtomSolver, plan: Plan, step: RoundStep) -> RoundLaw:
    """Rounds in which all parts are made at once."""
    cutoff = step.cutoff
    limit = cutoff.time_s if cutoff is not None and cutoff.kind == "total" else math.inf
    laws = [solver.law_upto(part, limit) for part in step.parts]
    # A fresh link has age zero: for links, age and difference are the same rule.
    window = cutoff.time_s if cutoff is not None and cutoff.kind != "total" else None
    few = len(laws) == 2 and all(
        law.atoms.mix is not None and len(law.atoms.rows) == 1 for law in laws
    )
    join = _join_fixed_states if few and solver.carrier.size > _FEW else _join
    whole, masses = join(solver, step, laws, window)
    times, keys = whole.times, whole.keys
    lost = unlisted(laws)
    dropped, last = [], max(law.last_s for law in laws)
    if cutoff is not None and cutoff.kind == "total":
        whole = whole.upto(limit)
        late, lost = given_up(solver, laws, limit)
        dropped, last = [late], min(last, limit)
    elif window is not None:
        late, lost = _too_far_apart(solver, Atoms(times, masses, keys), laws, window)
        dropped = [late]
    complete = min(law.complete_s for law in laws)
    return _tried(solver, step, whole, dropped, lost, last, complete)


def _join(
    solver: AtomSolver, step: RoundStep, laws: list[Law], window: float | None
) -> tuple[Atoms, Array]:
    """What is joined when the last part comes; the last row is the probability that all have.

    Returns:
        It, and the probability (m, n) that each part comes at each time.
    """
    times, keys, arriving = together([law.atoms for law in laws])
    unlike = len(set(step.parts))
    if (needed := NUMBER_BYTES * solver.carrier.size * len(times) * (5 * unlike + 3)) > MOST_BYTES:
        message = f"{len(times)} delivery times of a step would take {needed / 1e9:.2g} GB"
        raise TooManyAtoms(message)
    waits = Waits(times, window)
    earlier: list[Array] = []
    present: list[Array] = []
    for k, (part, sequence) in enumerate(zip(step.parts, arriving, strict=True)):
        if (same := step.parts.index(part)) < k:
            for each in (arriving, earlier, present):
                each[k : k + 1] = [each[same]]
            continue
        inside = solver.carrier.to_stored(sequence, part.ends)
        sums = waits.sums(inside, solver.carrier.rates(part.ends))
        before, now = (solver.carrier.from_stored(each, part.ends) for each in sums)
        earlier.append(before)
        present.append(now)
    joined = last_to_come(arriving, present, step.join, earlier)
    coming, there, before_all = (
        [each[:1] for each in rows] for rows in (arriving, present, earlier)
    )
    tried = last_to_come(coming, there, product, before_all)
    masses = np.array([row[0] for row in arriving])
    return Atoms(times, np.vstack([joined, tried]), keys), masses


def _join_fixed_states(
    solver: AtomSolver, step: RoundStep, laws: list[Law], window: float | None
) -> tuple[Atoms, Array]:
    """The same for two parts, each of one state whenever it comes: a row for every decay rate."""
    times, keys, rows = together([law.atoms for law in laws], rows=True)
    waits, columns, joined, chances = Waits(times, window), [], [], []
    for waiting, ends in enumerate(part.ends for part in step.parts):
        state, other = (np.asarray(laws[k].atoms.mix) for k in (waiting, 1 - waiting))
        inside, rates = solver.carrier.to_stored(state, ends), solver.carrier.rates(ends)
        distinct = np.unique(rates)
        sums = waits.sums(np.repeat(rows[waiting], len(distinct), axis=0), distinct)
        # Those that come at the same time count once: with the first part as the last to come.
        joined.append(sums[waiting] * rows[1 - waiting])
        chances.append(joined[-1][:1])
        for rate in distinct:
            falling = solver.carrier.from_stored(inside * (rates == rate)[:, None], ends)
            pair = [falling, other] if waiting == 0 else [other, falling]
            columns.append(step.join(pair))
    mix = np.hstack(columns)
    mix = np.vstack(
        [mix, [[column == 0 or column == len(joined[0]) for column in range(mix.shape[1])]]]
    )
    return Atoms(times, np.vstack(joined), keys, mix), np.vstack(rows)


def _tried(
    solver: AtomSolver,
    step: RoundStep,
    whole: Atoms,
    dropped: list[Atoms],
    lost: float,
    last_s: float,
    complete_s: float,
) -> RoundLaw:
    """The step on completed rounds; the last row of ``whole`` is their probability."""
    key = solver.units.key(step.overhead_s)
    ended = whole.later(step.overhead_s, key)
    if whole.mix is None:
        joined, tried = whole.rows[0], whole.rows[-1]
        delivered = ended.with_sequence(step.finish(solver.carrier, whole.rows[:-1]))
    else:
        joined, tried = whole.mix[0] @ whole.rows, whole.mix[-1] @ whole.rows
        mix = step.finish(solver.carrier, whole.mix[:-1])
        delivered = Atoms(ended.times, ended.rows, ended.keys, mix)
    failing = step.failing(tried, joined)
    if failing.any():
        dropped = [*dropped, ended.with_sequence(failing[None])]
    none = Atoms(np.empty(0), np.empty((1, 0)), np.empty((len(key), 0), dtype=np.int64))
    failed = Atoms.joined(dropped) if dropped else none
    over = step.overhead_s
    return RoundLaw(delivered, failed, lost, last_s + over, complete_s + over)


def given_up(solver: AtomSolver, laws: Sequence[Law], limit_s: float) -> tuple[Atoms, float]:
    """Rounds that a total time ends before all parts are there.

    Returns:
        When they end: one row, the probability; and that of rounds of which it is not known.
    """
    late, unknown = [], []
    for law in laws:
        beyond = float(law.atoms.mass[law.atoms.times > limit_s * (1.0 + TIE)].sum())
        known = law.complete_s >= limit_s
        late.append(beyond + (law.untracked if known else 0.0))
        unknown.append(0.0 if known else law.untracked)
    dropped = 1.0 - math.prod(1.0 - chance for chance in late)
    lost = 1.0 - math.prod(1.0 - chance for chance in unknown)
    return _at(solver, limit_s, dropped), lost


def unlisted(laws: Sequence[Law]) -> float:
    """Probability that a part delivers at a time that is not listed."""
    return -math.expm1(sum(math.log1p(-min(law.untracked, 1.0 - 1e-16)) for law in laws))


def _at(solver: AtomSolver, time_s: float, chance: float) -> Atoms:
    return Atoms(np.array([time_s]), np.array([[chance]]), solver.units.key(time_s)[:, None])


def _too_far_apart(
    solver: AtomSolver, arriving: Atoms, laws: list[Law], window: float
) -> tuple[Atoms, float]:
    """When the first pair has waited for ``window``, and not all others are there.

    Args:
        solver: For the keys.
        arriving: Each part's probability at the times of all.
        laws: The parts' laws.
        window: The longest wait in s.

    Returns:
        One row: the probability; and that of rounds of which the end is not known.
    """
    times, masses = arriving.times, arriving.rows
    ends = np.searchsorted(times, (times + window) * (1.0 + 2.0 * TIE), side="right") - 1
    listed = [survival(mass, 0.0) for mass in masses]
    failed, lost = np.zeros(len(times)), 0.0
    for k, law in enumerate(laws):
        # Parts before k come strictly later than k; parts after it not earlier.
        others, in_time, unknown = np.ones(len(times)), np.ones(len(times)), np.zeros(len(times))
        beyond = law.untracked
        for j, other in enumerate(laws):
            if j == k:
                continue
            known = other.complete_s >= times + window
            open_now = listed[j] + other.untracked + (masses[j] if j > k else 0.0)
            later = listed[j][ends] + other.untracked * known
            unknown = np.maximum(unknown, other.untracked * ~known)
            others = others * open_now
            in_time = in_time * np.maximum(open_now - later - other.untracked * ~known, 0.0)
            at = np.searchsorted(times, law.complete_s, side="right") - 1
            beyond *= float(listed[j][at] if at >= 0 else 1.0) + other.untracked
        two = len(laws) == 2
        late = listed[1 - k][ends] + laws[1 - k].untracked * (
            laws[1 - k].complete_s >= times + window
        )
        failed += masses[k] * (late if two else np.maximum(others - in_time - unknown, 0.0))
        lost += beyond + float(masses[k] @ unknown)
    key = solver.units.key(window)
    return arriving.with_sequence(failed[None]).later(window, key), lost


def _sequential_rounds(solver: AtomSolver, plan: Plan, step: RoundStep) -> RoundLaw:
    """Rounds in which the second part starts once the first is ready."""
    cutoff = step.cutoff
    limits = [math.inf if cutoff is None else cutoff.time_s] * 2
    if cutoff is not None and cutoff.kind != "total":
        limits[0] = math.inf
    first, second = map(solver.law_upto, step.parts, limits)
    table = bilinear_table(solver.carrier, step.parts[0].ends, step.join)
    coming = second.atoms
    window = cutoff.time_s if cutoff is not None and cutoff.kind != "total" else None
    if window is not None:
        coming = coming.upto(window)
    moved = [solver.lattice.concentration(each.atoms) for each in (first, second)]
    if cutoff is not None and cutoff.kind == "total" and any(moved):
        message = (
            "the exact engine has no bounds for a total cut-off of pairs made one after the other "
            "whose times are too many to be listed; use engine='sampled'"
        )
        raise EngineError(message)
    joined, tried = in_sequence(solver, first.atoms, coming, step.parts[0], table)
    whole = joined.with_sequence(np.vstack([joined.sequence, tried]))
    lost = max(0.0, 1.0 - float(tried.sum()))
    dropped: list[Atoms] = []
    if window is not None:
        late = float(second.atoms.mass[len(coming.times) :].sum())
        late += second.untracked if second.complete_s >= window else 0.0
        waited = first.atoms.with_sequence(late * first.atoms.sequence[:1])
        dropped = [waited.later(window, solver.units.key(window))]
        lost = max(0.0, lost - float(dropped[0].mass.sum()))
    elif cutoff is not None:
        whole = whole.upto(cutoff.time_s)
        late = max(0.0, 1.0 - float(whole.sequence[-1].sum()))
        missing = [law.untracked for law in (first, second) if law.complete_s < cutoff.time_s]
        unknown = min(late, sum(missing))
        dropped, lost = [_at(solver, cutoff.time_s, late - unknown)], unknown
    last = first.last_s + second.last_s
    rounds = _tried(solver, step, whole, dropped, lost, last, 0.0)
    for concentration in moved:
        solver.note(plan, 1.0 / max(rounds.chance, 1e-300), concentration)
    return rounds


def in_sequence(
    solver: AtomSolver, first: Atoms, second: Atoms, kept: Plan, table: Array
) -> tuple[Atoms, Array]:
    """Convolution in time of a bilinear step, and the probability that both pairs came.

    The first pair is stored in the memories of ``kept`` while the second is made.
    """
    carrier = solver.carrier
    inside = carrier.to_stored(first.sequence, kept.ends)
    rates = carrier.rates(kept.ends)
    if not second.mass.any():
        none = Atoms(np.empty(0), np.empty((len(table), 0)), first.keys[:, :0])
        return none, np.empty(0)

    def terms() -> Iterator[tuple[Atoms, Atoms]]:
        """One component of the first pair at a time. Atoms are listed by row 0: that both came."""
        for a in range(carrier.size):
            mixed = np.zeros((len(table) + 1, len(second.times)))
            mixed[1:] = table[:, a] @ second.sequence * np.exp(-rates[a] * second.times)
            if a == 0:
                # Both probabilities go with the unit component, which never decays.
                mixed[0] = second.mass
            if mixed.any():
                yield first.with_sequence(inside[a][None]), second.with_sequence(mixed)

    both = solver.lattice.convolve(terms())
    return both.with_sequence(both.sequence[1:]), both.sequence[0]
