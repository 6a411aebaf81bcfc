"""Sweeps of networks: figures of each demand and of all, kept, resumed, shown and exported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.sweep import ScenarioTask, Store, collect, inline, loads, processes, results
from experiments.sweep.read import load
from qnet.errors import ParameterError
from tests.experiments.scenario_text import STAR, network_file

TEXT = network_file(
    """
[[demand]]
ends = ["A", "B"]
rate_hz = 0.05
[[demand]]
ends = ["A", "C"]
rate_hz = 0.05
[sweep]
"demand[0].rate_hz" = [0.02, 0.2]
"controller.discipline" = ["drop", "fifo"]
""",
    top="seed = 5",
    run="duration_s = 100.0\nreplicas = 3",
)


def played(sweep, workers=None, stop=lambda: False):
    store = Store(":memory:", create=True)
    finished = collect(sweep, store, workers=workers, stop=stop)
    return store, finished


def figures(store):
    return [row.counts.figures for row in results(store)]


@pytest.fixture(scope="module")
def rows():
    store, finished = played(loads(TEXT), inline())
    assert finished
    return results(store)


def test_a_point_has_figures_of_each_demand_and_of_all(rows):
    """Oracle: the point played alone with its seed; a total is the sum of its parts."""
    point = loads(TEXT).point(3)
    row = rows[3]
    assert dict(row.axes) == {"demand[0].rate_hz": 0.2, "controller.discipline": "fifo"}
    alone = point.task.scenario.play(seed=point.task.seed(5, 0))
    assert row.figure("A-B.fidelity") == alone.demands[0]["fidelity"]
    assert row.figure("pair_rate_hz") == alone.totals["pair_rate_hz"]
    both = [row.figure(f"A-{end}.pair_rate_hz").best for end in "BC"]
    assert row.figure("pair_rate_hz").best == pytest.approx(sum(both))
    assert (row.samples, row.batches) == (3, 1)
    assert row.figure("nothing of it") is None
    assert row.security.notion == "asymptotic"


def test_more_load_waits_longer_and_a_line_refuses_nobody(rows):
    # Oracle: by thought.
    quiet, busy = (row.figure("waiting_time_s").best for row in (rows[1], rows[3]))
    assert quiet < busy
    assert [row.figure("refused_fraction").best == 0.0 for row in rows] == [0, 1, 0, 1]


def test_processes_and_interruptions_change_nothing(rows, tmp_path):
    # Oracle: one process, in one go.
    store, _ = played(loads(TEXT), processes(2))
    assert figures(store) == [row.counts.figures for row in rows]
    path = tmp_path / "store.db"
    with Store(path, create=True) as store:
        count = iter(range(100))
        assert not collect(loads(TEXT), store, workers=inline(), stop=lambda: next(count) > 6)
        assert 0 < sum(row.finished for row in results(store)) < 4
        assert collect(loads(TEXT), store, workers=inline())
        assert figures(store) == [row.counts.figures for row in rows]
        fresh = []
        collect(loads(TEXT), store, progress=lambda done, size, samples: fresh.append(samples))
        assert fresh == [0]


def test_engines_are_an_axis_of_a_switch():
    """Oracle: the exact engine, itself held to known values elsewhere; four standard errors are
    twice the half width of an interval."""
    text = """
        kind = "network"
        seed = 2
        demand = "all-pairs"
        [run]
        duration_s = 300.0
        replicas = 12
        [topology]
        shape = "star"
        leaves = 4
        [link]
        rate_hz = 1.0
        state = { werner = 0.9 }
        [controller]
        allocation = "share"
        [sweep]
        engine = ["sampled", "exact"]
        "node.memories" = [1, 3]
    """
    store, finished = played(loads(text))
    found = {(row.axes["node.memories"], row.engine): row for row in results(store)}
    assert finished
    for memories in (1, 3):
        sampled, exact = (found[memories, engine] for engine in ("sampled", "exact"))
        for name in ("swap_rate_hz", "stored", "pair_rate_hz"):
            inside, known = sampled.figure(name), exact.figure(name)
            assert known.is_exact
            assert abs(inside.best - known.best) < inside.high - inside.low
        assert (sampled.samples, exact.samples) == (12, 0)


def test_a_point_without_a_good_route_has_a_reason():
    # Oracle: (1 + 3 * 0.9604) / 4 = 0.9703 lies between.
    text = TEXT.partition("[sweep]")[0] + '[sweep]\n"demand[0].minimum_fidelity" = [0.9, 0.98]'
    store, finished = played(loads(text))
    good, bad = results(store)
    assert finished
    assert good.reason == ""
    assert "no route between A and B reaches a fidelity of 0.98" in bad.reason
    assert bad.figure("pair_rate_hz") is None


def test_what_only_chains_have_is_refused():
    # Oracle: a point of a network is one run.
    for line in ("batch_shots = 10", "until = { seconds = 5 }"):
        with pytest.raises(ParameterError, match="must be left out with a network"):
            loads(TEXT + line)


def test_a_malformed_point_is_named():
    # Oracle: its place on the axes.
    text = TEXT.replace('"drop", "fifo"', '"drop", "lifo"')
    with pytest.raises(ParameterError, match=r"at point 2 of 4: .*'lifo'"):
        played(loads(text))


def test_tasks_are_known_by_what_changes_their_answer(tmp_path):
    """Oracle: the replicas of a point change it, its seed does not; nor does a file's name."""
    scenario = loads(TEXT).point(0).task.scenario
    task = ScenarioTask(scenario=scenario, batch_shots=3)
    assert task == ScenarioTask(scenario=scenario.with_(seed=9), batch_shots=3)
    assert task != ScenarioTask(scenario=scenario.with_({"run.replicas": 4}), batch_shots=4)
    sndlib = "?SNDlib native format; type: network; version: 1.0\nNODES ( A ( 9.8 52.4 ) {} )\n"
    sndlib += "LINKS ( L1 ( A B ) 0.0 0.0 0.0 0.0 ( ) )\nDEMANDS ( )\n"
    text = TEXT.replace(STAR, 'file = "net.txt"')
    text = text.replace('[[demand]]\nends = ["A", "C"]\nrate_hz = 0.05\n', "")
    (tmp_path / "sweep.toml").write_text(text)
    found = []
    for place in ("B ( 10.1 53.5 )", "B ( 10.1 53.6 )"):
        (tmp_path / "net.txt").write_text(sndlib.format(place))
        sweep = load(tmp_path / "sweep.toml")
        found.append((sweep.identity, sweep.point(0).task.identity))
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]


