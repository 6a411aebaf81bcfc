"""A trusted satellite over time: passes fill stores on board and on the ground, demands drain them.

A key of a pass is held twice, on board and at its station. When two stations need a key, the
satellite announces the exclusive or of its keys with both, and both hops lose the bits. Where
demands want more of a store than it holds, all get the same share of what they want; what the far
end of one cannot match goes to the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.satellite.relay_tables import RelayDemand, RelayStores
from protocols.satellite.sharing import SharedKey, common_factor, largest_total
from qnet.errors import ParameterError
from qnet.space.earth import Floats

__all__ = ["KeyDeliveries", "RelayPlay", "play_relay"]

#: Share of a use that may be missing when it still counts as met, for rounding.
_MET = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDeliveries:
    """Keys that passes bring, in time.

    Args:
        time_s: When each comes, ascending, shape ``(n,)``.
        satellite: Number of its satellite, shape ``(n,)``.
        station: Number of its station, shape ``(n,)``.
        bits: Its bits in each weather, shape ``(weathers, n)``.

    Raises:
        ParameterError: If times do not ascend, or shapes do not go together.
    """

    time_s: Floats
    satellite: np.ndarray
    station: np.ndarray
    bits: Floats

    def __post_init__(self) -> None:
        sizes = {len(self.time_s), len(self.satellite), len(self.station), self.bits.shape[-1]}
        if len(sizes) != 1 or np.any(np.diff(self.time_s) < 0.0):
            hint = "one time, satellite, station and number of bits for each"
            raise ParameterError("deliveries", "be in order of time", sorted(sizes), hint)

    def sums(self, satellites: int, stations: int) -> Floats:
        """All bits of each satellite with each station, shape ``(weathers, satellites, ...)``."""
        found = np.zeros((len(self.bits), satellites, stations))
        for satellite in range(satellites):
            for station in range(stations):
                own = (self.satellite == satellite) & (self.station == station)
                found[:, satellite, station] = self.bits[:, own].sum(axis=1)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPlay:
    """What became of the keys of trusted satellites, in each weather.

    Args:
        demands: The demands.
        uses: How often key is used.
        received: Bits that each station shared with satellites, ``(weathers, stations)``.
        lost: Bits for which a store had no room, ``(weathers, stations)``.
        left: Bits that are left at the end, ``(weathers, stations)``.
        served: Bits that each demand got, ``(weathers, demands)``.
        asked: Bits that each asked for, ``(demands,)``.
        without: Share of the uses that are not met in full, ``(weathers, demands)``.
        longest_s: Longest time without a use that is met in full, ``(weathers, demands)``.
        levels: Bits at each station after each use, mean over the weathers, ``(uses, stations)``.
        together: What all could get at best of the mean keys of the whole period, if none was lost.
        most: What any pairs could get in all of them.
    """

    demands: tuple[RelayDemand, ...]
    uses: int
    received: Floats
    lost: Floats
    left: Floats
    served: Floats
    asked: Floats
    without: Floats
    longest_s: Floats
    levels: Floats
    together: SharedKey
    most: SharedKey


class _Stores:
    """Bits of each satellite with each station in each weather, on board and on the ground.

    Keys of one hop must not take the room of the other, or neither could ever be used: the room on
    board is shared in proportion to what the stations use, that of a station among satellites.

    Args:
        shape: Weathers, satellites and stations.
        limits: How much is held.
        load: Bits that each station uses at a time, shape ``(stations,)``.
    """

    def __init__(self, shape: tuple[int, int, int], limits: RelayStores, load: Floats) -> None:
        self.bits = np.zeros(shape)
        self.lost = np.zeros((shape[0], shape[2]))
        self.room = np.full(shape[2], math.inf)
        if limits.on_board_bits is not None:
            self.room = np.minimum(self.room, limits.on_board_bits * load / load.sum())
        if limits.ground_bits is not None:
            self.room = np.minimum(self.room, limits.ground_bits / shape[1])

    def fill(self, satellite: int, station: int, bits: Floats) -> None:
        """Keep what there is room for at both ends."""
        held = self.bits[:, satellite, station]
        kept = np.minimum(bits, np.maximum(self.room[station] - held, 0.0))
        held += kept
        self.lost[:, station] += bits - kept

    def use(self, wanted: Floats, ends: Floats, lit: Sequence[int]) -> Floats:
        """What demands get of a use, shape ``(weathers, demands)``, taken from both hops.

        Args:
            wanted: Bits of each demand, shape ``(demands,)``.
            ends: 1 where a station is an end, shape ``(demands, stations)``.
            lit: Satellites that may hold something.
        """
        rest = np.repeat(wanted[None], len(self.bits), axis=0)
        first, second = (np.array([np.flatnonzero(row)[k] for row in ends]) for k in (0, 1))
        for satellite in lit:
            own = self.bits[:, satellite]
            # Each round empties a store, or meets all that is left.
            for _ in range(own.shape[1] + 1):
                full = own > _MET * wanted.max()
                open_asks = rest * (full[:, first] & full[:, second])
                load = open_asks @ ends
                share = np.minimum(own / np.where(load > 0.0, load, 1.0), 1.0)
                given = open_asks * np.minimum(share[:, first], share[:, second])
                if not given.any():
                    break
                own -= np.minimum(given @ ends, own)
                rest -= given
        found: Floats = wanted - rest
        return found


def play_relay(
    deliveries: KeyDeliveries,
    demands: Sequence[RelayDemand],
    stores: RelayStores,
    stations: Sequence[str],
    duration_s: float,
) -> RelayPlay:
    """Play stores and demands through a period.

    Stores are empty at its start. At the end of each ``use_every_h`` hours, after the keys that
    came within, every demand uses its share of a day. A use that cannot be met takes what there is.

    Args:
        deliveries: Keys of the passes, in each weather.
        demands: Who uses how much.
        stores: How much is held, and how often key is used.
        stations: Names of the stations.
        duration_s: How long it lasts.

    Examples:
        >>> brought = KeyDeliveries(
        ...     time_s=np.array([0.0, 60.0]), satellite=np.array([0, 0]), station=np.array([0, 1]),
        ...     bits=np.array([[30.0, 20.0]]),
        ... )
        >>> demand = RelayDemand(ends=("A", "B"), bits_per_day=8.0)
        >>> found = play_relay(brought, [demand], RelayStores(use_every_h=24.0), "AB", 4 * 86400.0)
        >>> found.served, found.left, found.without
        (array([[20.]]), array([[10.,  0.]]), array([[0.5]]))
    """
    names, step = list(stations), 3600.0 * stores.use_every_h
    uses = math.floor(duration_s / step + 1e-9)
    ends = np.array([[float(name in demand.ends) for name in names] for demand in demands])
    wanted = np.array([demand.bits_per_day for demand in demands]) * step / 86_400.0
    satellites = int(deliveries.satellite.max(initial=0)) + 1
    held = _Stores((len(deliveries.bits), satellites, len(names)), stores, wanted @ ends)
    served = np.zeros((len(deliveries.bits), len(demands)))
    unmet, run, longest = (np.zeros_like(served) for _ in range(3))
    levels, lit, nearest = np.zeros((uses, len(names))), list[int](), 0
    last = np.searchsorted(deliveries.time_s, step * np.arange(1, uses + 1), side="left")
    for use, until in enumerate([*last.tolist(), len(deliveries.time_s)]):
        for k in range(nearest, until):
            satellite = int(deliveries.satellite[k])
            held.fill(satellite, int(deliveries.station[k]), deliveries.bits[:, k])
            if satellite not in lit:
                lit.append(satellite)
        nearest = until
        if use == uses:
            break
        got = held.use(wanted, ends, lit)
        missed = got < wanted * (1.0 - _MET)
        served += got
        unmet += missed
        run = np.where(missed, run + 1.0, 0.0)
        longest = np.maximum(longest, run)
        levels[use] = held.bits.sum(axis=1).mean(axis=0)
    brought = deliveries.sums(satellites, len(names))
    pairs = [(names.index(a), names.index(b)) for a, b in (demand.ends for demand in demands)]
    return RelayPlay(
        demands=tuple(demands),
        uses=uses,
        received=brought.sum(axis=1),
        lost=held.lost,
        left=held.bits.sum(axis=1),
        served=served,
        asked=wanted * uses,
        without=unmet / max(uses, 1),
        longest_s=longest * step,
        levels=levels,
        together=common_factor(brought.mean(axis=0), pairs, (wanted * max(uses, 1)).tolist()),
        most=largest_total(brought.mean(axis=0)),
    )
