"""Report on a mission: passes, sums, blocks, and key by night, month and year."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.satellite.calendar import key_figures, spans
from protocols.satellite.downlink import DecoyBlocks
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.mission import SatelliteResult
from protocols.satellite.pair_rule import PairRule
from protocols.satellite.service import overlapping
from protocols.satellite.weather import quantiles
from qnet.space import CircularOrbit, eclipse_fraction, sun_elevation_deg
from qnet.space.earth import Floats
from qnet.versions import versions

if TYPE_CHECKING:
    from protocols.satellite.scenario import SatelliteScenario

__all__ = ["SatelliteReport", "satellite_report"]

_SPANS = {"nights": "night", "months": "month", "years": "year"}


@dataclass(frozen=True, kw_only=True)
class SatelliteReport:
    """What is shown of a mission.

    Args:
        scenario: What was described.
        result: What was found.
        notes: What a reader should know, one sentence each.
    """

    scenario: SatelliteScenario
    result: SatelliteResult
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types; what is not known is None."""
        result, scenario = self.result, self.scenario
        return {
            "kind": scenario.kind,
            "protocol": scenario.protocol,
            "model": result.rule.model,
            "block": result.policy,
            "seed": result.seed,
            "samples": None if result.sampled is None else len(result.sampled.bits),
            "passes": self.passes(),
            "total": self.total(),
            "orbit": self.orbit(),
            "blocks": self.blocks(),
            **{name: self.spans(unit) for name, unit in _SPANS.items()},
            "service": self.service(),
            "stores": self.stores(),
            "demands": self.demands(),
            "relay": self.relay(),
            "pulses": self.pulses(),
            "reason": result.reason or None,
            "security": result.security.as_dict(),
            "scenario": scenario.name,
            "warnings": list(self.notes),
            "versions": versions(),
        }

    def passes(self) -> list[dict[str, Any]]:
        """A mapping for each pass."""
        result, slots = self.result, self.result.slots
        bits = {}
        if result.policy == "pass":
            bits = {block.passes[0]: block.secret_bits for block in result.blocks}
        sifted = result.rule.sifted_bits(result.counts)
        wrong = result.rule.wrong_bits(result.counts)
        losses, usable = slots.loss_db, slots.usable_s
        rows = []
        for k, each in enumerate(slots.passes):
            row = {
                "station": self.station_name(each.stations),
                "satellite": each.satellite,
                "start": each.start,
                "end": each.end,
                "duration_s": each.duration_s,
                "maximum_elevation_deg": each.maximum_elevation_deg,
                "usable_s": float(usable[k]),
                "loss_db": float(losses[k]) if math.isfinite(losses[k]) else None,
                "qber": float(wrong[k] / sifted[k]) if sifted[k] > 0.0 else None,
                "sifted_bits": float(sifted[k]),
                "secret_bits": bits.get(k, 0.0) if result.policy == "pass" else None,
                "is_cut": each.is_cut,
            }
            row |= result.rule.pass_figures(result.counts[k])
            if result.sampled is not None:
                row["clear_fraction"] = float(result.sampled.clear[:, k].mean())
            rows.append(row)
        return rows

    def station_name(self, stations: tuple[int, ...]) -> str:
        """Name of a station, or of two."""
        known = self.scenario.station
        return " + ".join(known[k].name if k < len(known) else "OGS" for k in stations)

    def total(self) -> dict[str, Any]:
        """Sums over all passes."""
        result = self.result
        passes, period = result.slots.passes, self.scenario.period
        times = [each.duration_s for each in passes]
        best = [each.maximum_elevation_deg for each in passes]
        days = None if period is None or result.found is None else period.days
        return {
            "passes": len(passes),
            "seconds": float(sum(times)),
            "usable_s": float(np.sum(result.slots.usable_s)),
            "longest_s": max(times, default=0.0),
            "best_elevation_deg": max(best, default=None),
            "secret_bits": key_figures(result, -math.inf, math.inf),
            "secret_bits_per_day": None
            if days is None
            else key_figures(result, -math.inf, math.inf, per=days),
            "sifted_bits": float(np.sum(result.rule.sifted_bits(result.counts))),
        }

    def orbit(self) -> dict[str, float | None]:
        """Figures of the orbit of the first satellite; the eclipse is that at beta = 0."""
        if self.result.found is not None:
            return dict(self.result.found.orbit())
        altitude = self.scenario.orbit.altitude_km or 0.0
        return {
            "inclination_deg": None,
            "period_s": CircularOrbit(altitude_km=altitude, inclination_deg=0.0).period_s,
            "eclipse_fraction": eclipse_fraction(altitude),
        }

    def blocks(self) -> list[dict[str, Any]]:
        """A mapping for each block, under a clear sky where the weather is sampled."""
        passes = self.result.slots.passes
        return [
            {
                "passes": list(block.passes),
                "station": self.station_name(passes[block.passes[0]].stations),
                "satellite": passes[block.passes[0]].satellite,
                "start": passes[block.passes[0]].start,
                "end": passes[block.passes[-1]].end,
                "sifted_bits": block.sifted_bits,
                "qber": block.qber,
                **{k: v for k, v in block.rate.figures.items() if k != "qber"},
                "secret_bits": block.secret_bits,
                "reason": block.rate.reason or None,
            }
            for block in self.result.blocks
        ]

    def spans(self, unit: str) -> list[dict[str, Any]]:
        """Key by night, month or year."""
        return [
            {
                unit: span.name,
                "passes": span.passes,
                "usable_s": span.usable_s,
                "secret_bits": key_figures(self.result, span.begin_s, span.end_s),
            }
            for span in spans(self.result, unit)
        ]

    def service(self) -> dict[str, Any] | None:
        """Who was served when passes overlap, and how near that is to the best."""
        made, slots = self.result.service, self.result.slots
        if made is None:
            return None
        served = np.zeros(len(self.scenario.station))
        for flight, seconds in zip(slots.passes, slots.usable_s, strict=True):
            served[flight.stations[0]] += seconds
        names = [station.name for station in self.scenario.station]
        return {
            "goal": made.goal,
            "best": made.best,
            "bound": made.bound,
            "gap": made.gap,
            "stations": [
                {"station": name, "seconds": float(seconds), "sifted_worth": float(worth)}
                for name, seconds, worth in zip(names, served, made.per_station, strict=True)
            ],
        }

    def stores(self) -> list[dict[str, Any]]:
        """What became of the keys that each station shares with satellites."""
        play = self.result.relay
        if play is None:
            return []
        return [
            {
                "station": station.name,
                "received_bits": self._figure(play.received[:, k]),
                "lost_bits": self._figure(play.lost[:, k]),
                "left_bits": self._figure(play.left[:, k]),
            }
            for k, station in enumerate(self.scenario.station)
        ]

    def demands(self) -> list[dict[str, Any]]:
        """What each demand asked for and got, and how long it was without key."""
        play = self.result.relay
        if play is None:
            return []
        return [
            {
                "ends": list(demand.ends),
                "asked_bits": float(play.asked[k]),
                "served_bits": self._figure(play.served[:, k]),
                "fraction_without": self._figure(play.without[:, k]),
                "longest_without_h": self._figure(play.longest_s[:, k] / 3600.0),
                "best_bits": float(play.together.bits[k]),
            }
            for k, demand in enumerate(play.demands)
        ]

    def relay(self) -> dict[str, Any] | None:
        """What linear programmes make of all keys of the period, if none was lost."""
        play = self.result.relay
        if play is None:
            return None
        names = [station.name for station in self.scenario.station]
        return {
            "common_factor": play.together.factor,
            "tight": [
                {"satellite": satellite, "station": names[station]}
                for satellite, station in play.together.tight
            ],
            "largest_total_bits": float(play.most.bits.sum()),
            "uses": play.uses,
            "security": self.result.relayed.as_dict(),
        }

    def _figure(self, drawn: Floats) -> float | dict[str, object]:
        """A number, or its quantiles over the weather."""
        return float(drawn[0]) if self.result.sampled is None else quantiles(drawn)

    def pulses(self) -> dict[str, Any] | None:
        """What is sent, as described or as it was found to be best; None of pairs."""
        rule = self.result.rule
        settings = getattr(rule, "settings", None)
        if settings is None:
            return None
        return {
            "intensities": list(settings.intensities),
            "probabilities": list(settings.probabilities),
            "basis_bias": settings.basis_bias,
            "optimised": self.scenario.source.optimise,
        }


