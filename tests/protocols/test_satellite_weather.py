"""Weather over passes: clouds in time and place, quantiles with their intervals, the calendar."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from protocols.satellite import quantile
from tests.protocols.satellite_keys import PAIRS, played, reported

CLOUDY = {
    "optics.cloud_fraction": 0.5,
    "security.block": "all",
    "weather": {"samples": 300},
}


def test_the_interval_of_a_quantile_covers_it():
    # Oracle: the binomial law of the number of samples below a quantile, summed anew; and draws.
    rng = np.random.default_rng(5)
    for share in (0.1, 0.5, 0.9):
        ranks = np.arange(1.0, 201.0)
        found = quantile(ranks, share)
        low, high = int(found.low), int(found.high)
        # The quantile lies between the two order statistics when so many samples are below it.
        chance = binom.cdf(high - 1, 200, share) - binom.cdf(low - 1, 200, share)
        assert 0.95 <= chance <= 0.98
        covered = 0
        for _ in range(400):
            drawn = quantile(rng.exponential(size=200), share)
            covered += drawn.low <= -math.log(1.0 - share) <= drawn.high
        assert covered / 400 > 0.95 - 5.0 * math.sqrt(0.95 * 0.05 / 400)


def test_the_clear_share_is_that_of_the_elevations():
    # Oracle: the line-of-sight probability of each slot, averaged over each pass: uniform numbers
    # are below p with probability p, whatever they are correlated with.
    changes = {**CLOUDY, "weather": {"samples": 2000, "correlation_h": 0.0}}
    result = played(changes)
    slots = result.slots
    expected = slots.per_pass(slots.clear[:, 0] * slots.width_s) / slots.usable_s
    found = result.sampled.clear.mean(axis=0)
    # A share in [0, 1] has a standard deviation of 1/2 at most; some thirty passes are looked at.
    assert np.all(np.abs(found - expected) < 5.0 * 0.5 / math.sqrt(2000))
    # Without [weather] the counts are those on average.
    mean = played({"optics.cloud_fraction": 0.5, "security.block": "all"})
    sifted = mean.rule.sifted_bits(mean.counts)
    clear = played({"security.block": "all"})
    whole = clear.rule.sifted_bits(clear.counts)
    assert np.all((sifted > 0.3 * whole) & (sifted < 0.6 * whole))


def test_weather_that_lasts_spreads_the_key():
    # Oracle: the variance of a sum grows with the covariance of its terms.
    def spread(hours):
        drawn = played({**CLOUDY, "weather": {"samples": 300, "correlation_h": hours}}).sampled
        values = drawn.between(-math.inf, math.inf)
        return values.std() / values.mean()

    # Standard errors of a standard deviation from 300 samples: 4 %.
    assert spread(240.0) > 1.5 * spread(0.0)


def test_no_clouds_leave_one_value():
    # Oracle: the mission under a clear sky.
    told = reported({"weather": {"samples": 20}})
    clear = played().secret_bits
    total = told["total"]["secret_bits"]
    assert total["p10"] == total["p50"] == total["p90"] == pytest.approx(clear, rel=1e-12)
    assert all(each["clear_fraction"] == 1.0 for each in told["passes"])
    assert any("cloud_fraction is 0" in note for note in told["warnings"])


def test_the_same_seed_gives_the_same_weather():
    # Oracle: the promise of seeds.
    one, same, other = (reported(CLOUDY, seed=seed)["total"] for seed in (3, 3, 4))
    assert one == same
    assert one["secret_bits"] != other["secret_bits"]
    assert len(played(CLOUDY, shots=25).sampled.bits) == 25


def test_quantiles_stand_in_order_with_their_intervals():
    # Oracle: the order of quantiles.
    total = reported(CLOUDY)["total"]["secret_bits"]
    assert total["p10"] < total["p50"] < total["p90"]
    for name in ("p10", "p50", "p90"):
        low, high = total["intervals"][name]
        assert low <= total[name] <= high
    assert total["p10"] < total["mean"] < total["p90"]


def test_pairs_need_a_clear_sky_over_both_stations():
    # Oracle: two stations under one sky are clear together more often than under two.
    def clear(length_km):
        weather = {"samples": 400, "correlation_km": length_km, "correlation_h": 0.0}
        sampled = played({**PAIRS, "optics.cloud_fraction": 0.5, "weather": weather}).sampled
        return sampled.clear.mean()

    apart, together = clear(0.0), clear(1e6)
    assert 0.1 < apart < 0.3
    assert 0.35 < together < 0.5


def test_months_and_nights_add_up():
    # Oracle: each block ends in one night, one month, one year.
    told = reported({"period.days": 40, "period.start": "2026-12-20T00:00:00Z"})
    total = told["total"]
    for name in ("nights", "months", "years"):
        assert sum(row["passes"] for row in told[name]) == total["passes"]
        bits = sum(row["secret_bits"] for row in told[name])
        assert bits == pytest.approx(total["secret_bits"], rel=1e-12)
    assert [row["month"] for row in told["months"]] == ["2026-12", "2027-01"]
    assert [row["year"] for row in told["years"]] == ["2026", "2027"]
    # The night of the first pass began the evening before, by the Sun of Greenwich.
    assert told["passes"][0]["start"] < "2026-12-20T12:00"
    assert told["nights"][0]["night"] == "2026-12-19"
    assert total["secret_bits_per_day"] == pytest.approx(total["secret_bits"] / 40.0)


def test_summer_nights_of_the_north_are_too_bright():
    # Oracle: at 62 degrees the Sun is 4.6 degrees below the horizon at midnight of the solstice.
    june = {"station[0].latitude_deg": 62.0, "period.night": "nautical"}
    told = reported(june)
    assert told["total"]["passes"] == 0
    assert told["reason"].startswith("no pass: each of ")
    assert "nautical night at the station is asked for" in told["reason"]
    winter = reported({**june, "period.start": "2026-12-01T00:00:00Z"})
    assert winter["total"]["secret_bits"] > 0.0
