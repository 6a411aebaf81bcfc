"""Links between two ends in this process that talk TLS: equal key, spies, alarms, restarts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from protocols.key_management.link import LinkPlan
from protocols.key_management.link.alarms import AlarmFile, EdgeWatch
from qnet.metrics.statistics import proportion_estimate
from tests.protocols.key_management.links import (
    EDGE,
    LinkRig,
    intercept,
    link_rig,
    wait_for,
)

pytest.importorskip("cryptography")


def test_both_ends_hold_the_same_key(tmp_path: Path, certs: Path) -> None:
    """Oracle: the other end's bytes; a composable claim needs distillation, not a copy."""
    with link_rig(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=80_000)) as rig:
        key = rig.key(10_000)
        assert len(set(key[i : i + 8] for i in range(0, len(key) - 8, 8))) == (len(key) - 1) // 8
        report = wait_for(lambda: (r := rig.second.report()).blocks >= 3 and r)
        assert report.security.notion == "composable"
        assert report.security.epsilon >= 1e-10
        assert report.state == "running"
        # 2 % of the compared bits, to five standard errors.
        assert abs(report.qber.best - 0.02) < 5.0 * math.sqrt(0.02 * 0.98 / report.qber.n)
        assert report.secrets_left >= 16


@pytest.mark.parametrize("fraction", [1.0, 0.3, 0.1])
def test_a_spy_stops_both_ends_within_the_computed_number_of_runs(
    tmp_path: Path, certs: Path, fraction: float
) -> None:
    """Oracle: a quarter of the intercepted bits is random; the exact power of the test of a run."""
    plan = LinkPlan(ends=("A", "B"), first_bits=24_000, most_bits=24_000)
    with link_rig(tmp_path, certs, plan) as rig:
        rig.key()
        before = rig.first.report().runs
        intercept(tmp_path, fraction)
        wait_for(lambda: len(rig.alarms) == 2)
        rate = 0.02 + fraction * (1.0 - 2.0 * 0.02) / 4.0
        reports = [end.report() for end in (rig.first, rig.second)]
        assert reports[0].alarm.run == reports[1].alarm.run
        alarm = reports[0].alarm
        # An alarm takes the runs with the most errors, where it does not take them all.
        spread = 5.0 * math.sqrt(rate * (1.0 - rate) / alarm.compared)
        assert abs(alarm.errors / alarm.compared - rate) < spread
        power = EdgeWatch(EDGE, 0.02, 1e-6).watched(alarm.compared - 200).test.power(rate)
        missed = 1 if power > 1.0 - 1e-9 else math.log(1e-6) / math.log1p(-power)
        assert 1 <= reports[0].runs - before <= missed + 2
        assert all(EDGE in sentence for _, sentence, _ in rig.alarms)
        assert rig.levels() == [0, 0]
        assert [store.pending_blocks(EDGE) for store in rig.stores] == [[], []]


def test_nothing_is_confirmed_after_an_alarm_until_somebody_restarts_the_edge(
    tmp_path: Path, certs: Path
) -> None:
    """Oracle: the rule that an edge which an alarm has stopped gives no key, also after a crash."""
    plan = LinkPlan(ends=("A", "B"), most_bits=40_000)
    intercept(tmp_path, 1.0)
    with link_rig(tmp_path, certs, plan) as rig:
        wait_for(lambda: len(rig.alarms) == 2)
        assert rig.first.report().blocks == rig.second.report().blocks == 0
    intercept(tmp_path, 0.0)
    with link_rig(tmp_path, certs, plan) as rig:
        assert rig.first.report().state == rig.second.report().state == "alarm"
        sessions = _connections(rig)
        wait_for(lambda: len(sessions) >= 2)
        assert rig.levels() == [0, 0]
        assert rig.second.restart()
        rig.key()
        assert rig.first.report().alarm is None
        assert not rig.first.restart()


def test_an_alarm_at_one_end_holds_for_both(tmp_path: Path, certs: Path) -> None:
    """Oracle: stop means stop; the second end alarms of a run that the first has lost."""
    plan = LinkPlan(ends=("A", "B"), most_bits=40_000)
    with link_rig(tmp_path, certs, plan) as rig:
        wait_for(lambda: min(rig.levels()) > 0)
    alarm = EdgeWatch(EDGE, 0.02, 1e-6).look("lost", proportion_estimate(500, 2000), 5.0)
    AlarmFile(tmp_path / "nodes" / "B" / "alarms" / f"{EDGE}.json").raise_(alarm)
    with link_rig(tmp_path, certs, plan) as rig:
        wait_for(lambda: len(rig.alarms) == 1)
        assert rig.first.report().alarm == alarm
        # Of the end whose process died before it threw its key away, too.
        wait_for(lambda: rig.levels() == [0, 0])
        assert rig.first.restart()
        rig.key()
        assert rig.second.report().alarm is None


def _connections(rig: LinkRig) -> list[object]:
    """What the second end connects from now on."""
    found: list[object] = []
    connect = rig.second._connect
    rig.second._connect = lambda: found.append(session := connect()) or session
    return found


def test_an_alarm_whose_time_is_over_lets_the_edge_try_again(tmp_path: Path, certs: Path) -> None:
    """Oracle: [alarm] restart_s; the spy of the scenario is gone by then."""
    plan = LinkPlan(ends=("A", "B"), most_bits=40_000, restart_s=0.5)
    intercept(tmp_path, 1.0)
    with link_rig(tmp_path, certs, plan) as rig:
        wait_for(lambda: len(rig.alarms) >= 2)
        intercept(tmp_path, 0.0)
        rig.key()


def test_a_link_at_a_rate_of_its_own_keeps_it(tmp_path: Path, certs: Path) -> None:
    """Oracle: key_rate_hz, which may be passed by what one run gives more than another."""
    plan = LinkPlan(ends=("A", "B"), key_rate_hz=30_000.0)
    with link_rig(tmp_path, certs, plan) as rig:
        report = wait_for(lambda: (r := rig.first.report()).blocks >= 5 and r)
        assert report.bits_per_s < 30_000.0 * 1.25


def test_a_link_with_enough_key_rests_until_some_is_used(tmp_path: Path, certs: Path) -> None:
    """Oracle: enough_bits; a run more may be under way."""
    plan = LinkPlan(ends=("A", "B"), enough_bits=30_000, most_bits=40_000)
    with link_rig(tmp_path, certs, plan) as rig:
        wait_for(lambda: 8 * min(rig.levels()) >= 30_000)
        runs = rig.first.report().runs
        rig.key()
        wait_for(lambda: rig.first.report().runs > runs and 8 * min(rig.levels()) >= 30_000)
