"""Pictures of results, and circuits folded by station: what is drawn is what was found.

Oracles: the geometric law of a link's delivery time, and the operations of the whole circuit.
"""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from protocols import nested, recurrence, swap_asap
from qnet import Abstract, Gates, Link, ParameterError, Station, play
from qnet.engines.circuit import chain_circuit
from qnet.engines.sampled import delivery
from qnet.figures import draw_station_circuits, station_circuits
from qnet.figures.result_picture import draw_figures
from qnet.metrics.figures import FIGURES
from qnet.states import werner

pytestmark = pytest.mark.usefixtures("without_a_screen")

GATES = Gates(readout_time_s=2e-4)
LINK = Link(success_probability=0.2, attempt_time_s=1e-3, state=werner(0.95), length_km=100.0)


def test_an_exact_result_shows_when_pairs_come():
    """Oracle: 1 - (1 - p)^n after n attempts of 1 ms, and the mean 1/p of them."""
    axes = play(LINK, engine="exact").plot(Figure().subplots())
    law, mean = axes.lines
    attempts = np.rint(law.get_xdata())
    assert axes.get_xlabel() == "time to a delivered pair (ms)"
    assert law.get_xdata() == pytest.approx(attempts)
    assert law.get_ydata() == pytest.approx(1.0 - 0.8**attempts)
    assert mean.get_xdata()[0] == pytest.approx(5.0)
    assert law.get_ydata()[-1] > 0.998


def test_a_sampled_result_shows_its_figures_with_their_intervals():
    result = play(LINK, shots=500, seed=3)
    axes = result.plot(Figure().subplots())
    names = [label.get_text() for label in axes.get_yticklabels()]
    place = next(k for k, name in enumerate(names) if name.startswith("rate: "))
    assert names[place] == f"rate: {result.rate_hz} Hz"
    bar = axes.containers[place].lines[2][0].get_segments()[0]
    rate = result.rate_hz
    ends = [100.0 * (end / rate.best - 1.0) for end in (rate.low, rate.high)]
    assert bar[:, 0] == pytest.approx(ends)
    assert result.provenance in axes.get_title()
    assert play(LINK, shots=10, seed=3).plot().figure is not axes.figure


def test_a_table_of_zeros_has_no_picture():
    with pytest.raises(ParameterError, match="a figure that is not zero"):
        draw_figures(Figure().subplots(), {FIGURES["rate_hz"]: 0.0})


PLANS = {
    "nested": nested([LINK] * 8, stations=Station(gates=GATES), classical_latency=True),
    "swap-asap": swap_asap([LINK] * 8, stations=Station(gates=GATES)),
    "distilled": recurrence(LINK, gates=GATES, rounds=2),
    "link": LINK,
}


@pytest.mark.parametrize("name", PLANS)
def test_the_parts_one_after_the_other_are_the_whole_circuit(name):
    circuit = chain_circuit(delivery(PLANS[name], seed=5))
    parts = station_circuits(circuit)
    told = [each for part in parts for each in part.data]
    assert [(each.operation, each.qubits, each.clbits) for each in told] == [
        (each.operation, each.qubits, each.clbits) for each in circuit.data
    ]


@pytest.mark.parametrize("name", ["nested", "swap-asap"])
def test_every_station_of_eight_segments_has_a_part_on_few_qubits(name):
    parts = station_circuits(chain_circuit(delivery(PLANS[name], seed=5)))
    swaps = [part for part in parts if part.name.startswith("station ")]
    assert sorted(part.name for part in swaps) == [f"station {k}: swap" for k in range(1, 8)]
    assert max(part.num_qubits for part in parts) <= 6
    for part in swaps:  # each ends with what its own measurement decides
        number = part.name.split()[1].rstrip(":")
        measured = {each.name for each in part.cregs}
        assert f"bsm_{number}" in measured


def test_parts_are_drawn_below_each_other_in_letters_of_one_size():
    circuit = chain_circuit(delivery(PLANS["nested"], seed=5))
    figure = draw_station_circuits(circuit, title="one delivery")
    parts = station_circuits(circuit)
    assert len(figure.axes) == len(parts)
    assert {text.get_text() for text in figure.texts} >= {part.name for part in parts}
    lows = [axes.get_position().y0 for axes in figure.axes]
    assert lows == sorted(lows, reverse=True)
    sizes = [
        text.get_fontsize() for axes in figure.axes for text in axes.texts if text.get_text() == "H"
    ]
    assert max(sizes) < 1.05 * min(sizes)


def test_a_link_alone_is_one_part():
    circuit = chain_circuit(delivery(Abstract(success_probability=0.5).link(), seed=1))
    assert station_circuits(circuit) == [circuit]
