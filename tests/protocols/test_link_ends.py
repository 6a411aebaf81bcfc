"""Links between two ends that talk TLS: equal blocks, spies, alarms, restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols.key_management.link import LinkPlan
from tests.protocols.links import EDGE, certificates, link_rig, wait_for

pytest.importorskip("cryptography")


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of two nodes and their link."""
    return certificates(tmp_path_factory.mktemp("certs"))


def test_both_ends_hold_the_same_blocks(tmp_path: Path, certs: Path) -> None:
    """Oracle: the other end's bytes; a composable claim needs distillation, not a copy."""
    with link_rig(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=80_000)) as rig:
        blocks = rig.blocks(3)
        theirs = rig.stores[1].confirmed()
        assert all(theirs[name] == material for name, material in blocks.items())
        assert len(set(blocks.values())) == len(blocks)
        report = wait_for(lambda: (r := rig.second.report()).blocks >= 3 and r)
        assert report.security.notion == "composable"
        assert report.state == "running"
        assert report.qber.low < 0.02 < report.qber.high + 0.01


def test_a_spy_stops_both_ends_and_no_block_is_left(tmp_path: Path, certs: Path) -> None:
    """Oracle: intercepting all pulses in a guessed basis makes a quarter of the bits wrong."""
    with link_rig(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=80_000)) as rig:
        rig.blocks(1)
        rig.intercept(1.0)
        wait_for(lambda: len(rig.alarms) == 2)
        for end in (rig.first, rig.second):
            alarm = end.report().alarm
            # 1/4 and the edge's own 2 %: 0.25 * 0.96 + 0.02 = 0.26, to five standard errors.
            spread = 5.0 * (0.26 * 0.74 / alarm.compared) ** 0.5
            assert abs(alarm.errors / alarm.compared - 0.26) < spread
            assert EDGE in alarm.sentence
        assert [store.confirmed() for store in rig.stores] == [{}, {}]
        assert rig.stores[0].pending_blocks(EDGE) == rig.stores[1].pending_blocks(EDGE) == []
