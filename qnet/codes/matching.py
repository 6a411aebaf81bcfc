"""Matching decoder of surface codes, by the package ``pymatching``, and its sampled logical map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.codes.logical import LogicalMap, PauliChannel
from qnet.errors import EngineError, ParameterError, check_integer
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qnet.codes.code import StabilizerCode

__all__ = ["MATCHING", "MatchedErrors", "leftover_flips", "matching_map"]

#: Name of the decoder.
MATCHING = "matching (least weight, X and Z apart)"

#: Patterns that are drawn and matched at once.
_AT_ONCE = 10_000


@dataclass(frozen=True)
class MatchedErrors:
    """Logical errors that were counted in a sample of patterns.

    Args:
        code: Name of the code.
        shots: Patterns that were drawn.
        seed: Of the random numbers.
        logical_x: Patterns that left X.
        logical_y: Patterns that left Y.
        logical_z: Patterns that left Z.
    """

    code: str
    shots: int
    seed: int
    logical_x: int
    logical_y: int
    logical_z: int

    @property
    def map(self) -> LogicalMap:
        """The shares as a map, without their intervals."""
        shares = [count / self.shots for count in (self.logical_x, self.logical_y, self.logical_z)]
        x, y, z = shares
        return LogicalMap(1.0, x, y, z, decoder=MATCHING, code=self.code)

    def as_dict(self) -> dict[str, Any]:
        """The sample as JSON types, each share with its 95 % interval (Clopper and Pearson)."""
        shares = {
            name: proportion_estimate(getattr(self, name), self.shots).as_dict()
            for name in ("logical_x", "logical_y", "logical_z")
        }
        return {"shots": self.shots, "seed": self.seed, **shares}


def leftover_flips(
    code: StabilizerCode, letter: str, flips: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Whether flips of one letter, once corrected by matching, leave a logical operator.

    Args:
        code: A code whose checks see each flip at one place or two: a surface code.
        letter: X or Z.
        flips: Patterns (shots, n), 1 where a qubit is flipped.

    Returns:
        (shots,).

    Raises:
        ParameterError: If ``pymatching`` is missing.
        EngineError: If the checks of the code see a flip at more than two places.

    References:
        E. Dennis, A. Kitaev, A. Landahl and J. Preskill, J. Math. Phys. 43, 4452 (2002),
        arXiv:quant-ph/0110143; O. Higgott, arXiv:2105.13082 (PyMatching).

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> flips = np.zeros((2, 9), dtype=np.uint8)
        >>> flips[0, 4] = flips[1, [0, 3, 6]] = 1
        >>> leftover_flips(code_of("surface-3"), "X", flips)
        array([False,  True])
    """
    seen = "Z" if letter == "X" else "X"
    words = [word for word in code.stabilizers if set(word) <= {"I", seen}]
    logical = (code.logical_z if letter == "X" else code.logical_x)[0]
    checks, observable = (
        np.array([[mark != "I" for mark in word] for word in rows], dtype=np.uint8)
        for rows in (words, [logical])
    )
    if not code.is_css or not len(checks) or checks.sum(axis=0).max() > 2:
        message = f"matching decodes surface and repetition codes, not {code.name}"
        raise EngineError(message)
    matching = _package().Matching(checks, faults_matrix=observable)
    found = matching.decode_batch(flips @ checks.T % 2)
    return np.asarray((flips @ observable.T % 2 != found)[:, 0])


def matching_map(
    code: StabilizerCode, channel: PauliChannel, *, shots: int = 100_000, seed: int = 1
) -> MatchedErrors:
    """Logical errors of a code by matching, in a sample of error patterns.

    Args:
        code: A surface code.
        channel: The errors of every qubit.
        shots: Patterns to draw.
        seed: Of the random numbers.

    Raises:
        ParameterError: If ``pymatching`` is missing, or a number is out of range.
        EngineError: If the code is not matched.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = matching_map(code_of("surface-7"), PauliChannel(x=0.05), shots=1000, seed=3)
        >>> found.logical_x < 20, found.logical_z
        (True, 0)
    """
    check_integer("shots", shots)
    check_integer("seed", seed, minimum=0)
    rng, counts = np.random.default_rng(seed), np.zeros(3, dtype=np.int64)
    _, x, y, z = channel.weights
    # In parts, so that the numbers fit in memory; one after the other, they are the same.
    for start in range(0, shots, _AT_ONCE):
        drawn = rng.random((min(_AT_ONCE, shots - start), code.n))
        has_x, has_z = drawn < x + y, (drawn >= x) & (drawn < x + y + z)
        left_x = leftover_flips(code, "X", has_x.astype(np.uint8))
        left_z = leftover_flips(code, "Z", has_z.astype(np.uint8))
        both = left_x & left_z
        counts += [int(part.sum()) for part in (left_x & ~both, both, left_z & ~both)]
    return MatchedErrors(code.name, shots, seed, *map(int, counts))


def _package() -> Any:  # noqa: ANN401 - pymatching ships no types
    try:
        import pymatching
    except ImportError:
        hint = 'pip install "qnet-emulator[codes]"'
        raise ParameterError("decoder", "have the package pymatching", MATCHING, hint) from None
    return pymatching
