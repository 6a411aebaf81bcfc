"""Satellite arms as channels: heralds, background light, double pairs, and chains over them."""

from __future__ import annotations

from math import exp, prod

import numpy as np
import pytest

import qnet
from protocols.qkd import BBM92
from qnet.engines.agree import agree
from qnet.errors import ParameterError
from qnet.hardware import (
    Detector,
    Detectors,
    Emitter,
    Line,
    Memory,
    Node,
    PairSource,
    SpdcPairs,
)
from qnet.links import Direct, DoubleClick, MidpointSource
from qnet.schema import loads, read_text
from qnet.schema.shipped import find
from qnet.space import SatelliteArm, SatellitePath, slant_range_km
from qnet.space.optics import OpticalLink, SkyBackground

LIGHT_KM_PER_S = 299_792.458
OPTICS = OpticalLink(
    wavelength_nm=780.0,
    transmitter_radius_m=0.15,
    beam_waist_m=0.08,
    receiver_radius_m=0.5,
    atmosphere=0.8,
)
BRIGHT = SkyBackground(radiance=15.0, field_of_view_urad=100.0, filter_nm=1.0, gate_s=1e-8)


def arm(elevation_deg, background=None):
    """An arm of a satellite 500 km high."""
    return SatelliteArm.at(500.0, elevation_deg, OPTICS, background=background)


def test_the_distance_is_that_of_the_reference():
    """Oracle: P-K7: 801.8303 km at 35.81107 degrees from 500 km; by hand 500 km at the zenith."""
    assert slant_range_km(500.0, 35.81107) == pytest.approx(801.8303, rel=1e-6)
    assert slant_range_km(500.0, 90.0) == pytest.approx(500.0)


@pytest.mark.parametrize("background", [None, BRIGHT])
def test_a_photon_sent_down_heralds_as_luong_et_al_say(background):
    """Oracle: D. Luong et al. 2016: a click with 1 - (1 - eta)(1 - d)^2, right with the share
    alpha = eta (1 - d) / click; an attempt takes T_p + 2 d/c. Background light adds half of its
    mean number, times the efficiency, to each of the two detectors."""
    node = Node(
        emitter=Emitter(collection_efficiency=0.8, preparation_time_s=5e-8),
        detector=Detector(efficiency=0.7, dark_count_probability=1e-4),
    )
    channel = arm(60.0, background)
    link = Direct(node, channel, receiver=Memory()).link()
    stray = channel.stray_photons
    assert (stray > 1e-4) is (background is not None)
    dark = 1.0 - (1.0 - 1e-4) * exp(-0.5 * stray * 0.7)
    eta = 0.8 * 0.7 * channel.transmission
    click = 1.0 - (1.0 - eta) * (1.0 - dark) ** 2
    right = eta * (1.0 - dark) / click
    assert link.success_probability == pytest.approx(click, rel=1e-9)
    for basis, sign in ((1, 1.0), (2, -1.0), (3, 1.0)):
        assert sign * link.fano[basis, basis] == pytest.approx(right, rel=1e-9)
    delay = slant_range_km(500.0, 60.0) / LIGHT_KM_PER_S
    assert link.attempt_time_s == pytest.approx(5e-8 + 2.0 * delay, rel=1e-12)


def test_a_source_on_board_has_an_arm_of_its_own_to_each_station():
    """Oracle: by hand: p = p_s eta_A eta_B; both qubits dephase while the message travels over the
    satellite, F = (1 + exp(-2 t / T2)) / 2."""
    path = SatellitePath(arm(40.0), arm(70.0))
    node = Node(source=PairSource(rate_hz=1e8, pair_probability=0.1), memory=Memory(t2_s=0.05))
    link = MidpointSource(node, path).link()
    through = prod(each.transmission for each in path.arms)
    assert link.success_probability == pytest.approx(0.1 * through, rel=1e-9)
    assert link.attempt_time_s == pytest.approx(1e-8)
    delay = (slant_range_km(500.0, 40.0) + slant_range_km(500.0, 70.0)) / LIGHT_KM_PER_S
    coherence = exp(-2.0 * delay / 0.05)
    assert link.fano[1, 1] == pytest.approx(coherence, rel=1e-9)
    assert link.fano[3, 3] == pytest.approx(1.0, rel=1e-9)


