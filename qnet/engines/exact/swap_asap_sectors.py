r"""Sectors of a swap-as-soon-as-possible chain: components that mix among themselves only.

For every character chi of the Pauli frame, the delivered state is :math:`\sum_\chi R_1 G_{1\chi}
R_2 G_{2\chi} \cdots R_N C_\chi^T` (see ``General.frame_chain``), each pair stored in between. In
coordinates in which storage is diagonal, rows and columns of these matrices mostly do not mix:
Bell-diagonal states are four numbers, relaxation couples I with Z. So each character is taken apart
into blocks, and the runs of each block are worked out for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qnet.engines.exact.limits import asap_refusal
from qnet.engines.exact.representation import BellCarrier, Carrier, index_rates
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import SwapAsap
from qnet.plans.maps import character_transform, correction_maps, frame_map
from qnet.states.pauli import Array

__all__ = ["Sector", "assembled", "sectors"]

#: Matrix elements below this, of the largest, are rounding of compiled circuits.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Sector:
    """Components that mix among themselves only.

    Args:
        components: Shape (b, b): which of the carrier's components they are.
        character: Character of the Pauli frame, 0 to 3.
        scale: Factor on what is delivered.
        weights: One (n_i, b, b) per segment: its deliveries in stored coordinates.
        left: Shape (N, b): decay rates in 1/s of the left index.
        right: Shape (N, b): decay rates in 1/s of the right index.
        joins: Shape (N - 1, b, b): the Bell measurements.
    """

    components: npt.NDArray[np.intp]
    character: int
    scale: float
    weights: tuple[Array, ...]
    left: Array
    right: Array
    joins: Array

    def solves(self, other: Sector) -> bool:
        """Whether the runs are those of another sector; the components and scales may differ."""
        pairs = [
            *zip(self.weights, other.weights, strict=True),
            (self.left, other.left),
            (self.right, other.right),
            (self.joins, other.joins),
        ]
        return all(one is two or np.array_equal(one, two) for one, two in pairs)


def sectors(carrier: Carrier, asap: SwapAsap, sequences: Sequence[Array]) -> list[Sector]:
    """Take a chain apart.

    Args:
        carrier: How states are carried.
        asap: The chain.
        sequences: Shape (k, n_i) for each segment: components of its deliveries.

    Raises:
        EngineError: If the carrier is Bell-diagonal and a station is not.
    """
    if isinstance(carrier, BellCarrier):
        return _bell(carrier, asap, sequences)
    return _full(carrier, asap, sequences)


def assembled(
    carrier: Carrier, asap: SwapAsap, solved: Iterable[tuple[Sector, Array]], size: int
) -> Array:
    """The deliveries (k, n) of the chain from those (n, b, b) of its sectors, the frame corrected.

    Those of sectors are in the stored coordinates of the chain's ends.
    """
    total = np.zeros((4, carrier.size, size))
    for sector, delivered in solved:
        rows = sector.components.reshape(-1)
        total[sector.character, rows] += sector.scale * delivered.reshape(size, -1).T
    if isinstance(carrier, BellCarrier):
        return np.asarray(total[0])
    transformed = character_transform(correction_maps(asap.stations[-1].gates))
    result = np.zeros((4, 4, size))
    for part, correction in zip(total, transformed, strict=True):
        if part.any():
            pairs = carrier.from_stored(part, asap.ends).reshape(4, 4, size)
            result += np.einsum("ikt,jk->ijt", pairs, correction)
    return result.reshape(16, size)


def _bell(carrier: BellCarrier, asap: SwapAsap, sequences: Sequence[Array]) -> list[Sector]:
    """One sector for each correlator; a link's is constant, and so only a factor."""
    factors = asap.correlator_factors()
    if factors is None:
        raise EngineError(asap_refusal("gates that are not Bell-diagonal"))
    left, right = _rates(carrier, asap)
    found = []
    for row, factor in enumerate((1.0, *factors)):
        weights, scale = [], float(factor)
        for segment, sequence in zip(asap.segments, sequences, strict=True):
            if segment.is_elementary:
                (link,) = segment.links()
                scale *= float(carrier.link(link.fano)[row])
            weights.append(sequence[0 if segment.is_elementary else row][:, None, None])
        found.append(
            Sector(
                components=np.array([[row]]),
                character=0,
                scale=scale,
                weights=tuple(weights),
                left=left[:, row, None],
                right=right[:, row, None],
                joins=np.ones((len(asap.stations), 1, 1)),
            )
        )
    return found


