"""Scenarios of key distribution: one description for every use, and a protocol from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import experiments
import qnet
from experiments.cli.main import main
from qnet import ParameterError
from qnet.hardware import Detectors, Fibre, Line
from qnet.schema import KINDS, kinds_with, paths, register_kind
from qnet.schema.json_schema import json_schema
from qnet.schema.reference import pages
from tests.experiments.keyrate_text import LIM
from tests.toy_protocol import REASON, OneBasisScenario

FILES = sorted((Path(experiments.__file__).parent / "scenarios").glob("[kq]*/*.toml"))
TOY = """
kind = "one-basis"
pulses = 1e8
[alice]
slip = 0.1
[fibre]
length_km = 50
[detector]
misalignment = 0.2
"""
#: 0.1 of the preparations and 0.2 of the measurements are wrong, not both.
TOY_QBER = 0.1 * 0.8 + 0.9 * 0.2


@pytest.fixture
def toy(tmp_path):
    """The path of a file of the toy's kind, which is known: one line."""
    register_kind("one-basis", OneBasisScenario)
    path = tmp_path / "toy.toml"
    path.write_text(TOY, encoding="utf-8")
    yield str(path)
    del KINDS["one-basis"]


def report(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_protocol_from_outside_is_played_and_worked_out(toy, capsys):
    """Oracle: the closed form above; 10 dB of loss; every figure within five standard errors."""
    played = report(capsys, "run", toy)
    assert (played["kind"], played["pulses"]) == ("one-basis", 10**8)
    for figure, truth in ((played["qber"], TOY_QBER), (played["yields"][0], 0.1)):
        assert abs(figure["best"] - truth) < 2.5 * (figure["high"] - figure["low"]) / 2
    assert played["secret_bits"] is None
    rate = report(capsys, "keyrate", toy)
    assert rate["qber"] == pytest.approx(TOY_QBER)
    assert rate["security"]["reason"] == REASON
    assert rate["warnings"] == ["pulses has no effect: nothing is drawn", REASON]


def test_its_keys_are_set_described_and_suggested(toy, capsys):
    """Oracle: the keys of the class: each once, in file, command line, JSON Schema and page."""
    rate = report(capsys, "keyrate", toy, "--set", "alice.slip=0.0")
    assert rate["qber"] == pytest.approx(0.2)
    slip = json_schema("one-basis")["properties"]["alice"]["properties"]["slip"]
    assert (slip["minimum"], slip["maximum"]) == (0, 1)
    assert slip["description"] == "How often Alice prepares the wrong state."
    assert "[`slip`]" in "".join(pages().values())
    with pytest.raises(ParameterError, match=r"alice.slop must be a key of \[alice\].*slip\?"):
        qnet.loads(TOY.replace("slip", "slop"))
    assert main(["run", toy, "--set", "detector.misalignment=2"]) == 2
    assert "detector.misalignment must lie in [0, 1]" in capsys.readouterr().err
    scenario = qnet.load(toy)
    assert qnet.loads(scenario.to_toml()).digest == scenario.digest


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_scenarios_are_read_written_and_described(path):
    """Oracle: a description that is written and read again is the same; its keys are known."""
    scenario = qnet.load(path)
    again = qnet.loads(scenario.to_toml())
    assert again == scenario
    assert again.digest == scenario.digest
    known = paths(type(scenario))
    for line in scenario.to_toml().splitlines()[1:]:
        if "=" in line:
            assert any(each.rpartition(".")[2] == line.partition(" ")[0] for each in known)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_json_schema_and_a_use(kind):
    """Oracle: each key is in the schema; each kind is played, worked out, held against checks,
    is a fibre whose noise is worked out, or is planned.
    """
    uses = ("play", "key_rate", "certify", "lit_fibre", "plan")
    assert any(kind in kinds_with(use) for use in uses)
    schema = json.dumps(json_schema(kind))
    from qnet.schema import classes_of

    for cls in classes_of(kind):
        for path in paths(cls):
            assert f'"{path.rpartition(".")[2].removesuffix("[0]")}"' in schema


def test_one_description_is_played_and_worked_out():
    """Oracle: the block that is drawn is the one that is expected, within one part in a hundred."""
    scenario = qnet.loads(LIM)
    rate = scenario.key_rate()
    played = scenario.play()
    assert played.secret_key_rate_per_pulse.best == pytest.approx(rate.value, rel=0.01)
    assert scenario.line() == Line.through(
        Fibre(length_km=50.0),
        detectors=Detectors(
            efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=0.04
        ),
        misalignment=5e-3,
    )


@pytest.mark.parametrize(
    ("key", "table", "field"),
    [
        ("dead_time_s = 1e-8", "detector", "detector.dead_time_s"),
        ("efficiency_mismatch = 0.5", "detector", "detector.efficiency_mismatch"),
        ('afterpulses = "any-round"', "detector", "detector.afterpulses"),
        ('attack = "intercept-resend"', "eve", "eve.attack"),
    ],
)
def test_key_rates_refuse_what_they_do_not_follow(key, table, field):
    """Oracle: the channel models of the formulas have none of these."""
    text = LIM.replace("[detector]", f"[detector]\n{key}") if table == "detector" else LIM
    text += f"\n[eve]\n{key}\n" if table == "eve" else ""
    with pytest.raises(ParameterError, match="be left out of a key rate") as refusal:
        qnet.loads(text).key_rate()
    assert refusal.value.field == field


def test_a_key_rate_through_free_space():
    """Oracle: the fibre of the same transmission."""
    beam = "[free_space]\ndistance_km = 400\nwavelength_nm = 780\nwaist_m = 0.0827605704\n"
    beam += "receiver_radius_m = 0.5\npointing_urad = 1\n"
    fibre = "[fibre]\nlength_km = 50\nloss_db_per_km = 0.2\n"
    scenario = qnet.loads(LIM.replace(fibre, beam))
    from math import log10

    through = qnet.loads(LIM.replace("length_km = 50", f"length_km = {-50 * log10(0.213053995)}"))
    assert scenario.key_rate().value == pytest.approx(through.key_rate().value, rel=1e-6)
