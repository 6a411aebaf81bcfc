"""Satellites on the command line: JSON as it is promised, text, sweeps, schema, citations."""

import json
from datetime import datetime

import pytest
from jsonschema import Draft202012Validator

from experiments.cli.main import main
from experiments.sweep import Store, results
from qnet.schema import parse, read_text
from qnet.schema.json_schema import json_schema
from qnet.schema.shipped import shipped
from tests.protocols.satellite_keys import MISSION, mission

PASS = {
    "station",
    "start",
    "end",
    "duration_s",
    "maximum_elevation_deg",
    "usable_s",
    "loss_db",
    "qber",
    "secret_bits",
}
TOTAL = {
    "passes",
    "seconds",
    "longest_s",
    "best_elevation_deg",
    "secret_bits",
    "secret_bits_per_day",
}

#: Missions that come with the package.
SHIPPED = [
    name
    for name, where in sorted(shipped().items())
    if name.startswith("satellite/") and parse(read_text(where))["kind"] == "satellite"
]


@pytest.fixture
def path(tmp_path):
    """The file of the short mission."""
    file = tmp_path / "leo.toml"
    file.write_text(MISSION)
    return str(file)


def told(capsys, *words):
    """What a command prints as JSON."""
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_has_what_is_promised(path, capsys):
    # Oracle: the names that outside checks use, and sums by hand.
    found = told(capsys, "run", path)
    assert set(found["orbit"]) == {"inclination_deg", "period_s", "eclipse_fraction"}
    assert set(found["total"]) >= TOTAL
    rows = found["passes"]
    assert all(set(row) >= PASS for row in rows)
    assert sum(row["duration_s"] for row in rows) == pytest.approx(found["total"]["seconds"])
    bits = sum(row["secret_bits"] for row in rows)
    assert bits == pytest.approx(found["total"]["secret_bits"])
    for row in rows:
        ends = [datetime.fromisoformat(row[name]) for name in ("start", "end")]
        assert ends[0].utcoffset().total_seconds() == 0.0
        assert (ends[1] - ends[0]).total_seconds() == pytest.approx(row["duration_s"], abs=2e-3)
        assert 30.0 < row["loss_db"] < 45.0
        assert 0.01 < row["qber"] < 0.05
    # The passes are those of qnet passes.
    alone = told(capsys, "passes", path)
    assert [row["start"] for row in alone["passes"]] == [row["start"] for row in rows]


def test_a_pass_has_a_key_only_where_it_is_a_block(path, capsys):
    # Oracle: the rule that outside checks use.
    found = told(capsys, "run", path, "--set", "security.block=all")
    assert all(row["secret_bits"] is None for row in found["passes"])
    (block,) = found["blocks"]
    assert block["passes"] == list(range(len(found["passes"])))
    assert found["security"]["notion"] == "composable"


def test_weather_gives_quantiles(path, capsys):
    # Oracle: the names that outside checks use.
    words = ["--set", "optics.cloud_fraction=0.4", "--set", "weather={ samples = 30 }"]
    found = told(capsys, "run", path, *words, "--seed", "5")
    for name in ("secret_bits", "secret_bits_per_day"):
        assert {"p10", "p50", "p90"} <= set(found["total"][name])
    assert (found["seed"], found["samples"]) == (5, 30)
    assert told(capsys, "run", path, *words, "--seed", "5", "--shots", "40")["samples"] == 40


def test_no_pass_and_no_key_are_data(path, capsys):
    # Oracle: expected failure is data, with a sentence.
    none = told(capsys, "run", path, "--set", "station[0].latitude_deg=-89.0", *_flat())
    assert none["passes"] == []
    assert none["total"]["secret_bits"] == 0.0
    assert none["total"]["best_elevation_deg"] is None
    assert none["reason"].startswith("no pass: the satellite is seen at 20 degrees from latitudes")
    dark = told(capsys, "run", path, "--set", "optics.fixed_loss_db=60")
    assert dark["passes"]
    assert dark["total"]["secret_bits"] == 0.0
    assert dark["reason"].startswith("no key")
    assert dark["security"] == {
        "notion": "none",
        "epsilon": None,
        "assumes": [],
        "reason": dark["reason"],
    }


def _flat():
    return ["--set", "orbit.inclination_deg=20.0"]


def test_the_text_says_it_for_people(path, capsys):
    # Oracle: the figures of JSON.
    total = told(capsys, "run", path)["total"]
    assert main(["run", path]) == 0
    text = capsys.readouterr().out
    assert f"secret bits          {total['secret_bits']:.6g}" in text
    assert "security: composable, epsilon 1e-09" in text
    assert "Fading within a slot is averaged" in text


def test_wrong_options_are_refused(path, capsys):
    # Oracle: the messages, judged by eye.
    for words, message in (
        (["--shots", "9"], "--shots must come with [weather] (got 9); nothing is drawn"),
        (["--engine", "exact"], "engine must be 'sampled'"),
    ):
        assert main(["run", path, *words]) == 2
        assert message in capsys.readouterr().err


def test_a_sweep_over_the_loss(path, tmp_path, capsys):
    # Oracle: the same missions, run one by one.
    sweep, store = tmp_path / "loss.toml", str(tmp_path / "loss.db")
    sweep.write_text(f'{MISSION}\n[sweep]\n"optics.fixed_loss_db" = [20.0, 60.0]\n')
    assert main(["sweep", str(sweep), "--store", store, "--workers", "1"]) == 0
    capsys.readouterr()
    with Store(store) as kept:
        rows = results(kept)
    for row, loss in zip(rows, (20.0, 60.0), strict=True):
        alone = mission({"optics.fixed_loss_db": loss}).play()
        assert row.finished
        assert row.figure("secret_bits").best == alone.secret_bits
        assert row.security.notion == alone.security.notion
    assert main(["results", store]) == 0
    assert "optics.fixed_loss_db" in capsys.readouterr().out


def test_works_are_cited(path, capsys):
    # Oracle: whose formulas are used.
    assert main(["cite", path]) == 0
    text = capsys.readouterr().out
    assert all(f"{{{name}," in text for name in ("Lim2014", "Tupkary2024"))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_follow_the_schema_and_make_key(name, capsys):
    # Oracle: the published JSON Schema, read by another package.
    values = parse(read_text(shipped()[name]))
    Draft202012Validator(json_schema("satellite")).validate(dict(values))
    words = ["--shots", "20", "--set", "period.days=20"] if "weather" in values else []
    found = told(capsys, "run", name, *words)
    assert found["total"]["sifted_bits"] > 1e3
    bits = found["total"]["secret_bits"]
    if found["reason"] is not None:
        # A day of pairs in memories is too short a block, and says so.
        assert (name, bits) == ("satellite/source-passes", 0.0)
        return
    assert (bits["p10"] if isinstance(bits, dict) else bits) > 1e4
