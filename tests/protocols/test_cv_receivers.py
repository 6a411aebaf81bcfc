"""Receivers of continuous variables with flaws, and QPSK."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols.key_rates import (
    GG02,
    QPSK,
    HomodyneReceiver,
    draw_quadratures,
    estimate_channel,
    gg02,
    hiding_calibration,
    qpsk,
    receiver_gg02,
    seen_channel,
)
from protocols.key_rates.cv_receiver import intercept_resend_quadratures
from qnet.errors import ParameterError

ATTACKED = GG02(
    modulation_variance=4.0,
    transmission=0.1,
    excess_noise=2.0,
    efficiency=0.6,
    electronic_noise=0.05,
)


@pytest.mark.parametrize("detection", ["homodyne", "heterodyne"])
@pytest.mark.parametrize("factor", [0.9, 1.0, 1.1, 1.3])
def test_a_wrong_unit_scales_signal_and_noise(detection, factor):
    """Oracle: ``T/g`` and ``(noise/g - 1 - v_el)/(eta T/g)``; heterodyne halves the light."""
    values = {name: getattr(ATTACKED, name) for name in ATTACKED.__slots__}
    link = GG02(**{**values, "detection": detection})
    power = 0.06 if detection == "homodyne" else 0.03
    seen = seen_channel(link, HomodyneReceiver(shot_noise_factor=factor))
    noise = 1.05 + power * 2.0
    wanted = 0.1 / factor, (noise / factor - 1.05) / (power / factor)
    assert seen == pytest.approx(wanted, rel=1e-9)


def test_published_calibration_attack():
    """Oracle: published values: a tenth too high hides seven eighths, 1.114 all of it."""
    seen = seen_channel(ATTACKED, HomodyneReceiver(shot_noise_factor=1.1))
    assert seen == pytest.approx([0.0909090909, 0.25])
    assert hiding_calibration(ATTACKED) == pytest.approx((1.05 + 2 * 0.06) / 1.05)
    assert hiding_calibration(ATTACKED) == pytest.approx(1.11428571)
    quiet = GG02(modulation_variance=4.0, transmission=0.5)
    with pytest.raises(ParameterError, match="nothing to hide"):
        hiding_calibration(quiet)


@pytest.mark.parametrize("shift", [0.0, 2.0, 5.5, 12.0])
def test_a_saturated_receiver_sees_a_censored_gaussian(shift):
    """Oracle: the closed mean and variance of a censored normal variable."""
    width, limit = math.sqrt(1.6), 6.0

    def phi(z):
        return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

    def below(z):
        return 0.5 * math.erfc(-z / math.sqrt(2.0))

    low, high = (-limit - shift) / width, (limit - shift) / width
    inside = below(high) - below(low)
    mean = -limit * below(low) + limit * below(-high)
    mean += shift * inside + width * (phi(low) - phi(high))
    square = limit**2 * (below(low) + below(-high))
    square += (shift**2 + width**2) * inside + 2.0 * shift * width * (phi(low) - phi(high))
    square += width**2 * (low * phi(low) - high * phi(high))
    found = HomodyneReceiver(saturation=limit, displacement=shift).moments(0.0, 1.6)
    assert found == pytest.approx((mean, square - mean**2), rel=1e-8, abs=1e-10)
    if shift == 5.5:
        assert found == pytest.approx([5.20645497, 0.812952576])


def test_drawn_values_show_what_is_worked_out():
    """Oracle: the estimate from drawn quadratures that Eve measured and sent on, through the
    response; intervals of five standard errors."""
    link = GG02(modulation_variance=8.0, transmission=0.5, efficiency=0.6, electronic_noise=0.05)
    noisy = GG02(
        modulation_variance=8.0,
        transmission=0.5,
        excess_noise=1.0,
        efficiency=0.6,
        electronic_noise=0.05,
    )
    receiver = HomodyneReceiver(shot_noise_factor=1.05, saturation=4.0, displacement=1.0)
    rng = np.random.default_rng(11)
    sent, received = draw_quadratures(link, 200_000, rng)
    resent = intercept_resend_quadratures(sent, rng, fraction=1.0)
    received = received + math.sqrt(0.3) * (resent - sent) / math.sqrt(2.0)
    taken = receiver.response(received)
    # Users remove the mean that they see.
    found = estimate_channel(sent, taken - taken.mean(), link, failure=6e-7)
    transmission, excess = seen_channel(noisy, receiver)
    assert found.transmission.low < transmission < found.transmission.high
    assert found.excess_noise.low < excess < found.excess_noise.high


def test_a_range_of_the_unit_costs_key_and_clipping_all_of_it():
    """Oracle: the key with the unit that Eve would choose, by hand, and none without a proof."""
    link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.01)
    sure = receiver_gg02(link)
    assert sure.value == pytest.approx(gg02(link).value)
    rates = [receiver_gg02(link, shot_noise_uncertainty=u).value for u in (0.0, 0.005, 0.01, 0.02)]
    assert rates == sorted(rates, reverse=True)
    # The unit is really 1.01 times the true one: what was seen came from this link.
    real = GG02(modulation_variance=4.0, transmission=0.505, excess_noise=0.01 + 0.01 / 0.505)
    assert seen_channel(real, HomodyneReceiver(shot_noise_factor=1.01)) == pytest.approx(
        [0.5, 0.01]
    )
    assert rates[2] <= gg02(real).value + 1e-9
    clips = receiver_gg02(link, receiver=HomodyneReceiver(saturation=3.0))
    assert (clips.value, clips.security.notion) == (0.0, "none")
    assert "the receiver clips" in clips.reason
    wide = receiver_gg02(link, receiver=HomodyneReceiver(saturation=20.0))
    assert wide.value == pytest.approx(sure.value)


def test_four_states():
    """Oracle: published values of the explicit bound, and Gaussian modulation, which it cannot
    exceed by more than the numbers' own digits."""
    link = QPSK(amplitude=0.35, transmission=10**-0.2, excess_noise=0.005)
    rate = qpsk(link)
    found = [*rate.figures.values(), rate.value]
    assert found == pytest.approx(
        [0.5723193, 0.01997093, 0.1072467, 0.07029335, 0.031591], rel=2e-6
    )
    gaussian = GG02(
        modulation_variance=2 * 0.35**2,
        transmission=10**-0.2,
        excess_noise=0.005,
        detection="heterodyne",
    )
    assert gg02(gaussian).value == pytest.approx(0.06900246, rel=1e-6)
    for amplitude in (0.1, 0.35, 0.9):
        four = QPSK(amplitude=amplitude, transmission=0.5, excess_noise=0.002)
        same = GG02(
            modulation_variance=2.0 * amplitude**2,
            transmission=0.5,
            excess_noise=0.002,
            detection="heterodyne",
        )
        assert qpsk(four).unclipped < gg02(same).unclipped
    loud = qpsk(QPSK(amplitude=2.5, transmission=0.1, excess_noise=0.05))
    assert (loud.value, loud.security.notion) == (0.0, "none")


