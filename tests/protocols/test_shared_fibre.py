"""Keys and links beside classical channels: the noise of the fibre where each protocol meets it."""

from __future__ import annotations

import math
import tomllib

import pytest
from scipy.optimize import brentq

import qnet
from experiments.cli.cite import citations
from protocols.key_rates import GG02, gg02
from protocols.key_rates.scenario import read_rate
from qnet.coexistence import arm_counts, best_wavelength, largest_power
from qnet.hardware import Fibre
from qnet.schema import override
from tests.protocols.lit_scenarios import ALONE, CHAIN, CV, GYS, KEY_NETWORK, NETWORK
from tests.qnet.coexistence.fibres import raman_by_slices


@pytest.fixture(scope="module")
def gys():
    return qnet.loads(GYS)


def lit(power_dbm, wavelength_nm=1560.0, direction="forward"):
    """Value of coexistence.channels."""
    return [{"wavelength_nm": wavelength_nm, "power_dbm": power_dbm, "direction": direction}]


def unclipped(scenario, length_km, power_dbm):
    changes = {"fibre.length_km": length_km, "coexistence.channels": lit(power_dbm)}
    return scenario.with_(changes).key_rate().unclipped


# Decoy BB84.


def test_key_of_gys_beside_a_channel(gys):
    """P-N3: rate and error rate at 25 km and -10 dBm."""
    rate = gys.key_rate()
    assert rate.value == pytest.approx(0.0003380146, rel=1e-6)
    assert rate.figures["qber"] == pytest.approx(0.05101878, rel=1e-6)


@pytest.mark.parametrize(
    ("power_dbm", "reach_km"),
    [(-30.0, 141.39), (-20.0, 135.0995), (-10.0, 47.09787), (0.0, 4.782745)],
)
def test_reach_of_gys_beside_a_channel(gys, power_dbm, reach_km):
    """P-N3: where the rate of the described link falls through zero."""
    found = brentq(lambda km: unclipped(gys, km, power_dbm), 1.0, 160.0, xtol=1e-7)
    assert found == pytest.approx(reach_km, rel=1e-6)


@pytest.mark.parametrize(("length_km", "most_dbm"), [(50.0, -10.266959), (75.0, -12.1528252)])
def test_largest_launch_power_of_gys(gys, length_km, most_dbm):
    """P-N4."""
    found = largest_power(gys.with_({"fibre.length_km": length_km}))
    assert found.powers_dbm[0] == pytest.approx(most_dbm, abs=2e-6)
    for step, has_key in ((-1e-3, True), (1e-3, False)):
        rate = unclipped(gys, length_km, found.powers_dbm[0] + step)
        assert (rate > 0.0) is has_key


def test_dark_channels_leave_the_key_as_it_was(gys):
    """Oracle: the rate without [coexistence]; -90 dBm adds 1e-12 counts.

    What is left is that a photon and a background click in one gate are one detection.
    """
    alone = gys.with_({"coexistence": None}).key_rate().value
    faint = gys.with_({"coexistence.channels": lit(-90.0)}).key_rate().value
    assert faint == pytest.approx(alone, rel=1e-5)


def test_bright_channels_end_the_key_with_a_sentence(gys):
    rate = gys.with_({"coexistence.channels": lit(30.0)}).key_rate()
    assert rate.value == 0.0
    assert "light of the classical channels clicks" in rate.reason


def test_a_played_link_has_the_gain_and_errors_of_its_lit_fibre(gys):
    """Oracle: gains and errors of Ma et al. 2005 with P-N1's counts, within 5 standard errors."""
    asked = {"security.model": "asymptotic", "source.probabilities": [0.6, 0.4]}
    asked["source.intensities"] = [0.48, 0.05]
    qber = gys.with_(asked).play(shots=200_000_000, seed=4).qber
    light = 1e-4 * 3e-9 * 0.6 * 25.0 * 10.0 ** (-0.021 * 25.0)
    photons = light * 1e-9 / (6.62607015e-34 * 299_792_458.0 / 1550e-9)
    background = 1.7e-6 + photons * 0.045 * 10.0**-0.265
    caught = [1.0 - math.exp(-0.045 * 10.0 ** (-0.021 * 25.0) * mu) for mu in (0.48, 0.05)]
    gain = sum(w * (background + c) for w, c in zip((0.6, 0.4), caught, strict=True))
    wrong = sum(w * (background / 2.0 + 0.033 * c) for w, c in zip((0.6, 0.4), caught, strict=True))
    spread = (qber.high - qber.low) / (2.0 * 1.96)
    # Signal and background in one gate count twice in the formula: a share of a background's size.
    assert abs(qber.best - wrong / gain) < 5.0 * spread + background
    assert 0.0 < spread < 1e-3


