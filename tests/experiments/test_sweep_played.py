"""Sweeps made and played in Python: the same as those of a file, drawn and tabulated."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from experiments.sweep import Store, collect, loads, play_sweep, results, sweep_over
from protocols import Chain
from qnet import Abstract, ParameterError, load

TEXT = """
kind = "chain"
seed = 3
shots = 500
[chain]
segments = 2
[link]
scheme = "abstract"
success_probability = 0.5
attempt_time_s = 1.0
state = { werner = 0.98 }
"""

AXES = {"link.success_probability": [0.2, 0.4, 0.8], "chain.segments": [1, 2]}

SWEEP = """
[sweep]
"link.success_probability" = [0.2, 0.4, 0.8]
"chain.segments" = [1, 2]
"""


@pytest.fixture(scope="module")
def scenario():
    from qnet import loads as scenario_of

    return scenario_of(TEXT)


@pytest.fixture(scope="module")
def played(scenario):
    return play_sweep(sweep_over(scenario, AXES))


def test_it_gives_what_the_same_sweep_of_a_file_gives(played):
    """Oracle: the sweep of the text with its table."""
    with Store(":memory:", create=True) as store:
        assert collect(loads(TEXT + SWEEP), store)
        rows = results(store)
    assert [dict(row.axes) for row in played] == [dict(row.axes) for row in rows]
    assert [row.figure("rate_hz") for row in played] == [row.figure("rate_hz") for row in rows]
    assert {row.samples for row in played} == {500}


def test_exact_points_have_the_mean_of_a_geometric_law(scenario):
    """Oracle: 1/p attempts of 1 s."""
    axes = {"link.success_probability": [0.2, 0.4]}
    found = play_sweep(sweep_over(scenario.with_(segments=1), axes, engine="exact"))
    times = [row.figure("delivery_time_s").best for row in found]
    assert times == pytest.approx([5.0, 2.5])


def test_it_is_drawn_with_measured_points_beside_it(played, tmp_path):
    """Oracle: the rows, and the file."""
    mine = tmp_path / "mine.csv"
    mine.write_text("x,y,error\n0.3,0.25,0.05\n", encoding="utf-8")
    axes = played.plot(
        "link.success_probability", "rate_hz", data=mine, ax=Figure(figsize=(7, 5)).subplots()
    )
    one, two = axes.lines[:2]
    drawn = [*one.get_ydata(), *two.get_ydata()]
    wanted = [played[k].figure("rate_hz").best for k in (0, 2, 4, 1, 3, 5)]
    assert drawn == pytest.approx(wanted)
    assert axes.containers[-1].get_label() == "mine"
    assert axes.containers[-1].lines[0].get_ydata()[0] == 0.25
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["1", "2", "mine"]


def test_its_data_frame_has_a_row_for_each_point(played):
    frame = played.to_dataframe()
    assert list(frame["link.success_probability"]) == [0.2, 0.2, 0.4, 0.4, 0.8, 0.8]
    assert list(frame["fidelity_best"]) == [row.figure("fidelity").best for row in played]
    assert repr(played) == (
        "<PlayedSweep: 6 points over link.success_probability, chain.segments; 3000 samples>"
    )
    assert len(played) == 6
    assert played[-1] is list(played)[5]


def test_a_store_keeps_what_was_played(scenario, tmp_path):
    """Oracle: the batches in the file, that are no more after a second time."""
    path = tmp_path / "mine.db"
    sweep = sweep_over(scenario, {"chain.segments": [1, 2]})
    first = play_sweep(sweep, path)
    with Store(path, read_only=True) as store:
        batches = len(list(store.batch_rows(store.sweeps()[0])))
    again = play_sweep(sweep, path)
    assert [row.figure("rate_hz") for row in again] == [row.figure("rate_hz") for row in first]
    with Store(path, read_only=True) as store:
        assert len(list(store.batch_rows(store.sweeps()[0]))) == batches >= 2


def test_what_no_file_can_hold_is_refused(scenario):
    chain = Chain(segments=1, link=Abstract(success_probability=0.5, fidelity=0.98).link())
    with pytest.raises(ParameterError, match=r"link must be something that a file can hold"):
        play_sweep(sweep_over(chain, {"chain.segments": [1, 2]}))
    for values in ("100", 100.0):
        with pytest.raises(ParameterError, match=r"chain.segments must have a list of values"):
            sweep_over(load("two-segments"), {"chain.segments": values})
    with pytest.raises(ParameterError, match="did you mean"):
        play_sweep(sweep_over(scenario, {"chain.segment": [1, 2]}))
