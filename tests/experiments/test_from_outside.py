"""An engine and a figure of merit added from outside, one line each, show up wherever theirs do."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.explore import Controls, work_out
from experiments.explore.chain.controls import choices
from qnet import Link, ParameterError, Swap, UnknownNameError, play
from qnet.engines import ENGINES, register_engine
from qnet.engines.agree import agree
from qnet.metrics.figures import FIGURES, register_figure
from qnet.states import werner
from tests.experiments.scenario_text import abstract, scenario_text
from tests.experiments.sweep_text import CHAIN, sweep_text
from tests.toys import ATTEMPTS, CLOSED_FORM, DICE

ROOT = Path(__file__).parents[2]
LINK = Link(success_probability=0.2, attempt_time_s=3.0, state=werner(0.98))
ONE_LINK = scenario_text(
    chain="segments = 1\nlength_km = 50", link=abstract(0.2, "{ werner = 0.98 }", 3.0)
)


@pytest.fixture
def engines():
    """Two engines of one link."""
    register_engine(CLOSED_FORM)
    register_engine(DICE)
    yield
    del ENGINES["closed-form"], ENGINES["dice"]


def _standard_error(low: float, high: float) -> float:
    """That of a normal 95 % interval."""
    return (high - low) / (2.0 * 1.959963984540054)


def test_an_engine_is_played_by_name(engines):
    """Oracle: T/p = 15 s, and the fidelity (1 + 3 w)/4 of a Werner state."""
    result = play(LINK, engine="closed-form")
    assert (result.delivery_time_s.best, result.fidelity.best) == pytest.approx((15.0, 0.985))
    drawn = play(LINK, engine="dice", shots=10_000, seed=1).delivery_time_s
    assert abs(drawn.best - 15.0) < 5.0 * _standard_error(drawn.low, drawn.high)
    with pytest.raises(ParameterError, match="shots must be given for engine='dice'"):
        play(LINK, engine="dice", seed=1)
    with pytest.raises(ParameterError, match="width must be an option of engine='dice'"):
        play(LINK, engine="dice", shots=10, seed=1, width=0.1)


def test_names_are_taken_once(engines, figure):
    with pytest.raises(ParameterError, match=r"engine\.name must be new \(got 'dice'\)"):
        register_engine(DICE)
    with pytest.raises(ParameterError, match=r"figure\.name must be new"):
        register_figure(figure)
    with pytest.raises(UnknownNameError):
        play(LINK, engine="dise", shots=1, seed=1)


def test_the_command_line_knows_the_engine(engines, scenario, qnet_run, capsys):
    """Oracle: the closed form and the exact engine give the same numbers."""
    assert main(["run", scenario(ONE_LINK), "--engine", "dise"]) == 2
    assert "did you mean 'dice'?" in capsys.readouterr().err
    assert main(["run", scenario(ONE_LINK), "--engine", "xyz"]) == 2
    assert "'circuit', 'closed-form', 'dice'" in capsys.readouterr().err
    mine, exact = (qnet_run(ONE_LINK, "--engine", name) for name in ("closed-form", "exact"))
    assert (mine["engine"], mine["seed"], mine["shots"]) == ("closed-form", None, None)
    for name in ("delivery_time_s", "fidelity", "secret_key_rate_hz", "secret_key_rate_per_mode"):
        assert mine[name]["best"] == pytest.approx(exact[name]["best"], rel=1e-9)
    assert qnet_run(ONE_LINK, "--engine", "dice", "--shots", "50")["shots"] == 50
    assert main(["run", scenario(ONE_LINK), "--engine", "dice", "--distribution"]) == 2
    assert "come with --engine exact" in capsys.readouterr().err
    assert main(["run", scenario(ONE_LINK), "--engine", "closed-form", "--distribution"]) == 0
    assert "engine closed-form, nothing drawn" in capsys.readouterr().out
    assert main(["run", "--help"]) == 0
    assert "closed-form: formulas of one link" in " ".join(capsys.readouterr().out.split())


def test_engines_agree_with_that_from_outside(engines):
    """Oracle: the other engines; a chain is refused with the engine's own sentence."""
    found = agree(LINK, shots=2000, seed=1, circuit_shots=5)
    assert {each.engine for each in found.comparisons} == {
        "exact",
        "circuit",
        "closed-form",
        "dice",
    }
    assert found.holds
    chain = agree(Swap(left=LINK, right=LINK), shots=50, seed=1, circuit_shots=2, timelines=0)
    assert [name for name, _ in chain.refusals] == ["closed-form", "dice"]


