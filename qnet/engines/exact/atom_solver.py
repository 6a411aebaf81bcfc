"""Laws of nodes at any times, node by node, with nothing put on a grid.

In parallel trees whose inner steps are certain the atoms of a node are those of its parts, later by
an overhead. Rounds that fail below a parent, and pairs made one after the other, are summed on the
lattice that the solver is given: of integer keys, or of steps between which atoms are split.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from qnet.engines.exact.atom_rounds import in_sequence, rounds_of_step
from qnet.engines.exact.atoms import Atoms
from qnet.engines.exact.integer_keys import Units
from qnet.engines.exact.laws import Law, RoundLaw, TimeLattice
from qnet.engines.exact.limits import TooManyAtoms
from qnet.engines.exact.representation import Carrier, aged
from qnet.engines.exact.series import survival
from qnet.engines.exact.split import SplitGrid
from qnet.engines.exact.steps import bilinear_table, step_of
from qnet.engines.exact.swap_asap_atoms import asap_round
from qnet.plans import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap
from qnet.plans.maps import distill_map

__all__ = ["MOST_ATOMS", "AtomSolver"]

#: Most atoms of one link.
MOST_ATOMS = 1 << 21

#: The same where a split grid can take its place, of four components.
_MOST_BESIDE_GRID = 1 << 17


class AtomSolver:
    """Works out laws and rounds; equal nodes once.

    Args:
        carrier: How states are carried.
        reach: Links are followed until ``exp(-reach)`` of their deliveries are left.
        units: Units of the keys; none for a split grid.
        lattice: Where rounds follow one another below a parent.
    """

    def __init__(self, carrier: Carrier, reach: float, units: Units, lattice: TimeLattice) -> None:
        self.carrier, self.reach, self.units, self.lattice = carrier, reach, units, lattice
        self._laws: dict[Plan, Law] = {}
        self._rounds: dict[Plan, RoundLaw] = {}
        #: What was split, node by node: how many such times a delivery holds, how concentrated.
        self.splits: dict[Plan, list[tuple[float, float]]] = {}
        self.used_lattice = False

    def law(self, plan: Plan) -> Law:
        """The deliveries of ``plan``.

        Raises:
            TooManyAtoms: If the list would be too long.
            TooManyKeys: If the lattice of keys would be.
            EngineError: If the plan is beyond this engine.
        """
        if plan not in self._laws:
            self._laws[plan] = _LAW[type(plan)](self, plan)
        return self._laws[plan]

    def law_upto(self, plan: Plan, limit_s: float) -> Law:
        """The same where nothing later than a limit matters: of a link no more is listed."""
        if isinstance(plan, Link):
            return _geometric(self, plan, plan.round_success_probability, limit_s)
        return self.law(plan)

    def rounds(self, plan: Plan) -> RoundLaw:
        """How one round of a step goes."""
        if plan not in self._rounds:
            self._rounds[plan] = _rounds(self, plan)
        return self._rounds[plan]

    def renewed(self, plan: Plan, rounds: RoundLaw) -> Law:
        """Rounds until one delivers."""
        atoms = self.lattice.renew(rounds.delivered, rounds.failed)
        per_delivery = 1.0 / max(rounds.chance + rounds.lost, 1e-300)
        success = rounds.delivered.with_sequence(rounds.delivered.sequence[:1])
        ends = Atoms.joined([success, rounds.failed])
        self.note(plan, per_delivery, self.lattice.concentration(ends))
        return self.lattice_law(atoms)

    def lattice_law(self, atoms: Atoms) -> Law:
        """A law from the lattice: what it leaves out may lie anywhere, or beyond its end."""
        self.used_lattice = True
        untracked = max(0.0, 1.0 - float(atoms.mass.sum()))
        grid = self.lattice if isinstance(self.lattice, SplitGrid) else None
        return Law(atoms, untracked, 0.0 if grid is None else grid.end_s)

    def note(self, plan: Plan, count: float, concentration: float) -> None:
        """Remember that times of ``plan`` were split: how many in a delivery."""
        if concentration > 0.0:
            self.splits.setdefault(plan, []).append((count, concentration))


def _link(solver: AtomSolver, link: Link) -> Law:
    return _geometric(solver, link, link.round_success_probability)


def _geometric(solver: AtomSolver, link: Link, chance: float, limit_s: float = math.inf) -> Law:
    """One attempt after the other: ``p (1 - p)^(k - 1)`` at the end of attempt k."""
    state = solver.carrier.link(link.fano)[:, None]
    fails = -math.log1p(-chance) if chance < 1.0 else math.inf
    most = max(1.0, math.ceil(solver.reach / fails))
    if limit_s < most * link.attempt_time_s:
        most = min(most, 2.0 + limit_s // link.attempt_time_s)
    grid = solver.lattice if isinstance(solver.lattice, SplitGrid) else None
    beside = _MOST_BESIDE_GRID * 4 // solver.carrier.size
    if grid is not None and most > beside and link.attempt_time_s < grid.step_s:
        atoms, concentration = grid.geometric(chance, link.attempt_time_s, most)
        solver.splits.setdefault(link, []).append((1.0, concentration))
        return solver.lattice_law(Atoms(atoms.times, atoms.rows, atoms.keys, state))
    if most > MOST_ATOMS:
        message = f"a link that needs {1.0 / chance:.2g} attempts has too many possible times"
        raise TooManyAtoms(message)
    attempts = np.arange(1.0, most + 1.0)
    mass = chance * np.exp((1.0 - attempts) * fails) if chance < 1.0 else np.ones(1)
    key = solver.units.key(link.attempt_time_s)
    keys = key[:, None] * attempts.astype(np.int64)
    atoms = Atoms(attempts * link.attempt_time_s, mass[None], keys, state)
    left = math.exp(-most * fails) if chance < 1.0 else 0.0
    return Law(atoms, left, most * link.attempt_time_s if left else math.inf)


def _multiplex(solver: AtomSolver, multiplex: Multiplex) -> Law:
    """The first of independent copies, in the mean state of one that comes then."""
    copies, pair = multiplex.copies, multiplex.pair
    if isinstance(pair, Link):
        p = pair.round_success_probability
        first = 1.0 if p >= 1.0 else -math.expm1(copies * math.log1p(-p))
        return _geometric(solver, pair, first)
    one = solver.law(pair)
    after = survival(one.atoms.mass, one.untracked)
    before = np.concatenate([[1.0], after[:-1]])
    factor = sum(before**k * after ** (copies - 1 - k) for k in range(copies))
    atoms = one.atoms.with_sequence(one.atoms.sequence * factor)
    return Law(atoms, one.untracked**copies, one.complete_s)


def _in_rounds(solver: AtomSolver, plan: Plan) -> Law:
    """A step on two pairs or three."""
    rounds = solver.rounds(plan)
    if rounds.chance <= 0.0:
        return Law(rounds.delivered, 1.0, rounds.complete_s)
    if rounds.failed.mass.any():
        return solver.renewed(plan, rounds)
    return Law(rounds.delivered, rounds.lost, rounds.complete_s)


def _pump(solver: AtomSolver, pump: Pump) -> Law:
    """A first pair, then fresh ones one by one; a failed comparison ends the round."""
    compiled, carrier = distill_map("dejmps", pump.gates), solver.carrier
    table = bilinear_table(carrier, pump.ends, lambda pair: carrier.distill(pair, compiled))
    key = solver.units.key(pump.overhead_s)
    fresh = solver.law(pump.pair)
    kept, failed = fresh.atoms, []
    moved = []
    for _ in range(pump.steps):
        moved += [solver.lattice.concentration(each) for each in (kept, fresh.atoms)]
        kept, tried = in_sequence(solver, kept, fresh.atoms, pump, table)
        failing = np.maximum(tried - kept.mass, 0.0)[None]
        failed.append(kept.with_sequence(failing).later(pump.overhead_s, key))
        kept = kept.with_sequence(aged(carrier, kept.sequence, pump.ends, pump.overhead_s))
        kept = kept.later(pump.overhead_s, key)
    chance = float(kept.mass.sum())
    gone = sum(float(each.mass.sum()) for each in failed)
    lost = max(0.0, 1.0 - chance - gone)
    for concentration in moved:
        solver.note(pump, 1.0 / max(chance, 1e-300), concentration)
    return solver.renewed(pump, RoundLaw(kept, Atoms.joined(failed), lost, fresh.last_s, 0.0))


def _rounds(solver: AtomSolver, plan: Plan) -> RoundLaw:
    if isinstance(plan, SwapAsap) and not _is_pair(plan):
        return _asap_rounds(solver, plan)
    return rounds_of_step(solver, plan, step_of(solver.carrier, plan))


def _is_pair(asap: SwapAsap) -> bool:
    """Whether a stretch is two links: these start anew together, as in rounds."""
    return len(asap.segments) == 2 and all(isinstance(part, Link) for part in asap.segments)


def _asap_rounds(solver: AtomSolver, asap: SwapAsap) -> RoundLaw:
    delivered, dropped, lost, laws = asap_round(solver, asap)
    d = solver.units.key(0.0)
    none = Atoms(np.empty(0), np.empty((1, 0)), np.empty((len(d), 0), dtype=np.int64))
    return RoundLaw(
        delivered=delivered,
        failed=dropped[0] if dropped else none,
        lost=lost,
        last_s=float(delivered.times[-1]) if len(delivered.times) else 0.0,
        complete_s=min(law.complete_s for law in laws),
    )


_LAW: dict[type[Plan], Callable[..., Law]] = {
    Link: _link,
    Swap: _in_rounds,
    Distill: _in_rounds,
    Multiplex: _multiplex,
    Pump: _pump,
    SwapAsap: _in_rounds,
}
