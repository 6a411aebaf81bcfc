"""``qnet plan``: text, JSON, exit codes, files that are whole, and a plan that is kept."""

import json
import subprocess
import sys
import time

import pytest

import qnet
from experiments.cli.main import main
from protocols.planning.scenario import PlanScenario
from tests.protocols.test_plan_reports import TOWNS

FILES = ("plan.json", "network.toml", "bill.csv", "map.svg", "report.html")


@pytest.fixture
def towns(tmp_path, monkeypatch):
    """The file of four towns, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "towns.toml").write_text(TOWNS, encoding="utf-8")
    return tmp_path


def told(capsys, *words):
    """Exit code, and what was printed."""
    code = main(["plan", "towns.toml", *words])
    return code, *capsys.readouterr()


def test_the_object(towns, capsys):
    """By hand: A - C over its edge of one pair, B - D over C, with 20 dB at most on a hop."""
    code, out, _ = told(capsys, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["status"], found["scenario"], found["reason"]) == ("optimal", "towns", "")
    assert found["objective"] == pytest.approx(50.0 * 3 + 100.0)
    assert [demand["routes"] for demand in found["demands"]] == [
        [["A", "C"]],
        [["B", "C", "D"]],
    ]
    assert found["totals"]["nodes"] == 1
    assert found["demands"][0]["trusted_nodes"] == 0
    assert found["demands"][0]["availability"] == pytest.approx(8760.0 / 8772.0)
    assert found["files"] == []
    assert "played" not in found


def test_the_text(towns, capsys):
    # Oracle: the figures of the object.
    code, out, _ = told(capsys, "--play", "--failures", "--variants", "--over-distance", "50", "90")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("towns: 4 sites, 4 options of spans, 2 demands")
    assert "status           optimal" in lines
    assert any(line.startswith("B - C ") for line in lines)
    assert "2 of 2 promises hold" in out
    assert "in 4 of them every demand got what its ways foretell" in " ".join(out.split())
    assert "two disjoint ways for each key" in out
    assert "towns: 10000 secret bits/s over one line" in out


def test_no_network_is_exit_code_1(towns, capsys):
    """Oracle: without trusted nodes nothing joins B and D."""
    words = ("--set", "require.maximum_trusted_nodes=0")
    code, out, _ = told(capsys, "--json", "--play", "--failures", *words)
    found = json.loads(out)
    assert (code, found["status"], found["objective"]) == (1, "infeasible", None)
    assert (found["edges"], found["demands"]) == ([], [])
    assert "reason" in found
    code, out, _ = told(capsys, "--out", "none", *words)
    assert code == 1
    assert [path.name for path in sorted((towns / "none").iterdir())] == [
        "plan.json",
        "report.html",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--gap", "2"), "--gap must lie in [0, 1] (got 2.0); 0.05 is five per cent"),
        (("--time-limit", "0"), "--time-limit must be positive (got 0.0)"),
        (("--over-distance", "90", "50"), "distances_km[1] must be above the first, 90"),
        (("--out", "towns.toml"), "--out must be a folder (got 'towns.toml')"),
        (("--set", "sites.neighbours=0"), "sites.neighbours must"),
        (("--set", "technology[0].kind=rope"), "technology[0].kind must be one of"),
    ],
)
def test_bad_input_is_exit_code_2(towns, capsys, words, message):
    # Oracle: the rule of the key.
    code, out, err = told(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"qnet: error: {message}")


def test_the_files_are_there_and_play(towns, capsys):
    """Oracle: each file is said; the network is read again, and promises what the plan does."""
    code, out, _ = told(capsys, "--out", "found")
    assert code == 0
    assert out.splitlines()[-len(FILES) :] == [f"found/{name}" for name in FILES]
    kept = json.loads((towns / "found" / "plan.json").read_text(encoding="utf-8"))
    assert kept["status"] == "optimal"
    assert kept["kept"]["objective"] == kept["objective"]
    network = qnet.load("found/network.toml")
    assert [routed.routes for routed in network.case.demands] == [
        (("A", "C"),),
        (("B", "C", "D"),),
    ]
    assert network.run.duration_s > 1e6
    assert main(["run", "found/network.toml", "--json", "--set", "run.duration_s=1e6"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["demands"][0]["key_bits_hz"]["best"] == pytest.approx(10e3, rel=0.05)


def test_a_kept_plan_is_not_searched_for_again(towns, capsys, monkeypatch):
    """Oracle: a search that fails is not called; with another cost it is."""
    assert told(capsys, "--out", "found")[0] == 0

    def never(self, **how):
        raise RuntimeError

    monkeypatch.setattr(PlanScenario, "plan", never)
    code, out, _ = told(capsys, "--out", "found", "--play", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["played"]["holds"] is True
    assert json.loads((towns / "found" / "plan.json").read_text())["played"]["holds"] is True
    assert told(capsys, "--out", "found", "--set", "technology[0].pair_cost=7")[0] == 2


def test_a_killed_run_loses_nothing_that_was_found(towns):
    """Oracle: whenever it is killed, each file is whole or not there; the plan once it is kept."""
    call = [sys.executable, "-m", "experiments.cli", "plan", "towns.toml", "--out", "found"]
    run = subprocess.Popen([*call, "--play", "--set", "seed=9"])
    plan = towns / "found" / "plan.json"
    while run.poll() is None and not plan.exists():
        time.sleep(0.01)
    run.kill()
    run.wait()
    kept = json.loads(plan.read_text(encoding="utf-8"))["kept"]
    assert kept["status"] == "optimal"
    assert {path.name for path in plan.parent.glob("[!.]*")} <= set(FILES)


def test_what_was_assumed_is_said(towns, capsys):
    """Oracle: costs and availability that the file leaves out; a cost that is not 0 has a unit."""
    text = TOWNS.replace("node_cost = 100.0\n", "")
    (towns / "towns.toml").write_text(text, encoding="utf-8")
    _, out, _ = told(capsys)
    assert "cost             250 k EUR," in out
    said = " ".join(out.split())
    costs = "node_cost 100, fibre_cost_per_km 0 of trusted-fibre."
    assert f"Costs that the file leaves out are assumed, in k EUR: {costs}" in said
    assert "never fails here: nodes of trusted-fibre (node_availability)." in said
    _, out, _ = told(capsys, "--set", "money.currency=crowns")
    assert "cost             250 crowns," in out
    (towns / "towns.toml").write_text(TOWNS, encoding="utf-8")
    _, out, _ = told(capsys)
    assert "are assumed: fibre_cost_per_km 0 of trusted-fibre." in " ".join(out.split())


def test_the_worst_failure_comes_first(towns, capsys):
    # Oracle: the site at which a demand ends takes all of its key, and nothing takes more.
    _, out, _ = told(capsys, "--failures")
    lines = out.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("what fails")) + 1
    shares = [float(line.split()[-2]) for line in lines[first:] if line.endswith("%")]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 100.0


@pytest.mark.parametrize("command", [["run"], ["draw", "--out", "x.svg"]])
def test_other_commands_name_this_one(towns, capsys, command):
    """Oracle: a plan is neither played nor drawn as it stands."""
    assert main([command[0], "towns.toml", *command[1:]]) == 2
    assert "(got 'plan'); plan it with qnet plan" in capsys.readouterr().err
