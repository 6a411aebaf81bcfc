"""GKP qubits: flips of shifts, loss amplified before, finite squeezing."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qnet.codes import GkpQubit, code_of, flip_probability, logical_map
from qnet.codes.gkp import loss_variance, squeezing_variance
from qnet.errors import ParameterError


def test_flips_of_the_reference():
    # Oracle: P-B4.7, P-B4.8.
    assert flip_probability(0.1) == pytest.approx(0.00507089068, rel=1e-8)
    assert flip_probability(0.2) == pytest.approx(0.0475168955, rel=1e-8)
    qubit = GkpQubit(12.0)
    assert qubit.variance(0.9) == pytest.approx(0.163095734, rel=1e-8)
    assert flip_probability(qubit.variance(0.9)) == pytest.approx(0.0282038189, rel=1e-8)


@given(st.floats(0.01, 60.0))
def test_flips_by_the_fourier_series_of_the_cells(variance):
    # Oracle: the square wave of the cells, sign(cos(sqrt(pi) x)), as a Fourier series, averaged
    # over the Gaussian; summed to the last term above rounding.
    j = np.arange(1, 4001, 2)
    signs = np.where(j % 4 == 1, 1.0, -1.0)
    mean = 4 / np.pi * (signs / j * np.exp(-(j**2) * np.pi * variance / 2)).sum()
    assert flip_probability(variance) == pytest.approx((1 - mean) / 2, abs=1e-13)


def test_flips_by_shifts_that_are_drawn():
    # Oracle: Gaussian shifts, rounded to the nearest multiple; five standard errors.
    shifts = np.random.default_rng(8).normal(0.0, math.sqrt(0.25), 200_000)
    odd = np.rint(shifts / math.sqrt(math.pi)).astype(int) % 2
    p = flip_probability(0.25)
    assert abs(odd.mean() - p) < 5 * math.sqrt(p * (1 - p) / len(shifts))


def test_limits_of_variance():
    # Oracle: no shift, and a flat one.
    assert flip_probability(0.0) == 0.0
    assert flip_probability(1e-6) == 0.0
    assert flip_probability(1e6) == 0.5
    assert GkpQubit().channel(1.0).weights == (1.0, 0.0, 0.0, 0.0)
    assert GkpQubit(10.0, math.inf).variance(0.8) == pytest.approx(0.25)


def test_quadratures_are_shifted_independently():
    # Oracle: f of each; X and Y flip position, Z and Y momentum.
    qubit = GkpQubit(10.0)
    channel, flip = qubit.channel(0.95), flip_probability(qubit.variance(0.95))
    assert channel.x + channel.y == pytest.approx(flip, rel=1e-14)
    assert channel.z + channel.y == pytest.approx(flip, rel=1e-14)
    # Concatenated with a repetition code of three, whose X fails as 3 f^2 - 2 f^3.
    above = logical_map(code_of("repetition-3"), channel)
    assert above.logical_x + above.logical_y == pytest.approx(3 * flip**2 - 2 * flip**3, rel=1e-12)


@pytest.mark.parametrize("value", [-1.0, float("nan"), "12", None, True])
def test_numbers_out_of_range_are_refused(value):
    for call in (flip_probability, squeezing_variance, loss_variance):
        with pytest.raises(ParameterError):
            call(value)
    with pytest.raises(ParameterError):
        loss_variance(0.0)
    if value is not None:
        with pytest.raises(ParameterError):
            GkpQubit(12.0, value)
