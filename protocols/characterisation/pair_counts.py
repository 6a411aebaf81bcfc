"""Counts of a pair measured in XX, YY and ZZ, and the probabilities that a state gives to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.characterisation.readout import QubitReadout, check_counts
from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.schema import NOTHING, Description, check_fields, key
from qnet.states import correlators_from_weights

__all__ = ["BASES", "Ends", "PairCounts", "outcome_chances"]

#: Names of the qubits at the two ends of a pair, such as A and B, or B2 and C.
Ends = tuple[str, str]

#: Bases of both qubits, in the order of every list of three.
BASES = ("XX", "YY", "ZZ")

#: Outcomes in the order of every list of four; the first digit is that of A.
_OUTCOMES = ("00", "01", "10", "11")

_HINT = "write [n00, n01, n10, n11], first digit A"


def _four(field: str, value: object) -> tuple[int, ...]:
    return check_counts(field, value, "n00 n01 n10 n11")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PairCounts(Description):
    """Counts of a pair in three bases: outcomes 00, 01, 10, 11, the first digit that of A.

    A is the left qubit: the first letter of the pair's name, such as A of "pair" and of "AB".
    Qiskit writes classical bit 0 last: where A is in classical bit 0, its letter is the last one of
    a string, and `of_strings` is told ``first="B"``.

    Args:
        xx: Counts of both qubits in X.
        yy: Counts of both qubits in Y.
        zz: Counts of both qubits in Z.

    Raises:
        ParameterError: If a basis is missing, or no list of four counts, not all zero.

    Examples:
        >>> counts = PairCounts.of_strings(
        ...     {"XX": {"00": 48, "11": 50, "10": 2}, "YY": {"01": 49, "10": 51},
        ...      "ZZ": {"00": 52, "11": 48}}, first="B",
        ... )
        >>> counts.xx
        (48, 2, 0, 50)
        >>> counts.as_dict()["ZZ"]
        [52, 0, 0, 48]
    """

    xx: tuple[int, ...] | None = key(None, name="XX", read=_four, example=[4701, 345, 310, 4644])
    yy: tuple[int, ...] | None = key(None, name="YY", read=_four, example=[371, 4622, 4618, 389])
    zz: tuple[int, ...] | None = key(None, name="ZZ", read=_four, example=[4815, 262, 241, 4682])

    def __post_init__(self) -> None:
        check_fields(self)
        for basis in BASES:
            if getattr(self, basis.lower()) is None:
                raise ParameterError(basis, "be given", NOTHING, f"measure it too, and {_HINT}")

    @classmethod
    def of_strings(cls, counts: Mapping[str, Mapping[str, int]], *, first: str = "A") -> Self:
        """Counts out of strings, such as those of a Qiskit job.

        Args:
            counts: Basis -> string of two outcomes -> how often; a missing string came never.
            first: Whose outcome the first letter is: ``"A"``, or ``"B"`` as in a Qiskit job whose
                classical bit 0 is A's.

        Raises:
            ParameterError: If a string is none of 00, 01, 10, 11, or as of the counts themselves.
        """
        check_one_of("first", first, ("A", "B"))
        found: dict[str, Any] = {}
        for basis, strings in counts.items():
            check_one_of("basis", basis, BASES)
            four = dict.fromkeys(_OUTCOMES, 0)
            for string, count in strings.items():
                place = f"{basis}.{string}"
                if string not in four:
                    raise ParameterError(place, "be 00, 01, 10 or 11", string, "of two qubits")
                own = string if first == "A" else string[::-1]
                four[own] = check_integer(place, count, 0)
            found[basis.lower()] = tuple(four.values())
        return cls(**found)

    @classmethod
    def expected(
        cls,
        bell_diagonal: ArrayLike,
        shots: int,
        readout: Mapping[str, QubitReadout] | None = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> Self:
        """Counts of a Bell-diagonal pair: drawn, or the expected ones, rounded.

        Args:
            bell_diagonal: Weights of Phi+, Psi+, Psi-, Phi-.
            shots: How often each basis is measured.
            readout: Readout errors of A and B; one that is not given is perfect.
            generator: Random numbers; without them the expected counts.
        """
        given = readout or {}
        both = given.get("A", QubitReadout()), given.get("B", QubitReadout())
        chances = outcome_chances(bell_diagonal, *both)
        if generator is None:
            rows = np.rint(shots * chances).astype(int)
        else:
            rows = generator.multinomial(shots, chances)
        return cls(
            **{basis.lower(): tuple(map(int, row)) for basis, row in zip(BASES, rows, strict=True)}
        )

    @property
    def array(self) -> NDArray[np.float64]:
        """The counts (3, 4): a row for each basis."""
        return np.array([self.xx, self.yy, self.zz], dtype=np.float64)

    @property
    def shots(self) -> NDArray[np.int64]:
        """How often each basis was measured (3,)."""
        return np.array([sum(row or ()) for row in (self.xx, self.yy, self.zz)])

    def as_dict(self) -> dict[str, list[int]]:
        """The table of the file: basis -> counts of 00, 01, 10, 11."""
        return {basis: list(getattr(self, basis.lower())) for basis in BASES}


def outcome_chances(
    bell_diagonal: ArrayLike, first: QubitReadout, second: QubitReadout
) -> NDArray[np.float64]:
    """Probabilities (3, 4) of the outcomes of a Bell-diagonal pair in XX, YY, ZZ, as they are read.

    Args:
        bell_diagonal: Weights of Phi+, Psi+, Psi-, Phi-.
        first: Readout errors of A.
        second: Readout errors of B.

    Raises:
        ParameterError: If the weights are no four probabilities that sum to one.

    Examples:
        >>> both = QubitReadout(), QubitReadout(0.0, 0.1)
        >>> outcome_chances([1.0, 0.0, 0.0, 0.0], *both)[2].round(12)
        array([0.5 , 0.  , 0.05, 0.45])
    """
    means = correlators_from_weights(bell_diagonal) * np.array([1.0, -1.0, 1.0])
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    true = (1.0 + means[:, None] * signs) / 4.0
    return np.asarray(np.clip(true @ np.kron(first.matrix, second.matrix).T, 0.0, 1.0))