def test_dark_counts_of_two_detectors_share_the_light(gys):
    """Oracle: a background yield and dark counts with the same number of clicks, first order."""
    asked = {"detector.background_yield": None, "detector.dark_count_probability": 0.85e-6}
    dark = gys.with_(asked)
    assert dark.line().detectors.dark_probability == pytest.approx(
        gys.line().detectors.dark_probability, rel=1e-3
    )


# Continuous variables.


def test_excess_noise_is_that_of_photons_in_one_mode():
    """Oracle: thermal light of n photons has the variance 2 n + 1, and the mode is 1/(2 B) of it.

    Spectral density per polarisation over the photon's energy, by an integral over the fibre; at
    the input of the channel it is larger by 1/T.
    """
    scenario = qnet.loads(CV)
    rho = float(qnet.coexistence.raman_coefficient(1530.0, 1550.0))
    light = raman_by_slices(1e-3, rho, 1.0, 0.2, 0.2, 25.0)  # W per nm
    hertz_per_nm = 299_792_458.0 / 1550e-9**2 * 1e-9
    photons = light / hertz_per_nm / 2.0 / (6.62607015e-34 * 299_792_458.0 / 1550e-9)
    added = scenario.link.excess_noise - 0.005
    assert added == pytest.approx(2.0 * photons / 10.0**-0.5, rel=1e-9)


def test_continuous_variables_lose_key_as_gg02_says():
    """Oracle: the formula of GG02 with the noise put in by hand."""
    scenario = qnet.loads(CV)
    link = GG02(
        modulation_variance=4.0,
        transmission=10.0**-0.5,
        excess_noise=0.005 + scenario.noise().excess_noise(10.0**-0.5),
        efficiency=0.6,
        electronic_noise=0.01,
    )
    assert scenario.worth() == pytest.approx(gg02(link).unclipped, rel=1e-12)
    most = largest_power(scenario)
    assert 5.0 < most.powers_dbm[0] < 25.0
    assert scenario.with_({"coexistence.channels": lit(20.0, 1530.0)}).worth() < scenario.worth()


def test_continuous_variables_bear_more_light_than_photon_counting(gys):
    """Oracle: B. Qi et al. 2010: the local oscillator picks one mode, a counter takes them all."""
    same = {"coexistence.channels": lit(0.0, 1530.0), "coexistence.raman_per_km_nm": 3e-9}
    counting = largest_power(gys.with_({**same, "fibre.length_km": 25.0}))
    mode = largest_power(qnet.loads(CV).with_({**same, "coexistence.filter_nm": 0.6}))
    assert mode.powers_dbm[0] > counting.powers_dbm[0] + 10.0


def test_a_run_with_drawn_quadratures_finds_the_noise():
    """Oracle: the described excess noise lies in the interval of the estimate."""
    scenario = qnet.loads(CV).with_({"coexistence.channels": lit(15.0, 1530.0)})
    noise = scenario.play(seed=3).channel.excess_noise
    spread = (noise.high - noise.low) / (2.0 * 1.96)
    assert abs(noise.best - scenario.link.excess_noise) < 5.0 * spread


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_key_rate_of_continuous_variables_is_that_of_the_noisier_channel(direction):
    """Oracle: 2 n / T more excess noise, n half the Raman photons in the mode, by hand."""
    text = CV.replace("symbols = 1e7\n", "")
    changes = {
        "coexistence.channels": lit(0.0, 1560.0, direction),
        "coexistence.raman_per_km_nm": 3e-9,
        "fibre.loss_db_per_km": 0.2,
    }
    rate, _ = read_rate(override(tomllib.loads(text), changes))
    alpha, length = 0.2 * math.log(10.0) / 10.0, 25.0
    kept = math.exp(-alpha * length)
    scattered = length * kept if direction == "forward" else (1.0 - kept**2) / (2.0 * alpha)
    per_hz = 1e-3 * 3e-9 * scattered * 1e9 * (1550e-9) ** 2 / 299_792_458.0
    photons = per_hz / (6.62607015e-34 * 299_792_458.0 / 1550e-9) / 2.0
    noisier = GG02(
        modulation_variance=4.0,
        transmission=kept,
        efficiency=0.6,
        electronic_noise=0.01,
        excess_noise=0.005 + 2.0 * photons / kept,
    )
    assert rate.key_rate().unclipped == pytest.approx(gg02(noisier).unclipped, rel=1e-9)
    assert "Qi2010" in set(rate.cited())


