"""``qnet optimize``, ``requirements`` and ``promise``, from file to exit code."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing

import pytest
from scipy.stats import binom

from experiments.cli.main import main
from experiments.sweep import Store, results
from tests.experiments.scenario_text import abstract, check_refused, scenario_text

OPTIMIZE = """
[memory]
pair_depolarizing_time_s = 30.0
[swap]
success_probability = 0.5
[optimize]
objective = "secret-key-rate"
"""
WERNER_99 = abstract(0.1, "{ werner = 0.99 }")
ION = 'kind = "chain"\n[chain]\nsegments = 1\nlength_km = 10\n[link]\npreset = "trapped-ion"\n'


@pytest.fixture
def qnet(tmp_path, capsys):
    """Run a command on a scenario text; returns exit code, stdout and stderr."""

    def run(command: str, text: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        code = main([command, str(path), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_optimize_finds_the_cutoff_of_the_reference_setting(qnet, tmp_path):
    """Setting of P-B8: brute force over formula 2.4 gives a cut-off of 4 steps."""
    log = tmp_path / "log.db"
    text = scenario_text(link=WERNER_99, rest=OPTIMIZE)
    code, out, err = qnet("optimize", text, "--json", "--store", str(log))
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["found"] is True
    assert report["plan"]["cutoffs_s"] == [4.0]
    assert report["secret_key_rate_hz"] == pytest.approx(0.0110986867, rel=1e-7)
    with Store(log, read_only=True) as store:
        assert report["candidates"] <= len(results(store))
        best = max(results(store), key=lambda row: row.figure("secret_key_rate_hz").best)
        assert best.axes["cutoffs_s"] == [4.0]
    again = json.loads(qnet("optimize", text, "--json", "--store", str(log))[1])
    assert again["played_now"] == 0
    assert again["plan"] == report["plan"]
    assert "cut-off 4 s" in qnet("optimize", text)[1]


def test_optimize_cuts_the_chain_anew(qnet):
    text = scenario_text(
        link=WERNER_99, rest=OPTIMIZE + "segments = [1, 2]\ndistill_rounds = [0, 1]"
    )
    report = json.loads(qnet("optimize", text, "--json")[1])
    assert report["plan"]["segments"] == 1
    assert report["rate_hz"] == pytest.approx(0.1)


def test_optimize_says_why_there_is_nothing(qnet):
    text = scenario_text(link=abstract(0.1, "{ werner = 0.5 }"), rest=OPTIMIZE)
    code, out, _ = qnet("optimize", text)
    assert code == 0
    assert "No plan gives a secret key: the best fidelity is" in out


def test_optimize_needs_its_table(qnet):
    code, out, err = qnet("optimize", scenario_text())
    assert (code, out) == (2, "")
    assert err.startswith("qnet: error: optimize.objective must be given")


@pytest.mark.parametrize(
    ("line", "field", "rule", "hint"),
    [
        ("segmnts = [2]", "optimize.segmnts", "be a key of [optimize]", "segments"),
        ("segments = 2", "optimize.segments", "be a list", "segments = [...]"),
        ("segments = []", "optimize.segments", "not be empty", "at least one"),
        ("segments = [0]", "optimize.segments[0]", "at least 1", "whole"),
        ("segments = [1.5]", "optimize.segments[0]", "be a whole number", "whole"),
        ("segments = [9999]", "optimize.segments[0]", "be at most 1024", "smaller"),
        ('strategies = ["nest"]', "optimize.strategies[0]", "be one of", "nested"),
        ('cutoff = "all"', "optimize.cutoff", "be one of", "choose"),
        ("cutoff_bounds_s = [1.0]", "optimize.cutoff_bounds_s", "be two numbers", "lowest"),
        ("cutoff_bounds_s = [2.0, 1.0]", "optimize.cutoff_bounds_s", "ascending", "lowest"),
        ("cutoff_bounds_s = [-2.0, 1.0]", "optimize.cutoff_bounds_s[0]", "be positive", "above"),
        ("minimum_fidelity = 2", "optimize.minimum_fidelity", "lie in [0, 1]", "probability"),
        ("distill_levels = [3]\ndistill_rounds = [1]", "optimize.distill_levels", "leave", "level"),
        (
            "bright_state_population = [0.1, 0.2]",
            "optimize.bright_state_population",
            "belong to single-click links",
            "remove",
        ),
    ],
)
def test_bad_optimize_tables(line, field, rule, hint):
    check_refused(scenario_text(rest=f"[optimize]\n{line}"), field, rule, hint)


def test_a_rate_needs_a_fidelity():
    text = scenario_text(rest='[optimize]\nobjective = "rate"')
    check_refused(text, "optimize.minimum_fidelity", 'stand beside "rate"', "0.9")


def test_links_that_differ_are_not_cut_anew():
    chain = "segment_lengths_km = [10.0, 20.0]"
    link = 'preset = "trapped-ion"'
    text = scenario_text(chain=chain, link=link, rest="[optimize]\nsegments = [2, 4]")
    check_refused(text, "optimize.segments", "where its links differ", "segments = [2]")


def test_requirements_of_a_trapped_ion_link(qnet):
    """The efficiencies multiply to a rate; visibility gives F = (1 + V^(1/k)) / 2."""
    arguments = ("--target-rate-hz", "0.5", "--target-fidelity", "0.93", "--json")
    code, out, _ = qnet("requirements", ION, *arguments)
    report = json.loads(out)
    assert code == 0
    assert report["reached"] is True
    # Memory and readout of the pair play a small part beside the visibility of 0.76.
    alone = math.log(0.76) / math.log(0.86)
    assert alone <= report["uniform_factor"] <= 3.5
    assert report["rate_hz"] >= 0.5
    assert report["fidelity"] >= 0.93
    assert report["cost"] == pytest.approx(11 * report["uniform_factor"])
    _, out, _ = qnet("requirements", ION, "--target-rate-hz", "0.5", "--target-fidelity", "0.93")
    assert "emitter.visibility" in out


def test_requirements_go_on_where_they_were(qnet, tmp_path, monkeypatch):
    """Oracle: the same search without a store; of plans that are there none is played again."""
    arguments = ("--target-rate-hz", "0.5", "--target-fidelity", "0.93", "--json")
    kept = ("--store", str(tmp_path / "plans.db"))
    alone = qnet("requirements", ION, *arguments)[1]
    assert qnet("requirements", ION, *arguments, *kept) == (0, alone, "")
    with closing(sqlite3.connect(kept[1])) as database, database:
        (size,) = database.execute("SELECT count(*) FROM batches").fetchone()
        lost = "DELETE FROM batches WHERE task IN (SELECT task FROM points WHERE position >= ?)"
        database.execute(lost, (size // 2,))
        database.execute("DELETE FROM points WHERE position >= ?", (size // 2,))
    code, out, err = qnet("requirements", ION, *arguments, *kept)
    assert (code, out) == (0, alone)
    assert f": {size // 2} candidates are there from an earlier run" in err

    def never(*_):
        raise AssertionError

    monkeypatch.setattr("protocols.planning.optimise.trial.Evaluator._estimated", never)
    assert qnet("requirements", ION, *arguments, *kept)[1] == alone
    with Store(kept[1], read_only=True) as store:
        assert len({row.axes["cost"] for row in results(store)}) > 5


def test_requirements_that_cannot_be_met(qnet):
    code, out, _ = qnet("requirements", ION, "--target-rate-hz", "1e6")
    assert code == 0
    assert "Unreachable: 1e+06 pairs/s" in out
    assert "What remains is the fibre" in out


@pytest.mark.parametrize(
    ("text", "arguments", "part"),
    [
        (ION, (), "target must be one of the two rates (got 'neither'); give --target-rate-hz"),
        (ION, ("--target-rate-hz", "1", "--target-key-rate-hz", "1"), "(got 'both')"),
        (ION, ("--target-rate-hz", "fast"), "--target-rate-hz"),
        (ION, ("--target-rate-hz", "-1"), "target.rate_hz must be positive"),
        (ION, ("--target-rate-hz", "nan"), "target.rate_hz must be a finite number"),
        (scenario_text(), ("--target-rate-hz", "1"), "link.preset must be given"),
    ],
)
def test_bad_requirements(qnet, text, arguments, part):
    code, out, err = qnet("requirements", text, *arguments)
    assert (code, out) == (2, "")
    assert part in err
    assert err.count("\n") == 1


def test_promise_of_one_link_is_binomial(qnet):
    text = scenario_text(chain="segments = 1", link=abstract(0.1, "{ werner = 0.98 }"))
    arguments = ("--time", "1h", "--probability", "0.99", "--json")
    code, out, _ = qnet("promise", text, *arguments)
    report = json.loads(out)
    wanted = max(n for n in range(400) if binom.sf(n - 1, 3600, 0.1) >= 0.99)
    assert code == 0
    assert report["pairs"]["low"] <= wanted <= report["pairs"]["high"]
    assert report["pairs"]["best"] == wanted
    fraction = 1.0 - 2.0 * 0.08079313589591118  # 2 h(0.01)
    assert report["secret_bits"]["best"] == pytest.approx(wanted * fraction)
    assert report["method"] == "exact"
    assert f"pairs            {wanted}" in qnet("promise", text, *arguments[:-1])[1]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "--time"),
        (("--time", "1"), "write 10s, 30min, 8h or 1d"),
        (("--time", "1y"), "write 10s, 30min, 8h or 1d"),
        (("--time", "0s"), "write 10s, 30min, 8h or 1d"),
        (("--time", "1d", "--probability", "1"), "probability must lie between 0 and 1"),
    ],
)
def test_bad_promises(qnet, arguments, part):
    code, out, err = qnet("promise", scenario_text(), *arguments)
    assert (code, out) == (2, "")
    assert part in err
