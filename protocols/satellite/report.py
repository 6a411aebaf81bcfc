"""Report on a mission: passes, sums, blocks, and key by night, month and year."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.satellite.calendar import key_figures, spans
from protocols.satellite.downlink import DecoyBlocks
from protocols.satellite.dual import PairBlocks
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.mission import SatelliteResult
from qnet.space import eclipse_fraction, sun_elevation_deg
from qnet.space.earth import EARTH_RADIUS_KM, GRAVITY_KM3_PER_S2
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
            "samples": None if result.sampled is None else len(result.sampled.blocks),
            "passes": self.passes(),
            "total": self.total(),
            "orbit": self.orbit(),
            "blocks": self.blocks(),
            **{name: self.spans(unit) for name, unit in _SPANS.items()},
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
            "period_s": _circular_period_s(altitude),
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
    notes = [*_notes(scenario, result), *result.notes]
    return SatelliteReport(scenario=scenario, result=result, notes=tuple(dict.fromkeys(notes)))


def _notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """What a reader should know, a sentence each."""
    if result.found is not None:
        yield from result.found.notes
    yield from filter(None, [result.reason])
    if result.found is None:
        yield from _axial_notes(scenario, result)
    yield from _sky_notes(scenario, result)
    yield from _idle_notes(scenario, result)
    yield from _block_notes(result)
    if isinstance(result.rule, HeraldedPairs):
        yield result.rule.note
    if result.slots.passes:
        yield "fading within a slot is averaged: counts are means, which is exact for photons"


def _axial_notes(scenario: SatelliteScenario, result: SatelliteResult) -> Iterator[str]:
    """How SatQuMA's geometry and counts differ from what is usual here."""
    rule = result.rule
    yield "geometry satquma: equal passes over a sphere at rest, a slot at every whole second"
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
    elif isinstance(rule, PairBlocks | HeraldedPairs):
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


def _circular_period_s(altitude_km: float) -> float:
    """Period of a circular orbit in s."""
    return 2.0 * math.pi * math.sqrt((EARTH_RADIUS_KM + altitude_km) ** 3 / GRAVITY_KM3_PER_S2)
