"""Stores that were put back from a copy: who knows more than stands in them says so.

Oracle: what was delivered between the copy and its return, by the bytes of the keys.
"""

from __future__ import annotations

import asyncio
import shutil

import pytest

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyUnknownError
from protocols.key_management.store import KeyStore


def filled(folder):
    """A store with two keys for bob, one each of nodes A and B, and key of an edge to each."""
    with KeyStore(folder / "keys.sqlite") as store:
        for peer in "AB":
            store.add_in(peer, [ManagedKey(key_id=f"of {peer}", material=bytes(32))])
            store.assign_in(peer, [Assignment(key_id=f"of {peer}", master="m", slaves=("bob",))])
            store.add_block(f"{peer}--C", "block", bytes(100))
            store.confirm_blocks(f"{peer}--C", ["block"])


def test_an_older_copy_gives_out_nothing_that_somebody_knows_more_of(tmp_path):
    filled(tmp_path)
    shutil.copy(tmp_path / "keys.sqlite", tmp_path / "copy")
    with KeyStore(tmp_path / "keys.sqlite") as store:
        told = store.mark("B", ["B--C"])
        store.collect("bob", "m", ["of A"])
        known = store.mark("A", ["A--C"])
        assert store.distrust("A", ["A--C"], known) is None
        assert store.mark("B", ["B--C"]) == told
    shutil.copy(tmp_path / "copy", tmp_path / "keys.sqlite")
    with KeyStore(tmp_path / "keys.sqlite") as store:
        assert store.mark("A", ["A--C"]) < known
        assert store.distrust("A", ["A--C"], known) == 1
        assert store.mark("A", ["A--C"]) >= known
        assert store.distrust("A", ["A--C"], known) is None
        with pytest.raises(KeyUnknownError):
            store.collect("bob", "m", ["of A"])
        assert store.level("A--C") == 0
        # What is shared with others, who know no more, is as it was.
        assert store.distrust("B", ["B--C"], told) is None
        assert store.level("B--C") == 100
        assert store.collect("bob", "m", ["of B"])[0].material == bytes(32)


async def hear_at_once(store, peer, marks):
    await asyncio.gather(*(store.run(store.hear, peer, mark) for mark in marks))


def test_the_highest_mark_of_a_peer_is_remembered_and_counts_for_nothing_else(tmp_path):
    with KeyStore(tmp_path / "keys.sqlite") as store:
        asyncio.run(hear_at_once(store, "A", (5, 9, 7)))
        before = store.mark("A")
    with KeyStore(tmp_path / "keys.sqlite") as store:
        assert (store.heard("A"), store.heard("B"), store.mark("A")) == (9, 0, before)
        assert "heard" not in store.counters()
