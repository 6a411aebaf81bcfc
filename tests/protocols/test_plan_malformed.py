"""Malformed plans as the command refuses them: whole messages and exit codes, and their number."""

import json

import pytest

from experiments.cli.main import main
from tests.protocols.malformed import blocks

PLAN = """kind = "plan"
[sites]
list = [["A", 50.0, 8.0], ["B", 50.0, 9.0], ["C", 40.0, 8.0], ["D", 40.0, 9.0]]
graph = "edges"
edges = [["A", "B", 80.0], ["C", "D", 60.0]]
[demands]
list = [["A", "B", 10e3]]
[[technology]]
name = "fibre"
rate_hz_at_0_km = 1e6
pair_cost = 50.0
maximum_pairs = 2
"""

#: What is changed -> what it becomes, and the message.
REFUSED = {
    "a site twice": (
        '["B", 50.0, 9.0]',
        '["A", 50.0, 9.0]',
        "sites.list[1] must name each site once (got 'A'); rename or drop one",
    ),
    "latitude 95": (
        '["B", 50.0, 9.0]',
        '["B", 95, 9.0]',
        "sites.list[1][1] must lie in [-90, 90] (got 95); give degrees, south negative",
    ),
    "no route": (
        '["A", "B", 10e3]',
        '["A", "C", 10e3]',
        "demands[0] must have a way (got 'A-C'); no spans with key, over sites that relay, join "
        "them: add spans, relays or technologies",
    ),
    "negative cost": (
        "pair_cost = 50.0",
        "pair_cost = -50.0",
        "technology[0].pair_cost must not be negative (got -50.0); give zero or more",
    ),
}

#: Files of malformed plans.
FILES = ("sites", "questions", "technologies", "operation")


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_with_a_whole_message(name, tmp_path, capsys):
    """Oracle: the messages, written here."""
    old, new, message = REFUSED[name]
    assert old in PLAN
    file = tmp_path / "plan.toml"
    file.write_text(PLAN.replace(old, new), encoding="utf-8")
    assert main(["plan", str(file), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in " ".join(said.err.split())


def test_more_than_a_span_can_carry_at_any_cost_is_an_answer(tmp_path, capsys):
    """Oracle: 80 km are cut into hops of 1 km at most: 2 pairs of 1e6 10^-0.02 bit/s on each."""
    file = tmp_path / "plan.toml"
    file.write_text(PLAN.replace("10e3", "1e9"), encoding="utf-8")
    assert main(["plan", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["status"] == "infeasible"
    assert said["reason"] == (
        "the demands need more key than the spans can carry: span A - B carries at most "
        f"{2e6 * 10.0**-0.02:g} bit/s, and 1e+09 would have to go over it"
    )


def test_there_are_more_than_fifty():
    # Oracle: the number that was asked for, every message once.
    told = [block for file in FILES for block in blocks(f"malformed_plan_{file}.txt")]
    assert len(told) >= 50
