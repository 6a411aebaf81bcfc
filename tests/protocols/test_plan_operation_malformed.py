"""Malformed money, staff and detection of plans: each is refused with field, rule, value, hint."""

import re
import tomllib

import pytest

import qnet
from qnet.schema import override, read_kind
from tests.protocols.malformed import blocks

BASE = """
kind = "plan"
[sites]
list = [["A", 50.0, 8.0], ["B", 51.0, 9.0]]
graph = "complete"
[demands]
list = [["A", "B", 1e4]]
"""


@pytest.mark.parametrize(("changes", "message"), list(blocks("malformed_plan_operation.txt")))
def test_a_malformed_plan_is_not_read(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.QnetError) as caught:
        read_kind(override(tomllib.loads(BASE), changes))
    assert str(caught.value) == message
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)
