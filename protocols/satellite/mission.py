"""A mission that is worked out: slots of all passes, blocks, keys, and the weather over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.key_rates import DecoySettings
from protocols.key_rates.optimised import optimised_settings
from protocols.satellite.downlink import DecoyBlocks
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.key_blocks import KeyBlock, Policy, grouped, keys_of
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.overpasses import Overpasses, find_overpasses
from protocols.satellite.relay_tables import RelayStores
from protocols.satellite.rules import rule_of
from protocols.satellite.service import Service, serve, sights_of
from protocols.satellite.slots import SlotTable, axial_slots, slots_of
from protocols.satellite.trusted import KeyDeliveries, RelayPlay, play_relay
from protocols.satellite.weather import QUANTILES, SampledKeys, quantile, sampled_keys
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.schema import missing
from qnet.space.earth import Floats

if TYPE_CHECKING:
    from protocols.satellite.scenario import SatelliteScenario

__all__ = ["SatelliteResult", "optimised_rule", "work_out"]

#: Blocks that a search for the best pulses looks at, and slots of each.
_SOME_BLOCKS, _SOME_SLOTS = 16, 48

#: Slots from which on they are longer than a second: of some weeks of a constellation.
_MOST_SLOTS = 1_500_000


@dataclass(frozen=True, kw_only=True)
class SatelliteResult:
    """What was found of a mission.

    Args:
        found: The passes of the period; None with SatQuMA's geometry.
        slots: Slots of all passes that make key.
        rule: How counts become key.
        counts: Mean counts of each pass, shape ``(passes, 2, columns)``.
        blocks: Blocks and their keys; of a clear sky where the weather is sampled.
        policy: Which passes make a block.
        sampled: Keys of each weather; None where none is sampled.
        seed: Seed of the weather or of the pairs; None where nothing is drawn.
        service: Who is served when passes overlap; None where all are served at once.
        relay: What became of the keys that stations use up; None without demands.
    """

    found: Overpasses | None
    slots: SlotTable
    rule: KeyRule
    counts: Floats
    blocks: tuple[KeyBlock, ...]
    policy: Policy
    sampled: SampledKeys | None = None
    seed: int | None = None
    service: Service | None = None
    relay: RelayPlay | None = None

    @property
    def secret_bits(self) -> float:
        """Secret bits of all blocks; of a clear sky where the weather is sampled."""
        return float(sum(block.secret_bits for block in self.blocks))

    @property
    def reason(self) -> str:
        """Why there is no key, or no pass; empty where there is a key."""
        if self.found is not None and self.found.reason:
            return self.found.reason
        if not self.slots.passes:
            return _NO_FLIGHT if self.found is not None else "no pass: it stays below the horizon"
        if self.secret_bits > 0.0:
            return ""
        if not self.blocks:
            if self.policy == "size":
                return "no key: all passes together do not fill a block; lower block_size"
            return "no key: nothing is ever detected; raise the transmission or the intensities"
        best = max(self.blocks, key=lambda block: block.rate.unclipped)
        several = f" in any of {len(self.blocks)} blocks" if len(self.blocks) > 1 else ""
        shown = "" if best.qber is None else f" (best: QBER {100 * best.qber:.3g} %)"
        return f"{best.rate.reason or 'no key'}{several}{shown}"

    @property
    def security(self) -> SecurityClaim:
        """What the key of a block claims: that of the first with a key."""
        for block in self.blocks:
            if block.secret_bits > 0.0:
                return block.rate.security
        return SecurityClaim.none(self.reason or "no key")

    @property
    def relayed(self) -> SecurityClaim:
        """What a key of two stations claims that is relayed from a block with each of them."""
        own = self.security
        if own.notion == "none":
            return own
        epsilon = None if own.epsilon is None else min(2.0 * own.epsilon, 1.0)
        assumes = (*own.assumes, "the satellite is honest, and nobody reads what it holds")
        return replace(own, epsilon=epsilon, assumes=assumes)

    def row(self) -> dict[str, Any]:
        """Figures of a sweep's point: key and its quantiles, passes, time, least loss."""
        losses = self.slots.loss_db
        sifted = self.rule.sifted_bits(self.counts)
        wrong, bits = float(self.rule.wrong_bits(self.counts).sum()), self.secret_bits
        row: dict[str, Any] = {
            "secret_bits": Estimate.exact(bits),
            "passes": len(self.slots.passes),
            "usable_s": float(self.slots.usable_s.sum()),
            "least_loss_db": float(losses.min(initial=math.inf)),
            "sifted_bits": float(sifted.sum()),
            "qber": wrong / float(sifted.sum()) if sifted.sum() > 0.0 else None,
            "reason": self.reason,
            "security": self.security.as_dict(),
        }
        if self.sampled is not None:
            drawn = self.sampled.between(-math.inf, math.inf)
            found = {f"secret_bits_{k}": quantile(drawn, q) for k, q in QUANTILES.items()}
            row = {"secret_bits": found["secret_bits_p50"], **found, "clear_secret_bits": bits} | {
                name: value for name, value in row.items() if name != "secret_bits"
            }
        return row


