"""Estimates as numbers: arithmetic keeps an interval or refuses it; orders are told with it."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given, strategies as st

from qnet import Estimate
from qnet.errors import ParameterError

NUMBERS = st.floats(-1e6, 1e6)
OPERATIONS = (operator.add, operator.sub, operator.mul, operator.truediv)


@given(ends=st.lists(NUMBERS, min_size=3, max_size=3).map(sorted), number=NUMBERS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_interval_moves_with_its_numbers(operation, ends, number):
    """Oracle: every number of the interval goes where the result's interval is."""
    estimate = Estimate(*ends, 10)
    if operation is operator.truediv and abs(number) < 1e-3:
        return
    found = operation(estimate, number)
    for value in (*ends, (ends[0] + ends[2]) / 2):
        assert found.low <= operation(value, number) <= found.high
    assert found.best == operation(ends[1], number)
    assert {found.low, found.high} <= {operation(end, number) for end in (ends[0], ends[2])}
    assert found.n == 10
    assert operation(estimate, Estimate.exact(number)) == found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_number_may_come_first(operation):
    estimate = Estimate(1.0, 2.0, 4.0, 10)
    found = operation(8.0, estimate)
    wanted = sorted(operation(8.0, value) for value in (1.0, 2.0, 4.0))
    assert [found.low, found.best, found.high] == wanted
    assert operation(Estimate.exact(8.0), estimate) == found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_two_intervals_are_refused(operation):
    with pytest.raises(ParameterError, match="depend on each other"):
        operation(Estimate(1.0, 2.0, 4.0, 10), Estimate(1.0, 2.0, 4.0, 10))


def test_one_over_an_interval_around_zero_is_refused():
    with pytest.raises(ParameterError, match="divisor"):
        1.0 / Estimate(-1.0, 0.5, 1.0, 10)
    with pytest.raises(TypeError):
        Estimate.exact(1.0) + "1"


def test_orders_are_those_of_the_whole_interval():
    estimate = Estimate(1.0, 2.0, 4.0, 10)
    for is_true in (estimate < 4.5, estimate <= 4.0, estimate > 0.5, estimate >= 1.0):
        assert is_true
    for is_false in (estimate < 4.0, estimate > 1.0, estimate < 3.0, estimate > 3.0):
        assert not is_false
    assert estimate < Estimate(4.1, 5.0, 6.0, 3)
    assert not estimate < Estimate(3.9, 5.0, 6.0, 3)
    assert -estimate < 0.0


def test_forms_are_those_of_each_number():
    assert f"{Estimate(1.0, 2.0, 4.0, 10):.2f}" == "2.00 [1.00, 4.00]"
    assert f"{Estimate.exact(0.125):.2%}" == "12.50%"
    assert f"{Estimate(1.0, 2.0, 4.0, 10)}" == str(Estimate(1.0, 2.0, 4.0, 10))