def _full(carrier: Carrier, asap: SwapAsap, sequences: Sequence[Array]) -> list[Sector]:
    """Blocks of indices I, X, Y, Z, for each character."""
    stored = [
        carrier.to_stored(sequence, segment.ends).reshape(4, 4, -1)
        for segment, sequence in zip(asap.segments, sequences, strict=True)
    ]
    joins = _stored_joins(carrier, asap)
    pattern = np.asarray(_significant(joins).any(axis=(0, 1)))
    for pairs in stored:
        pattern |= _significant(np.abs(pairs).sum(axis=2))
    left, right = _index_rates(asap)
    found = []
    for index in _mixing(pattern):
        block = np.ix_(index, index)
        weights = tuple(pairs[block].transpose(2, 0, 1) for pairs in stored)
        for character in range(4):
            inside = np.where(_significant(joins[:, character]), joins[:, character], 0.0)
            inside = inside[:, index][:, :, index]
            if not inside.any(axis=(1, 2)).all():
                continue
            found.append(
                Sector(
                    components=np.arange(16).reshape(4, 4)[block],
                    character=character,
                    scale=1.0,
                    weights=weights,
                    left=left[:, index],
                    right=right[:, index],
                    joins=inside,
                )
            )
    return found


def _significant(matrices: Array) -> npt.NDArray[np.bool_]:
    size = np.abs(matrices)
    return np.asarray(size > _ROUNDING * size.max(axis=(-2, -1), keepdims=True))


def _mixing(pattern: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Groups of indices that matrices of this pattern mix."""
    reach = np.linalg.matrix_power((pattern | pattern.T | np.eye(4, dtype=bool)).astype(int), 4) > 0
    groups = {tuple(np.flatnonzero(row).tolist()) for row in reach}
    return [list(group) for group in sorted(groups)]


def _stored_joins(carrier: Carrier, asap: SwapAsap) -> Array:
    """Shape (N - 1, 4, 4, 4): each station's characters between stored coordinates."""
    perfect = Memory()
    result = []
    for k, station in enumerate(asap.stations):
        ends = asap.segments[k].ends[1], asap.segments[k + 1].ends[0]
        # R = V_left S V_right^T: what stands between two pairs is V_right^T G V_left.
        units = np.eye(16)
        before = carrier.from_stored(units, (perfect, ends[0])).reshape(4, 4, 4, 4)[0, :, 0, :]
        after = carrier.from_stored(units, (ends[1], perfect)).reshape(4, 4, 4, 4)[:, 0, :, 0]
        result.append(before.T @ frame_map(station.gates).characters @ after)
    return np.stack(result)


def _rates(carrier: Carrier, asap: SwapAsap) -> tuple[Array, Array]:
    """Decay rates (N, k) of the components, by the left and by the right memory."""
    perfect = Memory()
    left = [carrier.rates((segment.ends[0], perfect)) for segment in asap.segments]
    right = [carrier.rates((perfect, segment.ends[1])) for segment in asap.segments]
    return np.stack(left), np.stack(right)


def _index_rates(asap: SwapAsap) -> tuple[Array, Array]:
    """Decay rates (N, 4) of rows by the left memory, and of columns by the right one."""
    left, right = (
        np.array([index_rates(segment.ends[side]) for segment in asap.segments]) for side in (0, 1)
    )
    return left, right
