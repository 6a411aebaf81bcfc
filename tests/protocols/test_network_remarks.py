"""Remarks and refusals of a network's scenario: what is said of it holds."""

from __future__ import annotations

import tomllib

import pytest

from protocols.networks.remarks import scenario_remarks
from qnet.errors import InfeasiblePlanError
from qnet.network import play_network
from qnet.schema import read_kind
from tests.experiments.scenario_text import abstract, network_file

TEXT = network_file(
    """
[controller]
allocation = "ALLOCATION"
frame_slots = 2
slot_s = 20.0
[[demand]]
ends = ["A", "B"]
rate_hz = 0.03
[[demand]]
ends = ["LAST", "A"]
rate_hz = 0.03
priority = PRIORITY
""",
    run="duration_s = 500.0\nreplicas = 4",
    topology='edges = [["A", "S", 1.0], ["B", "S", 1.0]]',
    link=abstract(0.1, "{ werner = 0.98 }"),
)


def _read(allocation, last, priority):
    text = TEXT.replace("ALLOCATION", allocation).replace("LAST", last)
    return read_kind(tomllib.loads(text.replace("PRIORITY", str(priority))))


@pytest.mark.parametrize("allocation", ["reserve", "share", "tdma"])
@pytest.mark.parametrize("last", ["B", "S"])
def test_a_priority_that_is_said_to_have_no_effect_has_none(allocation, last):
    """Oracle: the waits with and without it, of the same seed."""
    waits = []
    for priority in (0, 5):
        scenario = _read(allocation, last, priority)
        found = play_network(scenario.case)
        waits.append([demand["waiting_time_s"] for demand in found.demands])
    said = any("priority has no effect" in remark for remark in scenario_remarks(scenario))
    assert said == (waits[0] == waits[1])
    assert said == (allocation != "share" or last == "S")


@pytest.mark.parametrize("allocation", ["reserve", "share", "tdma"])
def test_chains_side_by_side_count_in_the_time_of_a_session(allocation):
    """2,000 pairs take 14.7 s each and so 50,000 s one by one, but 737 s by 40 chains at once.

    Oracle: the mean of the larger of two geometric numbers of mean 10, about 14.7; the run may be
    followed for 100 times its 200 s.
    """
    text = TEXT.replace("ALLOCATION", allocation).replace("LAST", "B").replace("PRIORITY", "0")
    data = tomllib.loads(text.replace("duration_s = 500.0", "duration_s = 200.0"))
    data["node"] = {"memories": 40}
    data["demand"] = [{"ends": ["A", "B"], "arrivals": "list", "at_s": [1.0], "pairs": 2000}]
    if allocation != "share":
        with pytest.raises(InfeasiblePlanError, match="must come within 100 times"):
            read_kind(data).check()
        data["demand"][0]["memories"] = 40
    read_kind(data).check()
