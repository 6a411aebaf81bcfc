"""Malformed technologies of a plan: each is refused with field, rule, value and hint."""

import copy
import re
import tomllib

import pytest

import qnet
from qnet.schema import read_kind
from tests.protocols.malformed import blocks

PLAN = """
kind = "plan"
[sites]
edges = [["A", "B", 80.0]]
[demands]
list = [["A", "B", 10e3]]
[technology]
name = "fibre"
kind = "trusted-nodes"
rate_hz_at_0_km = 1e6
loss_db_per_km = 0.2
"""

TECHNOLOGIES = list(blocks("malformed_plan_technologies.txt"))


def case_of(changes):
    """The case of the plan with changes in its one technology."""
    values = copy.deepcopy(tomllib.loads(PLAN))
    for path, value in changes.items():
        table, _, name = path.partition(".")
        if value is None:
            values[table].pop(name, None)
        else:
            values[table][name] = value
    values["technology"] = [values["technology"]]
    return read_kind(values, "plan", ["plan"]).case


def test_the_plan_itself_is_sound():
    # Oracle: one option at least.
    assert case_of({}).options


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for.
    assert len(TECHNOLOGIES) >= 20


@pytest.mark.parametrize(("changes", "message"), TECHNOLOGIES)
def test_a_malformed_technology_is_refused(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.ParameterError) as caught:
        case_of(changes)
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)
