"""Pairs that are stored before they are handed over, and pumping by either scheme of two pairs."""

import math
from dataclasses import replace

import pytest

from qnet import Link, Memory, Pump, Swap, play
from qnet.engines.agree import agree
from qnet.errors import ParameterError
from qnet.plans import Stored
from qnet.states import werner

KEPT = Memory(depolarizing_time_s=40.0)
LINK = Link(success_probability=0.4, attempt_time_s=1.0, state=werner(0.96), left=KEPT, right=KEPT)
RELAXING = replace(LINK, left=Memory(t1_s=60.0), right=Memory(t1_s=80.0, t2_s=50.0))


def test_a_stored_link_is_a_closed_form():
    """Mean time ``a / p + t``; a Werner parameter falls as ``exp(-2 t / T)`` in two memories."""
    result = play(Stored(pair=LINK, time_s=2.0), engine="exact")
    assert result.delivery_time_s.best == pytest.approx(1.0 / 0.4 + 2.0)
    left = 0.96 * math.exp(-2.0 * 2.0 / 40.0)
    assert result.fidelity.best == pytest.approx((1.0 + 3.0 * left) / 4.0)


@pytest.mark.parametrize(
    "plan",
    [
        Stored(pair=RELAXING, time_s=3.0),
        Stored(pair=Swap(left=LINK, right=LINK), time_s=1.0),
        Pump(pair=LINK, steps=2, scheme="bbpssw"),
        Stored(pair=Pump(pair=RELAXING, scheme="bbpssw"), time_s=2.0),
    ],
    ids=["link", "swap", "pump", "both"],
)
def test_engines_agree(plan):
    """Oracle: the exact, the sampled and the circuit engine against each other."""
    found = agree(plan, shots=4000, seed=7, circuit_shots=20)
    assert found.refusals == ()
    assert found.holds, str(found)


def test_refusals():
    """Oracle: the message names the field."""
    with pytest.raises(ParameterError, match=r"stored\.time_s"):
        Stored(pair=LINK, time_s=-1.0)
    with pytest.raises(ParameterError, match=r"pump\.scheme"):
        Pump(pair=LINK, scheme="double-selection")
