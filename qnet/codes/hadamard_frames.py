"""Hadamard frames: qubits to turn so that every word of a code is of X alone or of Z alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = ["css_frame"]


def css_frame(code: StabilizerCode) -> tuple[frozenset[int], bool] | None:
    """Qubits whose Hadamards make all words of a code of X alone or of Z alone, if there are such.

    Words and qubits are the two sides of a graph, each letter an edge that says whether its qubit
    must be turned as its word is named; the graph is two-coloured, from the first qubit on.

    Args:
        code: The code.

    Returns:
        The qubits to turn, and whether logical X then is of Z alone, and logical Z of X alone. None
        if there are no such qubits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> css_frame(code_of("steane")), css_frame(code_of("513"))
        ((frozenset(), False), None)
        >>> css_frame(code_of("tree-2-1"))
        (frozenset({2, 3}), False)
    """
    words = [*code.stabilizers, *code.logical_x, *code.logical_z]
    if any("Y" in word for word in words):
        return None
    by_qubit: list[list[tuple[int, bool]]] = [[] for _ in range(code.n)]
    for index, word in enumerate(words):
        for qubit, letter in enumerate(word):
            if letter != "I":
                by_qubit[qubit].append((index, letter == "X"))
    found = _coloured(words, by_qubit)
    if found is None:
        return None
    turned, kinds = found
    first, last = len(code.stabilizers), len(words)
    xs, zs = kinds[first : first + code.k], kinds[first + code.k : last]
    if all(xs) and not any(zs):
        return turned, False
    if all(zs) and not any(xs):
        return turned, True
    return None


def _coloured(
    words: list[str], by_qubit: list[list[tuple[int, bool]]]
) -> tuple[frozenset[int], list[bool]] | None:
    """Qubits to turn, and whether each word then is of X; None if no choice fits all letters."""
    kinds: dict[int, bool] = {}
    turns: dict[int, bool] = {}
    for start in range(len(by_qubit)):
        waiting = [] if start in turns else [start]
        turns.setdefault(start, False)
        while waiting:
            qubit = waiting.pop()
            for index, is_x in by_qubit[qubit]:
                kind = is_x != turns[qubit]
                if kinds.setdefault(index, kind) != kind:
                    return None
                for other, letter in enumerate(words[index]):
                    turn = (letter == "X") != kind
                    if letter == "I":
                        continue
                    if other not in turns:
                        turns[other] = turn
                        waiting.append(other)
                    elif turns[other] != turn:
                        return None
    turned = frozenset(qubit for qubit, turn in turns.items() if turn)
    return turned, [kinds[index] for index in range(len(words))]
