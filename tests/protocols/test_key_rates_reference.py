"""The values of table E of the reference: formulas evaluated apart from this code."""

import pytest

from protocols.key_rates import (
    GG02,
    AfterpulsingChannel,
    DecoySettings,
    Security,
    bb84,
    bbm92_spdc,
    device_independent,
    endless_block,
    expected_counts,
    gg02,
    infinite_decoy,
    lim2014,
    optimal_signal_intensity,
    six_state,
    threshold,
    tomamichel2012,
    vacuum_weak,
)
from qnet.hardware import Detectors, Fibre, Line
from tests.catalog import gys

PROTOCOLS = {
    "bb84": 0.110027864,
    "six-state": 0.126193083,
    "device-independent": 0.0714917588,
}


def close(*values):
    return pytest.approx(list(values), rel=1e-6)


def scene(length_km):
    return AfterpulsingChannel(
        Line.through(
            Fibre(length_km=length_km, loss_db_per_km=0.2),
            detectors=Detectors(
                efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=4e-2
            ),
            misalignment=5e-3,
        )
    )


SCENE = DecoySettings(intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9)


@pytest.mark.parametrize(("protocol", "limit"), PROTOCOLS.items())
def test_thresholds(protocol, limit):
    assert threshold(protocol) == pytest.approx(limit, rel=1e-6)
    rule = {"bb84": bb84, "six-state": six_state, "device-independent": device_independent}
    assert rule[protocol](limit - 1e-5).value > 0.0
    assert rule[protocol](limit + 1e-5).value == 0.0


def test_chsh_of_two_leaves_nothing():
    # P-E1, last: 2 sqrt(2) (1 - 2Q) = 2 at Q = 0.146446609.
    assert device_independent(0.0, 2.0).value == pytest.approx(0.0, abs=1e-12)
    assert device_independent(0.146446609).figures["chsh"] == pytest.approx(2.0, rel=1e-8)


def test_fractions():
    assert [bb84(q).value for q in (0.01, 0.03, 0.05)] == close(
        0.838413728, 0.611216284, 0.427206086
    )
    assert six_state(0.05).value == pytest.approx(0.496816268, rel=1e-6)
    assert device_independent(0.02).value == pytest.approx(0.612290702, rel=1e-6)


def test_gys_optimal_intensity():
    assert optimal_signal_intensity(0.033) == pytest.approx(0.478922749, rel=1e-6)


def root_km(rate):
    low, high = 0.0, 300.0
    while high - low > 1e-9:
        middle = (low + high) / 2.0
        low, high = (middle, high) if rate(middle).unclipped > 0.0 else (low, middle)
    return low


def test_gys_distances():
    infinite = root_km(lambda x: infinite_decoy(gys(x), intensity=0.48))
    weak = root_km(lambda x: vacuum_weak(gys(x), signal=0.48, weak=0.05))
    assert [infinite, weak] == close(142.01452, 140.6194)


def test_gys_infinite_decoy_at_50_km():
    assert list(infinite_decoy(gys(50.0), intensity=0.48).as_dict().values()) == close(
        0.00192495021, 0.0334124263, 0.00401232922, 0.0331978651, 0.000222596118
    )


def test_gys_vacuum_weak_at_100_km():
    rate = vacuum_weak(gys(100.0), signal=0.48, weak=0.05)
    assert list(rate.as_dict().values()) == close(
        0.000173260181, 0.0375821261, 0.000353993351, 0.0374923832, 1.60200453e-05
    )


@pytest.mark.parametrize(
    ("length_km", "block", "wanted"),
    [
        (25.0, 1e8, (60623548.3, 0.065472515, 0.0240935914, 20471922.7, 0.00178685114)),
        (50.0, 1e9, (611483881, 0.0377929321, 0.0242118722, 278777536, 0.0007735135)),
    ],
)
def test_lim_2014(length_km, block, wanted):
    """The table's formula as published: lower limits may fall below zero."""
    rate = lim2014(scene(length_km), SCENE, block_size=block, negative_limits=True)
    figures = rate.as_dict()
    assert figures.pop("vacuum_events") == 0.0
    assert list(figures) == [
        "single_photon_events",
        "phase_error",
        "qber",
        "secret_bits",
        "secret_key_rate_per_pulse",
    ]
    assert list(figures.values()) == close(*wanted)


def test_tomamichel_2012():
    rules = Security(
        epsilon_secrecy=1e-10, epsilon_correctness=1e-10, error_correction_efficiency=1.1
    )
    rate = tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.01, security=rules)
    assert list(rate.as_dict().values()) == close(0.0163870767, 735090.642)


def test_bbm92_spdc():
    rate = bbm92_spdc(
        mean_pair_number_half=0.1,
        transmission=(0.2, 0.1),
        background_yield=1e-5,
        misalignment=0.015,
    )
    assert list(rate.as_dict().values()) == close(0.00480282404, 0.0804506245, 0.000248886389)


def test_gg02():
    link = GG02(
        modulation_variance=18.5,
        transmission=0.302,
        excess_noise=0.005,
        efficiency=0.606,
        electronic_noise=0.041,
    )
    rate = gg02(link, reconciliation_efficiency=0.898)
    assert list(rate.as_dict().values()) == close(1.04364965, 0.902043295, 0.03515409)


def test_an_endless_block_is_the_limit_of_no_finite_one():
    """No bound on the yields can give more than the yields themselves."""
    limit = endless_block(scene(50.0), SCENE).value
    rates = [lim2014(scene(50.0), SCENE, block_size=10.0**k).value for k in range(7, 18)]
    assert rates == sorted(rates)
    assert 0.8 * limit < rates[-1] < limit


def test_expected_counts_of_an_asymmetric_basis():
    pulses, key, test = expected_counts(scene(50.0), SCENE, 1e6)
    assert key.total == pytest.approx(1e6)
    assert test.total / key.total == pytest.approx((0.1 / 0.9) ** 2)
    gains = (0.6 * scene(50.0).gain(0.5), 0.3 * scene(50.0).gain(0.1), 0.1 * scene(50.0).gain(2e-4))
    assert pulses * 0.81 * sum(gains) == pytest.approx(1e6)
