"""Sweep files: axes, ranges, zips, and what is refused before anything runs."""

from __future__ import annotations

import itertools

import pytest

from experiments.scenario import loads as scenario_of
from experiments.sweep import loads
from experiments.sweep.axes import read_axes
from qnet.errors import ParameterError
from qnet.schema import override
from tests.experiments.sweep_text import AXIS, CHAIN, TOP, sweep_text


def places(sweep: str, **parts) -> list[tuple]:
    made = loads(sweep_text(sweep, **parts))
    return [tuple(made.point(k).axes.values()) for k in range(made.size)]


def test_axes_cross_with_the_first_slowest():
    found = places('"chain.segments" = [2, 3]\n"link.attempt_time_s" = [1.0, 2.0, 3.0]')
    assert found == list(itertools.product([2, 3], [1.0, 2.0, 3.0]))


def test_zipped_axes_go_in_step_and_cross_the_others():
    found = places(
        '"chain.segments" = [2, 3]\n"link.attempt_time_s" = [1.0, 2.0]\n'
        '"swap.readout_flip" = [0, 0.1]\n'
        'zip = [["chain.segments", "link.attempt_time_s"]]'
    )
    assert found == [(2, 1.0, 0), (2, 1.0, 0.1), (3, 2.0, 0), (3, 2.0, 0.1)]


@pytest.mark.parametrize(
    ("range_", "values"),
    [
        ("{ from = 1, to = 4, steps = 4 }", [1, 2, 3, 4]),
        ("{ from = 1, to = 2, steps = 3 }", [1.0, 1.5, 2.0]),
        ("{ from = 2, to = 1, steps = 3 }", [2.0, 1.5, 1.0]),
        ("{ from = 1, to = 8, steps = 4, log = true }", [1, 2, 4, 8]),
        ("{ from = 0.01, to = 1.0, steps = 3, log = true }", [0.01, 0.1, 1.0]),
        ("{ from = 1.0, to = 3.0, steps = 3 }", [1.0, 2.0, 3.0]),
    ],
)
def test_ranges(range_, values):
    found = [value for (value,) in places(f'"link.attempt_time_s" = {range_}')]
    assert found == pytest.approx(values, rel=1e-14)
    assert [type(value) for value in found] == [type(value) for value in values]
    assert (found[0], found[-1]) == (values[0], values[-1])


def test_a_point_is_the_scenario_that_says_so_itself():
    made = loads(sweep_text('"chain.segments" = [4]\n"link.state" = [{ fidelity = 0.9 }]'))
    text = TOP + CHAIN.replace("= 2", "= 4").replace("werner = 0.98", "fidelity = 0.9")
    assert made.point(0).task.scenario.plan() == scenario_of(text).plan()
    assert (made.root, made.until.shots) == (7, 3000)


def test_tables_without_quotes_and_entries_of_lists_are_axes_too():
    assert places("[sweep.chain]\nsegments = [1, 2]") == [(1,), (2,)]
    link = CHAIN.split("[link]")[1]
    text = f"{TOP}[[links]]{link}[[links]]{link}[chain]\nsegments = 2\n"
    text += '[sweep]\n"links[1].success_probability" = [0.3]'
    left, right = loads(text).point(0).task.scenario.plan().links()
    assert (left.success_probability, right.success_probability) == (0.1, 0.3)


def test_several_engines_are_an_axis():
    made = loads(sweep_text('engine = ["sampled", "exact"]\n"chain.segments" = [2, 3]'))
    engines = [made.point(k).task.engine for k in range(made.size)]
    assert engines == ["sampled", "exact"] * 2
    assert made.axes == ("chain.segments", "engine")


def test_the_file_itself_is_left_as_it_is():
    values = {"chain": {"segments": 2}, "links": [{"modes": 1}, {"modes": 2}]}
    changed = override(values, {"links[1].modes": 5, "chain.segments": 3})
    assert changed == {"chain": {"segments": 3}, "links": [{"modes": 1}, {"modes": 5}]}
    assert values == {"chain": {"segments": 2}, "links": [{"modes": 1}, {"modes": 2}]}


def test_an_edited_file_is_another_sweep_of_the_same_tasks():
    one, other = loads(sweep_text()), loads(sweep_text(rest="# a remark\n"))
    assert one.identity != other.identity
    assert one.point(0).task == other.point(0).task


ZIP = '"chain.segments" = [2, 3]\n"link.modes" = [1, 2, 3]\n'


