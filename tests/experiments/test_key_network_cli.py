"""Key networks on the command line: JSON, text, sweeps that go on, maps, schema, citations."""

from __future__ import annotations

import json

import pytest

from experiments.cli.main import main
from experiments.sweep import Store, collect, inline, loads, processes, results
from qnet.schema.shipped import shipped

TEXT = """
kind = "key-network"
seed = 5
[run]
duration_s = 100.0
replicas = 3
[topology]
edges = [["A", "B", 10.0], ["B", "C", 10.0], ["A", "D", 10.0], ["D", "C", 10.0]]
[link]
key_rate_hz = 2304.0
qber = 0.02
[store]
capacity_bits = 2560
[[demand]]
ends = ["A", "C"]
rate_hz = 9.0
[[demand]]
ends = ["A", "B"]
device = "aes-256-gcm"
tunnels = 4
rekey_s = 60.0
"""

SWEEP = (
    TEXT
    + """
[sweep]
"demand[0].rate_hz" = [4.0, 9.0]
"relay.routes" = [1, 2]
"""
)

#: Keys that outside checks read.
OF_DEMAND = {
    "ends",
    "routes",
    "asked_hz",
    "served_hz",
    "refused_fraction",
    "response_delay_s",
    "key_bits_hz",
    "error_ratio",
    "loss_ratio",
    "availability",
    "relays",
    "corrupt_node_learns",
}
OF_EDGE = {"ends", "key_rate_hz", "used_bits_hz", "stored_bits", "dry_fraction", "qber", "alarm_s"}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "city.toml"
    file.write_text(TEXT)
    return file


