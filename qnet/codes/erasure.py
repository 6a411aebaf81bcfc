"""Erasure: from which losses a code recovers, by weight, exactly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.binary import rank
from qnet.codes.code import masks
from qnet.codes.polynomials import LossCounts, PatternTally
from qnet.codes.surface_losses import cluster_counts
from qnet.codes.tree import tree_counts
from qnet.errors import EngineError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qnet.codes.code import StabilizerCode

__all__ = ["ERASURE_DECODERS", "by_blocks", "by_ranks", "by_supports", "erasure_counts"]
__all__ += ["erasure_decoder", "is_correctable"]

#: Largest codes that are counted pattern by pattern, and by supports.
_MOST_RANKED, _MOST_SUPPORTED = 13, 25

#: Names of the decoders that know all losses before they choose.
RANKS = "symplectic ranks (all losses known first)"
SUPPORTS = "supports of logical operators (all losses known first)"
BLOCKS = "blocks (one whole, none lost altogether)"


def is_correctable(code: StabilizerCode, lost: Collection[int]) -> bool:
    """Whether a code recovers when these qubits are lost, and known to be.

    A loss E is correctable if and only if every operator on E that commutes with all stabilizers is
    one of them: ``2 |E|`` - rank(S restricted to E) = rank(S) - rank(S restricted to the rest),
    with binary symplectic ranks.

    Args:
        code: The code.
        lost: Qubits that are lost.

    References:
        M. Grassl, Th. Beth and T. Pellizzari, Phys. Rev. A 56, 33 (1997),
        doi:10.1103/PhysRevA.56.33 (erasures); ranks: D. Gottesman, arXiv:quant-ph/9705052.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> [is_correctable(code_of("steane"), lost) for lost in ({0, 1, 3}, {0, 1, 2})]
        [True, False]
    """
    return _is_correctable(code, [masks(word) for word in code.stabilizers], lost)


def _is_correctable(
    code: StabilizerCode, rows: list[tuple[int, int]], lost: Collection[int]
) -> bool:
    erased = sum(1 << qubit for qubit in set(lost))
    rest = (1 << code.n) - 1 - erased

    def restricted(kept: int) -> int:
        return rank((x_part & kept) | (z_part & kept) << code.n for x_part, z_part in rows)

    return 2 * erased.bit_count() - restricted(erased) == len(rows) - restricted(rest)


def by_ranks(code: StabilizerCode) -> LossCounts:
    """Correctable patterns by symplectic ranks of every one of them, up to 13 qubits.

    Raises:
        EngineError: If the code is larger.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> by_ranks(code_of("steane")).patterns
        (1, 7, 21, 28, 7, 0, 0, 0)
    """
    _check_size(code, _MOST_RANKED)
    rows = [masks(word) for word in code.stabilizers]
    counts = [0] * (code.n + 1)
    for erased in range(2**code.n):
        lost = [qubit for qubit in range(code.n) if erased >> qubit & 1]
        counts[len(lost)] += _is_correctable(code, rows, lost)
    return LossCounts(code.name, RANKS, code.n, tuple(counts))


def by_supports(code: StabilizerCode) -> LossCounts:
    """Correctable patterns as those that hold no logical operator, up to 25 qubits.

    The support of every logical operator is marked, then every set that holds a marked one, qubit
    by qubit. Where checks are made of X alone or of Z alone, logical operators of X alone and of Z
    alone are enough.

    Raises:
        EngineError: If the code is larger, or has more than 2**20 logical operators to mark.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> by_supports(code_of("513")).patterns
        (1, 5, 10, 0, 0, 0)
    """
    _check_size(code, _MOST_SUPPORTED)
    bad = np.zeros(2**code.n, dtype=bool)
    words = [masks(word) for word in code.stabilizers]
    xs, zs = ([masks(word) for word in part] for part in (code.logical_x, code.logical_z))
    if code.is_css and all(z == 0 for _, z in xs) and all(x == 0 for x, _ in zs):
        _mark(bad, [row for row in words if row[0]], xs)
        _mark(bad, [row for row in words if row[1]], zs)
    else:
        _mark(bad, words, [*xs, *zs])
    for qubit in range(code.n):
        pairs = bad.reshape(-1, 2, 2**qubit)
        pairs[:, 1] |= pairs[:, 0]
    weights = np.zeros(2**code.n, dtype=np.uint8)
    for qubit in range(code.n):
        weights.reshape(-1, 2, 2**qubit)[:, 1] += 1
    counts = np.bincount(weights[~bad], minlength=code.n + 1)
    return LossCounts(code.name, SUPPORTS, code.n, tuple(map(int, counts)))


def _mark(
    bad: NDArray[np.bool_], stabilizers: list[tuple[int, int]], logical: list[tuple[int, int]]
) -> None:
    """Mark the supports of all products of stabilizers with some logical operators."""
    if len(stabilizers) + len(logical) > 20:
        message = f"2**{len(stabilizers) + len(logical)} logical operators are too many to mark"
        raise EngineError(message)
    group = np.zeros((1, 2), dtype=np.int64)
    for row in stabilizers:
        group = np.concatenate([group, group ^ np.array(row)])
    chosen = np.zeros((1, 2), dtype=np.int64)
    for row in logical:
        chosen = np.concatenate([chosen, chosen ^ np.array(row)])
    for operator in chosen[1:]:
        product = group ^ operator
        bad[product[:, 0] | product[:, 1]] = True


def by_blocks(code: StabilizerCode) -> LossCounts:
    """Correctable patterns of a parity code from its blocks, at any size.

    A block is whole, damaged, or lost altogether. The qubit is recovered where no block is lost
    altogether (logical Z is known) and one is whole (logical X is known). Patterns of a block are
    counted by weight, and those of several blocks multiply.

    Args:
        code: A parity code, or a repetition code (one block).

    Raises:
        EngineError: If it is of another family.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> round(by_blocks(code_of("qpc-23-5")).recovery(0.1), 9)
        0.999770024
    """
    if code.family not in ("qpc", "repetition"):
        message = f"{code.name} has no blocks; ranks count the losses of small codes"
        raise EngineError(message)
    number, size = code.sizes if code.family == "qpc" else (1, *code.sizes)
    tally = PatternTally(code.n)
    gone = tally.lost**size
    damaged = tally.all_of(size) - tally.present - gone
    kept = (tally.present + damaged) ** number - damaged**number
    return LossCounts(code.name, BLOCKS, code.n, tally.patterns(kept))


def _check_size(code: StabilizerCode, most: int) -> None:
    if code.n > most:
        message = (
            f"{code.name} has 2**{code.n} loss patterns, and this decoder goes through at most "
            f"2**{most}; parity codes and trees are counted at any size, surface codes up to "
            "distance 9"
        )
        raise EngineError(message)


#: Name -> decoder of losses.
ERASURE_DECODERS: Mapping[str, Callable[[StabilizerCode], LossCounts]] = MappingProxyType(
    {
        "ranks": by_ranks,
        "supports": by_supports,
        "blocks": by_blocks,
        "clusters": cluster_counts,
        "varnava": tree_counts,
    }
)


def erasure_decoder(code: StabilizerCode) -> str:
    """Name of the decoder that a code is given where none is asked for.

    Trees are decoded by Varnava's protocol, which does not look ahead; all others by a decoder that
    knows all losses first: ranks up to 13 qubits, then the blocks of a parity code, the clusters of
    a surface code, or the supports of logical operators.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> [erasure_decoder(code_of(name)) for name in ("shor", "qpc-10-4", "tree-2-2")]
        ['ranks', 'blocks', 'varnava']
    """
    if code.family == "tree":
        return "varnava"
    if code.n <= _MOST_RANKED:
        return "ranks"
    own = {"qpc": "blocks", "repetition": "blocks", "surface": "clusters"}
    return own.get(code.family, "supports")


def erasure_counts(code: StabilizerCode, decoder: str | None = None) -> LossCounts:
    """From which losses a code recovers: patterns by weight, exact.

    Args:
        code: The code.
        decoder: One of ``ERASURE_DECODERS``; None for that of `erasure_decoder`.

    Raises:
        UnknownNameError: If there is no such decoder.
        EngineError: If the code is too large for it, or of another family.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> erasure_counts(code_of("422")).patterns
        (1, 4, 0, 0, 0)
        >>> tree = code_of("tree-2-2")
        >>> [round(erasure_counts(tree, way).recovery(0.1), 6) for way in (None, "ranks")]
        [0.800442, 0.925101]
    """
    name = erasure_decoder(code) if decoder is None else decoder
    if name not in ERASURE_DECODERS:
        raise UnknownNameError("decoder", name, ERASURE_DECODERS)
    if name == "varnava" and code.family != "tree":
        message = f"{code.name} is no tree; ranks count the losses of small codes"
        raise EngineError(message)
    return _remembered(name, code)


@lru_cache(maxsize=256)
def _remembered(name: str, code: StabilizerCode) -> LossCounts:
    return ERASURE_DECODERS[name](code)
