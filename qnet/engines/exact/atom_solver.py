"""Solver at any times: laws of nodes as lists of atoms, with nothing put on a grid.

In parallel trees whose inner steps are certain the atoms of a node are those of its parts, later by
an overhead. Rounds that fail below a parent, and pairs made one after the other, are summed on the
lattice that the solver is given: of integer keys, or of steps between which atoms are split.
"""

from __future__ import annotations

import math

import numpy as np

from qnet.engines.exact.atoms import Atoms
from qnet.engines.exact.integer_keys import Units
from qnet.engines.exact.laws import Law, RoundLaw, TimeLattice
from qnet.engines.exact.limits import TooManyAtoms
from qnet.engines.exact.representation import Carrier
from qnet.engines.exact.solved import SolvedNodes
from qnet.engines.exact.split import SplitGrid
from qnet.engines.exact.table import STEPS
from qnet.plans import Link, Plan

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
        nodes: Told how many nodes are solved.
    """

    def __init__(
        self,
        carrier: Carrier,
        reach: float,
        units: Units,
        lattice: TimeLattice,
        nodes: SolvedNodes | None = None,
    ) -> None:
        self.carrier, self.reach, self.units, self.lattice = carrier, reach, units, lattice
        self.nodes = nodes
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
            self._laws[plan] = STEPS.of(plan).law(self, plan)
            if self.nodes is not None:
                self.nodes.tell(len(self._laws))
        return self._laws[plan]

    def law_upto(self, plan: Plan, limit_s: float) -> Law:
        """The deliveries of ``plan`` where nothing later than a limit matters."""
        law: Law = STEPS.of(plan).law_upto(self, plan, limit_s)
        return law

    def rounds(self, plan: Plan) -> RoundLaw:
        """How one round of a step goes."""
        if plan not in self._rounds:
            self._rounds[plan] = STEPS.of(plan).rounds(self, plan)
        return self._rounds[plan]

    def repeated(self, plan: Plan) -> Law:
        """The deliveries of a step that works in rounds."""
        rounds = self.rounds(plan)
        if rounds.chance <= 0.0:
            return Law(rounds.delivered, 1.0, rounds.complete_s)
        if rounds.failed.mass.any():
            return self.renewed(plan, rounds)
        return Law(rounds.delivered, rounds.lost, rounds.complete_s)

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

    def geometric(self, link: Link, chance: float, limit_s: float = math.inf) -> Law:
        """One attempt after the other: ``p (1 - p)^(k - 1)`` at the end of attempt k."""
        state = self.carrier.link(link.fano)[:, None]
        fails = -math.log1p(-chance) if chance < 1.0 else math.inf
        most = max(1.0, math.ceil(self.reach / fails))
        if limit_s < most * link.attempt_time_s:
            most = min(most, 2.0 + limit_s // link.attempt_time_s)
        grid = self.lattice if isinstance(self.lattice, SplitGrid) else None
        beside = _MOST_BESIDE_GRID * 4 // self.carrier.size
        if grid is not None and most > beside and link.attempt_time_s < grid.step_s:
            atoms, concentration = grid.geometric(chance, link.attempt_time_s, most)
            self.splits.setdefault(link, []).append((1.0, concentration))
            return self.lattice_law(Atoms(atoms.times, atoms.rows, atoms.keys, state))
        if most > MOST_ATOMS:
            message = f"a link that needs {1.0 / chance:.2g} attempts has too many possible times"
            raise TooManyAtoms(message)
        attempts = np.arange(1.0, most + 1.0)
        mass = chance * np.exp((1.0 - attempts) * fails) if chance < 1.0 else np.ones(1)
        key = self.units.key(link.attempt_time_s)
        keys = key[:, None] * attempts.astype(np.int64)
        atoms = Atoms(attempts * link.attempt_time_s, mass[None], keys, state)
        left = math.exp(-most * fails) if chance < 1.0 else 0.0
        return Law(atoms, left, most * link.attempt_time_s if left else math.inf)
