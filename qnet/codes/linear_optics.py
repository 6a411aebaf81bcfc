"""Static linear-optics Bell measurement of two qubits in parity codes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

from qnet.errors import EngineError, check_probability

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = ["EncodedBellMeasurement", "bell_measurement"]

#: Bell states phi+-, and psi+-, of a pair of photons.
_LETTERS = ("phi", "psi")


@dataclass(frozen=True)
class EncodedBellMeasurement:
    """How often the Bell measurement of two encoded qubits tells all four states apart.

    Args:
        success: Probability of a full result, the four states being equally likely.
        phi: The same for the logical states phi+ and phi-.
        psi: The same for the logical states psi+ and psi-.
    """

    success: float
    phi: float
    psi: float


def bell_measurement(code: StabilizerCode, transmission: float) -> EncodedBellMeasurement:
    """Success of the Bell measurement of two QPC qubits with beam splitters and detectors alone.

    Photon by photon, the two codes meet at beam splitters, without feed-forward. Such a measurement
    tells the letter, phi or psi, of every pair of photons that arrives, and of psi the sign also. A
    Bell state of two blocks is a sum of products of pairs that all have its letter, and the signs
    multiply: one pair that arrives tells the letter of the block; all of them, and the letter psi,
    its sign. A Bell state of two codes is a sum of products of blocks that all have its sign, and
    the letters multiply (psi is odd): the letters of all blocks are needed, and the sign of one.
    Outcomes of the blocks are put together one by one.

    Args:
        code: A parity code.
        transmission: Probability of each photon to arrive, that of its detector included.

    Raises:
        EngineError: If the code is of another family.
        ParameterError: If the transmission is no probability.

    References:
        F. Ewert and P. van Loock, Phys. Rev. A 95, 012327 (2017), doi:10.1103/PhysRevA.95.012327;
        F. Ewert, M. Bergmann and P. van Loock, Phys. Rev. Lett. 117, 210501 (2016),
        doi:10.1103/PhysRevLett.117.210501.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> round(bell_measurement(code_of("qpc-3-2"), 0.95).success, 9)
        0.773350752
        >>> bell_measurement(code_of("qpc-4-1"), 1.0).success
        0.9375
    """
    if code.family != "qpc":
        message = f"{code.name} is no parity code, which this Bell measurement is made for"
        raise EngineError(message)
    both = check_probability("transmission", transmission) ** 2
    number, size = code.sizes
    outcomes = _block_outcomes(size, both)
    # Whether the number of psi is odd, whether a sign is known.
    states: dict[tuple[bool, bool], float] = {(False, False): 1.0}
    for _ in range(number):
        after: dict[tuple[bool, bool], float] = defaultdict(float)
        for (odd, signed), weight in states.items():
            for (letter, has_sign), chance in outcomes.items():
                after[odd != (letter == "psi"), signed or has_sign] += weight * chance
        states = after
    phi, psi = (2.0 * states.get((odd, True), 0.0) for odd in (False, True))
    return EncodedBellMeasurement((phi + psi) / 2.0, min(phi, 1.0), min(psi, 1.0))


def _block_outcomes(size: int, both: float) -> dict[tuple[str, bool], float]:
    """Probabilities of letter and of "the sign is known too", of blocks whose letter is known.

    Args:
        size: Pairs of photons in a block.
        both: Probability that both photons of a pair arrive.
    """
    outcomes: dict[tuple[str, bool], float] = defaultdict(float)
    for letter in _LETTERS:
        for arrived in range(1, size + 1):
            chance = comb(size, arrived) * both**arrived * (1.0 - both) ** (size - arrived)
            outcomes[letter, letter == "psi" and arrived == size] += 0.5 * chance
    return outcomes
