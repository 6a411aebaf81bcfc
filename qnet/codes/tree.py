"""Tree codes: a qubit in a tree-shaped cluster state, and Varnava's way to recover it from loss.

A tree has branching numbers b0, b1, ...: its root has b0 children, each of them b1, and so on. The
root itself is measured away when the qubit is written in, so that the code has b0 + b0 b1 + ...
photons. All rest on one fact of cluster states: Z of a lost photon is known from any child of it
that is measured in X, if all children of that child are measured in Z (counterfactually).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from qnet.codes.code import MOST_QUBITS, StabilizerCode
from qnet.codes.polynomials import LossCounts, PatternTally
from qnet.errors import ParameterError, check_integer, check_probability

__all__ = [
    "VARNAVA",
    "best_tree",
    "indirect_z",
    "is_recovered",
    "photons",
    "tree_code",
    "tree_counts",
    "tree_measurement",
    "tree_recovery",
]

#: What the decoder of this file knows when it chooses.
VARNAVA = "Varnava (the outgoing photon is chosen before its children are looked at)"


def photons(branching: Sequence[int]) -> int:
    """Number of photons of a tree, its root left out.

    Raises:
        ParameterError: If a branching number is not a whole number of 1 or more.

    Examples:
        >>> photons([4, 14, 4])
        284
    """
    if not branching:
        hint = "give the number of children of the root, then of each of them, and so on"
        raise ParameterError("branching", "have a number or more", list(branching), hint)
    for level, number in enumerate(branching):
        check_integer(f"branching[{level}]", number)
    return sum(math.prod(branching[: level + 1]) for level in range(len(branching)))


def tree_code(*branching: int) -> StabilizerCode:
    """The code of a tree cluster state: the stabilizers of its graph.

    Each photon v has the operator K_v = X_v times Z of its parent and of its children; K_v of all
    photons below the first level, and products of two on the first level, are the stabilizers. K_v
    of a first-level photon (its parent left out) is the logical X, and Z of all first-level photons
    is the logical Z. Photons are numbered level by level.

    Args:
        branching: b0, b1, ...

    Raises:
        ParameterError: If they are not whole numbers of 1 or more, or beyond 1000 photons.

    References:
        M. Varnava, D. E. Browne and T. Rudolph, Phys. Rev. Lett. 97, 120501 (2006),
        doi:10.1103/PhysRevLett.97.120501; graph states: M. Hein, J. Eisert and H. J. Briegel,
        Phys. Rev. A 69, 062311 (2004), doi:10.1103/PhysRevA.69.062311.

    Examples:
        >>> tree_code(2, 1).stabilizers
        ('ZIXI', 'IZIX', 'XXZZ')
    """
    n = photons(branching)
    if n > MOST_QUBITS:
        hint = "take smaller branching numbers; tree_recovery() takes trees of any size"
        raise ParameterError("branching", f"make at most {MOST_QUBITS} photons", branching, hint)
    parents = _parents(branching)
    words = [["I"] * n for _ in range(n)]
    for child, parent in enumerate(parents):
        words[child][child] = "X"
        if parent >= 0:
            words[child][parent] = words[parent][child] = "Z"
    first = branching[0]
    rows = ["".join(word) for word in words]
    pairs = [_product(rows[v], rows[v + 1]) for v in range(first - 1)]
    return StabilizerCode(
        name="-".join(["tree", *map(str, branching)]),
        stabilizers=(*rows[first:], *pairs),
        logical_x=(rows[0],),
        logical_z=("Z" * first + "I" * (n - first),),
        distance=_distance(branching),
        title=f"tree cluster state of branching {', '.join(map(str, branching))}",
        references=("Varnava2006", "Hein2004"),
        family="tree",
        sizes=tuple(branching),
    )


def _product(one: str, other: str) -> str:
    """Product of two words that have no letter on the same qubit."""
    return "".join(b if a == "I" else a for a, b in zip(one, other, strict=True))


def _distance(branching: Sequence[int]) -> int:
    """Least weight of a logical operator: Z of the first level, or K of a photon there."""
    return min(branching[0], 1 + (branching[1] if len(branching) > 1 else 0))


def _parents(branching: Sequence[int]) -> list[int]:
    """Parent of each photon, -1 on the first level."""
    parents = [-1] * branching[0]
    start, width = 0, branching[0]
    for number in branching[1:]:
        parents += [start + position for position in range(width) for _ in range(number)]
        start, width = start + width, width * number
    return parents


def indirect_z(branching: Sequence[int], loss: float) -> list[float]:
    """Probability R_k that Z of a photon of level k is known without it, from what is below.

    R_k = 1 - [1 - (1 - e)(1 - e + e R_{k+2})^{b_{k+1}}]^{b_k}: some child is measured in X, and all
    its children are known in Z, directly or by their own descendants.

    Args:
        branching: b0, b1, ...
        loss: Probability e to lose a photon.

    Returns:
        R_0 (of the root), R_1, ..., and two zeros for what lies below the leaves.

    Raises:
        ParameterError: If the loss is no probability, or the tree no tree.
    """
    photons(branching)
    e = check_probability("loss", loss)
    known = [0.0] * (len(branching) + 2)
    below = [*branching, 0, 0]
    for level in reversed(range(len(branching))):
        one = (1.0 - e) * (1.0 - e + e * known[level + 2]) ** below[level + 1]
        known[level] = 1.0 - (1.0 - one) ** below[level]
    return known


def tree_recovery(branching: Sequence[int], loss: float) -> float:
    """Probability to recover the qubit by Varnava's protocol, by its recursion.

    The first photon of the first level that arrives becomes the outgoing one. All others of that
    level must be known in Z, and so must the children of the outgoing one:
    P = [(1 - e + e R_1)^b0 - (e R_1)^b0] (1 - e + e R_2)^b1. The choice is made before the children
    are looked at; who knew all losses first would do better (`erasure_counts` by ranks).

    Args:
        branching: b0, b1, ...
        loss: Probability e to lose a photon.

    Raises:
        ParameterError: If the loss is no probability, or the tree no tree.

    References:
        M. Varnava, D. E. Browne and T. Rudolph, Phys. Rev. Lett. 97, 120501 (2006),
        doi:10.1103/PhysRevLett.97.120501.

    Examples:
        >>> round(tree_recovery([2, 2], 0.1), 6)
        0.800442
    """
    known, e = indirect_z(branching, loss), loss
    below = branching[1] if len(branching) > 1 else 0
    first = (1.0 - e + e * known[1]) ** branching[0] - (e * known[1]) ** branching[0]
    return first * (1.0 - e + e * known[2]) ** below


def tree_measurement(branching: Sequence[int], loss: float) -> tuple[float, float]:
    """Probabilities that logical X, and logical Z, of a tree can be measured.

    X needs one first-level photon in X with all its children in Z: R_0. Z needs every first-level
    photon in Z, directly or from below: (1 - e + e R_1)^b0.

    Args:
        branching: b0, b1, ...
        loss: Probability e to lose a photon.

    Raises:
        ParameterError: If the loss is no probability, or the tree no tree.

    Examples:
        >>> [round(value, 9) for value in tree_measurement([10, 5], 0.1)]
        [0.999489915, 0.99999]
    """
    known = indirect_z(branching, loss)
    return known[0], (1.0 - loss + loss * known[1]) ** branching[0]


def is_recovered(branching: Sequence[int], lost: Collection[int]) -> bool:
    """Whether Varnava's protocol recovers the qubit from one pattern of losses, step by step.

    Args:
        branching: b0, b1, ...
        lost: Photons that are lost, numbered level by level.

    Examples:
        >>> is_recovered([2, 2], {0}), is_recovered([2, 2], {2, 4})
        (True, False)
    """
    parents = _parents(branching)
    children: list[list[int]] = [[] for _ in parents]
    for child, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(child)

    def is_known(photon: int) -> bool:
        """Z of a photon: measured, or from a child in X whose children are all known."""
        return photon not in lost or any(
            child not in lost and all(map(is_known, children[child])) for child in children[photon]
        )

    first = range(branching[0])
    outgoing = next((photon for photon in first if photon not in lost), None)
    if outgoing is None:
        return False
    others = [photon for photon in first if photon != outgoing]
    return all(map(is_known, [*others, *children[outgoing]]))


def tree_counts(code: StabilizerCode) -> LossCounts:
    """Loss patterns by weight that Varnava's protocol survives: exact, for a tree of any size.

    The recursion is played on numbers of patterns in place of probabilities.

    Args:
        code: A tree.

    Examples:
        >>> tree_counts(tree_code(2, 2)).patterns
        (1, 4, 5, 0, 0, 0, 0)
    """
    tally, below = PatternTally(code.n), [*code.sizes, 0, 0]
    #: Photons at and below one of each level, and patterns of those below in which it is known.
    sizes, known = [0] * (len(below) + 1), [0] * (len(below) + 1)
    for level in reversed(range(1, len(code.sizes) + 1)):
        sizes[level] = 1 + below[level] * sizes[level + 1]

    def z_known(level: int) -> int:
        """Patterns at and below a photon in which its Z is known."""
        rest = tally.all_of(sizes[level] - 1)
        return tally.present * rest + tally.lost * known[level]

    def in_x(level: int) -> int:
        """Patterns in which a photon is there, and all its children are known in Z."""
        return tally.present * z_known(level + 1) ** below[level]

    for level in reversed(range(1, len(code.sizes) + 1)):
        one = tally.all_of(sizes[level + 1]) - in_x(level + 1) if below[level] else 0
        known[level] = tally.all_of(sizes[level] - 1) - one ** below[level]
    gone, here = tally.lost * known[1], z_known(1)
    first = below[0]
    total = sum(gone**i * in_x(1) * here ** (first - 1 - i) for i in range(first))
    return LossCounts(code.name, VARNAVA, code.n, tally.patterns(total))


def best_tree(
    loss: float, most_photons: int, depths: Sequence[int] = (2, 3)
) -> tuple[float, tuple[int, ...]]:
    """The tree of at most so many photons that recovers best from loss, of all of some depths.

    Args:
        loss: Probability to lose a photon.
        most_photons: Largest number of photons, the root left out.
        depths: Numbers of levels to look at.

    Returns:
        Probability of recovery by Varnava's protocol, and the branching; of equal ones the one
        with fewer photons, then with smaller numbers first.

    Raises:
        ParameterError: If the loss is no probability, or no tree is so small.

    Examples:
        >>> best = best_tree(0.1, 40)
        >>> round(best[0], 9), best[1]
        (0.993415277, (3, 4, 2))
    """
    check_probability("loss", loss)
    check_integer("most_photons", most_photons)
    for depth in depths:
        check_integer("depths", depth)
    found = [tree for depth in depths for tree in _trees(depth, most_photons)]
    if not found:
        hint = f"allow {min(depths, default=1)} or more"
        raise ParameterError("most_photons", "leave room for a tree", most_photons, hint)
    best = min(found, key=lambda tree: (-tree_recovery(tree, loss), photons(tree), tree))
    return tree_recovery(best, loss), best


def _trees(depth: int, most: int) -> Iterator[tuple[int, ...]]:
    """All branchings of a depth with at most so many photons."""
    if depth == 0:
        yield ()
        return
    for number in range(1, most + 1):
        for rest in _trees(depth - 1, most // number - 1):
            yield (number, *rest)