def test_uplinks_meet_at_a_station_on_board_after_the_longer_way():
    """Oracle: double click, p = eta_A eta_B / 2; the herald is known after twice the longer arm."""
    path = SatellitePath(arm(40.0), arm(70.0))
    link = DoubleClick(Node(), path).link()
    assert link.success_probability == pytest.approx(
        0.5 * prod(each.transmission for each in path.arms), rel=1e-9
    )
    longer = slant_range_km(500.0, 40.0) / LIGHT_KM_PER_S
    assert link.attempt_time_s == pytest.approx(2.0 * longer, rel=1e-12)


def figures(table):
    """Coincidences per round in equal bases, and their error rate, from the compiled outcomes."""
    columns, chances = table.columns, table.probabilities
    same = (columns["basis_alice"] == columns["basis_bob"]) & ~table.undetected
    wrong = same & (columns["bit_alice"] != columns["bit_bob"])
    total = float(chances[same].sum())
    return 2.0 * total, float(chances[wrong].sum()) / total


def test_accidentals_of_a_dual_downlink_come_out_of_the_circuit():
    """Oracle: P-M10's model at one pair a gate, B w = 1: e1 e2 true coincidences; the others have
    at least one click of noise, and err half the time. Small terms: of first order in the noise."""
    arms = arm(50.0, BRIGHT), arm(35.0, BRIGHT)
    detectors = Detectors(efficiency=0.6, dark_count_probability=1e-6)
    lines = [Line.through(each, detectors=detectors, misalignment=0.015) for each in arms]
    table = BBM92(line_alice=lines[0], line=lines[1]).table()
    (e1, e2), noise = (
        [0.6 * each.transmission for each in arms],
        [2e-6 + 0.6 * each.stray_photons for each in arms],
    )
    true, accidental = e1 * e2, e1 * noise[1] + noise[0] * e2 + noise[0] * noise[1]
    coincidences, qber = figures(table)
    assert coincidences == pytest.approx(true + accidental, rel=3.0 * max(noise) / min(e1, e2) / 10)
    aligned = 0.015 * 2.0 * (1.0 - 0.015)
    expected = (aligned * true + 0.5 * accidental) / (true + accidental)
    assert qber == pytest.approx(expected, rel=0.02)


def test_double_pairs_over_two_arms_are_those_of_ma_fung_and_lo():
    """Oracle: X. Ma, C.-H. F. Fung, H.-K. Lo 2007: gain and error gain of a down-conversion source
    with Y0 = 1 - (1 - d)^2, d raised by half of the background of each arm."""
    half, arms = 0.02, (arm(50.0, BRIGHT), arm(35.0, BRIGHT))
    detectors = Detectors(efficiency=0.6, dark_count_probability=1e-5)
    lines = [Line.through(each, detectors=detectors) for each in arms]
    table = BBM92(
        source=SpdcPairs(mean_pair_number_half=half), line_alice=lines[0], line=lines[1]
    ).table()
    (a, b) = (0.6 * each.transmission for each in arms)
    (ya, yb) = (1.0 - ((1.0 - 1e-5) * exp(-0.5 * 0.6 * each.stray_photons)) ** 2 for each in arms)
    together = a * half + b * half - a * b * half
    gain = (
        1.0
        - (1.0 - ya) / (1.0 + a * half) ** 2
        - (1.0 - yb) / (1.0 + b * half) ** 2
        + (1.0 - ya) * (1.0 - yb) / (1.0 + together) ** 2
    )
    right = 2.0 * 0.5 * a * b * half * (1.0 + half)
    right /= (1.0 + a * half) * (1.0 + b * half) * (1.0 + together)
    coincidences, qber = figures(table)
    assert coincidences == pytest.approx(gain, rel=1e-9)
    assert qber == pytest.approx((0.5 * gain - right) / gain, rel=2.0 * max(ya, yb))


