"""qnet agree, timeline and draw of networks: what is printed and drawn of their deliveries."""

from __future__ import annotations

import re

import pytest

from experiments.cli.main import main
from qnet import load
from tests.experiments.scenario_text import abstract, network_file

LINE = network_file(
    """
[memory]
depolarizing_time_s = 50.0

[swap]
cnot_depolarizing = 0.01

[controller]
allocation = "reserve"

[[demand]]
ends = ["A", "B"]
rate_hz = 0.03

[[demand]]
ends = ["S", "B"]
rate_hz = 0.05
""",
    top="seed = 3",
    run="duration_s = 400.0\nwarm_up_s = 50.0\nreplicas = 10",
    topology='edges = [["A", "S", 8.0], ["S", "T", 12.0], ["T", "B", 9.0]]',
    link=abstract(0.3, "{ werner = 0.98 }"),
)

SWITCH = network_file(
    """
[[nodes]]
name = "hub"
kind = "switch"

[controller]
allocation = "share"
ghz = 3
""",
    top='demand = "all-pairs"',
    run="duration_s = 20.0\nreplicas = 10",
    topology='shape = "star"\nleaves = 4\nlength_km = 10.0',
    link='scheme = "abstract"\nrate_hz = 0.5\nstate = { werner = 0.95 }',
)


def run(capsys, *words):
    """Exit code, lines on stdout and stderr of a command."""
    code = main(list(words))
    out, error = capsys.readouterr()
    return code, out.splitlines(), error


def test_agree_compares_every_demand(scenario, capsys):
    """Oracle: the engines themselves; each figure of each demand has its line."""
    code, lines, _ = run(capsys, "agree", scenario(LINE), "--circuit-shots", "1")
    assert (code, lines[-1]) == (0, "the engines agree")
    found = {tuple(line.split()[:4]) for line in lines if "standard errors" in line}
    figures = ("served_hz", "waiting_time_s", "pair_rate_hz", "fidelity", "qber_z")
    for engine in ("circuit", "exact"):
        for number, ends in enumerate(("A-B", "S-B")):
            wanted = {(str(number), ends, figure, engine) for figure in figures}
            assert wanted <= found
    assert re.search(r"joint density matrix: \d\.\de-\d+ at most on 6 timelines", "\n".join(lines))


def test_agree_says_what_an_engine_cannot_play(scenario, capsys):
    """Oracle: the sentence of the exact engine; the others are compared."""
    text = LINE.replace("rate_hz = 0.03", "rate_hz = 0.03\npatience_s = 20.0")
    code, lines, _ = run(capsys, "agree", scenario(text), "--circuit-shots", "1")
    assert code == 0
    assert any(line.startswith("exact: ") and "sampled" in line for line in lines)


def test_agree_refuses_a_number_of_pairs(scenario, capsys):
    """Oracle: the sentence."""
    code, _, error = run(capsys, "agree", scenario(LINE), "--shots", "10")
    assert code == 2
    assert "--shots must be left out with a network (got 10)" in error


def test_timeline_names_the_nodes(scenario, capsys):
    """Oracle: the history of the same pair from Python."""
    path = scenario(LINE)
    code, lines, _ = run(capsys, "timeline", path, "--shot", "2", "--demand", "0", "--replica", "1")
    assert code == 0
    traced = load(path).delivery(2, demand=0, replica=1)
    assert [line.split()[0] for line in lines[1:]] == [each.pair for each in traced.records]
    assert [line.split()[2] for line in lines[1:]] == ["A-S", "S-T", "T-B", "A-B"]
    assert float(lines[-1].split()[4]) == pytest.approx(traced.records[-1].ready_s, rel=1e-5)


def test_timeline_of_a_ghz_state(scenario, capsys):
    """Oracle: three pairs with the switch, and the state of three users."""
    code, lines, _ = run(capsys, "timeline", scenario(SWITCH), "--shot", "1")
    assert code == 0
    pairs = [line.split()[2] for line in lines[1:]]
    users = pairs[-1].split("-")
    assert len(users) == 3
    assert pairs[:-1] == [f"{user}-hub" for user in users]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--demand", "2"], "--demand must be below 2, the number of demands (got 2)"),
        (["--replica", "10"], "--replica must be below run.replicas = 10 (got 10)"),
        (["--shot", "100000"], "--shot must be below"),
    ],
)
def test_deliveries_that_are_not_there(scenario, capsys, words, message):
    """Oracle: the sentence."""
    code, lines, error = run(capsys, "timeline", scenario(LINE), *words)
    assert (code, lines) == (2, [])
    assert message in error


def test_a_chain_has_no_demands(capsys):
    """Oracle: the sentence."""
    code, _, error = run(capsys, "timeline", "two-segments", "--demand", "1")
    assert code == 2
    assert "--demand must be given for a network alone (got 1)" in error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LINE, []),
        (LINE, ["--replicas", "2"]),
        (LINE, ["--shot", "1"]),
        (SWITCH, []),
        (SWITCH, ["--shot", "0"]),
    ],
    ids=["map", "map of two runs", "delivery", "map of a switch", "GHZ state"],
)
def test_draw(scenario, tmp_path, capsys, text, words):
    """Oracle: a picture is written where it should be."""
    out = tmp_path / "picture.png"
    code, lines, _ = run(capsys, "draw", scenario(text), "--out", str(out), *words)
    assert (code, lines) == (0, [str(out)])
    assert out.read_bytes().startswith(b"\x89PNG")


def test_the_map_shows_loads_and_routes(scenario):
    """Oracle: what the scenario says, and which edge is used most: that of both demands."""
    axes = load(scenario(LINE, "town")).overview(replicas=1).axes[0]
    gids = {artist.get_gid() for artist in axes.get_children()}
    assert {"route 0", "route 1", "node A", "fibre A S", "fibre T B"} <= gids
    assert axes.get_title() == "town: reserve, 1 run of 400 s"
    widths = {
        artist.get_gid(): artist.get_linewidth()
        for artist in axes.get_lines()
        if str(artist.get_gid()).startswith("fibre")
    }
    assert widths["fibre A S"] < widths["fibre T B"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x.png", "--shot", "1", "--replicas", "2"], "map of a network alone"),
        (["--out", "x.png", "--frames", "5"], "--frames must be given for an animation alone"),
        (["--out", "x.gif", "--replicas", "2"], "--replicas must be given for the map"),
    ],
)
def test_options_that_do_not_go_together(scenario, tmp_path, monkeypatch, capsys, words, message):
    """Oracle: the sentence, and no file."""
    monkeypatch.chdir(tmp_path)
    code, _, error = run(capsys, "draw", scenario(LINE), *words)
    assert code == 2
    assert message in error
    assert not list(tmp_path.glob("x.*"))


def test_no_animation_of_a_ghz_state(scenario, tmp_path, capsys):
    """Oracle: the sentence."""
    out = str(tmp_path / "x.gif")
    code, _, error = run(capsys, "draw", scenario(SWITCH), "--out", out, "--shot", "0")
    assert code == 2
    assert "--out must be no animation of a GHZ state" in error
