"""``qnet import``: files in three languages, and what is said of those that cannot be read."""

from __future__ import annotations

import json
import sys

import pytest

import qnet
from experiments.cli.main import main

PARAMETERS = {"protocol": [0], "p_gen": 0.1, "p_swap": 0.5, "w0": 0.98, "t_coh": 400}
TOML = "protocol = [0]\np_gen = 0.1\np_swap = 0.5\nw0 = 0.98\nt_coh = 400\n"
YAML = "protocol: [0]\np_gen: 1e-1\np_swap: 0.5\nw0: 0.98\nt_coh: 4e2\n"


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", json.dumps(PARAMETERS)), ("a.toml", TOML), ("a.yaml", YAML)]
)
def test_three_languages_say_the_same(name, text, tmp_path, capsys):
    """Oracle: each other; YAML 1.1 reads 1e-1 as a text."""
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["import", str(tmp_path / name), "--step", "0.001"]) == 0
    chain = qnet.loads(capsys.readouterr().out)
    assert (chain.segments, chain.link.attempt_time_s) == (2, 0.001)
    assert chain.link.success_probability == 0.1


def test_the_file_that_is_written_says_what_was_assumed_and_runs(tmp_path, capsys):
    """Oracle: the remarks; (3 - 2p)/(p (2 - p) q) steps."""
    (tmp_path / "a.json").write_text(json.dumps(PARAMETERS), encoding="utf-8")
    out = tmp_path / "mine.toml"
    assert main(["import", str(tmp_path / "a.json"), "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# From parameters of the cut-off literature")
    assert "# - a step is 1 s" in text
    capsys.readouterr()
    assert main(["run", str(out), "--engine", "exact", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["delivery_time_s"]["best"] == pytest.approx(2.8 / (0.1 * 1.9 * 0.5))
    assert main(["import", str(tmp_path / "a.json"), "--out", str(out)]) == 2
    assert "--out must be a new file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "configuration must be JSON"),
        ("a.json", "[1]", "configuration must be of a form that is read"),
        ("a.json", '{"stacks": [], "links": []}', "links must be given"),
        ("a.toml", "a =", "scenario file must be valid TOML"),
        ("a.yaml", "a: [", "configuration must be YAML"),
        ("a.yaml", "!!python/object/apply:os.system [ls]", "configuration must be YAML"),
        ("a.json", '{"p_gen": 0.1, "p_swap": 2}', "p_swap must lie in"),
    ],
)
def test_what_cannot_be_read_is_one_line(name, text, message, tmp_path, capsys):
    """Oracle: the sentence; no object is made of a tag."""
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["import", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_without_pyyaml_the_extra_is_named(tmp_path, capsys, monkeypatch):
    """Oracle: the sentence."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "a.yaml").write_text(YAML, encoding="utf-8")
    assert main(["import", str(tmp_path / "a.yaml")]) == 2
    assert "pip install 'qnet-emulator[yaml]'" in capsys.readouterr().err


def test_a_step_is_of_parameters_alone(tmp_path, capsys):
    """Oracle: the sentence."""
    stacks = {
        "stacks": [{"name": "A"}, {"name": "B"}],
        "links": [{"stack1": "A", "stack2": "B", "typ": "perfect"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(stacks), encoding="utf-8")
    assert main(["import", str(tmp_path / "a.json"), "--step", "1"]) == 2
    assert "--step must be left out" in capsys.readouterr().err
