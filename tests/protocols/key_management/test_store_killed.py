"""Key stores of two nodes whose process is killed at any moment, twenty times over.

Oracle: a journal that the killed process wrote to a pipe: what it was about to do and what it got.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from pathlib import Path

import pytest

from protocols.key_management.store import KeyStore
from tests.protocols.key_management.store_traffic import EDGE, KEY, Traffic

KILLS = 20


class Journal:
    """What all runs said, and what follows from it."""

    def __init__(self) -> None:
        self.blocks: dict[str, bytes] = {}
        self.added: dict[str, set[str]] = {"A": set(), "C": set(), "out": set(), "in": set()}
        self.keys: dict[str, str] = {}
        self.places: dict[str, set[tuple[str, int]]] = {"A": set(), "C": set()}
        self.got: dict[str, set[str]] = {"hand_out": set(), "collect": set()}
        self.open: dict[str, dict] = {}
        self.flying: list[dict] = []

    def end_of_run(self, text: str) -> None:
        """Read the lines of a run, of which the last may be cut."""
        lines = [json.loads(line) for line in text.split("\n")[:-1]]
        assert [line for line in lines if "failed" in line] == []
        for line in lines:
            if "tried" in line:
                self.open[line["number"]] = line
                self.blocks.update({line["block"]: line["material"]} if "block" in line else {})
                self.keys.update(dict(line.get("keys", [])))
            else:
                tried = self.open.pop(line["number"])
                if not line.get("refused"):
                    self.finish(tried, line["value"])
        self.flying += self.open.values()
        self.open.clear()

    def finish(self, tried: dict, value) -> None:
        kind = tried["tried"]
        if kind == "add_block":
            self.added[tried["at"]].add(tried["block"])
        elif kind == "allocate":
            self.use("A", value[0], value[1])
        elif kind == "take":
            self.use("C", tried["parts"], value)
        elif kind in ("add_out", "add_in"):
            self.added[kind[4:]] |= {name for name, _ in tried["keys"]}
        else:
            for name, material in value:
                assert name not in self.got[kind], "delivered twice"
                assert self.keys[name] == material
                self.got[kind].add(name)

    def use(self, at: str, parts: list, material: str) -> None:
        found = ""
        for block, start, length in parts:
            places = {(block, place) for place in range(start, start + length)}
            assert not places & self.places[at], "taken twice"
            self.places[at] |= places
            found += self.blocks[block][2 * start : 2 * (start + length)]
        assert found == material

    def sizes_in_flight(self, kind: str) -> int:
        """How many bytes or keys runs were about to take when they were killed."""
        tried = [line for line in self.flying if line["tried"] == kind]
        if kind == "allocate":
            return 200 * len(tried)
        if kind == "take":
            return sum(part[2] for line in tried for part in line["parts"])
        return sum(len(line["ids"]) for line in tried)


def run_and_kill(folder: Path, size: int) -> str:
    """Start the traffic in a process, kill it once so many bytes are said; return its journal."""
    end, begin = os.pipe()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: Traffic(folder, begin).play()
    )
    child.start()
    os.close(begin)
    found = b""
    while got := os.read(end, 1 << 16):
        found += got
        if len(found) >= size:
            os.kill(child.pid, signal.SIGKILL)
    os.close(end)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    return found.decode()


def check(journal: Journal, first: KeyStore, second: KeyStore) -> None:
    """Nothing is lost but what was in flight."""
    for at, store, kind in (("A", first, "allocate"), ("C", second, "take")):
        counters = store.counters(EDGE)
        unseen = counters.get("taken_bytes", 0) - len(journal.places[at])
        assert 0 <= unseen <= journal.sizes_in_flight(kind)
        left = sum(row.bytes for row in store.levels() if row.subject == EDGE)
        gone = counters.get("taken_bytes", 0) + counters.get("voided_bytes", 0)
        assert counters.get("added_bytes", 0) == gone + left
        assert set(store.block_sizes(EDGE, journal.added[at])) == journal.added[at]
    for direction, ids, kind, voided in (
        ("out", first.out_ids("C"), "hand_out", first.counters("C").get("voided_keys", 0)),
        ("in", second.in_ids("A"), "collect", second.counters("A").get("voided_keys", 0)),
    ):
        assert not set(ids) & journal.got[kind]
        missing = journal.added[direction] - set(ids) - journal.got[kind]
        asked = {n for line in journal.flying if line["tried"] == kind for n in line["ids"]}
        assert len(missing - asked) <= voided


def reconcile(journal: Journal, first: KeyStore, second: KeyStore) -> None:
    """What two nodes do when one was killed: void what only one of them has."""
    for at, one, other in (("A", first, second), ("C", second, first)):
        pending = one.pending_blocks(EDGE)
        known = other.block_sizes(EDGE, pending)
        one.confirm_blocks(EDGE, known)
        lacking = [name for name in pending if name not in known]
        assert (one.void_blocks(EDGE, lacking) > 0) == bool(lacking)
        journal.added[at].difference_update(lacking)
    second.void_below(EDGE, first.floor(EDGE))
    assert first.level(EDGE) == second.level(EDGE)
    mine, theirs = set(first.out_ids("C")), set(second.in_ids("A"))
    first.void_keys("C", mine - theirs, "out")
    second.void_unassigned("A", theirs - mine)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_a_killed_store_delivers_nothing_twice_and_loses_nothing(tmp_path):
    journal = Journal()
    for _ in range(KILLS):
        journal.end_of_run(run_and_kill(tmp_path, random.randint(1, 200_000)))
        with KeyStore(tmp_path / "A") as first, KeyStore(tmp_path / "C") as second:
            check(journal, first, second)
            reconcile(journal, first, second)
    with KeyStore(tmp_path / "A") as first, KeyStore(tmp_path / "C") as second:
        if first.level(EDGE):
            parts, material = first.allocate(EDGE, first.level(EDGE))
            assert second.take(EDGE, parts) == material
            journal.use("A", [[p.block, p.start, p.length] for p in parts], material.hex())
        assert second.level(EDGE) == 0
        ids = first.reserve("C", 8 * KEY, first.ready("C", 8 * KEY)) if first.out_ids("C") else []
        for key in first.hand_out("C", ids, master="alice", slaves=["bob"]):
            assert key.key_id not in journal.got["hand_out"]
            assert key.material.hex() == journal.keys[key.key_id]