_NO_FLIGHT = "no pass: the satellite is never usable over both stations at once"


def work_out(
    scenario: SatelliteScenario,
    *,
    seed: int | None = None,
    samples: int | None = None,
    engine: str | None = None,
) -> SatelliteResult:
    """Passes, slots, counts, blocks and keys of a mission.

    Args:
        scenario: What is described.
        seed: Seed of what is drawn, unless as described.
        samples: Number of weathers, unless as described.
        engine: Plays the slots of heralded pairs, unless as described.

    Raises:
        ParameterError: If something is missing, or does not go together.
    """
    rules, rule = scenario.security, rule_of(scenario)
    seed = scenario.seed if seed is None else seed
    if isinstance(rule, HeraldedPairs):
        rule = replace(rule, engine=engine or rule.engine, seed=seed)
    found, slots = _seen(scenario)
    slots, service = _served(scenario, slots, rule)
    weather = scenario.weather
    if weather is not None and samples is not None:
        weather = replace(weather, samples=samples)
    # Without sampled weather each slot counts as often as its line of sight is free.
    free = np.prod(slots.clear, axis=1)
    weights = free if weather is None else np.ones_like(free)
    if scenario.source.optimise and isinstance(rule, DecoyBlocks):
        rule = optimised_rule(rule, slots, weights, rules.block, size=rules.block_size)
    own = rule.counts(slots)
    counts = slots.per_pass(own * weights[:, None, None])
    brought = rule.sifted_bits(counts)
    blocks = keys_of(
        rule, counts, grouped(slots.passes, brought, rules.block, size=rules.block_size)
    )
    sampled, drawn_with = None, rule.drawn_with
    if weather is not None and slots.passes:
        drawn_with = seed
        sampled = sampled_keys(
            rule,
            own,
            slots,
            scenario.station,
            weather,
            rules.block,
            size=rules.block_size,
            seed=seed,
        )
    return SatelliteResult(
        found=found,
        slots=slots,
        rule=rule,
        counts=counts,
        blocks=tuple(blocks),
        policy=rules.block,
        sampled=sampled,
        seed=drawn_with,
        service=service,
        relay=_relayed(scenario, slots, blocks, sampled) if scenario.demand else None,
    )


def _served(
    scenario: SatelliteScenario, slots: SlotTable, rule: KeyRule
) -> tuple[SlotTable, Service | None]:
    """The slots in which satellites serve stations, and who serves whom."""
    table = scenario.service
    if table is None or not slots.passes:
        return slots, None
    asked = dict.fromkeys((station.name for station in scenario.station), 0.0)
    for demand in scenario.demand:
        for end in demand.ends:
            asked[end] += demand.bits_per_day
    wants = list(asked.values()) if scenario.demand else [1.0] * len(asked)
    sights, number = sights_of(slots, rule, table.slot_s)
    service = serve(sights, wants, table.goal)
    return slots.where(service.chosen[number]), service


def _relayed(
    scenario: SatelliteScenario,
    slots: SlotTable,
    blocks: Sequence[KeyBlock],
    sampled: SampledKeys | None,
) -> RelayPlay:
    """What stores and demands make of the keys: in each weather, or of mean clouds."""
    flights = slots.passes
    if sampled is None:
        bits = np.zeros((1, len(flights)))
        for block in blocks:
            bits[0, block.passes[-1]] = block.secret_bits
    else:
        bits = sampled.bits
    ends = np.array([flight.end_s for flight in flights])
    order = np.argsort(ends, kind="stable")
    return play_relay(
        KeyDeliveries(
            time_s=ends[order],
            satellite=np.array([flight.satellite for flight in flights], dtype=int)[order],
            station=np.array([flight.stations[0] for flight in flights], dtype=int)[order],
            bits=np.floor(bits[:, order]),
        ),
        scenario.demand,
        scenario.store or RelayStores(),
        [station.name for station in scenario.station],
        scenario.period.duration_s if scenario.period is not None else 0.0,
    )


