"""Rounds of swap-as-soon-as-possible stretches of three segments and more, at any times."""

from __future__ import annotations

import math

import numpy as np

from qnet.engines.exact.atom_rounds import given_up, unlisted
from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.atoms import Atoms
from qnet.engines.exact.laws import RoundLaw
from qnet.engines.exact.limits import TooManyAtoms, asap_refusal
from qnet.engines.exact.split import SplitGrid
from qnet.engines.exact.swap_asap_runs import by_sector, lateness, stored_by, swap_asap_law
from qnet.engines.exact.swap_asap_sectors import assembled, sectors
from qnet.errors import EngineError
from qnet.plans import SwapAsap
from qnet.states.pauli import Array

__all__ = ["MOST_LATE_ATOMS", "MOST_RUN_ATOMS", "asap_round"]

#: Most atoms that a chain of certain swaps takes one after the other, and of one whose answers come
#: at unequal times, where every pair of them counts, for four components: about ten seconds.
MOST_RUN_ATOMS, MOST_LATE_ATOMS = 1 << 17, 10_000


def asap_round(solver: AtomSolver, asap: SwapAsap) -> RoundLaw:
    """One round of a stretch whose swaps are certain.

    Raises:
        EngineError: If swaps fail, or pairs are given up one by one.
    """
    _check(asap)
    limit = math.inf if asap.cutoff is None else asap.cutoff.time_s
    laws = [solver.law_upto(segment, limit) for segment in asap.segments]
    none = np.empty((len(solver.units.key(0.0)), 0), dtype=np.int64)
    dropped, lost = Atoms(np.empty(0), np.empty((1, 0)), none), unlisted(laws)
    if asap.cutoff is None and isinstance(solver.lattice, SplitGrid):
        grid = solver.lattice
        for segment, law in zip(asap.segments, laws, strict=True):
            solver.note(segment, 1.0, grid.concentration(law.atoms))
        delivered = _on_grid(solver, asap, [grid.put(law.atoms) for law in laws], grid)
    else:
        if asap.cutoff is not None:
            dropped, lost = given_up(solver, laws, limit)
        delivered = _at_any_times(solver, asap, [law.atoms.upto(limit) for law in laws])
    return RoundLaw(
        delivered=delivered,
        failed=dropped,
        lost=lost,
        last_s=float(delivered.times[-1]) if len(delivered.times) else 0.0,
        complete_s=min(law.complete_s for law in laws),
    )


def _check(asap: SwapAsap) -> None:
    reason = ""
    if any(station.success_probability < 1.0 for station in asap.stations):
        reason = "swaps that may fail"
    elif asap.cutoff is not None and asap.cutoff.kind != "total":
        reason = f"{asap.cutoff.kind} cut-offs on other than two links"
    if reason:
        raise EngineError(asap_refusal(f"{reason} where durations fit no common time grid"))


def _at_any_times(solver: AtomSolver, asap: SwapAsap, lists: list[Atoms]) -> Atoms:
    """By atoms one after the other."""
    late = lateness(asap)
    count = sum(len(atoms.times) for atoms in lists)
    late_atoms = MOST_LATE_ATOMS // (1 if solver.carrier.size == 4 else 2)
    if count > (late_atoms if np.ptp(late) > 0.0 else MOST_RUN_ATOMS):
        message = f"{count} delivery times of segments are too many to be taken one by one"
        raise TooManyAtoms(message)
    laws = [(atoms.times, atoms.sequence) for atoms in lists]
    times, sequence = swap_asap_law(solver.carrier, asap, laws)
    ends = [
        atoms.later(float(time), solver.units.key(float(time)))
        for atoms, time in zip(lists, late, strict=True)
    ]
    keys = np.concatenate([atoms.keys for atoms in ends], axis=1)
    order = np.argsort(np.concatenate([atoms.times for atoms in ends]), kind="stable")
    return Atoms.joined([Atoms(times, sequence, keys[:, order])])


def _on_grid(solver: AtomSolver, asap: SwapAsap, sequences: list[Array], grid: SplitGrid) -> Atoms:
    """All segments on the steps of one grid: what passes until the ends know comes afterwards."""
    late = lateness(asap)
    steps = grid.step_s * np.arange(float(grid.size))
    none = np.empty((0, grid.size), dtype=np.int64)
    if np.ptp(late) > 0.0:
        seen = [
            Atoms(steps[kept], sequence[:, kept], none[:, kept])
            for sequence in sequences
            for kept in [np.flatnonzero(sequence[0] > 0.0)]
        ]
        return _at_any_times(solver, asap, seen)
    parts = sectors(solver.carrier, asap, sequences)
    zero = np.zeros(len(late), dtype=np.intp)
    solved = [
        (sector, delivered * stored_by(sector, float(late[0])))
        for sector, delivered in by_sector(parts, zero, grid.step_s)
    ]
    sequence = assembled(solver.carrier, asap, solved, grid.size)
    return Atoms(steps, sequence, none).later(float(late[0]), np.empty(0, dtype=np.int64))
