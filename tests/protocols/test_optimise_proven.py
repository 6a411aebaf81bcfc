"""Proven results of a search: against the sampled engine, and never below the plan given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.cli.main import main
from protocols import from_tree, nested
from protocols.planning.optimise import Candidate, Objective, Problem, SearchSpace, optimise
from qnet import Cutoff, Gates, Link, Station, play
from qnet.engines.exact import play_exact
from qnet.plans.base import Plan
from tests import catalog

SHIPPED = Path(__file__).parents[2] / "experiments" / "scenarios" / "best-500-km.toml"


def link(p: float, time_s: float = 1e-5, memory_s: float = 20.0, w: float = 0.98) -> Link:
    return catalog.link(p, w, catalog.stored(memory_s), attempt_time_s=time_s)


def check_within_sampled(best, plan: Plan, setting: Problem, shots: int = 20_000) -> None:
    """Every figure's range meets the sampled interval of four standard errors."""
    drawn = play(plan, shots=shots, seed=11, key=setting.key)
    for name, figure in best.figures.items():
        sampled = getattr(drawn, name)
        # Intervals of 95 % are 1.96 standard errors to each side; a key rate's is pushed through.
        low = sampled.best - 4.0 / 1.96 * (sampled.best - sampled.low)
        high = sampled.best + 4.0 / 1.96 * (sampled.high - sampled.best)
        assert figure.low <= high, name
        assert figure.high >= low, name


def test_x2_the_shipped_file_prints_no_worse_than_its_own_plan(capsys, tmp_path):
    """Its own plan has no cut-off: 94.18 bit/s by the exact engine on the finest grid."""
    log = tmp_path / "log.db"
    assert main(["optimize", str(SHIPPED), "--json", "--store", str(log)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert main(["run", str(SHIPPED), "--engine", "exact", "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert report["secret_key_rate_hz"] >= own["secret_key_rate_hz"]["low"]
    assert report["plan"]["segments"] == 16
    assert report["plan"]["cutoffs_s"] == []
    assert report["is_coarse"] is False
    assert any("never acts" in remark for remark in report["remarks"])
    for name in ("rate_hz", "fidelity", "secret_key_rate_hz"):
        low, high = report["ranges"][name]
        assert low <= report[name] <= high
        assert low <= own[name]["high"]
        assert high >= own[name]["low"]
    assert main(["optimize", str(SHIPPED), "--json", "--store", str(log)]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["played_now"] == again["replayed_now"] == 0
    assert (again["plan"], again["ranges"]) == (report["plan"], report["ranges"])
    assert main(["optimize", str(SHIPPED), "--store", str(log)]) == 0
    assert "It never acts" not in (text := capsys.readouterr().out)
    assert "is left out: it never acts" in text
    assert "94.17" in text


@pytest.mark.parametrize(
    ("one", "segments", "options"),
    [
        (link(1e-6), (2,), {}),
        (
            link(1e-4, 1e-3, 60.0, w=0.99),
            (4,),
            {"cutoff": "scalar", "cutoff_bounds_s": (9.0, 90.0)},
        ),
        (link(2e-6, 1.7e-5, 200.0), (2, 4), {"strategies": ("swap-asap",), "cutoff": "none"}),
    ],
)
def test_x2_small_searches_print_what_the_sampled_engine_finds(one, segments, options):
    busy_s = one.attempt_time_s if one.attempt_time_s == 1e-3 else 3.1e-6
    station = Station(gates=Gates(two_qubit_depolarizing=0.002, two_qubit_time_s=busy_s))
    setting = Problem.of_links(one, station=station)
    optimum = optimise(setting, SearchSpace(segments=segments, **options), most_steps=1 << 12)
    assert optimum.found
    assert optimum.best.is_proven
    check_within_sampled(optimum.best, setting.plan(optimum.best.candidate), setting)


@pytest.mark.parametrize("cut_s", [None, 3.3])
def test_x2_the_plan_given_competes_as_it_is(cut_s):
    """A lopsided tree that no search builds; with perfect memories nested is no better."""
    one = link(1e-3, 1e-2, 1e9)
    rule = None if cut_s is None else Cutoff(kind="total", time_s=1e4 * cut_s)
    plan = from_tree([one] * 3, [0, [1, 2]], cutoffs=rule)
    setting = replace(Problem.of_links(one), given=plan)
    space = SearchSpace(segments=(2,), cutoff="none")
    # A pair over two segments is no pair over three; what is compared is the figure alone.
    goal = Objective(name="time", figure=lambda result: result.delivery_time_s.best)
    optimum = optimise(setting, space, goal, given=Candidate(segments=3, strategy="as-given"))
    assert optimum.best.candidate.strategy == "as-given"
    assert str(optimum.best.candidate) == "3 segments, the plan as it is given"
    expected = play_exact(plan).delivery_time_s
    assert expected.low <= optimum.best.value <= expected.high


def test_x2_the_printed_value_is_never_below_that_of_the_plan_given():
    """Whatever the estimates say: here the search may look at two bad cut-offs only."""
    one = link(1e-5, 1e-5, 5.0)
    setting = replace(Problem.of_links(one), given=nested([one] * 2))
    space = SearchSpace(segments=(2,), cutoff_bounds_s=(0.001, 0.002))
    optimum = optimise(setting, space, given=Candidate(segments=2))
    own = play_exact(nested([one] * 2)).secret_key_rate_hz
    assert optimum.best.value >= own.low


def test_x2_a_cutoff_that_acts_stays_and_one_level_that_does_not_goes():
    """Inner cut-off 4 s of P-B8's kind; the outer one is ten thousand times any delivery."""
    from protocols.planning.optimise import Evaluator
    from protocols.planning.optimise.replay import without_idle_cutoffs

    one = link(0.3, 1.0, 60.0, 0.99)
    setting = Problem.of_links(one, station=Station(success_probability=0.7, perfect=True))
    evaluate = Evaluator(setting, Objective())
    best = evaluate.proven(Candidate(segments=4, cutoffs_s=(4.0, 1e6)))
    found, remarks = without_idle_cutoffs(evaluate, best)
    assert found.candidate.cutoffs_s == (4.0, None)
    assert str(found.candidate) == "4 segments, nested, cut-off 4, none s"
    assert remarks == [
        "a cut-off of 1e+06 s is left out: it never acts, for without it the value is the same "
        "within its width"
    ]
    rules = [Cutoff(kind="difference", time_s=4.0), None]
    plan = nested([one] * 4, stations=setting.station, cutoffs=rules)
    assert found.value == pytest.approx(play_exact(plan).secret_key_rate_hz.best, rel=1e-12)
