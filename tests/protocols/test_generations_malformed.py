"""Malformed chains of all generations: each is refused before any work, with field, rule, hint."""

import re

import pytest

import qnet
from protocols.repeaters import own_link
from tests.protocols.generation_chains import FILES, chain_of
from tests.protocols.malformed import blocks

CHAINS = [
    pytest.param(each.id.rpartition(", ")[2].strip("[]"), *each.values, id=each.id)
    for each in blocks("malformed_generations.txt")
]


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for, and that every table has some.
    assert len(CHAINS) >= 20
    assert {each.values[0] for each in CHAINS} == set(FILES)


@pytest.mark.parametrize(("table", "changes", "message"), CHAINS)
def test_a_malformed_chain_is_refused(table, changes, message, monkeypatch):
    """Oracle: the messages, written down and judged by eye."""
    # No link is made before all is checked.
    monkeypatch.setattr(own_link.OwnLink, "built", None)
    with pytest.raises(qnet.QnetError) as caught:
        chain_of(table, changes).parts  # noqa: B018 - a missing length shows with the segments
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)
