"""The comparison of generations: its rows, its break-even points, its picture.

Oracles: the costs of every chain that is tried, worked out one by one; the sampled engine; lines in
the logarithms, by hand.
"""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from experiments.studies.which_generation import (
    BLOCK_S,
    COLOURS,
    STUDY,
    answer,
    break_even,
    cheapest,
    draw,
    points,
    work,
)
from protocols.repeaters.cost import cost_of, resources
from protocols.repeaters.generations import GENERATIONS, StationHardware, chains_of
from qnet.estimate import Estimate

GOOD = {"coupling": 0.98, "gate_error": 1e-4, "length_km": 1000.0, "few": True}


@pytest.fixture(scope="module")
def row():
    return {**GOOD, **work(GOOD, 5)}


def test_the_cheapest_chain_of_a_generation_is_the_cheapest():
    """Oracle: the cost of every chain that is tried."""
    hardware = StationHardware(coupling=0.95, gate_error=5e-4)
    for name in ("1G", "2G", "3G"):
        costs = {}
        for words, chain in chains_of(name, hardware, 300.0, few=True):
            result = chain.play(engine="exact")
            cost, _ = cost_of(result.plan, result.secret_key_rate_hz, 300.0)
            if cost is not None:
                costs[words] = cost.best
        found = cheapest(name, hardware, 300.0, few=True)
        assert (found[0].best, found[1]) == (min(costs.values()), min(costs, key=costs.get))


def test_a_row_names_the_cheapest_and_samples_it(row):
    """Oracle: its own costs; the sampled interval, at 5 standard errors (2.55 half widths)."""
    costs = {name: row[f"cost {name}"] for name in GENERATIONS}
    known = {name: cost for name, cost in costs.items() if cost is not None}
    assert row["generation"] == min(known, key=known.get) == "3G"
    drawn, best = row["sampled_cost"], min(known.values())
    assert isinstance(drawn, Estimate)
    assert abs(drawn.best - best) < 2.55 * (drawn.high - drawn.low) / 2.0
    # A key of a minute is shorter than that of an endless run.
    assert row["finite_cost"].best > best
    assert row["finite_cost"].best < 10.0 * best


def test_no_direct_photon_comes_over_1000_km(row):
    """Oracle: exp(-1000/22), one pair in centuries."""
    assert row["cost direct"] is None
    assert row["choice direct"] == "no key"


def test_hardware_that_leaves_no_key_says_so():
    """Oracle: gates that err in one of five times."""
    found = work({**GOOD, "gate_error": 0.2}, 1)
    assert found["generation"] == "none"
    assert found["reason"] == "no key: no generation leaves one"


def test_break_even_is_where_the_lines_cross():
    """Oracle: two straight lines in the logarithms, x^2 and 10 x, that cross at 10."""
    rows = [{"gate_error": x, "cost 3G": x * x, "cost 2G": 10.0 * x} for x in (1.0, 4.0, 50.0)]
    assert break_even(rows, "gate_error", "3G", "2G") == pytest.approx(10.0, rel=1e-9)
    assert break_even(rows[:2], "gate_error", "3G", "2G") is None
    assert (
        break_even([{**each, "cost 2G": None} for each in rows], "gate_error", "3G", "2G") is None
    )


def test_the_bare_fibre_is_the_cheapest_where_it_is_short():
    """Oracle: one photon a nanosecond; C = 2 / (R L), R = 1e9 coupling^2 exp(-L/22) (1 - 2h)."""
    hardware = StationHardware(coupling=0.9, gate_error=0.0)
    cost, _, chain, result = cheapest("direct", hardware, 88.0)
    assert cost.best == pytest.approx(2.0 / (88.0 * 1e9 * 0.81 * 0.0183156389), rel=1e-6)
    assert resources(result.plan).qubits == 2.0
    assert chain.segments == 1
    assert BLOCK_S > 0.0


def test_the_picture_and_the_answer_are_made_of_the_rows(row):
    """Oracle: the numbers of points and lines of the figure, and its two colours."""
    nothing = {f"cost {name}": None for name in GENERATIONS}
    bad = {**row, **nothing, "coupling": 0.8, "generation": "none"}
    figure = Figure()
    draw(figure, [row, bad])
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts].count("no key") == 1
    assert len(axes.texts) == 2
    shades = {tuple(shade) for line in axes.images[0].get_array() for shade in line}
    assert shades == {mpl.colors.to_rgb(COLOURS["3G"]), (1.0, 1.0, 1.0)}
    assert "third generation in 1" in answer([row, bad])
    line = [{**row, "coupling": 0.95, "gate_error": 1e-3, "length_km": km} for km in (100.0, 2e3)]
    figure = Figure()
    with mpl.rc_context():
        draw(figure, [row, bad, *line])
    assert len(figure.axes) == 2
    known = [name for name in GENERATIONS if row[f"cost {name}"] is not None]
    assert len(figure.axes[1].lines) == len(known) + 1  # and the keys of finite size
    told = answer([row, {**bad, "length_km": 1000.0}, line[0], {**line[1], "generation": "2G"}])
    assert told.endswith("With coupling 0.95 and gate error 0.001: 3G at 100 km; 2G from 2000 km.")


def test_lines_of_equal_cost_are_between_the_points():
    """Oracle: by hand: costs 1 and 100 against 10, both ways: half way, between two points."""
    costs = {"cost direct": None, "cost all-photonic": None, "cost 3G": None}
    rows = [
        {
            **{"coupling": 0.9, "length_km": 1e3, "gate_error": error, "generation": name},
            **{**costs, "cost 1G": cost, "cost 2G": 10.0},
        }
        for error, cost, name in ((1e-4, 1.0, "1G"), (1e-3, 100.0, "2G"))
    ]
    figure = Figure()
    draw(figure, rows)
    paths = [each.get_paths() for each in figure.axes[0].collections]
    across = [path.vertices[:, 0] for several in paths for path in several if len(path.vertices)]
    assert across
    assert all(abs(at - 0.5) < 1e-6 for line in across for at in line)
    # Along the distance: in the logarithms half way between 100 and 400 km.
    line = [
        {**row, "coupling": 0.95, "gate_error": 1e-3, "length_km": km}
        for row, km in zip(rows, (100.0, 400.0), strict=True)
    ]
    assert answer([*rows, *line]).endswith("1G at 100 km; 2G from 200 km.")


def test_all_points_are_told_apart():
    """Oracle: the grid of the map, and the distances."""
    assert len(points(False)) == 57
    assert len(points(True)) == 4
    tasks = STUDY.sweep(quick=False)
    assert tasks.size == 57
