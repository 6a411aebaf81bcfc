"""Keys from passes: SatQuMA's pass, blocks, bounds between policies, light of the sky."""

import math

import numpy as np
import pytest

import qnet
from protocols.key_rates import tomamichel2012
from protocols.satellite import coincidences, mixed_qber
from protocols.satellite.dual import PairBlocks
from protocols.satellite.slots import SlotTable
from qnet.space import look
from tests.protocols.satellite_keys import PAIRS, played, reported

#: P-M1, P-M1b, P-M1c: greatest elevation, excess loss, dark counts, and the columns key, QBER of X,
#: phase error, n_X, n_Z, leak, s_X0, s_X1.
SATQUMA = {
    "P-M1": (
        (90.0, 0.0, 1e-8),
        (
            107740248,
            0.0015024215,
            0.0025080583,
            271272500,
            26727271.5,
            5115487.55,
            340.23961,
            115782812,
        ),
    ),
    "P-M1b": (
        (60.0, 6.0, 1e-8),
        (
            22363976.3,
            0.0015152205,
            0.0034314652,
            57207429.9,
            5636393.33,
            1086740.6,
            340.23961,
            24251799.2,
        ),
    ),
    "P-M1c": (
        (30.0, 12.0, 1e-7),
        (
            2380970.93,
            0.0028761726,
            0.0089528192,
            6737535.02,
            663819.325,
            222141.605,
            8441.7761,
            2801595.98,
        ),
    ),
}


def satquma(changes=None):
    """SatQuMA's pass of the package, with changes."""
    return qnet.load("satellite/satquma", changes=changes or {})


@pytest.mark.parametrize("name", SATQUMA)
def test_satquma_is_reproduced(name):
    # Oracle: P-M1, from SatQuMA's own code.
    (highest, excess, dark), expected = SATQUMA[name]
    changes = {
        "orbit.theta_max_deg": highest,
        "optics.fixed_loss_db": 15.0 + excess,
        "detector.dark_count_probability": dark,
    }
    scenario = satquma(changes)
    result = scenario.play()
    (block,) = result.blocks
    figures, rule = block.rate.figures, result.rule
    bias = rule.settings.basis_bias
    leak = rule.security.correction_bits(block.sifted_bits, block.qber)
    found = (
        block.secret_bits,
        block.qber,
        figures["phase_error"],
        block.sifted_bits,
        block.sifted_bits * ((1.0 - bias) / bias) ** 2,
        leak,
        figures["vacuum_events"],
        figures["single_photon_events"],
    )
    assert found == pytest.approx(expected, rel=5e-8)
    # The geometry implies how SatQuMA counts; the file says it all the same.
    bare = {**changes, "security.bound": None, "security.negative_limits": None}
    assert satquma({**bare, "security.errors": None}).play().secret_bits == block.secret_bits


def test_the_orbit_of_a_satquma_pass_may_stay_in_the_file():
    # Oracle: the same pass without; what plays no part is named.
    given = {"orbit.inclination_deg": 97.4, "orbit.node_deg": 10.0, "orbit.precession": False}
    scenario = satquma(given)
    result = scenario.play()
    assert result.secret_bits == satquma().play().secret_bits
    notes = " ".join(scenario.report(result).notes)
    assert all(f"[orbit] {path.split('.')[1]} plays no part" in notes for path in given)


def test_limits_that_are_cut_at_zero_give_a_little_more():
    # Oracle: section 3 of the reference: 0.05 % more key in P-M1, and sound too.
    cut = satquma({"security.negative_limits": False}).play().secret_bits
    assert cut / satquma().play().secret_bits - 1.0 == pytest.approx(5e-4, abs=5e-5)


def test_equal_passes_make_more_key_in_one_block():
    # Oracle: P-M7.
    changes = {
        "orbit.theta_max_deg": 40.0,
        "optics.fixed_loss_db": 27.0,
        "detector.dark_count_probability": 5e-7,
        "detector.misalignment": 0.01,
        "source.clock_hz": 1e8,
    }
    found = []
    for passes in (1, 3, 10, 30, 100):
        scenario = satquma({**changes, "security.block": passes})
        total = scenario.report(scenario.play()).total()
        assert total["passes"] == passes
        found.append(total["secret_bits"] / passes)
    expected = [310478.2, 369702.91, 417391.36, 439328.76, 452091.22]
    assert found == pytest.approx(expected, rel=1e-7)


def test_pooling_beats_separate_keys_and_endless_blocks_beat_both():
    # Oracle: the terms of finite size grow like the root of the counts, or not at all.
    policies = ("pass", 2, 5, "all")
    bits = [played({"security.block": policy}).secret_bits for policy in policies]
    assert bits == sorted(bits)
    assert bits[0] > 0.0
    # The same counts in endless blocks: a bound, whatever the block.
    endless = played({"security.model": "asymptotic", "security.bound": None})
    assert endless.secret_bits > bits[-1]
    apart = {"security.model": "asymptotic", "security.bound": None, "security.block": "all"}
    assert played(apart).secret_bits == pytest.approx(endless.secret_bits, rel=0.02)