def satellite_report(scenario: SatelliteScenario, result: SatelliteResult) -> SatelliteReport:
    """What is shown of a result of this mission.

    Args:
        scenario: What was described.
        result: What was found.
    """
    notes = tuple(dict.fromkeys(_notes(scenario, result)))
    return SatelliteReport(scenario=scenario, result=result, notes=notes)


def _notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """What a reader should know, a sentence each."""
    if result.found is not None:
        yield from result.found.notes
    yield from filter(None, [result.reason])
    if result.found is None:
        yield from _axial_notes(scenario, result)
    yield from _sky_notes(scenario, result)
    yield from _relay_notes(scenario, result)
    yield from _idle_notes(scenario, result)
    yield from _block_notes(result)
    if isinstance(result.rule, HeraldedPairs):
        yield result.rule.note
    if result.slots.passes:
        yield "fading within a slot is averaged: counts are means, which is exact for photons"
        longest = float(result.slots.width_s.max())
        if longest > 1.0 + 1e-9 and scenario.longest_slot_s == 1.0:
            yield f"slots of up to {longest:.3g} s: there are too many passes for one second each"


def _axial_notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """How SatQuMA's geometry and counts differ from what is usual here."""
    rule = result.rule
    yield "geometry satquma: equal passes over a sphere at rest, a slot at every whole second"
    for item in scenario.orbit.idle:
        yield f"[orbit] {item} plays no part with geometry = 'satquma': theta_max_deg says all"
    if scenario.period is not None:
        yield (
            "[period] plays no part with geometry = 'satquma': half_window_s says which seconds "
            "are used"
        )
    if isinstance(rule, DecoyBlocks):
        limits = "may fall below zero" if rule.negative_limits else "are cut at zero"
        yield f"lower limits of counts {limits} ([security] negative_limits)"
        if rule.errors == "shared":
            yield (
                "errors of a slot are shared among the intensities, as SatQuMA counts them "
                "([security] errors = 'own' tells them apart)"
            )