def _seen(scenario: SatelliteScenario) -> tuple[Overpasses | None, SlotTable]:
    """The passes, and their slots."""
    orbit, optics = scenario.orbit, scenario.light
    if orbit.geometry == "satquma":
        block = scenario.security.block
        passes = block if isinstance(block, int) else 1
        figures = (orbit.altitude_km, orbit.theta_max_deg, orbit.half_window_s)
        altitude, highest, window = (0.0 if each is None else each for each in figures)
        return None, axial_slots(altitude, highest, window, optics, passes=passes)
    if scenario.period is None:
        raise missing("period.start", "2026-06-01T00:00:00Z")
    found = find_overpasses(orbit, scenario.station, scenario.period)
    width = scenario.longest_slot_s
    if scenario.protocol == "decoy-bb84" and scenario.slot_s is None:
        seconds = sum(each.usable_time_s for each in found.passes)
        width = max(width, seconds / _MOST_SLOTS)
    return found, slots_of(found, optics, pairs=scenario.protocol != "decoy-bb84", slot_s=width)


def optimised_rule(
    rule: DecoyBlocks,
    slots: SlotTable,
    weights: Floats,
    policy: Policy,
    *,
    size: float | None = None,
) -> DecoyBlocks:
    """The rule with the intensities, probabilities and bias of most key in the whole mission.

    One setting is sought for all blocks. The search looks at up to 16 blocks, spread evenly over
    the ranking by their light, each as 48 slots of mean transmission; the key itself is then worked
    out from all slots.

    Args:
        rule: The rule, with the settings where the search starts.
        slots: Slots of all passes.
        weights: Share of each slot that is free of clouds.
        policy: Which passes make a block.
        size: Sifted bits that close a block, of the policy ``size``.
    """
    counts = slots.per_pass(rule.counts(slots) * weights[:, None, None])
    blocks = grouped(slots.passes, rule.sifted_bits(counts), policy, size=size)
    if not blocks:
        return rule
    ranked = sorted(blocks, key=lambda block: -float(rule.sifted_bits(counts[list(block)].sum(0))))
    chosen = np.unique(np.linspace(0, len(ranked) - 1, _SOME_BLOCKS).round().astype(int))
    compact = _compact(slots, weights, [ranked[k] for k in chosen])
    stands_for = [len(part) for part in np.array_split(np.arange(len(ranked)), len(chosen))]

    def merit(settings: DecoySettings) -> float:
        tried = replace(rule, settings=settings)
        pooled = compact.per_pass(tried.counts(compact))
        keys = [tried.key(each) for each in pooled]
        total = sum(n * rate.value for n, rate in zip(stands_for, keys, strict=True))
        if total > 0.0:
            return total
        sifted = max(float(tried.sifted_bits(pooled[0])), 1e-300)
        return keys[0].unclipped / sifted if keys[0].figures else -1e9

    floor = rule.settings.intensities[-1] if rule.proof.intensities == 3 else 0.0
    best = optimised_settings(rule.model, merit, vacuum=floor, start=rule.settings)
    return replace(rule, settings=best)


def _compact(slots: SlotTable, weights: Floats, blocks: Sequence[tuple[int, ...]]) -> SlotTable:
    """Each block as one pass of few slots, of mean transmissions over equal parts of its light."""
    transmissions, widths, offsets = [], [], [0]
    for block in blocks:
        rows = np.concatenate([np.arange(slots.offsets[k], slots.offsets[k + 1]) for k in block])
        rows = rows[np.argsort(slots.transmission[rows, 0])]
        for part in np.array_split(rows, min(_SOME_SLOTS, len(rows))):
            width = slots.width_s[part] * weights[part]
            widths.append(float(width.sum()))
            light = float((width * slots.transmission[part, 0]).sum())
            transmissions.append(light / widths[-1] if widths[-1] > 0.0 else 0.0)
        offsets.append(len(widths))
    column = np.array(transmissions)[:, None]
    return SlotTable(
        passes=tuple(slots.passes[block[-1]] for block in blocks),
        offsets=np.array(offsets),
        time_s=np.zeros(len(widths)),
        width_s=np.array(widths),
        elevation_deg=np.zeros_like(column),
        range_km=np.zeros_like(column),
        transmission=column,
        clear=np.ones_like(column),
    )