def run_json(capsys, *arguments):
    assert main(["run", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_has_the_keys_that_are_fixed(path, capsys):
    """Oracle: the list of keys that outside checks read, and bounds by hand."""
    found = run_json(capsys, path)
    assert {"engine", "seed", "replicas", "demands", "edges", "bounds"} <= set(found)
    assert {"warnings", "versions", "scenario", "duration_s", "bottleneck"} <= set(found)
    assert all(set(demand) >= {*OF_DEMAND, "security"} for demand in found["demands"])
    assert all(set(edge) >= {*OF_EDGE, "security"} for edge in found["edges"])
    cuts = found["bounds"]["min_cut_bits_hz"]
    assert [(each["ends"], each["best"]) for each in cuts] == [
        (["A", "C"], pytest.approx(4608.0)),
        (["A", "B"], pytest.approx(4608.0)),
    ]
    # Both cut A off: 4608/(2304 + 8 * 256/60) times.
    assert found["bounds"]["concurrent_factor"] == pytest.approx(4608.0 / (2304.0 + 2048.0 / 60.0))
    assert set(found["demands"][0]["refused_fraction"]) == {"low", "best", "high", "n"}
    assert found["demands"][0]["corrupt_node_learns"] == {"B": 1.0}
    assert found["demands"][1]["relays"] == []


def test_a_key_set_otherwise_and_a_seed_change_the_answer(path, capsys):
    """Oracle: key in plenty, hardly a refusal; the seed of the command line is told."""
    base = run_json(capsys, path)
    more = run_json(capsys, path, "--set", "link.key_rate_hz=1e6")
    other = run_json(capsys, path, "--seed", "9", "--workers", "2")
    assert base["demands"][0]["refused_fraction"]["best"] > 0.0
    assert more["demands"][0]["refused_fraction"]["best"] < 0.01
    assert (base["seed"], other["seed"]) == (5, 9)
    assert base["demands"][0]["asked_hz"] != other["demands"][0]["asked_hz"]


def test_the_text_says_who_could_read_keys_and_where_key_is_short(path, capsys):
    """Oracle: by hand; B is the only relay, and A - B carries both demands."""
    attack = 'attack=[{ edge = ["B", "C"], intercept = 1.0, from_s = 50.0 }]'
    assert main(["run", str(path), "--set", attack]) == 0
    said = capsys.readouterr().out
    assert "demand A - C, along A - B - C, A - D - C" in said
    assert "corrupt, each of these could read its keys: B (" in said
    assert "no relay: nobody between the ends could read its keys" in said
    assert "bottleneck: A - B" in said
    assert "alarm on B - C after 51" in said
    assert "still secret" in said
    assert "the rate was given outright" in said


def test_shots_and_distributions_are_refused(path, capsys):
    """Oracle: a network is played for a time."""
    assert main(["run", str(path), "--shots", "10"]) == 2
    assert "run.duration_s and run.replicas" in capsys.readouterr().err
    assert main(["run", str(path), "--engine", "circuit"]) == 2
    assert "'exact', 'sampled'" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [inline, lambda: processes(2)])
def test_a_sweep_gives_the_figures_of_its_points_played_alone(workers):
    """Oracle: the point played alone with its seed; security as of the run."""
    store = Store(":memory:", create=True)
    assert collect(loads(SWEEP), store, workers=workers())
    rows = results(store)
    point = loads(SWEEP).point(3)
    alone = point.task.scenario.play(seed=point.task.seed(5, 0))
    assert dict(rows[3].axes) == {"demand[0].rate_hz": 9.0, "relay.routes": 2}
    assert rows[3].figure("A-C.refused_fraction") == alone.demands[0].figures["refused_fraction"]
    assert rows[3].figure("key_bits_hz") == alone.totals["key_bits_hz"]
    assert rows[3].samples == 3
    assert rows[3].security.notion == "none"
    assert any("corrupt relay" in each for each in rows[3].security.assumes)


def test_a_stopped_sweep_goes_on_where_it_was():
    """Oracle: the same sweep without a stop."""
    whole = Store(":memory:", create=True)
    assert collect(loads(SWEEP), whole, workers=inline())
    store, asked = Store(":memory:", create=True), iter([False, False, True])
    assert not collect(loads(SWEEP), store, workers=inline(), stop=lambda: next(asked, True))
    assert collect(loads(SWEEP), store, workers=inline())
    found = [[row.counts.figures for row in results(each)] for each in (whole, store)]
    assert found[0] == found[1]


@pytest.mark.parametrize("key", ["keyrate", "chain", "satellite"])
@pytest.mark.parametrize("table", ["link", "edge"])
def test_another_file_of_an_edge_makes_another_sweep(table, key, tmp_path):
    """Oracle: the rate of an edge comes of its file, so that old points are not those of a new."""
    given = f'{key} = "edge.toml"'
    link = f"link = {{ {given} }}" if table == "link" else ""
    own = f'[[edge]]\nends = ["A", "B"]\nlink = {{ {given} }}' if table == "edge" else ""
    text = SWEEP.replace("[link]\nkey_rate_hz = 2304.0\nqber = 0.02", own)
    file, names = tmp_path / "edge.toml", []
    for said in ("a = 1", "a = 2"):
        file.write_text(said)
        names.append(loads(f"{link}\n{text}", folder=str(tmp_path)).identity)
    assert names[0] != names[1]


def test_a_sweep_is_shown_exported_and_drawn(tmp_path, capsys):
    """Oracle: the axes of the file, and the figures that a reader asks for first."""
    (tmp_path / "s.toml").write_text(SWEEP)
    store = str(tmp_path / "s.db")
    assert main(["sweep", str(tmp_path / "s.toml"), "--store", store, "--workers", "1"]) == 0
    assert main(["results", store]) == 0
    said = capsys.readouterr().out
    assert "relay.routes" in said
    assert "refused_fraction" in said
    assert "security: none" in said
    assert main(["export", store, "--out", str(tmp_path / "s.csv")]) == 0
    header = (tmp_path / "s.csv").read_text().partition("\n")[0].split(",")
    assert {"A-C.response_delay_s_best", "greatest_dry_fraction_high", "relay"} <= set(header)
    picture = str(tmp_path / "s.png")
    arguments = ["--x", "demand[0].rate_hz", "--y", "refused_fraction", "--out", picture]
    assert main(["plot", store, *arguments]) == 0


def test_a_map_shows_use_stores_and_routes(path, tmp_path, capsys):
    """Oracle: the legend's words; a delivery of a pair there is none."""
    from qnet.schema import load

    figure = load(path).overview(replicas=1)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "share of the key that is used" in legend
    assert "stored key (bit)" in legend
    assert "A to C" in legend
    assert main(["draw", str(path), "--out", str(tmp_path / "map.svg")]) == 0
    assert (tmp_path / "map.svg").stat().st_size > 1000
    assert main(["draw", str(path), "--shot", "1", "--out", str(tmp_path / "map.svg")]) == 2
    assert "--shot must be left out with a key network" in capsys.readouterr().err
    assert main(["draw", str(path), "--out", str(tmp_path / "map.gif")]) == 2
    assert "be no animation of a key network" in capsys.readouterr().err


def test_schema_and_citations_know_the_kind(path, capsys):
    """Oracle: the tables that the file has."""
    assert main(["schema", "key-network"]) == 0
    properties = json.loads(capsys.readouterr().out)["properties"]
    assert {"link", "store", "relay", "demand", "alarm", "attack", "sae", "kme"} <= set(properties)
    assert main(["cite", str(path)]) == 0
    assert "Salvail2010" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(n for n in shipped() if n.startswith("key-networks/")))
def test_shipped_key_networks_are_played(name, capsys):
    """Oracle: every demand is served by more than nothing, and refused by less than a fifth."""
    # The passes of a satellite are hours apart.
    seconds = 604_800.0 if name.endswith("satellite") else 20.0
    quick = ["--set", f"run.duration_s={seconds}", "--set", "run.replicas=2"]
    for demand in run_json(capsys, name, *quick)["demands"]:
        assert demand["served_hz"]["best"] > 0.0
        assert demand["refused_fraction"]["best"] < 0.2
