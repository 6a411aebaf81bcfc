"""Sessions that are never over: the run ends, and says how many there are."""

from __future__ import annotations

import pytest

from qnet.network import Demand, RunTimes, play_network
from qnet.network.settings import Fault
from tests.qnet.network.described import case
from tests.qnet.network.queues import one_link, sure

RUN = RunTimes(duration_s=20.0, replicas=2)


@pytest.mark.parametrize(
    "controller",
    [
        {"allocation": "reserve", "discipline": "fifo"},
        {"allocation": "share"},
        {"allocation": "tdma", "frame_slots": 1, "slot_s": 1.0},
    ],
)
def test_sessions_over_a_link_that_stays_down_are_counted_as_unfinished(controller):
    """One session a second on a link of one pair a second that is down from 10 s on, for ever.

    Those of 1 s to 9 s are served within a second; those of 10 s to 20 s never.
    """
    demand = Demand(ends=("A", "B"), arrivals="regular", rate_hz=1.0)
    down = Fault(edge=("A", "B"), down_s=[[10.5, 1e6]])
    described = case(one_link(sure(1.0)), [demand], run=RUN, faults=[down], **controller)
    found = play_network(described)
    counts = found.demands[0].counts
    assert counts["arrived"] == 40.0
    assert counts["unfinished"] == counts["arrived"] - counts["served"]
    assert 18.0 <= counts["served"] <= 20.0
    (said,) = found.warnings
    assert f"{counts['unfinished']:.0f} of 40 sessions of A - B were not over" in said


def test_nothing_is_said_where_all_sessions_are_served():
    """A regular demand at half the rate of its link is served to its last session."""
    demand = Demand(ends=("A", "B"), arrivals="regular", rate_hz=0.5)
    found = play_network(case(one_link(sure(1.0)), [demand], run=RUN))
    assert found.demands[0].counts["unfinished"] == 0.0
    assert not found.warnings


def test_a_backlog_has_no_patience():
    """There is always one session that waits: none of them can give up."""
    demand = Demand(ends=("A", "B"), arrivals="backlog", patience_s=0.1)
    found = play_network(case(one_link(sure(1.0)), [demand], run=RUN)).demands[0]
    assert found.counts["gave_up"] == 0.0
    assert found["pair_rate_hz"].best == 1.0