def test_slots_are_fine_enough():
    # Oracle: the same integrals over slots ten times as fine, along the same orbit.
    result = played({"period.days": 2})
    slots, found = result.slots, result.found
    assert slots.usable_s == pytest.approx([each.usable_time_s for each in found.passes])
    for number, each in enumerate(found.passes):
        seen = each.seen
        edges = np.linspace(seen.rise_s, seen.set_s, 3000)
        middle = 0.5 * (edges[1:] + edges[:-1])
        angles = look(
            found.orbits[0],
            found.stations[0],
            middle,
            sidereal_deg=found.period.sidereal_deg,
        )
        light = _optics().transmission(angles.elevation_deg, angles.range_km)
        loss = -10.0 * math.log10(light.mean())
        assert slots.loss_db[number] == pytest.approx(loss, abs=2e-5)


def _optics():
    from tests.protocols.satellite_keys import mission

    return mission().light


def test_a_block_of_a_size_is_closed_when_it_is_full():
    # Oracle: the counts of the passes, added by hand.
    sizes = played().rule.sifted_bits(played().counts)
    size = float(sizes.max() * 2.5)
    result = played({"security.block": "size", "security.block_size": size})
    start = 0
    for block in result.blocks:
        assert block.passes == tuple(range(start, start + len(block.passes)))
        assert block.sifted_bits >= size > block.sifted_bits - sizes[block.passes[-1]]
        start = block.passes[-1] + 1
    assert sizes[start:].sum() < size
    told = reported({"security.block": "size", "security.block_size": size})
    assert any("do not fill a block" in note for note in told["warnings"]) == (start < len(sizes))
    never = reported({"security.block": "size", "security.block_size": 1e15})
    assert never["total"]["secret_bits"] == 0.0
    assert "do not fill a block" in never["reason"]


def test_one_decoy_makes_keys_too():
    # Oracle: D. Rusca et al. 2018: close to two decoys for blocks of this size, either way.
    one = {"source.intensities": [0.6, 0.2], "source.probabilities": [0.7, 0.3]}
    one["security.bound"] = None
    result = played(one)
    two = played({"security.bound": "hoeffding"})
    assert result.rule.model == "rusca2018"
    assert 0.5 < result.secret_bits / two.secret_bits < 2.0


def test_pulses_are_optimised_for_the_mission():
    # Oracle: no setting nearby is better by more than the compact slots blur, 1e-3.
    short = {"period.days": 3}
    best = played({**short, "source.optimise": True})
    assert best.secret_bits > 1.1 * played(short).secret_bits
    settings = best.rule.settings
    for factor in (0.9, 1.1):
        near = {
            **short,
            "source.intensities": [factor * settings.intensities[0], *settings.intensities[1:]],
            "source.probabilities": list(settings.probabilities),
            "security.basis_bias": settings.basis_bias,
        }
        assert played(near).secret_bits < 1.001 * best.secret_bits


def test_daylight_ends_the_key_until_filter_and_gate_shrink():
    # Oracle: the trend that the radiances make: 1e7 between night and day.
    low = {"optics.fixed_loss_db": 10.0}
    night = played({**low, "background": {"radiance": "night"}})
    day = reported({**low, "background": {"radiance": "day"}})
    assert night.secret_bits > 0.0
    assert day["total"]["secret_bits"] == 0.0
    assert day["reason"].startswith("no key")
    assert day["security"]["notion"] == "none"
    narrow = {"radiance": "day", "filter_nm": 0.005, "gate_s": 1e-10, "field_of_view_urad": 10.0}
    assert played({**low, "background": narrow}).secret_bits > 0.0


@pytest.mark.parametrize("filter_nm", [0.5, 5.0, 50.0, 900.0])
def test_a_sky_that_blinds_the_detectors_is_no_key_and_no_error(filter_nm):
    # Oracle: where every gate clicks for the sky, half of the clicks are wrong.
    sky = {"radiance": "day", "filter_nm": filter_nm}
    blind = reported({"background": sky, "detector.afterpulse_probability": 1e-3})
    assert blind["total"]["secret_bits"] == 0.0
    assert blind["reason"].startswith("no key")
    assert all(each["qber"] == pytest.approx(0.5, abs=0.01) for each in blind["passes"])


def test_pairs_of_the_reference():
    # Oracle: P-M10 and P-M11; the key is that of f = 1.16.
    arms = np.array([[10**-3.1, 10**-3.2]])
    slots = SlotTable(
        passes=(None,),
        offsets=np.array([0, 1]),
        time_s=np.zeros(1),
        width_s=np.ones(1),
        elevation_deg=np.zeros((1, 2)),
        range_km=np.zeros((1, 2)),
        transmission=arms,
        clear=np.ones((1, 2)),
    )
    rule = PairBlocks(
        pair_rate_hz=5.9e6,
        efficiencies=(1.0, 1.0),
        noise_hz=(800.0, 1000.0),
        window_s=2.5e-9,
        misalignment=0.015,
        model="asymptotic",
    )
    counts = rule.counts(slots)[0]
    assert counts[0, 0] == pytest.approx(2.95700468 + 0.0647774571, rel=1e-8)
    assert counts[1, 0] / counts[0, 0] == pytest.approx(0.0253968669, rel=1e-8)
    assert rule.key(counts).value == pytest.approx(0.953631511, rel=1e-8)
    assert mixed_qber(0.0145, 15.0) == pytest.approx(0.04484375, rel=1e-12)