# Heralded links.


def test_counts_at_a_station_are_those_of_both_arms():
    """Oracle: integrals over each arm: with the photons in the left one, against them in the right.

    There the channel comes with what the left arm leaves of it.
    """
    scenario = qnet.loads(ALONE)
    left, right = arm_counts(scenario.coexistence, Fibre(length_km=50.0), 0.1, "station")
    photon = 6.62607015e-34 * 299_792_458.0 / 1550e-9
    per_w = 1e-9 * 0.1 * 10.0**-0.265 / photon
    ahead = raman_by_slices(1e-3, 3e-9, 0.6, 0.2, 0.2, 25.0)
    against = raman_by_slices(1e-3 * 10.0**-0.5, 3e-9, 0.6, 0.2, 0.2, 25.0, backward=True)
    assert left == pytest.approx(ahead * per_w, rel=1e-9)
    assert right == pytest.approx(against * per_w, rel=1e-9)


def test_counts_at_the_ends_of_a_source_half_way():
    """Oracle: mirror images: light from the left end meets the left photons, follows the right."""
    own = qnet.loads(ALONE).coexistence
    left, right = arm_counts(own, Fibre(length_km=50.0), 1.0, "ends")
    photon = 6.62607015e-34 * 299_792_458.0 / 1550e-9
    per_w = 1e-9 * 10.0**-0.265 / photon
    against = raman_by_slices(1e-3, 3e-9, 0.6, 0.2, 0.2, 25.0, backward=True)
    ahead = raman_by_slices(1e-3 * 10.0**-0.5, 3e-9, 0.6, 0.2, 0.2, 25.0)
    assert left == pytest.approx(against * per_w, rel=1e-9)
    assert right == pytest.approx(ahead * per_w, rel=1e-9)


def test_a_chain_beside_channels_is_one_with_more_dark_counts():
    """Oracle: the same chain with the dark counts written into its detector."""
    chain = qnet.loads(CHAIN)
    counts = arm_counts(chain.coexistence, Fibre(length_km=20.0), 0.75, "station")
    own = qnet.preset("trapped-ion").node.detector.dark_count_probability
    dark = 1.0 - (1.0 - own) * math.exp(-sum(counts) / 2.0)
    by_hand = chain.with_({"coexistence": None, "link.detector.dark_count_probability": dark})
    lit_chain, dark_chain = (each.play(engine="exact") for each in (chain, by_hand))
    assert lit_chain.fidelity.best == pytest.approx(dark_chain.fidelity.best, rel=1e-12)
    unlit = chain.with_({"coexistence": None}).play(engine="exact")
    assert lit_chain.fidelity.best < unlit.fidelity.best


def test_engines_agree_on_a_lit_chain():
    """Oracle: the exact engine, within 5 standard errors of sampled deliveries."""
    chain = qnet.loads(CHAIN).with_({"coexistence.channels": lit(-5.0, 1530.0)})
    exact, sampled = chain.play(engine="exact"), chain.play(engine="sampled", shots=4000, seed=2)
    spread = (sampled.fidelity.high - sampled.fidelity.low) / (2.0 * 1.96)
    assert abs(sampled.fidelity.best - exact.fidelity.best) < 5.0 * spread + 1e-6
    assert "Eraerds2010" in set(citations(chain))


# Other protocols.


def test_a_relay_gets_the_light_of_both_fibres_on_four_detectors():
    """Oracle: four detectors share it: a quarter of both fibres' counts each."""
    lit_one = GYS.partition("[coexistence]")[2]
    text = f"""
kind = "mdi"
fibre.length_km = 25.0
fibre_alice.length_km = 10.0
detector.efficiency = 0.1

[coexistence]{lit_one}
[coexistence_alice]{lit_one}"""
    scenario = qnet.loads(text)
    own = scenario.coexistence
    counts = [own.noise(Fibre(length_km=km), efficiency=0.1).counts_per_gate for km in (25.0, 10.0)]
    dark = scenario.line().detectors.dark_probability
    assert dark == pytest.approx(-math.expm1(-sum(counts) / 4.0), rel=1e-9)