def scenario(**changes):
    """The shipped satellite with memories, at one moment."""
    text = read_text(find("satellite/memory-repeater"))
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return loads(text)


def test_a_memory_on_board_waits_as_two_equal_links_do():
    """Oracle: two parallel links, (3 - 2p) / (p (2 - p)) attempts; E[exp(-|N1 - N2| a / T2)] of the
    one that waits on board (reference 2.1), with the coherence of its own wait of 2 d/c twice."""
    chain = scenario(
        angle=("elevation_deg = 45.0", "elevation_deg = 60.0"), modes=("modes = 100", "modes = 1")
    )
    found = chain.play(engine="exact")
    link = chain.parts[0].build()
    p, attempt = link.success_probability, link.attempt_time_s
    mean = (3.0 - 2.0 * p) / (p * (2.0 - p)) * attempt
    assert found.delivery_time_s.best == pytest.approx(mean, rel=1e-9)
    decay = exp(-attempt / 0.1)
    waits = p / (2.0 - p) * (2.0 / (1.0 - (1.0 - p) * decay) - 1.0)
    born = link.fano[1, 1]
    assert 1.0 - 2.0 * found.qber_x.best == pytest.approx(born**2 * waits, rel=1e-9)
    assert link.fano[1, 1] < link.fano[3, 3]


def test_the_three_engines_agree_on_a_memory_on_board():
    """Oracle: each engine is the others'; the joint circuit of whole histories on Aer."""
    chain = scenario()
    found = agree(chain.plan(), shots=20_000, seed=3, circuit_shots=6)
    assert found.holds, str(found)
    assert not found.refusals


def test_fibres_and_a_satellite_make_one_chain():
    """Oracle: the limit of fast fibres: the rate is that of the satellite's link alone, and swaps
    leave less fidelity than the worst link has, and more than 1/4."""
    chain = qnet.load("satellite/two-fibres")
    found = chain.play(engine="sampled", shots=2000, seed=2)
    links = [segment.build() for segment in chain.parts]
    rates = [each.round_success_probability / each.attempt_time_s for each in links]
    assert max(rates) > 100.0 * min(rates)
    standard_error = (found.rate_hz.high - found.rate_hz.low) / 3.92
    assert abs(found.rate_hz.best - min(rates)) <= 5.0 * standard_error + 0.01 * min(rates)
    worst = min(0.25 * float(np.trace(abs(each.fano))) for each in links)
    assert 0.25 < found.fidelity.best < worst
    assert chain.plob_bits_per_use is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('at = "right"', 'at = "middle"', "satellite.at must be 'left' or 'right' in a direct"),
        ("altitude_km = 400.0\nelevation_deg = 60.0", "altitude_km = 400.0", "elevation_deg must"),
        ("elevation_deg = 60.0", "elevation_deg = 95.0", "lie in 0 to 90 degrees"),
        ("altitude_km = 400.0", "altitude_km = 4.0", "lie in 100 to 60000 km"),
        ('scheme = "direct"', 'scheme = "double-click"', "receiver must be 'stores'"),
        ('at = "right"\n', 'at = "left"\n', "only an end of the chain measures at once"),
        ("elevation_deg = 60.0", "elevation_deg = 60.0\nelevation_right_deg = 20.0", "two arms"),
    ],
)
def test_satellites_that_cannot_be_meant_are_refused(old, new, words):
    """Oracle: the wording of errors: field, rule, value and cure."""
    with pytest.raises(ParameterError, match=words):
        scenario(it=(old, new)).plan()
