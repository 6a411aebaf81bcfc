"""Correlators of a logical pair that a faulty circuit makes out of n physical pairs.

Every place where a physical pair brings its error has, in each character of the parities, one of
the pair's own correlators as its factor; all other places have a number. So acceptance and logical
correlators are polynomials in the correlators of the pairs, as they are without faults (see
`qnet.codes.correlators`), with every order of the faults of all gates in their coefficients.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qnet.codes.code import StabilizerCode
from qnet.codes.correlators import LogicalCorrelators, walsh_hadamard
from qnet.codes.fault_orders import characters_of
from qnet.codes.fault_tolerance import encoded_pair_by_teleportation
from qnet.codes.faulty import FaultyCircuit
from qnet.codes.logical import PauliChannel
from qnet.hardware.gates import Gates
from qnet.states.pauli import Array

__all__ = ["encoded_pair_correlators", "faulty_correlators"]

_TOLERANCE = 1e-14

#: Any errors of the pairs: only the bits that they flip are asked for.
_SOME = PauliChannel(0.1, 0.1, 0.1)


def faulty_correlators(
    faulty: FaultyCircuit, factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> LogicalCorrelators:
    """The polynomial of a circuit in the pairs that it takes, by its places labelled ``pair``.

    Args:
        faulty: A circuit with one decoding of X errors and one of Z errors; whatever errors its
            pairs have is left out.
        factors: On XX, -YY and ZZ of every pair before the circuit acts.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.correlators import logical_correlators
        >>> from qnet.codes.fault_tolerance import block_bell_measurement
        >>> code = code_of("steane")
        >>> found = faulty_correlators(block_bell_measurement(code, Gates()))
        >>> wanted = logical_correlators(code)
        >>> bool(np.array_equal(found.words, wanted.words))
        True
    """
    faulty = replace(faulty, idles={**faulty.idles, "pair": _SOME})
    pairs = [place for place in faulty.locations if place.kind == "pair"]
    others = [place for place in faulty.locations if place.kind != "pair"]
    size = 1 << len(faulty.parities)
    characters = np.arange(size, dtype=np.int64)
    weights = characters_of(faulty, others)
    letters = np.empty((size, len(pairs)), dtype=np.uint8)
    for number, place in enumerate(pairs):
        x, _, z = faulty.parity_values(place.flips)
        # The letter that anticommutes with X where X changes the sign, with Z where Z does.
        x_odd, z_odd = (np.bitwise_count(characters & each) & 1 for each in (x, z))
        letters[:, number] = np.where(x_odd & z_odd, 2, z_odd + 3 * x_odd)
    rows = np.array([walsh_hadamard(sign) / size for sign in _signs(faulty)]) * weights
    kept = np.flatnonzero(np.abs(rows).max(axis=0) > _TOLERANCE)
    words, places = np.unique(letters[kept], axis=0, return_inverse=True)
    sums = [np.bincount(places.ravel(), row[kept], len(words)) for row in rows]
    return LogicalCorrelators(words, np.array(sums), np.array(factors))


@lru_cache(maxsize=64)
def encoded_pair_correlators(
    code: StabilizerCode,
    gates: Gates,
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0),
    *,
    verified: bool,
) -> LogicalCorrelators:
    """The map of n pairs to a logical pair by teleported CNOTs between blocks prepared by gates.

    Args:
        code: A CSS code that corrects.
        gates: Errors of every gate, initialisation and readout, those that read the blocks among
            them.
        factors: On XX, -YY and ZZ of every pair before the circuit acts.
        verified: Whether both blocks are verified.

    Raises:
        ParameterError: If the code is no such code, or its circuit too large.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> noise = Gates(two_qubit_depolarizing=1e-3)
        >>> encoded_pair_correlators(code_of("steane"), noise, verified=True).pairs
        7
    """
    faulty = encoded_pair_by_teleportation(code, gates, verified=verified, read_by_gates=True)
    return faulty_correlators(faulty, factors)


def _signs(faulty: FaultyCircuit) -> list[Array]:
    """Acceptance, and it times the signs of XX, -YY and ZZ, for every value of the parities."""
    verdicts = faulty.verdicts
    accepted = (verdicts >= 0).astype(float)

    def sign(errors: str) -> npt.NDArray[np.float64]:
        total = np.ones(len(verdicts))
        for place, half in enumerate(faulty.decodings):
            if half.error in errors:
                total *= 1.0 - 2.0 * (np.maximum(verdicts, 0) >> place & 1)
        return total

    return [accepted, *(accepted * sign(errors) for errors in ("Z", "XZ", "X"))]
