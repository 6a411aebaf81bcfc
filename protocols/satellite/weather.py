"""Weather of a year of passes: sampled clouds, and quantiles of the key with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.satellite.key_blocks import Policy, grouped
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.slots import SlotTable
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.schema import Whole, key
from qnet.space import GroundStation
from qnet.space.earth import Floats
from qnet.space.optics import CloudField, distances_km

__all__ = ["QUANTILES", "SampledKeys", "WeatherTable", "quantile", "quantiles", "sampled_keys"]

#: Quantiles that are told, by name.
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

#: Most numbers that the weathers of all passes may hold: 400 MB.
_MOST_NUMBERS = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WeatherTable(CloudField):
    """Weather that is sampled: [weather].

    Args:
        samples: Weathers of the whole period that are drawn; ``--shots`` says otherwise.
    """

    samples: int = key(400, check=Whole(minimum=20, maximum=100_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledKeys:
    """Keys of each sampled weather.

    Args:
        bits: Secret bits of the block that ends with each pass, shape ``(samples, passes)``.
        end_s: When each pass ends, in s.
        clear: Share of the time of each pass that was free of clouds, shape ``(samples, passes)``.
    """

    bits: Floats
    end_s: Floats
    clear: Floats

    def between(self, begin_s: float, end_s: float) -> Floats:
        """Secret bits of the blocks that end in a time, shape ``(samples,)``."""
        inside = (begin_s <= self.end_s) & (self.end_s < end_s)
        found: Floats = self.bits[:, inside].sum(axis=1)
        return found


def quantiles(drawn: Floats) -> dict[str, object]:
    """Quantiles of a number over the weather, its mean, and their intervals, as JSON types.

    Args:
        drawn: The number in each weather, shape ``(weathers,)``.

    Examples:
        >>> quantiles(np.arange(101.0))["p50"]
        50.0
    """
    found = {name: quantile(drawn, share) for name, share in QUANTILES.items()}
    return {
        **{name: each.best for name, each in found.items()},
        "mean": float(drawn.mean()),
        "intervals": {name: [each.low, each.high] for name, each in found.items()},
    }


def quantile(values: Floats, share: float, confidence: float = 0.95) -> Estimate:
    """A quantile of a distribution, with an interval that presumes nothing of its form.

    The numbers of samples below it is binomial; the interval lies between two order statistics,
    with at most ``(1 - confidence)/2`` of a chance on either side.

    Args:
        values: Independent samples, shape ``(n,)``.
        share: Which quantile.
        confidence: That the interval holds it.

    Examples:
        >>> found = quantile(np.arange(101.0), 0.5)
        >>> found.best, found.low, found.high
        (50.0, 40.0, 60.0)
    """
    from scipy.special import bdtr

    ordered, number = np.sort(values), len(values)
    ranks = np.arange(number + 1)
    below = bdtr(ranks, number, share)
    rest = (1.0 - confidence) / 2.0
    # The r-th smallest is above the quantile where fewer than r samples are below it.
    low = int(np.searchsorted(below, rest, side="right"))
    high = int(np.searchsorted(below, 1.0 - rest, side="left")) + 1
    best = float(np.quantile(ordered, share))
    least = ordered[low - 1] if low >= 1 else ordered[0]
    most = ordered[high - 1] if high <= number else ordered[-1]
    return Estimate(min(float(least), best), best, max(float(most), best), number)


def sampled_keys(
    rule: KeyRule,
    own: Floats,
    slots: SlotTable,
    stations: Sequence[GroundStation],
    weather: WeatherTable,
    policy: Policy,
    *,
    size: float | None = None,
    seed: int,
) -> SampledKeys:
    """Keys of weathers that are drawn.

    The clouds of a pass are those of its middle. A slot counts where its line of sight is free; so
    a pass may be free high in the sky and blocked low in it.

    Args:
        rule: How a block becomes a key.
        own: Its counts of each slot under a clear sky, shape ``(slots, 2, columns)``.
        slots: Slots of all passes.
        stations: The stations.
        weather: The process, and how often it is drawn.
        policy: Which passes make a block.
        size: Sifted bits that close a block, of the policy ``size``.
        seed: Seed of the clouds.

    Raises:
        ParameterError: If so many weathers of so many passes do not fit in memory.
    """
    counts, clear = _cloudy_counts(own, slots, stations, weather, seed)
    sifted = rule.sifted_bits(counts)
    known: dict[tuple[float, ...], float] = {}
    bits = np.zeros_like(clear)
    for number in range(weather.samples):
        for block in grouped(slots.passes, sifted[number], policy, size=size):
            pooled = counts[number, list(block)].sum(axis=0)
            # Many weathers leave a pass alone: its key is worked out once.
            name = (float(len(block)), float(block[0]), *pooled.ravel().round(6).tolist())
            if name not in known:
                known[name] = rule.key(pooled).value
            bits[number, block[-1]] = known[name]
    ends = np.array([flight.end_s for flight in slots.passes])
    return SampledKeys(bits=bits, end_s=ends, clear=clear)


def _cloudy_counts(
    own: Floats,
    slots: SlotTable,
    stations: Sequence[GroundStation],
    weather: WeatherTable,
    seed: int,
) -> tuple[Floats, Floats]:
    """Counts of each weather and pass, and the share of each that is free."""
    passes = slots.passes
    most = _MOST_NUMBERS // max(len(passes) * max(len(stations), own[0].size if len(own) else 1), 1)
    if weather.samples > most:
        hint = f"{len(passes)} passes over {len(stations)} stations are too many for so many"
        raise ParameterError("weather.samples", f"be at most {most} here", weather.samples, hint)
    columns = own.shape[1:]
    flat = own.reshape(len(own), -1)
    middle = np.array([flight.middle_s for flight in passes])
    order = np.argsort(middle, kind="stable")
    drawn = weather.uniforms(
        middle[order], distances_km(stations), samples=weather.samples, seed=seed
    )
    sky = np.empty_like(drawn)
    sky[..., order] = drawn
    found = np.empty((weather.samples, len(passes), flat.shape[1]))
    clear = np.empty((weather.samples, len(passes)))
    for number, flight in enumerate(passes):
        part = slice(slots.offsets[number], slots.offsets[number + 1])
        seen = sky[:, list(flight.stations), number]
        free = np.all(seen[:, None, :] < slots.clear[None, part], axis=2)
        found[:, number] = free @ flat[part]
        # Both sums add up in the same order: a pass without a cloud is 1, not nearly.
        width = slots.width_s[part]
        clear[:, number] = np.where(free, width, 0.0).sum(axis=1) / width.sum()
    return found.reshape(weather.samples, len(passes), *columns), clear
