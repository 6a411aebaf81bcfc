"""Space-time diagrams and circuit drawings: the right artists at the right times."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import pairwise

import matplotlib as mpl
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from protocols import nested, pumped, recurrence, swap_asap
from qnet import Gates, Link, Multiplex, ParameterError, Station, timeline
from qnet.circuits import swap_feed_forward
from qnet.engines.circuit import chain_circuit
from qnet.engines.sampled import delivery
from qnet.figures import draw_circuit, space_time_diagram, style
from qnet.figures.style import COLOURS, time_unit
from qnet.states import werner

GATES = Gates(readout_time_s=2e-4)
LINK = Link(success_probability=0.2, attempt_time_s=1e-3, state=werner(0.95), length_km=100.0)


pytestmark = pytest.mark.usefixtures("without_a_screen")


def artists(axes):
    return Counter(line.get_gid() for line in axes.lines)


def of(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


@pytest.mark.parametrize("build", [nested, swap_asap])
def test_space_time_diagram_of_a_chain(build):
    plan = build([LINK] * 4, stations=Station(gates=GATES), classical_latency=True)
    history = timeline(plan, seed=5)
    axes = space_time_diagram(history, plan=plan)
    assert isinstance(axes, Axes)
    counts = {"attempts": 8, "wait": 8, "herald": 4, "swap": 3, "message": 6, "delivery": 2}
    assert artists(axes) == counts
    assert axes.get_xlabel() == "time (ms)"
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["Alice", "station 1", "station 2", "station 3", "Bob"]
    delivered = [line.get_xdata()[0] for line in of(axes, "delivery")]
    assert delivered == pytest.approx([history[-1].ready_s * 1e3] * 2)
    # The last message is what the delivery waits for.
    assert max(line.get_xdata()[1] for line in of(axes, "message")) == pytest.approx(delivered[0])


def test_bars_of_the_ends_last_until_delivery():
    history = timeline(nested([LINK] * 4), seed=5)
    axes = space_time_diagram(history)
    until = [line.get_xdata()[1] for line in of(axes, "wait")]
    ends = [line.get_ydata()[0] for line in of(axes, "delivery")]
    for line, end in zip(of(axes, "wait"), until, strict=True):
        if line.get_ydata()[0] in ends:
            assert end == pytest.approx(history[-1].ready_s * 1e3)
    assert "message" not in artists(axes)


def test_attempts_have_ticks():
    (link,) = timeline(LINK, seed=3)
    (left, right) = of(space_time_diagram([link]), "attempts")
    assert len(left.get_xdata()) == len(right.get_xdata()) == link.attempts + 1
    rare = Link(success_probability=1e-3, attempt_time_s=1.0, state=werner(0.9))
    (link,) = timeline(rare, seed=3)
    assert link.attempts > 60
    assert len(of(space_time_diagram([link]), "attempts")[0].get_xdata()) == 2


@pytest.mark.parametrize(
    ("plan", "links", "squares", "messages"),
    [
        (recurrence(LINK, gates=GATES, classical_latency=True), 2, 2, 2),
        (recurrence(LINK, scheme="double-selection", gates=GATES), 3, 4, 0),
        (pumped(LINK, steps=3, gates=GATES, classical_latency=True), 4, 6, 6),
        (Multiplex(pair=LINK, copies=3), 1, 0, 0),
    ],
)
def test_space_time_diagram_of_copies(plan, links, squares, messages):
    axes = space_time_diagram(timeline(plan, seed=5), plan=plan)
    counts = artists(axes)
    assert counts["herald"] == links
    assert counts["distillation"] == squares
    assert counts["message"] == messages
    heights = [line.get_ydata()[0] for line in of(axes, "wait")]
    assert len(set(heights)) == 2 * links  # every qubit has a lane of its own


def test_pumped_pairs_are_used_when_they_come():
    plan = pumped(LINK, steps=2, gates=GATES)
    first, second, third, last = timeline(plan, seed=5)
    assert first.left_until_s == second.ready_s == second.right_until_s
    assert third.left_until_s == third.ready_s
    assert last.ready_s == pytest.approx(third.ready_s + plan.overhead_s)
    assert third.begun_s == pytest.approx(second.ready_s + plan.overhead_s)


def test_given_axes_are_used_and_no_records_refused():
    _, axes = pyplot.subplots()
    assert space_time_diagram(timeline(LINK, seed=1), ax=axes) is axes
    with pytest.raises(ParameterError, match="at least one pair"):
        space_time_diagram([])


def test_circuit_drawing_has_short_texts():
    circuit = chain_circuit(delivery(nested([LINK] * 2, stations=Station(gates=GATES)), seed=5))
    axes = draw_circuit(circuit)
    assert isinstance(axes, Axes)
    texts = [text.get_text() for text in axes.texts]
    assert texts.count("200 µs") == 2  # both ends wait for the result
    assert "swap 1" in texts
    assert {"L1", "L2"} < set(texts)
    assert "CX" not in texts
    _, given = pyplot.subplots()
    assert draw_circuit(swap_feed_forward(), given) is given


def test_wires_have_no_markers_in_the_style_of_the_package():
    circuit = chain_circuit(delivery(nested([LINK] * 2), seed=5))
    with style():
        _, given = pyplot.subplots()
        drawn = [draw_circuit(circuit), draw_circuit(circuit, given)]
    for axes in drawn:
        assert len(axes.lines) > 4
        assert {line.get_marker() for line in axes.lines} == {"None"}


def test_steps_on_different_hardware_are_drawn_without_numbers():
    stations = [Station(gates=GATES), Station(gates=Gates(two_qubit_depolarizing=0.1))]
    circuit = chain_circuit(delivery(swap_asap([LINK] * 3, stations=stations), seed=5))
    assert {i.label for i in circuit.data if i.name == "cx"} == {"CX", "cx_1", "cx_2"}
    texts = [text.get_text() for text in draw_circuit(circuit).texts]
    assert not [text for text in texts if text.startswith(("h_", "cx_"))]
    assert {i.label for i in circuit.data if i.name == "cx"} == {"CX", "cx_1", "cx_2"}


def test_colours_grow_lighter():
    weights = (0.2126, 0.7152, 0.0722)
    grey = [
        sum(w * int(c[k : k + 2], 16) for w, k in zip(weights, (1, 3, 5), strict=True))
        for c in COLOURS
    ]
    assert all(b - a > 20 for a, b in pairwise(grey))


def test_style_is_left_behind():
    before = mpl.rcParams["legend.frameon"]
    with style():
        assert mpl.rcParams["legend.frameon"] is False
    assert mpl.rcParams["legend.frameon"] == before


@pytest.mark.parametrize(
    ("span", "unit"), [(20.0, (1.0, "s")), (2e-4, (1e-6, "µs")), (0.0, (1.0, "s"))]
)
def test_units_of_time(span, unit):
    assert time_unit(span) == unit


def test_importing_the_figures_and_engines_loads_neither_matplotlib_nor_aer():
    code = (
        "import sys, qnet.figures, qnet.engines, qnet.engines.circuit, qnet.engines.agree;"
        "print([m for m in ('matplotlib', 'qiskit_aer') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
