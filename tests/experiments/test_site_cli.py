"""``qnet site``: JSON as it is promised, text, exit codes, changes, citations."""

import json

import pytest

from experiments.cli.main import main
from protocols.planning.siting.questions import QUESTIONS

PLAN = """
kind = "plan"
[sites]
list = [
["A", 50.0, 8.0, 1e6], ["B", 51.0, 9.0, 2e6], ["C", 52.0, 13.0, 4e6], ["D", 48.0, 11.0, 5e5],
]
graph = "complete"
[[technology]]
name = "fibre"
rate_hz_at_0_km = 1e6
[site]
question = "p-median"
p = 1
radius_km = 300.0
terminals = ["A", "C"]
length_km = 200.0
demand_hz = 1e4
maximum_hop_km = 400.0
maximum_repeaters = 2
"""

PROMISED = {"status", "objective", "chosen", "edges", "bound", "gap"}


@pytest.fixture
def path(tmp_path):
    """The file of four sites."""
    file = tmp_path / "four.toml"
    file.write_text(PLAN)
    return str(file)


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_every_question_is_answered_as_json_and_as_text(question, path, capsys):
    """Oracle: the names that outside checks use; every number is in the text as well."""
    words = ["site", path, "--set", f"site.question={question}"]
    if question == "two-connected":
        words += ["--set", 'site.terminals=["A", "B", "C"]']
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= PROMISED
    assert (found["status"], found["scenario"]) == ("optimal", "four")
    assert found["gap"] == pytest.approx(0.0, abs=1e-9)
    assert all(len(ends) == 2 for ends in found["edges"] if isinstance(ends, list))
    if question == "line":
        names = ("technology", "hops", "nodes", "pairs")
        assert [[edge[key] for key in names] for edge in found["edges"]] == [
            [found[key] for key in names]
        ]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"four: {QUESTIONS[question].sentence}\n")
    assert f"{found['objective']:.9g}" in text
    assert all(name in text for name in found["chosen"])


def test_no_answer_is_told_with_its_reason(path, capsys):
    """Oracle: by hand; the exit code is 1."""
    changes = ["--set", "site.question=repeaters", "--set", "site.maximum_hop_km=10.0"]
    assert main(["site", path, *changes, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["objective"], found["gap"]) == ("infeasible", None, None)
    assert found["reason"] == "no way leads from 'A' to 'C' with hops of at most 10 km"
    assert main(["site", path, *changes]) == 1
    said = capsys.readouterr().out
    assert "No way leads from 'A' to 'C' with hops of at most 10 km." in said


def test_bad_input_is_an_error(path, capsys):
    # Oracle: the exit code for wrong scenarios.
    assert main(["site", path, "--set", "site.p=9"]) == 2
    assert capsys.readouterr().err.startswith("qnet: error: site.p must be at most")
    assert main(["site", "qkd/bbm92"]) == 2
    assert "kind must be 'plan' here" in capsys.readouterr().err


def test_what_an_answer_rests_on_is_cited(path, capsys):
    # Oracle: the keys of the question.
    assert main(["cite", path]) == 0
    assert "Hakimi1964" in capsys.readouterr().out
    # The data of the capitals have a licence that asks for their source.
    assert main(["cite", "planning/europe"]) == 0
    assert "GeoNames2026" in capsys.readouterr().out
