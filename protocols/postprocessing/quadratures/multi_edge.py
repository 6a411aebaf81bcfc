"""Multi-edge-type LDPC codes of low rate, for signals far below the noise.

A small core of bits is protected by a few checks of its own, and every other bit, of degree one, is
the parity of two or three bits of the core: most of the word repeats the core again and again. The
form is that of T. Richardson, R. Urbanke, "Multi-edge type LDPC codes" (2004), and so are the
degrees of rate 1/10; those of rate 1/20 are of P. Jouguet, S. Kunz-Jacques, A. Leverrier, Phys.
Rev. A 84, 062317 (2011), arXiv:1110.0100; those of rate 1/4 were chosen here, by trial. The codes
themselves are built here, quasi-cyclic, from a seed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from protocols.postprocessing.codes import Code, lifted
from qnet.errors import ParameterError, check_integer

__all__ = ["MULTI_EDGE", "Degrees", "build_multi_edge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """Degrees of a base matrix, in blocks.

    Args:
        core: Columns of the core: how many, entries in its own checks, entries in the others.
        own: Degrees of the checks of the core alone.
        others: Entries in the core of the checks with a bit of degree one: how many have two,
            and how many have three.

    Examples:
        >>> MULTI_EDGE[0.1].columns, MULTI_EDGE[0.1].checks
        (200, 180)
    """

    core: tuple[tuple[int, int, int], ...]
    own: tuple[int, ...]
    others: tuple[int, int]

    @property
    def columns(self) -> int:
        """Blocks of bits."""
        return sum(count for count, _, _ in self.core) + sum(self.others)

    @property
    def checks(self) -> int:
        """Blocks of checks."""
        return len(self.own) + sum(self.others)


#: Base matrices by the rate of the code.
MULTI_EDGE: Mapping[float, Degrees] = MappingProxyType(
    {
        0.25: Degrees(core=((60, 3, 7),), own=(18,) * 10, others=(0, 140)),
        0.1: Degrees(core=((20, 3, 20), (5, 3, 25)), own=(15,) * 5, others=(0, 175)),
        0.05: Degrees(
            core=((16, 2, 34), (12, 3, 34)), own=(8, 8, 8, 8, 9, 9, 9, 9), others=(164, 208)
        ),
    }
)


@functools.lru_cache(maxsize=8)
def build_multi_edge(rate: float, lift: int, seed: int = 1) -> Code:
    """Build the code of a rate.

    Args:
        rate: A key of `MULTI_EDGE`.
        lift: Length Z of a block: the code has ``columns * Z`` bits.
        seed: The construction is the same for the same seed.

    Raises:
        ParameterError: If there is no base matrix of this rate.

    Examples:
        >>> code = build_multi_edge(0.05, 64)
        >>> 1.0 - code.checks / code.bits
        0.05...
    """
    if rate not in MULTI_EDGE:
        rule = f"be one of {', '.join(map(str, MULTI_EDGE))}"
        raise ParameterError("rate", rule, rate, "codes of the irregular family have others")
    degrees = MULTI_EDGE[rate]
    check_integer("lift", lift)
    generator = np.random.default_rng([seed, round(1000 * rate), lift])
    others = np.repeat([2, 3], degrees.others)
    generator.shuffle(others)
    rooms = np.array([*degrees.own, *others])
    first = len(degrees.own)
    members: list[list[int]] = []
    for count, own, other in degrees.core:
        members += [[] for _ in range(count)]
        for column in members[-count:]:
            column += _emptiest(rooms, 0, first, own, generator)
            column += _emptiest(rooms, first, rooms.size, other, generator)
    members += [[first + leaf] for leaf in range(others.size)]
    return lifted(members, degrees.checks, lift, generator)


def _emptiest(
    rooms: np.ndarray, start: int, stop: int, count: int, generator: np.random.Generator
) -> list[int]:
    """The checks with most room left, ties at random; their room shrinks by one."""
    rank = rooms[start:stop] + generator.random(stop - start)
    chosen = start + np.argsort(-rank)[:count]
    rooms[chosen] -= 1
    return [int(each) for each in chosen]
