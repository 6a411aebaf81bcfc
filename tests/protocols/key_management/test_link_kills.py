"""Links between processes that are killed: key stays equal, secrets are used once."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocols.key_management.link import LinkPlan
from protocols.key_management.store import KeyStore
from tests.processes import alive, descendants
from tests.protocols.key_management.links import (
    EDGE,
    ENDS,
    NodeProcess,
    preshared,
    wait_for,
)

pytest.importorskip("cryptography")

Pair = tuple[NodeProcess, NodeProcess]


@contextmanager
def two_nodes(folder: Path, certs: Path, plan: LinkPlan) -> Iterator[Pair]:
    """Two node processes, ended in order at the end."""
    preshared(folder, 64)
    nodes = NodeProcess("A", folder, certs, plan), NodeProcess("B", folder, certs, plan)
    try:
        yield nodes
    finally:
        for node in nodes:
            node.end()


def wait_for_blocks(nodes: Pair, more: int = 1) -> None:
    """Wait until each process has confirmed so many blocks more than now, since it began."""
    seen = [(node, node.state().get("blocks", 0) + more) for node in nodes]
    wait_for(lambda: all(node.state().get("blocks", 0) >= wanted for node, wanted in seen))


def check_stores(folder: Path) -> int:
    """Bytes that both stores hold; they are asserted to be the same, byte by byte."""
    stores = [KeyStore(folder / "nodes" / name / "keys.sqlite") for name in ENDS]
    try:
        for store in stores:
            store.void_blocks(EDGE, store.pending_blocks(EDGE))
        size = stores[0].level(EDGE)
        parts, mine = stores[0].allocate(EDGE, size)
        assert stores[1].take(EDGE, parts) == mine
        return size
    finally:
        for store in stores:
            store.close()


def check_notes(nodes: Pair) -> None:
    """Secrets were used once at each end, and blocks of one name are the same at both."""
    for what in ("secrets", "blocks"):
        mine, theirs = (dict(node.noted(what)) for node in nodes)
        assert mine
        assert all(theirs[name] == mine[name] for name in mine.keys() & theirs.keys())
    for node in nodes:
        used = node.noted("secrets")
        assert len({number for number, _ in used}) == len(used)
        assert len({digest for _, digest in used}) == len(used)


def test_two_processes_and_a_channel_process_make_the_same_key(tmp_path: Path, certs: Path) -> None:
    """Oracle: the other process's bytes, and the processes that the system shows."""
    with two_nodes(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=80_000)) as nodes:
        wait_for_blocks(nodes, 3)
        channel = descendants(nodes[0].process.pid)
        assert len(channel) == 1
        assert not descendants(nodes[1].process.pid)
        secret = b"".join(file.read_bytes() for file in preshared(tmp_path))
        assert secret == 2 * b"qnet pre-shared secrets 0\n"
    assert not any(map(alive, channel))
    assert check_stores(tmp_path) > 1000
    check_notes(nodes)


def test_kills_of_ends_and_channel_leave_no_difference(tmp_path: Path, certs: Path) -> None:
    """Oracle: the rules that key is equal at both ends and that no secret is used twice."""
    choose = random.Random(14)
    with two_nodes(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=40_000)) as nodes:
        for kill in range(6):
            wait_for_blocks(nodes)
            # Somewhere in a run, which takes a tenth of a second or more.
            signal.sigtimedwait([], choose.uniform(0.0, 0.2))
            channel = descendants(nodes[0].process.pid)
            if kill % 3 == 2:
                for pid in channel:
                    os.kill(pid, signal.SIGKILL)
                continue
            nodes[kill % 3].kill()
            if kill % 3 == 0:
                wait_for(lambda pids=channel: not any(map(alive, pids)))
            (tmp_path / f"{nodes[kill % 3].node}.json").unlink()
            nodes[kill % 3].begin()
        wait_for_blocks(nodes)
    assert check_stores(tmp_path) > 1000
    check_notes(nodes)