def test_the_covariance_is_that_of_the_lossless_state():
    """Oracle: without noise ``Z*`` of T = 1 is the covariance of the purification itself, whose
    symplectic eigenvalues a circulant sum of Poisson weights gives (Leverrier, Grangier 2009)."""
    mean = 0.35**2
    shares = np.array(
        [
            sum(mean**n / math.factorial(n) for n in range(k, 60, 4)) * math.exp(-mean)
            for k in range(4)
        ]
    )
    wanted = 2.0 * mean * sum(shares[k] ** 1.5 / math.sqrt(shares[(k + 1) % 4]) for k in range(4))
    assert QPSK(amplitude=0.35, transmission=1.0).covariance()[0] == pytest.approx(wanted, rel=1e-9)


def test_receivers_are_checked():
    """Oracle: the ranges that the docstrings state."""
    for values in ({"shot_noise_factor": 0.0}, {"saturation": -1.0}, {"displacement": math.nan}):
        with pytest.raises(ParameterError, match=next(iter(values))):
            HomodyneReceiver(**values)
    with pytest.raises(ParameterError, match=r"amplitude must lie in \(0, 3\]"):
        QPSK(amplitude=0.0, transmission=0.5)
    with pytest.raises(ParameterError, match="leave some signal"):
        seen_channel(ATTACKED, HomodyneReceiver(saturation=1.0, displacement=1e3))