def test_a_figure_is_in_json_text_html_and_agree(figure, scenario, qnet_run, capsys):
    """Oracle: 1/p = 5 attempts per pair of one link."""
    report = qnet_run(ONE_LINK, "--engine", "exact")
    assert report["attempts_per_pair"]["best"] == pytest.approx(5.0)
    names = list(report)
    assert names.index("attempts_per_pair") < names.index("security")
    assert main(["run", scenario(ONE_LINK), "--engine", "exact"]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("attempts ")]
    assert line.split() == ["attempts", "5", "attempt/pair"]
    result = play(LINK, engine="exact")
    assert "<th>attempts</th><td><b>5</b>" in result._repr_html_()
    assert any(row.split()[:2] == ["attempts", "5"] for row in result.summary().splitlines())
    found = agree(LINK, shots=2000, seed=1, engines=("exact", "sampled"))
    assert "attempts_per_pair" in [each.figure for each in found.comparisons]
    assert found.holds


def test_a_figure_is_on_the_page(figure):
    """Oracle: the delivery time over the attempt time, both of which the page shows."""
    assert choices()["figures"][figure.name] == {"title": "attempts", "unit": "attempt/pair"}
    found = work_out(Controls(segments=1, distance_km=50.0))
    attempts = found["figures"]["delivery_time_s"]["best"] / found["link"]["attempt_time_s"]
    assert found["figures"][figure.name]["best"] == pytest.approx(attempts)


def test_sweeps_take_both(engines, figure, scenario, tmp_path, capsys):
    """Oracle: 1/p attempts, exactly of the closed form, to 5 standard errors of what is drawn."""
    axis = 'engine = ["closed-form", "dice", "sampled"]\n"link.success_probability" = [0.2, 0.5]'
    chain = CHAIN.replace("segments = 2", "segments = 1")
    file, store = scenario(sweep_text(axis, chain=chain)), str(tmp_path / "toy.db")
    assert main(["sweep", file, "--store", store, "--workers", "1"]) == 0
    assert main(["results", store, "--figures", figure.name]) == 0
    assert "attempts_per_pair / attempt/pair" in capsys.readouterr().out
    table = tmp_path / "toy.csv"
    assert main(["export", store, "--out", str(table)]) == 0
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 6
    for row in rows:
        low, best, high = (
            float(row[f"attempts_per_pair_{end}"]) for end in ("low", "best", "high")
        )
        off = best - 1.0 / float(row["link.success_probability"])
        if row["engine"] == "closed-form":
            assert off == pytest.approx(0.0, abs=1e-9)
            assert row["samples"] == "0"
        else:
            assert abs(off) < 5.0 * _standard_error(low, high)
            assert row["samples"] == "3000"
    assert main(["plot", store, "--x", "link.success_probability", "--y", figure.name]) == 0


def test_a_figure_that_came_later_is_not_known_of_what_was_played_before(
    scenario, tmp_path, capsys
):
    """Oracle: draws keep their moments, so any figure can be had; final figures cannot grow."""
    axis = 'engine = ["exact", "sampled"]'
    file, store = scenario(sweep_text(axis)), str(tmp_path / "toy.db")
    assert main(["sweep", file, "--store", store, "--workers", "1"]) == 0
    register_figure(ATTEMPTS)
    try:
        capsys.readouterr()
        assert main(["results", store, "--figures", ATTEMPTS.name]) == 0
        exact, sampled = capsys.readouterr().out.splitlines()[-2:]
        assert exact.split()[:2] == ["exact", "-"]
        assert float(sampled.split()[1]) > 1.0
    finally:
        del FIGURES[ATTEMPTS.name]


def test_plugins_reach_the_program_and_its_workers(scenario, tmp_path):
    """A module named in the environment registers in every process; a wrong name is an error."""
    (tmp_path / "toy_plugin.py").write_text(
        "from qnet.engines import register_engine\nfrom tests.toys import CLOSED_FORM, DICE\n"
        "register_engine(CLOSED_FORM)\nregister_engine(DICE)\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "QNET_PLUGINS": "toy_plugin"}

    def qnet(*arguments: str, **changes: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "experiments.cli", *arguments]
        return subprocess.run(
            command, env=environment | changes, capture_output=True, text=True, check=False
        )

    done = qnet("run", scenario(ONE_LINK), "--engine", "closed-form", "--json")
    assert json.loads(done.stdout)["delivery_time_s"]["best"] == 15.0
    chain = CHAIN.replace("segments = 2", "segments = 1")
    file, store = scenario(sweep_text('engine = ["dice", "sampled"]', chain=chain)), "toy.db"
    done = qnet("sweep", file, "--store", str(tmp_path / store), "--workers", "2")
    assert (done.returncode, done.stderr.count("error")) == (0, 0)
    assert "2 of 2 points finished" in qnet("results", str(tmp_path / store)).stdout
    done = qnet("presets", QNET_PLUGINS="toy_plugin, nowhere")
    assert done.returncode == 2
    assert "QNET_PLUGINS must name modules that can be imported (got 'nowhere')" in done.stderr