@pytest.mark.parametrize(
    ("sweep", "field", "words"),
    [
        ("", "sweep", "have an axis"),
        ('"chain.length_km" = 50', "sweep.chain.length_km", "be a list or a range"),
        ('"chain.length_km" = []', "sweep.chain.length_km", "have values"),
        ('"chain.length_km" = [50, 60, 50]', "sweep.chain.length_km", "hold each value once"),
        ('"chain.length_km" = [2020-01-01]', "sweep.chain.length_km", "hold values of a scenario"),
        ('"chain..x" = [1]', "sweep", "have keys of the scenario as axes"),
        ('"chain.length_km" = { from = 1, to = 2 }', "sweep.chain.length_km.steps", "be given"),
        ('"chain.x" = { from = 1, to = 2, steps = 1 }', "sweep.chain.x.steps", "at least 2"),
        ('"chain.x" = { from = 1, to = 2, steps = 1e9 }', "sweep.chain.x.steps", "whole number"),
        ('"chain.x" = { from = 1, to = 2, step = 2 }', "sweep.chain.x.step", "did you mean steps?"),
        ('"chain.x" = { from = 1, to = 1, steps = 2 }', "sweep.chain.x", "end where it does not"),
        ('"c.x" = { from = 0, to = 1, steps = 2, log = true }', "sweep.c.x.from", "be positive"),
        ('"c.x" = { from = 1, to = inf, steps = 2 }', "sweep.c.x.to", "be a finite number"),
        ('"c.x" = { from = 1, to = 2, steps = 2, log = 1 }', "sweep.c.x.log", "true or false"),
        ("shots = [1, 2]", "sweep.shots", "it belongs in the top of the file"),
        ("seed = 5", "sweep.seed", "it belongs in the top of the file"),
        (f'{AXIS}\nengin = "exact"', "sweep.engin", "did you mean engine?"),
        (f'{AXIS}\nengine = "exakt"', "sweep.engine", "did you mean 'exact'?"),
        (f"{AXIS}\nbatch_shots = 0", "sweep.batch_shots", "be at least 1"),
        (f'{AXIS}\nzip = "all"', "sweep.zip", "be a list of lists of axes"),
        (f'{AXIS}\nzip = [["chain.length_km"]]', "sweep.zip", "name axes of the sweep"),
        (f'{ZIP}zip = [["chain.segments", "link.modes"]]', "sweep.zip", "axes of equal length"),
        (f'{ZIP}zip = [["link.modes"], ["link.modes"]]', "sweep.zip", "name an axis once"),
        (f"{AXIS}\n[sweep.until]\nshots = 3", "sweep.until.shots", "be a key of [sweep.until]"),
        (f'{AXIS}\n[sweep.until]\nfigure = "rate"', "sweep.until.figure", "relative_precision"),
        (f'{AXIS}\n[sweep.until]\nseconds = "1"', "sweep.until.seconds", "be a number"),
        ('"a.b" = { from = 1, to = 9999, steps = 9999 }\n"a.c" = { from = 1, to = 99, steps = 99 }',
         "sweep", "at most 100000 points"),
    ],
)  # fmt: skip
def test_a_malformed_sweep_is_refused_when_it_is_read(sweep, field, words):
    with pytest.raises(ParameterError) as caught:
        loads(sweep_text(sweep))
    assert caught.value.field == field
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sweep", "field", "words"),
    [
        ('"chain.lenght_km" = [5, 6]', "chain.lenght_km", "did you mean length_km?"),
        ('"chain.segments" = [2, 2.5]', "chain.segments", "point 2 of 2: chain.segments = 2.5"),
        ('"link.success_probability" = [0.5, 1.5]', "link.success_probability", "lie in [0, 1]"),
        ('"seed.x" = [1]', "sweep.seed.x", "the path of a key in a table"),
        ('"chain.segments.x" = [1]', "sweep.chain.segments.x", "the path of a key in a table"),
        ('"links[0].modes" = [1]', "sweep.links[0].modes", "name an entry that the file has"),
        ('"chain.strategy" = ["nested", "nestd"]', "chain.strategy", "did you mean 'nested'?"),
    ],
)
def test_a_malformed_point_is_refused_and_named(sweep, field, words):
    made = loads(sweep_text(sweep))
    with pytest.raises(ParameterError) as caught:
        [made.point(k) for k in range(made.size)]
    assert caught.value.field == field
    assert words in str(caught.value)


def test_a_scenario_without_axes_is_no_sweep_and_a_sweep_no_scenario():
    with pytest.raises(ParameterError, match="sweep must be given"):
        loads(TOP + CHAIN)
    words = r"got 'a table of \d keys'\); it belongs in a file for qnet sweep"
    with pytest.raises(ParameterError, match=words):
        scenario_of(sweep_text())


def test_an_axis_given_in_two_ways_is_refused():
    with pytest.raises(ParameterError, match="be given once"):
        read_axes({"chain.segments": [1], "chain": {"segments": [2]}})
