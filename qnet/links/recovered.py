"""Blocks of a code that a station recovers: losses are known, flips of outcomes are voted out."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qnet.codes import PauliChannel, StabilizerCode, logical_map
from qnet.codes.erasure import is_correctable
from qnet.errors import ParameterError, check_probability
from qnet.states.pauli import Array

__all__ = ["MOST_LISTED", "Recovered", "recovered"]

#: Largest code whose losses are gone through one by one, each with its own table of syndromes.
MOST_LISTED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a station makes of a block.

    Args:
        recovery: Probability that it recovers the logical qubit from loss.
        flip_x: Probability that its logical Z outcome is wrong then: an X is left.
        flip_z: Probability that its logical X outcome is wrong then: a Z is left.
    """

    recovery: float
    flip_x: float
    flip_z: float


@lru_cache(maxsize=4096)
def recovered(code: StabilizerCode, loss: float, flip: float) -> Recovered:
    """The logical qubit of a block whose photons are lost, and whose outcomes are flipped.

    The station measures block and fresh block photon by photon, as in a transversal Bell
    measurement, and teleports (S. Muralidharan et al., Phys. Rev. Lett. 112, 250501 (2014)): both
    outcomes of a photon are lost together, and each is flipped apart. In a parity code, Z of a
    block is voted by its photons that arrived, and the parity over the blocks is the logical Z;
    logical X is voted by the blocks that are whole. A draw is a wrong vote half of the time. Of
    other codes, each pattern of losses is decoded by its own table of syndromes.

    Args:
        code: The code: a parity or repetition code of any size, others up to 9 qubits.
        loss: Probability to lose a photon.
        flip: Probability that an outcome is flipped.

    Raises:
        ParameterError: If a number breaks its rule, or the code is too large.

    Examples:
        >>> from qnet.codes import code_of
        >>> found = recovered(code_of("qpc-7-4"), 0.0635, 0.001)
        >>> round(found.recovery, 6), found.flip_x < 0.001 and found.flip_z < 0.001
        (0.999852, True)
    """
    check_probability("loss", loss)
    check_probability("flip", flip)
    if code.family in ("qpc", "repetition") or code.name == "shor":
        number, size = code.sizes if len(code.sizes) == 2 else (1, *code.sizes)
        return _by_votes(number, size, 1.0 - loss, flip)
    if code.n > MOST_LISTED:
        hint = "give logical_error in its place, or take a parity code"
        rule = f"have at most {MOST_LISTED} qubits where outcomes are flipped"
        raise ParameterError("code", rule, code.name, hint)
    return _by_patterns(code, loss, flip)


def _by_votes(number: int, size: int, kept: float, flip: float) -> Recovered:
    """A parity code of so many blocks of a size; one block is a repetition code."""
    arrived = _binomial(size, kept)
    whole = arrived[size]
    damaged = float(arrived[1:size].sum())
    blocks = np.array(
        [math.comb(number, k) * whole**k * damaged ** (number - k) for k in range(number + 1)]
    )
    blocks[0] = 0.0
    recovery = float(blocks.sum())
    if recovery == 0.0:
        return Recovered(recovery=0.0, flip_x=0.5, flip_z=0.5)
    parity = (1.0 - (1.0 - 2.0 * flip) ** size) / 2.0
    wrong = sum(blocks[k] * _outvoted(k, parity) for k in range(1, number + 1))
    right = [1.0 - 2.0 * _outvoted(j, flip) for j in range(size + 1)]
    some = float(sum(arrived[j] * right[j] for j in range(1, size)))
    total = some + whole * right[size]
    product = float(total**number - some**number) / recovery
    return Recovered(
        recovery=recovery, flip_x=(1.0 - product) / 2.0, flip_z=float(wrong) / recovery
    )


def _by_patterns(code: StabilizerCode, loss: float, flip: float) -> Recovered:
    """Every pattern of losses with its own look-up table."""
    once, both = flip * (1.0 - flip), flip * flip
    channel = PauliChannel(x=once, y=both, z=once)
    recovery = flip_x = flip_z = 0.0
    for count in range(code.n + 1):
        chance = loss**count * (1.0 - loss) ** (code.n - count)
        for lost in itertools.combinations(range(code.n), count) if chance > 0.0 else ():
            if is_correctable(code, lost):
                found = logical_map(code, channel, erased=lost)
                recovery += chance
                flip_x += chance * (found.logical_x + found.logical_y)
                flip_z += chance * (found.logical_z + found.logical_y)
    if recovery == 0.0:
        return Recovered(recovery=0.0, flip_x=0.5, flip_z=0.5)
    return Recovered(recovery=recovery, flip_x=flip_x / recovery, flip_z=flip_z / recovery)


def _binomial(count: int, chance: float) -> Array:
    """Probabilities of 0 to ``count`` successes."""
    return np.array(
        [math.comb(count, k) * chance**k * (1.0 - chance) ** (count - k) for k in range(count + 1)]
    )


@lru_cache(maxsize=65536)
def _outvoted(voters: int, flip: float) -> float:
    """Probability that most of the voters are wrong, a draw counting half."""
    chances = _binomial(voters, flip)
    draw = 0.5 * chances[voters // 2] if voters % 2 == 0 else 0.0
    return float(chances[voters // 2 + 1 :].sum() + draw)