def _sky_notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """On clouds, and on light of the sky by day."""
    light = scenario.light
    if light.cloud_fraction > 0.0 and scenario.weather is None:
        yield (
            "clouds are averaged: each slot counts with the probability that its line of sight is "
            "free, and a block of few passes gets less than on average; [weather] samples them"
        )
    if scenario.weather is not None:
        if light.cloud_fraction == 0.0:
            yield "[weather] plays no part: cloud_fraction is 0"
        yield "passes and blocks are those of a clear sky; sums, nights and months have the clouds"
    sky, found = scenario.background, result.found
    if found is None or sky is None or sky.radiance not in ("night", "full-moon"):
        return
    middles = np.array([each.middle_s for each in result.slots.passes])
    places = np.array([each.stations[0] for each in result.slots.passes], dtype=int)
    lit = 0
    for number, station in enumerate(found.stations):
        sun = sun_elevation_deg(station, found.begin, middles[places == number])
        lit += int(np.sum(sun > -6.0))
    if lit:
        yield (
            f"{lit} of {len(middles)} passes have the Sun above -6 degrees, and the sky of "
            f"radiance = {sky.radiance!r} all the same: set [period] night, or a radiance"
        )


def _idle_notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """Keys that are right in themselves but play no part."""
    used = {"block", "error_correction_efficiency", "model"}
    epsilons, rule = {"epsilon_secrecy", "epsilon_correctness"}, result.rule
    if isinstance(rule, DecoyBlocks):
        used |= epsilons | {"basis_bias", "bound", "negative_limits", "errors"}
    elif isinstance(rule, PairRule):
        used |= {"sifting"} if rule.model == "asymptotic" else epsilons | {"basis_bias"}
    else:
        used |= {"basis_bias"} if rule.model == "asymptotic" else {"sifting"}
    for item in fields(scenario.security):
        if item.name == "block_size" or getattr(scenario.security, item.name) is None:
            continue
        if item.name not in used:
            yield f"[security] {item.name} plays no part with model {rule.model}"
    if scenario.security.block_size is not None and result.policy != "size":
        yield f"[security] block_size plays no part with block = {result.policy!r}: passes make it"
    if scenario.source.optimise and not isinstance(rule, DecoyBlocks):
        yield f"[source] optimise plays no part with model {rule.model}: no block is finite"


def _relay_notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """On passes that overlap, and on what a relay presumes."""
    if result.service is None and scenario.protocol == "decoy-bb84":
        both = overlapping(result.slots.passes)
        if both:
            yield (
                f"{both} passes overlap another of the same satellite or station, as if each had "
                "a telescope for every other: add [service] to share them"
            )
    if result.service is not None and result.service.unseen:
        names = ", ".join(scenario.station[k].name for k in result.service.unseen)
        yield f"no pass over {names} brings key: left out of the common factor"
    if result.relay is not None:
        yield (
            "the satellite is trusted; it announces by radio whenever key is used, and both hops "
            "lose the bits"
        )
        if len({flight.satellite for flight in result.slots.passes}) > 1:
            yield "keys of different satellites do not meet: each relays between its own stations"


def _block_notes(result: SatelliteResult) -> Iterator[str]:
    """On blocks that are not full."""
    used = {k for block in result.blocks for k in block.passes}
    brought = result.rule.sifted_bits(result.counts)
    waiting = [k for k in range(len(brought)) if brought[k] > 0.0 and k not in used]
    if result.policy == "size" and waiting:
        bits = float(sum(brought[k] for k in waiting))
        yield (
            f"{len(waiting)} passes with {bits:.4g} sifted bits do not fill a block: they make no "
            "key in this period"
        )
    if result.policy != "pass" and result.blocks and result.found is not None:
        yield "a block counts for the night, month and year in which its last pass ends"
    if isinstance(result.policy, int) and result.blocks:
        short = sum(len(block.passes) < result.policy for block in result.blocks)
        if short:
            yield f"{short} blocks have fewer than {result.policy} passes: those that were left"
