"""Losses of surface codes, counted by the clusters that lost qubits make.

Each qubit of a surface code is an edge between two checks of Z, or a check and the border, and
another one between two checks of X. A logical operator lies on lost qubits where some closed way
along them, in either picture, crosses the lattice: where a cluster of lost edges meets itself with
an odd parity. Qubit by qubit only the checks that still have a qubit to come matter, so that the
patterns are counted in a few thousand states.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from qnet.codes.polynomials import LossCounts, PatternTally
from qnet.errors import EngineError

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = ["CLUSTERS", "MOST_CLUSTERED", "cluster_counts"]

#: Name of the decoder.
CLUSTERS = "clusters of lost qubits (all losses known first)"

#: Largest surface code: beyond distance 9 there are too many states.
MOST_CLUSTERED = 81

#: A qubit as an edge: its two checks, and whether it lies on the way that counts crossings.
_Edge = tuple[int, int, int]

#: Clusters of the checks that have a qubit to come: check, first check of its cluster, parity of
#: the way between them; checks alone are left out.
_Clusters = tuple[tuple[int, int, int], ...]


def cluster_counts(code: StabilizerCode) -> LossCounts:
    """Correctable loss patterns of a surface code by weight, exact up to distance 9.

    Args:
        code: A surface code.

    Raises:
        EngineError: If it is of another family, or larger.

    References:
        Losses as percolation: T. M. Stace, S. D. Barrett and A. C. Doherty, Phys. Rev. Lett. 102,
        200501 (2009), arXiv:0904.3556.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> cluster_counts(code_of("surface-3")).patterns
        (1, 9, 36, 68, 42, 0, 0, 0, 0, 0)
    """
    if code.family != "surface" or code.n > MOST_CLUSTERED:
        message = f"clusters count the losses of surface codes up to distance 9, not of {code.name}"
        raise EngineError(message)
    tally = PatternTally(code.n)
    pictures = [_edges(code, letter) for letter in "ZX"]
    ends = [{check: q for q, edge in enumerate(edges) for check in edge[:2]} for edges in pictures]
    states: dict[tuple[_Clusters, ...], int] = {((), ()): 1}
    for qubit in range(code.n):
        known: list[dict[_Clusters, tuple[_Clusters, _Clusters | None]]] = [{}, {}]
        after: dict[tuple[_Clusters, ...], int] = defaultdict(int)
        for state, patterns in states.items():
            for side, clusters in enumerate(state):
                if clusters not in known[side]:
                    joined = _joined(clusters, pictures[side][qubit])
                    known[side][clusters] = (
                        _open(clusters, qubit, ends[side]) or (),
                        _open(joined, qubit, ends[side]),
                    )
            (kept, lost), (kept_too, lost_too) = (known[side][state[side]] for side in (0, 1))
            after[kept, kept_too] += patterns * tally.present
            if lost is not None and lost_too is not None:
                after[lost, lost_too] += patterns * tally.lost
        states = after
    return LossCounts(code.name, CLUSTERS, code.n, tally.patterns(sum(states.values())))


def _edges(code: StabilizerCode, letter: str) -> list[_Edge]:
    """Every qubit as an edge between the checks of a letter; the border is one more check."""
    words = [word for word in code.stabilizers if set(word) <= {"I", letter}]
    crossed = (code.logical_z if letter == "Z" else code.logical_x)[0]
    edges = []
    for qubit in range(code.n):
        seen = [row for row, word in enumerate(words) if word[qubit] != "I"]
        one, other = (*seen, len(words))[:2]
        edges.append((one, other, int(crossed[qubit] != "I")))
    return edges


def _joined(clusters: _Clusters, edge: _Edge) -> _Clusters | None:
    """Clusters with one more lost qubit; None where it closes a logical operator."""
    one, other, parity = edge
    found = {check: (first, way) for check, first, way in clusters}
    first, way = found.setdefault(one, (one, 0))
    removed, other_way = found.setdefault(other, (other, 0))
    turn = way ^ other_way ^ parity
    if first == removed:
        return None if turn else clusters
    return tuple(
        (check, first, own ^ turn) if root == removed else (check, root, own)
        for check, (root, own) in found.items()
    )


def _open(clusters: _Clusters | None, qubit: int, ends: dict[int, int]) -> _Clusters | None:
    """Clusters of the checks that still have a qubit after this one, in one order."""
    if clusters is None:
        return None
    groups: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for check, first, way in clusters:
        if ends[check] > qubit:
            groups[first].append((check, way))
    rows = []
    for members in groups.values():
        if len(members) > 1:
            first, start = min(members)
            rows += [(check, first, way ^ start) for check, way in members]
    return tuple(sorted(rows))