def test_pairs_get_the_light_of_either_fibre():
    """Oracle: two detectors at each end share that of their own fibre."""
    lit_one = GYS.partition("[coexistence]")[2]
    text = f"""
kind = "bbm92"
fibre.length_km = 25.0
fibre_alice.length_km = 10.0
detector.efficiency = 0.1

[coexistence_alice]{lit_one}"""
    scenario = qnet.loads(text)
    assert "Eraerds2010" in set(scenario.cited())
    noise = scenario.coexistence_alice.noise(Fibre(length_km=10.0), efficiency=0.1)
    alice = scenario.line("_alice").detectors.dark_probability
    assert alice == pytest.approx(-math.expm1(-noise.counts_per_gate / 2.0), rel=1e-9)
    assert scenario.line().detectors.dark_probability == 0.0


# Networks.


def test_each_edge_of_a_network_has_its_own_channels():
    """Ten times the power, ten times the counts; edges that say nothing have those of all."""
    scenario = qnet.loads(NETWORK)
    darks = [
        part.segment.preset.node.detector.dark_count_probability for part in scenario.edge_parts
    ]
    own = qnet.preset("trapped-ion").node.detector.dark_count_probability
    added = [-math.log1p(-dark) + math.log1p(-own) for dark in darks]
    assert added[0] == pytest.approx(10.0 * added[1], rel=1e-9)
    assert "Eraerds2010" in set(citations(scenario))


def test_a_key_network_makes_less_key_on_a_lit_edge():
    """Oracle: the key rate of the edge's file with the same table."""
    edges = qnet.loads(KEY_NETWORK).case.edges
    base = qnet.load("experiments/scenarios/keyrate/lim2014.toml")
    for edge, power in zip(edges, (-20.0, -10.0), strict=True):
        table = {"channels": lit(power), "raman_per_km_nm": 3e-9, "filter_nm": 0.6}
        alone = base.with_({"fibre.length_km": 25.0, "coexistence": table}).key_rate()
        assert edge.fill.amount_bits == math.floor(alone.figures["secret_bits"])
        assert edge.qber == pytest.approx(alone.figures["qber"], rel=1e-12)
    assert edges[1].fill.amount_bits < edges[0].fill.amount_bits
    assert "Eraerds2010" in set(qnet.loads(KEY_NETWORK).cited())


# Where to put the quantum channel.


def test_the_best_wavelength_is_the_best_of_a_loop(gys):
    """Oracle: a plain loop over the same wavelengths, with the loss of standard fibre."""
    own = gys.with_({"coexistence.raman_per_km_nm": None, "fibre.length_km": 20.0})
    found = best_wavelength(own, 1500.0, 1600.0)
    assert found.wavelength_nm is not None
    by_loop = {}
    for place in range(1500, 1601, 5):
        if place == 1560:
            continue
        loss = own.coexistence.loss_at(own.lit_fibre, float(place))
        moved = own.with_(
            {
                "coexistence.quantum_wavelength_nm": float(place),
                "coexistence.loss_by_wavelength": True,
                "fibre.loss_db_per_km": loss,
            }
        )
        by_loop[float(place)] = moved.key_rate().unclipped
    scanned = dict(zip(found.wavelengths_nm.tolist(), found.worths.tolist(), strict=True))
    for place, rate in by_loop.items():
        assert scanned[place] == pytest.approx(max(rate, 0.0), rel=1e-9)
    assert found.worth >= max(by_loop.values())


def test_bright_channels_drive_the_quantum_signal_out_of_their_band(gys):
    """Faint channels leave it at the least loss; bright ones send it far away (Zischler 2026)."""
    own = gys.with_({"coexistence.raman_per_km_nm": None, "fibre.length_km": 20.0})
    faint = best_wavelength(own.with_({"coexistence.channels": lit(-60.0)}), 1260.0, 1625.0)
    bright = best_wavelength(own.with_({"coexistence.channels": lit(12.0)}), 1260.0, 1625.0)
    assert 1540.0 < faint.wavelength_nm < 1610.0
    assert bright.wavelength_nm < 1460.0
