"""Logical errors of a faulty circuit by the number of its faults: one, two, a bound on the rest.

A circuit that corrects one error is fault tolerant where no single fault makes a logical error that
is not thrown away: the leading power of the logical error in the strength of the noise is then 2
(D. Gottesman, arXiv:0904.2557). Single faults and pairs of faults are all enumerated; what three or
more do is bounded by the probability that there are three or more.

The whole sum, over any number of faults, is a product over the locations in the characters of the
parities: faults flip sets of bits that add up by the exclusive or.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qnet.codes.correlators import walsh_hadamard
from qnet.codes.faulty import FaultLocation, FaultyCircuit
from qnet.codes.logical import LogicalMap
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.states.pauli import Array

__all__ = ["FaultOrders", "fault_orders", "faulty_logical_map", "parity_distribution"]

#: Rows of pairs of faults that are looked at together.
_ROWS = 512

#: Most numbers that the characters of all parities take at once.
_MOST_NUMBERS = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOrders:
    """What single faults and pairs of faults do to a circuit.

    Args:
        locations: Number of places where there may be a fault.
        single_faults: Number of different single faults.
        failing_singles: Those that make a logical error which is not thrown away.
        fault_pairs: Number of pairs of faults at different places.
        failing_pairs: Those that make a logical error which is not thrown away.
        kept: Probability that a run is kept and has no fault, one, two.
        wrong: The same, with a logical error.
        rest: Probability of three faults or more.
    """

    locations: int
    single_faults: int
    failing_singles: int
    fault_pairs: int
    failing_pairs: int
    kept: tuple[float, float, float]
    wrong: tuple[float, float, float]
    rest: float

    @property
    def leading_power(self) -> int | None:
        """Fewest faults that make a logical error: 1, 2, or None where it takes three or more."""
        if self.failing_singles:
            return 1
        return 2 if self.failing_pairs else None

    @property
    def accept(self) -> Estimate:
        """Probability that a run is kept: proven bounds."""
        low = sum(self.kept)
        return Estimate(low, low + self.rest / 2.0, low + self.rest)

    @property
    def failure(self) -> Estimate:
        """Probability of a logical error of a run that is kept: proven bounds."""
        wrong, kept = sum(self.wrong), sum(self.kept)
        low, high = wrong / (kept + self.rest), (wrong + self.rest) / (kept + self.rest)
        return Estimate(low, min(max(wrong / kept if kept else 1.0, low), high), high)


def fault_orders(faulty: FaultyCircuit) -> FaultOrders:
    """Enumerate all single faults and all pairs of faults of a circuit.

    Args:
        faulty: The circuit, with every fault that its noise has.

    Raises:
        ParameterError: If a fault is certain: there is no leading power then.

    Examples:
        >>> from qnet import Gates
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.fault_tolerance import block_bell_measurement
        >>> noise = Gates(two_qubit_depolarizing=1e-3)
        >>> fault_orders(block_bell_measurement(code_of("steane"), noise)).leading_power
        2
    """
    places = faulty.locations
    chances = np.array([place.chance for place in places])
    if np.any(chances >= 1.0):
        hint = "lower the noise"
        raise ParameterError("faulty.gates", "leave every place a chance of no fault", 1.0, hint)
    none = float(np.prod(1.0 - chances))
    place = np.repeat(np.arange(len(places)), [len(each.flips) for each in places])
    values = faulty.parity_values([flip for each in places for flip in each.flips])
    odds = np.array([c / (1.0 - each.chance) for each in places for c in each.chances])
    verdicts = faulty.verdicts
    one = verdicts[values]
    counts, kept, wrong = [0, 0], 0.0, 0.0
    for start in range(0, len(values), _ROWS):
        rows = slice(start, start + _ROWS)
        apart = place[rows, None] < place[None, :]
        verdict = verdicts[values[rows, None] ^ values[None, :]]
        weight = odds[rows, None] * odds[None, :] * apart
        counts[0] += int(np.count_nonzero(apart))
        counts[1] += int(np.count_nonzero(apart & (verdict > 0)))
        kept += float(weight[verdict >= 0].sum())
        wrong += float(weight[verdict > 0].sum())
    total = 1.0 + odds.sum() + (odds.sum() ** 2 - float(_square_sum(odds, place))) / 2.0
    return FaultOrders(
        locations=len(places),
        single_faults=len(values),
        failing_singles=int(np.count_nonzero(one > 0)),
        fault_pairs=counts[0],
        failing_pairs=counts[1],
        kept=(none, none * float(odds[one >= 0].sum()), none * kept),
        wrong=(0.0, none * float(odds[one > 0].sum()), none * wrong),
        rest=max(0.0, 1.0 - none * float(total)),
    )


def parity_distribution(faulty: FaultyCircuit) -> Array:
    """Probability of every value of the parities, over any number of faults, shape (2^m,).

    Examples:
        >>> from qnet import Gates
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.fault_tolerance import block_bell_measurement
        >>> perfect = block_bell_measurement(code_of("steane"), Gates())
        >>> float(parity_distribution(perfect)[0])
        1.0
    """
    product = characters_of(faulty, faulty.locations)
    return np.maximum(walsh_hadamard(product) / len(product), 0.0)


def characters_of(faulty: FaultyCircuit, places: Sequence[FaultLocation]) -> Array:
    """Mean of every character of the parities, over the faults of some places, shape (2^m,).

    Args:
        faulty: The circuit.
        places: Some of its locations.
    """
    size = 1 << len(faulty.parities)
    characters = np.arange(size, dtype=np.int64)
    product = np.ones(size)
    for place in places:
        # Faults that flip the same parities are one; those that flip none do nothing.
        values, same = np.unique(faulty.parity_values(place.flips), return_inverse=True)
        weights = np.bincount(same, weights=place.chances)
        change = np.zeros(size)
        step = max(1, _MOST_NUMBERS // size)
        for start in range(0, len(values), step):
            chosen, weight = values[start : start + step], weights[start : start + step]
            odd = np.bitwise_count(characters[:, None] & chosen) & 1
            change += odd @ weight
        product *= 1.0 - 2.0 * change
    return product


def faulty_logical_map(faulty: FaultyCircuit) -> LogicalMap:
    """The exact logical map of a faulty circuit: outcomes of Z flipped by X, and of X by Z.

    Args:
        faulty: A circuit with one decoding of X errors and one of Z errors at most.

    Raises:
        ParameterError: If two decodings are of the same error.

    Examples:
        >>> from qnet import Gates
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.fault_tolerance import block_bell_measurement
        >>> noise = Gates(readout_flip_0=0.01, readout_flip_1=0.01)
        >>> found = faulty_logical_map(block_bell_measurement(code_of("steane"), noise))
        >>> round(found.logical_x + found.logical_y, 11)
        0.00200407497
    """
    return map_of_values(faulty, parity_distribution(faulty))


def map_of_values(faulty: FaultyCircuit, weights: npt.NDArray[np.generic]) -> LogicalMap:
    """The logical map of a distribution over the values of the parities.

    Args:
        faulty: The circuit.
        weights: Probability, or number of runs, of each value.

    Raises:
        ParameterError: If two decodings are of the same error.
    """
    errors = [half.error for half in faulty.decodings]
    if len(set(errors)) < len(errors):
        hint = "look at one logical qubit at a time"
        raise ParameterError("faulty.decodings", "be one of X and one of Z", errors, hint)
    verdicts, total = faulty.verdicts, float(weights.sum())
    kept = float(weights[verdicts >= 0].sum())
    shares: list[float] = []
    for letters in ({"X"}, {"X", "Z"}, {"Z"}):
        pattern = sum(1 << place for place, error in enumerate(errors) if error in letters)
        is_there = letters <= set(errors)
        wanted = float(weights[verdicts == pattern].sum()) if is_there else 0.0
        shares.append(wanted / kept if kept else 0.0)
    x, y, z = shares
    return LogicalMap(min(1.0, kept / total), x, y, z, decoder="of the faulty circuit")


def _square_sum(odds: Array, place: npt.NDArray[np.intp]) -> float:
    """Sum over places of the square of their odds: pairs at one place do not happen."""
    return float((np.bincount(place, weights=odds) ** 2).sum()) if len(place) else 0.0