def test_coincidences_as_they_are_drawn():
    # Oracle: clicks drawn as Poisson processes and counted pair by pair in their windows.
    rate, one, two, noise, window, turned = 4e5, 0.02, 0.03, (3e4, 2e4), 2e-7, 0.03
    rng, length = np.random.default_rng(11), 5.0
    pairs = np.sort(rng.uniform(0.0, length, rng.poisson(rate * length)))
    kept = rng.random((2, len(pairs))) < np.array([[one], [two]])
    clicks = []
    for arm in (0, 1):
        own = rng.uniform(0.0, length, rng.poisson(noise[arm] * length))
        clicks.append(np.sort(np.concatenate([pairs[kept[arm]], own])))
    first = np.searchsorted(clicks[1], clicks[0] - window / 2.0)
    last = np.searchsorted(clicks[1], clicks[0] + window / 2.0)
    drawn = int(np.sum(last - first))
    found = coincidences(rate, (one, two), noise, window_s=window, misalignment=turned)
    expected = float(found.total_hz) * length
    # A window beside another shares clicks: twice the variance of a Poisson number is ample.
    assert abs(drawn - expected) < 5.0 * math.sqrt(2.0 * expected)
    true = float(found.true_hz) * length
    assert abs(np.sum(kept.all(axis=0)) - true) < 5.0 * math.sqrt(true)


def test_pairs_need_both_stations_at_once():
    # Oracle: passes of each station, found alone; the finite key of the counts by Tomamichel et al.
    result = played(PAIRS)
    assert result.slots.passes
    assert np.all(result.slots.elevation_deg > 20.0 - 1e-6)
    for arm in (0, 1):
        stations = [PAIRS["station"][arm]]
        # The node is counted from the first station there is.
        node = 10.0 + PAIRS["station"][0]["longitude_deg"] - stations[0]["longitude_deg"]
        alone = played({"station": stations, "orbit.node_deg": node}).found.passes
        spans = [(each.seen.rise_s, each.seen.set_s) for each in alone]
        for time in result.slots.time_s[::17]:
            assert any(rise <= time <= fall for rise, fall in spans)
    (block,) = result.blocks
    total = float(result.counts[:, 0].sum())
    expected = tomamichel2012(
        key_bits=total / 4.0,
        test_bits=total / 4.0,
        qber=block.qber,
        security=result.rule.security,
        form="variable",
    )
    assert block.secret_bits == pytest.approx(expected.value, rel=1e-12)


def test_a_pass_like_those_of_micius_makes_kilobits_a_second():
    # Oracle: S.-K. Liao et al. 2017: a key rate of kilohertz from the satellite to the ground over
    # up to 1200 km. Assumed: dark counts, and what the preset says of the receiver.
    result = played(
        {
            "optics": {"preset": "micius"},
            "source.intensities": [0.8, 0.1, 0.0],
            "source.probabilities": [0.5, 0.25, 0.25],
            "security": {"basis_bias": 0.5, "epsilon_secrecy": 1e-9},
            "background": {"radiance": "night"},
        }
    )
    rates = [
        block.secret_bits / result.slots.passes[block.passes[0]].duration_s
        for block in result.blocks
    ]
    assert 300.0 < min(rates) < max(rates) < 3e4


def test_each_satellite_and_station_has_blocks_of_its_own():
    # Oracle: missions of one satellite over one station each, at the same node.
    changes = {
        "orbit.satellites": 2,
        "orbit.planes": 2,
        "security.block": "all",
        "period.days": 4,
        "station": [
            {"name": "A", "latitude_deg": 40.649, "longitude_deg": 0.0},
            {"name": "B", "latitude_deg": 52.0, "longitude_deg": 13.0},
        ],
    }
    result = played(changes)
    assert len(result.blocks) == 4
    for block in result.blocks:
        first = result.slots.passes[block.passes[0]]
        station = changes["station"][first.stations[0]]
        node = 10.0 + 180.0 * first.satellite - station["longitude_deg"]
        alone = {"station": [station], "orbit.node_deg": node, "security.block": "all"}
        expected = played({**alone, "period.days": 4}).secret_bits
        assert block.secret_bits == pytest.approx(expected, rel=1e-6)


def test_keys_that_play_no_part_are_named():
    # Oracle: what each model uses, by its formula.
    told = reported({"security.block_size": 1e7, "security.sifting": 0.5})["warnings"]
    assert any("block_size plays no part with block = 'pass'" in note for note in told)
    assert any("sifting plays no part with model lim2014" in note for note in told)
    endless = reported({"security.model": "asymptotic"})["warnings"]
    assert any("epsilon_secrecy plays no part" in note for note in endless)
    assert any("bound plays no part" in note for note in endless)
