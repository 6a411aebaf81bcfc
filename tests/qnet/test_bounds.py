"""Capacity bounds against tabulated values and high-precision arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.metrics import (
    direct_transmission,
    equidistant_chain_capacity,
    plob,
    repeater_chain_capacity,
    tgw,
)

EDGES = [1e-300, 1e-120, 1e-12, 1e-3, 0.5, 0.999, 1.0 - 2.0**-52]


def exact_log2(value):
    return value.ln() / Decimal(2).ln()


def test_tabulated_values():
    assert plob(0.01) == pytest.approx(0.0144995697, rel=1e-8)  # P-F1: 100 km at 0.2 dB/km
    assert tgw(0.01) == pytest.approx(0.0288548627, rel=1e-8)
    assert equidistant_chain_capacity(1e-6, 1) == pytest.approx(0.00144341687, rel=1e-8)  # P-F2
    assert equidistant_chain_capacity(1e-6, 2) == pytest.approx(0.0144995697, rel=1e-8)
    assert plob(10.0 ** (-0.02 * 15.0514998)) == pytest.approx(1.0, abs=1e-8)  # P-F3


@pytest.mark.parametrize("eta", EDGES)
def test_no_digit_is_lost_at_either_end(eta):
    with localcontext() as context:
        context.prec = 400
        exact = Decimal(eta)
        capacity = -exact_log2(1 - exact)
        bound = exact_log2((1 + exact) / (1 - exact))
        assert plob(eta) == pytest.approx(float(capacity), rel=4e-16)
        assert tgw(eta) == pytest.approx(float(bound), rel=4e-16)


@pytest.mark.parametrize("eta", [1e-12, 1e-3, 0.5, 0.999999])
@pytest.mark.parametrize("nodes", [0, 1, 2, 30, 10**6])
def test_equidistant_chain_keeps_its_digits(eta, nodes):
    with localcontext() as context:
        context.prec = 60
        exact = -exact_log2(1 - (Decimal(eta).ln() / (nodes + 1)).exp())
    assert equidistant_chain_capacity(eta, nodes) == pytest.approx(float(exact), rel=1e-14)


def test_limits():
    assert plob(1.0) == tgw(1.0) == math.inf
    assert plob(0.0) == tgw(0.0) == direct_transmission(0.0) == 0.0
    assert equidistant_chain_capacity(1.0, 3) == math.inf
    assert equidistant_chain_capacity(0.0, 3) == 0.0
    assert equidistant_chain_capacity(0.3, 0) == pytest.approx(plob(0.3), rel=1e-15)


def test_order_of_the_bounds():
    eta = np.linspace(0.001, 0.999, 50)
    assert (eta < plob(eta)).all()
    assert (plob(eta) < tgw(eta)).all()
    assert [direct_transmission(float(e)) for e in eta] == eta.tolist()


def test_chain_capacity_is_that_of_the_worst_link():
    links = [0.9, 0.2, 0.5]
    assert repeater_chain_capacity(links) == min(plob(link) for link in links)
    third = 0.008 ** (1 / 3)
    equal = repeater_chain_capacity([third] * 3)
    assert equal == pytest.approx(equidistant_chain_capacity(0.008, 2), rel=1e-14)


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
@pytest.mark.parametrize("bound", [plob, tgw, direct_transmission])
def test_wrong_transmissions_are_refused(bound, bad):
    with pytest.raises(ParameterError, match="transmission must lie in"):
        bound(bad)


def test_wrong_chains_are_refused():
    for links in ([], [[0.5]], [0.5, 2.0]):
        with pytest.raises(ParameterError, match="transmissions"):
            repeater_chain_capacity(links)
    with pytest.raises(ParameterError, match="nodes"):
        equidistant_chain_capacity(0.5, -1)