def test_the_command_line_sweeps_shows_plots_and_exports(tmp_path, capsys):
    # Oracle: the points, and the names of what was asked for.
    path, store = tmp_path / "load.toml", str(tmp_path / "load.db")
    path.write_text(TEXT)
    assert main(["sweep", str(path), "--store", store, "--workers", "1"]) == 0
    capsys.readouterr()
    assert main(["results", store]) == 0
    said = capsys.readouterr().out
    assert "pair_rate_hz / Hz" in said
    assert "waiting_time_s / s" in said
    assert main(["results", store, "--figures", "A-C.fidelity"]) == 0
    assert "0.9703" in capsys.readouterr().out
    assert main(["results", store, "--figures", "A-C.fidelty"]) == 2
    assert "did you mean 'A-C.fidelity'?" in capsys.readouterr().err
    picture = tmp_path / "load.png"
    asked = ["plot", store, "--x", "demand[0].rate_hz", "--y", "waiting_time_s"]
    assert main([*asked, "--out", str(picture)]) == 0
    assert picture.stat().st_size > 1000
    table = tmp_path / "load.csv"
    assert main(["export", store, "--out", str(table)]) == 0
    with Path(table).open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["controller.discipline"] for line in lines] == ["drop", "fifo"] * 2
    assert all(float(line["A-B.fidelity_best"]) == pytest.approx(0.9703) for line in lines)
    assert {line["allocation"] for line in lines} == {"reserve"}
