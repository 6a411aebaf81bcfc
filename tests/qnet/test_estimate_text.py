"""Estimates as text: rounding that was left over is 0, small numbers stay."""

from __future__ import annotations

import json

import pytest

from qnet import Link
from qnet.engines.exact import play_exact
from qnet.estimate import Estimate
from qnet.states import fano_from_weights

LEFT_OVER = [2.0**-54, 7.0 * 2.0**-53, 0.3 - 0.1 - 0.2, 1.0 - 0.9 - 0.1, (1.0 - 0.1 * 10) / 2.0]
SMALL = [1e-17, 3.7e-16, 5.55e-20, 1e-300, 2.2250738585072014e-308, 1e-14]


@pytest.mark.parametrize("value", LEFT_OVER)
def test_w6_what_is_left_of_numbers_near_one_is_nothing(value):
    """Oracle: numbers in [1/4, 1] are whole multiples of 2^-54, and so are their differences."""
    for sign in (1.0, -1.0):
        assert str(Estimate.exact(sign * value)) == "0"
    assert str(Estimate(0.0, abs(value), 1e-3, 1000)) == "0.00000 [0.00000, 0.00100]"
    assert "0</b>" in Estimate.exact(value)._repr_html_()


@pytest.mark.parametrize("value", SMALL)
def test_small_numbers_of_their_own_are_shown(value):
    """Oracle: a product has 53 binary digits: no whole number of some few spacings."""
    assert float(str(Estimate.exact(value))) == pytest.approx(value, rel=1e-5)


def test_json_keeps_every_digit():
    """Oracle: the numbers themselves."""
    value = 2.0**-54
    found = json.loads(json.dumps(Estimate.exact(value).as_dict()))
    assert (found["low"], found["best"], found["high"]) == (value, value, value)


def test_w6_error_rates_of_a_perfect_basis_are_nothing():
    """Oracle: phase errors alone leave ZZ as it is, so that QBER Z is 0."""
    for phase in (0.03, 0.07, 0.11, 0.13, 0.21):
        state = fano_from_weights([1.0 - phase, phase, 0.0, 0.0])
        link = Link(success_probability=0.5, attempt_time_s=1.0, state=state)
        result = play_exact(link)
        assert "0" in {str(result.qber_z), str(result.qber_x)}
