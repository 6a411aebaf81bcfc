"""``qnet schema``: JSON Schema for editors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import experiments
from experiments.cli.main import main
from qnet.schema import KINDS, override
from qnet.schema.json_schema import json_schema

FOLDER = Path(experiments.__file__).parent / "scenarios"
FILES = sorted(
    (*FOLDER.glob("*.toml"), *FOLDER.glob("sweep/*.toml"), *FOLDER.glob("key-networks/*.toml"))
)


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_a_json_schema(kind, capsys):
    """Oracle: the meta-schema of draft 2020-12."""
    assert main(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == json_schema(kind)
    Draft202012Validator.check_schema(schema)
    for form in schema.get("anyOf", [schema]):
        assert form["properties"]["kind"] == {"const": kind}
        assert form["additionalProperties"] is False


def test_an_editor_is_told_the_unit_once_in_markdown_and_a_default_of_its_type():
    """Oracle: what the docstrings of memories, gates and fibres say, and JSON's own numbers."""
    tables = json_schema("chain")["properties"]
    memory, gates = tables["memory"]["properties"], tables["link"]["properties"]["gates"]
    assert memory["t1_s"]["description"] == "Relaxation time in s."
    assert "default" not in memory["t1_s"]
    assert tables["chain"]["properties"]["length_km"]["description"].endswith("(in km)")
    sentence = gates["properties"]["initialisation_depolarizing"]["description"]
    assert sentence == r"`\lambda` after initialisation to `|0\rangle`."


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_scenarios_follow_the_schema(path):
    """Oracle: a validator of JSON Schema that knows nothing of qnet."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator(json_schema(values["kind"])).validate(values)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chain.lenght_km", 200),
        ("chain.length_km", -1),
        ("chain.length_km", "200 km"),
        ("chain.segments", 2.5),
        ("chain.strategy", "nestd"),
        ("link.success_probability", 1.5),
        ("link.gates.readout_flip_0", 2),
        ("memory.pair_dephasing_time_s", 0),
        ("cutoff.kind", "agee"),
        ("seed", -1),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(key, value):
    """Oracle: a validator of JSON Schema; the unspoilt file passes."""
    values = tomllib.loads((FOLDER / "nested-cutoff.toml").read_text(encoding="utf-8"))
    validator = Draft202012Validator(json_schema("chain"))
    assert validator.is_valid(values)
    assert not validator.is_valid(override(values, {key: value}))


def test_an_unknown_kind_is_refused(capsys):
    """Oracle: the words of the issue of near misses."""
    assert main(["schema", "chian"]) == 2
    assert "did you mean 'chain'?" in capsys.readouterr().err


def test_without_a_kind_they_are_listed(capsys):
    assert main(["schema"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(KINDS)]] == [*KINDS]


def test_pages_are_several_files(tmp_path, capsys):
    assert main(["schema", "--out", str(tmp_path / "keys.md")]) == 2
    assert "be a folder" in capsys.readouterr().err
    assert main(["schema", "--out", str(tmp_path / "keys")]) == 0
    assert {f"{kind}.md" for kind in KINDS} < {path.name for path in (tmp_path / "keys").iterdir()}
