"""Malformed satellite missions: each is refused before any work, with field, rule and hint."""

import re

import pytest

import qnet
from protocols.satellite import mission as worked
from tests.protocols.malformed import blocks
from tests.protocols.satellite_keys import mission

MISSIONS = list(blocks("malformed_satellite_keys.txt"))


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for.
    assert len(MISSIONS) >= 20


@pytest.mark.parametrize(("changes", "message"), MISSIONS)
def test_a_malformed_mission_is_refused(changes, message, monkeypatch):
    """Oracle: the messages, written down and judged by eye."""
    # No pass is looked for before all is checked.
    monkeypatch.setattr(worked, "find_overpasses", None)
    monkeypatch.setattr(worked, "axial_slots", None)
    with pytest.raises(qnet.QnetError) as caught:
        mission(changes).play()
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)
