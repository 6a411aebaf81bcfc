"""Passes of a satellite as links: each slot a plan with its exact law, played by the engines.

Within a slot nothing changes. The exact engine gives the rate and the mean state of a slot's plan,
and a slot makes its length times the rate; what a delivery that is begun at a slot's end lacks is
less than a pair a pass. The sampled engine follows delivery after delivery: each has the law of the
slot in which it begins, and what is not over when the pass ends is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.repeaters.satellite_link import SatelliteTable
from protocols.repeaters.segment import Segment
from protocols.repeaters.swap_asap import swap_asap
from protocols.satellite.slots import PAUSE_S, SlotTable
from qnet.engines import play
from qnet.engines.sampled import Sampler
from qnet.errors import check_one_of
from qnet.plans import Cutoff, Link, Plan, Station
from qnet.space import SatelliteArm, SatellitePath
from qnet.space.earth import Floats
from qnet.space.optics import OpticalLink, SkyBackground

__all__ = ["PASS_ENGINES", "PassPairs", "SlotPlans", "play_slots"]

#: Engines that play passes.
PASS_ENGINES = ("exact", "sampled")

#: Deliveries that are drawn at once.
_DRAWN = 4096


@dataclass(frozen=True, kw_only=True)
class SlotPlans:
    """Makes the plan of a slot: one link over the satellite, or two that a memory on board joins.

    Args:
        segment: Scheme, hardware and memory of the links, with their [link.satellite].
        optics: Telescopes, pointing and air.
        sky: Light of the sky; None without.
        station: The Bell measurement on board, of ``direct`` links.
        cutoff: When a pair that waits on board is given up.
    """

    segment: Segment
    optics: OpticalLink
    sky: SkyBackground | None
    station: Station
    cutoff: Cutoff | None = None

    def plan(self, elevation_deg: Sequence[float], range_km: Sequence[float]) -> Plan:
        """The plan at two elevations and distances, left and right."""
        if self.segment.scheme != "direct":
            left, right = map(self._arm, elevation_deg, range_km)
            return self._satellite.link(self.segment, SatellitePath(left, right))
        places = zip(elevation_deg, range_km, ("right", "left"), strict=True)
        links = [self.arm_link(angle, far, at) for angle, far, at in places]
        return swap_asap(links, stations=self.station, cutoff=self.cutoff)

    def arm_link(self, elevation_deg: float, range_km: float, at: str) -> Link:
        """The link of one arm, the satellite at its ``left`` or ``right`` end."""
        return self._satellite.link(self.segment, self._arm(elevation_deg, range_km), at)

    def _arm(self, elevation_deg: float, range_km: float) -> SatelliteArm:
        return SatelliteArm(
            optics=self.optics,
            elevation_deg=elevation_deg,
            length_km=range_km,
            background=self.sky,
        )

    @property
    def _satellite(self) -> SatelliteTable:
        found = self.segment.satellite
        if found is None:
            message = "the segment has no satellite"
            raise TypeError(message)
        return found

    def plans(self, slots: SlotTable) -> list[Plan]:
        """The plan of each slot; equal ones are made once."""
        known: dict[tuple[float, ...], Plan] = {}
        found = []
        for angles, ranges in zip(slots.elevation_deg, slots.range_km, strict=True):
            place = (*angles.tolist(), *ranges.tolist())
            if place not in known:
                known[place] = self.plan(angles.tolist(), ranges.tolist())
            found.append(known[place])
        return found


@dataclass(frozen=True, kw_only=True)
class PassPairs:
    """Pairs that came in each slot.

    Args:
        number: Pairs of each slot, shape ``(slots,)``: means, or counts that were drawn.
        fano: Their mean Fano matrices, shape ``(slots, 4, 4)``; that of I/4 where there are none.
    """

    number: Floats
    fano: Floats

    @property
    def counts(self) -> Floats:
        """Pairs, and those that err, shape ``(slots, 2, 3)``, the last axis for Z, X and Y.

        Phi+ anticorrelates in Y.
        """
        signs = {3: 1.0, 1: 1.0, 2: -1.0}
        errors = [0.5 * (1.0 - sign * self.fano[:, b, b]) for b, sign in signs.items()]
        wrong = self.number[:, None] * np.stack(errors, axis=1)
        return np.stack([np.repeat(self.number[:, None], 3, axis=1), wrong], axis=1)


def play_slots(
    plans: Sequence[Plan], slots: SlotTable, *, engine: str = "exact", seed: int = 1
) -> PassPairs:
    """Pairs of each slot of all passes.

    Args:
        plans: The plan of each slot.
        slots: The slots.
        engine: ``exact`` or ``sampled``.
        seed: Seed of what is drawn; each pass has a stream of its own.

    Raises:
        UnknownNameError: If there is no such engine.
        EngineError: If the engine cannot play a plan.
    """
    check_one_of("engine", engine, PASS_ENGINES)
    number, fano = np.zeros(len(plans)), np.zeros((len(plans), 4, 4))
    fano[:, 0, 0] = 1.0
    if engine == "exact":
        _laws(plans, slots.width_s, number, fano)
        return PassPairs(number=number, fano=fano)
    for k in range(len(slots.passes)):
        part = slice(int(slots.offsets[k]), int(slots.offsets[k + 1]))
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,)))
        ends = slots.time_s[part] + 0.5 * slots.width_s[part]
        begins = ends - slots.width_s[part]
        _followed(plans[part], begins, ends, number[part], fano[part], rng)
    return PassPairs(number=number, fano=fano)


def _laws(plans: Sequence[Plan], width_s: Floats, number: Floats, fano: Floats) -> None:
    """Means of each slot from the exact engine."""
    known: dict[int, tuple[float, Floats]] = {}
    for k, plan in enumerate(plans):
        if id(plan) not in known:
            result = play(plan, engine="exact")
            known[id(plan)] = result.rate_hz.best, np.asarray(result.mean_fano)
        rate, state = known[id(plan)]
        number[k], fano[k] = width_s[k] * rate, state


def _followed(
    plans: Sequence[Plan],
    begins: Floats,
    ends: Floats,
    number: Floats,
    fano: Floats,
    rng: np.random.Generator,
) -> None:
    """Deliveries one after the other through the slots of one pass."""
    now, sums = 0.0, np.zeros_like(fano)
    # A pause between two slots, such as twilight, begins anew.
    is_first = np.append(True, begins[1:] > ends[:-1] + PAUSE_S)
    stretch_ends = ends[np.append(is_first[1:], True)]
    stretch = np.cumsum(is_first) - 1
    for k, plan in enumerate(plans):
        if is_first[k]:
            now = float(begins[k])
        sampler, until = Sampler(plan), stretch_ends[stretch[k]]
        while now < ends[k]:
            times, states = sampler.pairs(_amount(plan, float(ends[k]) - now), rng)
            over = now + np.cumsum(times)
            # Those that begin in this slot; the last of them may end in a later one.
            mine = int(np.searchsorted(over, ends[k], side="left")) + 1
            kept = over[:mine] <= until
            place = np.searchsorted(ends, over[:mine][kept], side="left")
            np.add.at(number, place, 1.0)
            np.add.at(sums, place, states[:mine][kept])
            now = float(over[min(mine, len(over)) - 1])
    some = number > 0.0
    fano[some] = sums[some] / number[some, None, None]


def _amount(plan: Plan, span_s: float) -> int:
    """How many deliveries are drawn at once for a time."""
    wait = max(each.attempt_time_s / each.round_success_probability for each in plan.links())
    return int(np.clip(1.2 * span_s / wait + 16.0, 16, _DRAWN))
