"""Objects as people see them: plans, results, networks and instruments as text, HTML and tables."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qnet
from protocols import Chain
from qnet import Link, Swap, play
from qnet.circuits import bell_measurement
from qnet.instrument import compile
from qnet.states import fano_from_density_matrix, werner
from tests.catalog import PLANS, four_links

LINK = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
PLAN = Swap(left=LINK, right=LINK)


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_says_the_same_as_text_and_as_html(name):
    plan = PLANS[name](four_links())
    html = re.sub(r"</?ul>|</li>", "", plan._repr_html_()).replace("&#x27;", "'")
    assert html.split("<li>")[1:] == [line.strip() for line in str(plan).splitlines()]


@pytest.mark.parametrize("engine", ["sampled", "exact", "circuit"])
def test_a_result_is_short_as_repr_and_a_table_as_text(engine):
    result = play(PLAN, engine=engine, shots=3, seed=1)
    assert len(repr(result)) < 200
    assert "\n" not in repr(result)
    assert str(result) == result.summary()
    assert str(result.fidelity) in repr(result)


def test_a_result_gives_its_state_and_its_table():
    """Oracle: the Fano matrix, by Qiskit's traces; the figures themselves."""
    result = play(PLAN, engine="exact")
    assert fano_from_density_matrix(result.density_matrix) == pytest.approx(
        np.asarray(result.mean_fano), abs=1e-12
    )
    frame = result.to_dataframe()
    assert frame.loc["rate_hz", "best"] == result.rate_hz.best
    assert frame.loc["delivery_time_s", "unit"] == "s"


def test_a_run_without_a_seed_says_which_it_drew():
    result = play(PLAN, shots=50)
    again = play(PLAN, shots=50, seed=result.seed)
    assert str(again) == str(result)


def test_networks_and_instruments_are_told_in_a_line():
    network = qnet.load("networks/line").network
    assert repr(network) == "<Network: 5 nodes, 4 edges>"
    assert "1 - 2, 25 km" in str(network)
    circuit = bell_measurement()
    told = repr(compile(circuit, inputs=circuit.qubits, outputs=[]))
    assert told == "<Instrument: left[0], right[0] -> nothing, bits bsm[0], bsm[1]>"
    assert repr(Chain(segments=2, length_km=10.0, link=qnet.preset("blueprint"))).startswith(
        "Chain("
    )
