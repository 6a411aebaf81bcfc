"""Quasi-cyclic low-density parity-check codes, built when needed from a seed.

A base matrix of ``checks x 64`` entries says which block of Z bits takes part in which block of Z
checks; every entry is a cyclic shift. So a matrix of Z checks by 64 Z bits is described by a few
hundred numbers, and the decoder works on whole blocks. M. P. C. Fossorier, IEEE Trans. Inf. Theory
50, 1788 (2004), doi:10.1109/TIT.2004.831841; edges are placed one by one where they close the
fewest short cycles, in the manner of progressive edge growth (X.-Y. Hu, E. Eleftheriou, D. M.
Arnold, IEEE Trans. Inf. Theory 51, 386 (2005), doi:10.1109/TIT.2004.839541).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import Bits
from qnet.errors import ParameterError, check_integer

__all__ = ["BASE_COLUMNS", "LEAST_CHECKS", "Code", "build_code", "column_degrees", "lifted"]

BASE_COLUMNS = 64
LEAST_CHECKS = 6
HIGH_DEGREE = 10
SHARE_2 = 0.9
SHARE_HIGH = 0.18
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Code:
    """A parity-check matrix.

    Args:
        bits: Number of columns, 64 Z.
        checks: Number of rows.
        rows: One array of shape (degree, Z) per block of Z checks: the bits of each check.

    Examples:
        >>> import numpy as np
        >>> parity = Code(bits=3, checks=1, rows=(np.array([[0], [1], [2]]),))
        >>> parity.syndrome(np.array([[1], [0], [1]], np.uint8))
        array([[0]], dtype=uint8)
    """

    bits: int
    checks: int
    rows: tuple[Index, ...]

    def syndrome(self, words: Bits) -> Bits:
        """Parities of all checks.

        Args:
            words: Shape (bits, frames).

        Returns:
            Shape (checks, frames).
        """
        return np.concatenate([np.bitwise_xor.reduce(words[row], axis=0) for row in self.rows])

    def checks_of_bits(self) -> list[Index]:
        """The checks that each bit takes part in.

        Examples:
            >>> len(build_code(16, 16).checks_of_bits()[0])
            2
        """
        bits = np.concatenate([row.T.reshape(-1) for row in self.rows])
        sizes = np.concatenate([np.full(row.shape[1], row.shape[0]) for row in self.rows])
        order = np.argsort(bits, kind="stable")
        checks = np.repeat(np.arange(self.checks), sizes)[order]
        return np.split(checks, np.cumsum(np.bincount(bits, minlength=self.bits))[:-1])

    def matrix(self) -> Bits:
        """The matrix itself, shape (checks, bits): for small codes.

        Examples:
            >>> build_code(16, 4).matrix().shape
            (64, 256)
        """
        dense = np.zeros((self.checks, self.bits), np.uint8)
        number = 0
        for row in self.rows:
            for members in row.T:
                dense[number, members] = 1
                number += 1
        return dense


def column_degrees(base_checks: int) -> list[int]:
    """Number of entries in each of the 64 columns of the base matrix, ascending.

    A share of degree 2 (fewer than the checks, so that they close no cycle), a few columns of high
    degree, the others 3: the shape that density evolution finds for a binary symmetric channel.

    Examples:
        >>> sorted(set(column_degrees(16)))
        [2, 3, 10]
    """
    high = min(base_checks, HIGH_DEGREE)
    twos = int(SHARE_2 * base_checks)
    highs = int(SHARE_HIGH * BASE_COLUMNS)
    threes = BASE_COLUMNS - twos - highs
    return [2] * twos + [3] * threes + [high] * highs


@functools.lru_cache(maxsize=32)
def build_code(base_checks: int, lift: int, seed: int = 1) -> Code:
    """Build the code of ``base_checks`` blocks of checks on 64 blocks of bits.

    Args:
        base_checks: Blocks of checks, 6 to 63; the rate is ``1 - base_checks/64``.
        lift: Length Z of a block.
        seed: The construction is the same for the same seed: both ends build the same code.

    Raises:
        ParameterError: If there are too few or too many checks.

    Examples:
        >>> code = build_code(16, 32)
        >>> code.bits, code.checks
        (2048, 512)
    """
    if not LEAST_CHECKS <= check_integer("base_checks", base_checks) < BASE_COLUMNS:
        hint = f"a code has {BASE_COLUMNS} blocks of bits"
        rule = f"lie in {LEAST_CHECKS} to {BASE_COLUMNS - 1}"
        raise ParameterError("base_checks", rule, base_checks, hint)
    check_integer("lift", lift)
    generator = np.random.default_rng([seed, base_checks, lift])
    members = _base_matrix(base_checks, generator)
    return lifted(members, base_checks, lift, generator)


def lifted(
    members: list[list[int]], base_checks: int, lift: int, generator: np.random.Generator
) -> Code:
    """The code of a base matrix, every entry of which becomes a cyclic shift.

    Args:
        members: The base matrix: the blocks of checks that each column takes part in.
        base_checks: Blocks of checks.
        lift: Length Z of a block.
        generator: Draws the candidates for the shifts.

    Examples:
        >>> lifted([[0], [0]], 1, 8, np.random.default_rng(1)).rows[0].shape
        (2, 8)
    """
    shifts = _shifts(members, lift, generator)
    ring = np.arange(lift)
    rows = []
    for check in range(base_checks):
        columns = [c for c, found in enumerate(shifts) if check in found]
        steps = np.array([shifts[c][check] for c in columns])
        rows.append(np.array(columns)[:, None] * lift + (ring + steps[:, None]) % lift)
    return Code(bits=len(members) * lift, checks=base_checks * lift, rows=tuple(rows))


def _base_matrix(checks: int, generator: np.random.Generator) -> list[list[int]]:
    """Checks of each column: degree 2 forms a chain, the others fill the emptiest checks."""
    load = np.zeros(checks)
    shared = np.zeros((checks, checks))
    members: list[list[int]] = []
    for column, degree in enumerate(column_degrees(checks)):
        if degree == 2:
            chosen = [column % checks, (column + 1) % checks]
        else:
            chosen = []
            for _ in range(degree):
                cost = load + generator.random(checks) + shared[chosen].sum(axis=0) / 4.0
                cost[chosen] = np.inf
                chosen.append(int(np.argmin(cost)))
        load[chosen] += 1
        for check in chosen:
            shared[check, chosen] += 1
        members.append(chosen)
    return members


def _shifts(
    members: list[list[int]], lift: int, generator: np.random.Generator
) -> list[dict[int, int]]:
    """A shift for each entry: of 32 random candidates, the one that closes the fewest 4-cycles.

    Two columns that share two checks close 4-cycles exactly when their differences of shifts agree.
    """
    taken: dict[tuple[int, int], set[int]] = {}
    shifts: list[dict[int, int]] = []
    for checks in members:
        best, fewest = np.zeros(len(checks), np.int64), len(checks) ** 2
        for candidate in generator.integers(0, lift, (32, len(checks))):
            cycles = sum(
                int(candidate[i] - candidate[j]) % lift in taken.get((a, b), ())
                for i, a in enumerate(checks)
                for j, b in enumerate(checks)
                if a < b
            )
            if cycles < fewest:
                best, fewest = candidate, cycles
            if fewest == 0:
                break
        for i, a in enumerate(checks):
            for j, b in enumerate(checks):
                if a < b:
                    taken.setdefault((a, b), set()).add(int(best[i] - best[j]) % lift)
        shifts.append({check: int(shift) for check, shift in zip(checks, best, strict=True)})
    return shifts
