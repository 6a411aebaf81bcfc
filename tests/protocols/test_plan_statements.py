"""Statements on plans for a board: whole sentences, judged by eye, numbers to the safe side."""

from __future__ import annotations

from dataclasses import replace

from protocols.planning.operation.assess import assess
from protocols.planning.trust.detection_table import DetectionTable
from protocols.planning.trust.statements import plan_statements
from tests.protocols.plan_toys import plan_of, ring, span


def test_a_ring_in_sentences():
    """Oracle: the sentences as they are meant, their numbers those of other tests."""
    said = plan_statements(assess(ring()))
    assert list(said) == ["trust", "detection", "failures", "availability"]
    assert said["trust"][1] == "The only trusted node, C, can learn all keys of B and D."
    assert said["detection"][-1] == (
        "All 5 pairs of devices, undisturbed, raise a false alarm at most once in 540 years."
    )
    assert said["failures"] == (
        "No single node on the way takes key from any demand.",
        "If the cable B - C is cut, this share of key is lost after rerouting: B - D 100 %.",
        "If the cable C - D is cut, this share of key is lost after rerouting: B - D 100 %.",
        "If the site C fails, this share of key is lost after rerouting: B - D 100 %.",
    )
    # 1 - a^2 n = 0.0028251729 of a year of 525 600 minutes.
    assert said["availability"][1] == (
        "In the long run B - D lacks at most 0.29 % of its key before its stores help, as much as "
        "in 1485 minutes of a year; with the stores of the plan at most 0.03 %."
    )


def test_a_ring_of_relays_survives_every_cable():
    """Oracle: by eye; with A a relay too, every demand has another way."""
    plan = ring()
    said = plan_statements(assess(replace(plan, relays=(0, 1, 2, 3))))
    assert said["failures"] == (
        "No single site takes key from any demand, those that end there apart.",
        "No single node on the way takes key from any demand.",
        "No single cable takes key from any demand.",
    )


def test_frequent_false_alarms_are_said():
    """Oracle: by eye."""
    plan = plan_of("AB", [span(0, 1, 0)], [((0, 1), [(1e3, [(0, 1)], [(0,)])])])
    said = plan_statements(assess(plan), DetectionTable(false_alarm=0.01))
    assert said["detection"][-1] == (
        "The one pair of devices, undisturbed, raises a false alarm more often than every two "
        "years, if their level is used up."
    )
    assert said["trust"] == ("Nobody but A and B learns the keys between them.",)
