"""Key stores call by call: what each does, refuses, and leaves. Oracles: by hand."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from protocols.key_management.keys import Assignment, KeyPart, ManagedKey
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from protocols.key_management.store import KeyStore, KeyStoreError
from protocols.key_networks import StoreTable

EDGE = "A--B"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.sqlite"


@pytest.fixture
def store(path):
    with KeyStore(path) as opened:
        yield opened


def filled(store, *blocks):
    """Put confirmed blocks in."""
    for number, material in enumerate(blocks):
        store.add_block(EDGE, f"b{number}", material)
        store.confirm_blocks(EDGE, [f"b{number}"])


def test_key_parts_are_the_same_at_both_ends(tmp_path):
    # Oracle: the bytes of the blocks, cut by hand.
    one, two = os.urandom(1000), os.urandom(700)
    with KeyStore(tmp_path / "a") as first, KeyStore(tmp_path / "b") as second:
        filled(first, one, two)
        filled(second, one, two)
        for size, expected in ((300, one[:300]), (900, one[300:] + two[:200]), (500, two[200:])):
            parts, material = first.allocate(EDGE, size)
            assert material == expected
            assert second.take(EDGE, parts) == expected
            with pytest.raises(KeyUnknownError):
                second.take(EDGE, parts)
        assert first.level(EDGE) == second.level(EDGE) == 0


def test_parts_are_taken_in_any_order(store):
    block = os.urandom(2000)
    filled(store, block)
    for start, length in ((900, 300), (0, 10), (1500, 500), (10, 890), (1200, 300)):
        part = KeyPart(block="b0", start=start, length=length)
        assert store.take(EDGE, [part]) == block[start : start + length]
    assert store.level(EDGE) == 0


def test_taking_is_all_or_nothing(store):
    block = os.urandom(100)
    filled(store, block)
    here = KeyPart(block="b0", start=0, length=50)
    for other in (
        KeyPart(block="b0", start=40, length=20),
        KeyPart(block="b0", start=90, length=20),
        KeyPart(block="none", start=0, length=1),
        KeyPart(block="b0", start=60, length=0),
    ):
        with pytest.raises(KeyUnknownError):
            store.take(EDGE, [here, other])
        whole = KeyPart(block="b0", start=0, length=100)
        with pytest.raises(KeyUnknownError):
            store.take(EDGE, [whole, other])
    assert store.level(EDGE) == 100
    store.add_block(EDGE, "later", os.urandom(100))
    assert store.take(EDGE, [whole]) == block


def test_pending_blocks_are_not_allocated(store):
    store.add_block(EDGE, "one", b"x" * 32)
    assert (store.pending_blocks(EDGE), store.level(EDGE)) == (["one"], 0)
    with pytest.raises(KeyShortageError, match="holds 0 of 1 bytes"):
        store.allocate(EDGE, 1)
    assert set(store.block_sizes(EDGE, ["one", "two"])) == {"one"}
    assert store.void_blocks(EDGE, ["one", "two"]) == 32
    assert set(store.block_sizes(EDGE, ["one"])) == set()
    assert store.add_block(EDGE, "one", b"y" * 32) == 0
    assert store.counters()["voided_blocks"] == 1


def test_what_the_allocator_passed_is_voided_at_the_other_end(tmp_path):
    blocks = [os.urandom(100) for _ in range(3)]
    with KeyStore(tmp_path / "a") as first, KeyStore(tmp_path / "b") as second:
        assert first.floor(EDGE) is None
        filled(first, *blocks)
        filled(second, *blocks)
        first.allocate(EDGE, 150)
        assert first.floor(EDGE) == KeyPart(block="b1", start=50, length=0)
        assert second.void_below(EDGE, first.floor(EDGE)) == 150
        first.allocate(EDGE, 150)
        assert second.void_below(EDGE, first.floor(EDGE)) == 150
        assert second.level(EDGE) == 0
        assert second.counters(EDGE)["voided_bytes"] == 300


def test_secrets_are_used_once_and_upwards(store):
    for number in (3, 1, 2):
        store.add_secret(EDGE, number, bytes([number]))
    assert store.next_secret(EDGE, 2) == (2, b"\2")
    store.add_secret(EDGE, 1, b"again")
    assert store.secrets_left(EDGE) == 1
    assert store.next_secret(EDGE) == (3, b"\3")
    with pytest.raises(KeyShortageError):
        store.next_secret(EDGE)


def keys(*names):
    return [ManagedKey(key_id=name, material=name.encode() * 8) for name in names]


def test_pair_keys_go_to_those_who_may_have_them_once(store):
    store.add_in("A", keys("k1", "k2"))
    orders = [Assignment(key_id=k, master="alice", slaves=("bob", "carol")) for k in ("k1", "k9")]
    assert store.assign_in("B", orders) == ["k1", "k9"]
    assert store.assign_in("A", orders) == ["k9"]
    for slave, master, ids, error in (
        ("eve", "alice", ["k1"], NotEntitledError),
        ("bob", "eve", ["k1"], NotEntitledError),
        ("bob", "alice", ["k1", "k2"], KeyUnknownError),
        ("bob", "alice", ["k1", "k1"], KeyRefusedError),
    ):
        with pytest.raises(error):
            store.collect(slave, master, ids)
    assert store.collect("bob", "alice", ["k1"]) == keys("k1")
    with pytest.raises(KeyUnknownError):
        store.collect("bob", "alice", ["k1"])
    assert store.assign_in("A", orders[:1]) == ["k1"]
    assert store.collect("carol", "alice", ["k1"]) == keys("k1")
    assert store.add_in("A", keys("k1")) == 0
    assert store.in_ids("A") == ["k2"]


def test_keys_that_are_set_aside_are_handed_out_once(store):
    store.add_out("C", keys("k1", "k2", "k3"))
    assert store.ready("C", 128) == 3
    ids = store.reserve("C", 128, 2)
    with pytest.raises(KeyShortageError, match="1 of 2 keys of 128 bits with C are ready"):
        store.reserve("C", 128, 2)
    assert store.hand_out("C", ids, master="alice", slaves=["bob"]) == keys(*ids)
    with pytest.raises(KeyUnknownError):
        store.hand_out("C", ["k3", *ids], master="alice", slaves=["bob"])
    store.release(ids)
    assert (store.ready("C", 128), store.out_ids("C")) == (1, ["k3"])
    assert store.void_keys("C", ["k3", "k1"], "out") == ["k3"]
    assert store.ready("C", 128) == 0


def test_asyncio_tasks_share_the_store(store):
    async def play():
        store.add_out("C", keys(*(f"k{n}" for n in range(64))))

        async def one():
            ids = await store.run(store.reserve, "C", 8 * 8 * 3, 1)
            return await store.run(store.hand_out, "C", ids, master="a", slaves=["b"])

        found = await asyncio.gather(*(one() for _ in range(54)))
        with pytest.raises(KeyShortageError):
            await one()
        return [key.key_id for (key,) in found]

    assert len(set(asyncio.run(play()))) == 54


def test_capacity_reserve_and_age(path):
    now = [0.0]
    rules = StoreTable(capacity_bits=800, reserve_bits=80, time_to_live_s=10.0)
    with KeyStore(path, rules=rules, clock=lambda: now[0]) as store:
        assert store.add_block(EDGE, "b0", b"x" * 60) == 60
        now[0] = 5.0
        assert store.add_block(EDGE, "b1", b"y" * 60) == 40
        assert store.counters()["dropped_bytes"] == 20
        store.confirm_blocks(EDGE, ["b0", "b1"])
        with pytest.raises(KeyShortageError, match="holds 90 of 91 bytes of key beyond"):
            store.allocate(EDGE, 91)
        now[0] = 10.0
        with pytest.raises(KeyShortageError, match="holds 30 of 31 bytes"):
            store.allocate(EDGE, 31)
        assert store.allocate(EDGE, 40, keep_reserve=False)[1] == b"y" * 40
        store.add_out("C", keys("k1"))
        now[0] = 20.0
        assert store.expire() == 1
        assert store.ready("C", 128) == 0


def test_all_is_there_after_reopening(path):
    with KeyStore(path) as store:
        filled(store, b"z" * 100)
        store.allocate(EDGE, 40)
        store.add_out("C", keys("k1"))
        store.record_levels(3.0)
        levels = store.levels()
        counted = store.counters()
    with pytest.raises(KeyStoreError, match="is closed"):
        store.level(EDGE)
    with KeyStore(path) as store:
        assert (store.level(EDGE), store.ready("C", 128), store.counters()) == (60, 1, counted)
        assert [(row.layer, row.bytes) for row in levels] == [("confirmed", 60), ("out", 16)]
        assert [row.bytes for row in store.level_history(2.0, 4.0)] == [60, 16]


def test_sixteen_threads_collect_one_key(store):
    store.add_in("A", keys("k1"))
    store.assign_in("A", [Assignment(key_id="k1", master="alice", slaves=("bob",))])
    found = []

    def collect():
        try:
            found.extend(store.collect("bob", "alice", ["k1"]))
        except KeyUnknownError:
            found.append(None)

    threads = [threading.Thread(target=collect) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=bool) == [None] * 15 + keys("k1")


def test_sixteen_tasks_collect_one_key(store):
    store.add_in("A", keys("k1"))
    store.assign_in("A", [Assignment(key_id="k1", master="alice", slaves=("bob",))])

    async def play():
        tries = [store.run(store.collect, "bob", "alice", ["k1"]) for _ in range(16)]
        return await asyncio.gather(*tries, return_exceptions=True)

    found = asyncio.run(play())
    assert sorted(map(type, found), key=str).count(list) == 1
    assert sum(isinstance(each, KeyUnknownError) for each in found) == 15
    assert keys("k1") in found


def test_loops_and_threads_share_a_store(store):
    # Oracle: each key is handed out once, whoever asks.
    store.add_out("C", keys(*(f"k{n}" for n in range(10, 99))))
    found = []

    async def tasks():
        async def one():
            ids = store.reserve("C", 192, 1)
            found.extend(await store.run(store.hand_out, "C", ids, master="a", slaves=["b"]))

        await asyncio.gather(*(one() for _ in range(20)))

    def thread():
        for _ in range(20):
            ids = store.reserve("C", 192, 1)
            found.extend(store.hand_out("C", ids, master="a", slaves=["b"]))

    threads = [threading.Thread(target=lambda: asyncio.run(tasks())) for _ in range(2)]
    threads += [threading.Thread(target=thread) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({key.key_id for key in found}) == len(found) == 80
    assert store.ready("C", 192) == 9


def test_a_task_that_is_cancelled_or_late_harms_no_other(path):
    async def play(store):
        given_up = asyncio.create_task(store.run(store.add_secret, EDGE, 1, b"one"))
        await asyncio.sleep(0)
        given_up.cancel()
        await store.run(store.add_secret, EDGE, 2, b"two")
        left = await store.run(store.secrets_left, EDGE)
        late = asyncio.create_task(store.run(store.secrets_left, EDGE))
        await asyncio.sleep(0)
        store.close()
        with pytest.raises(KeyStoreError, match="is closed"):
            await late
        with pytest.raises(KeyStoreError, match="is closed"):
            await store.run(store.secrets_left, EDGE)
        return left

    with KeyStore(path) as store:
        assert asyncio.run(play(store)) == 2


def test_a_fault_in_a_call_spoils_no_other(store):
    with pytest.raises(KeyStoreError, match="cannot be read or written"):
        store.add_secret(EDGE, 1, b"x" * 32) or store.add_secret(EDGE, object(), b"y")
    with pytest.raises(AttributeError):
        store.add_out("C", ["no key"])
    assert store.secrets_left(EDGE) == 1


def test_an_interrupt_in_a_call_commits_nothing_and_blocks_nobody(path):
    # Oracle: the key is still there when the store is opened again.
    class Names(list):
        def __iter__(self):
            raise KeyboardInterrupt

    async def play(store):
        await store.run(store.void_keys, "C", Names(), "out")

    with KeyStore(path) as store:
        store.add_out("C", keys("k1"))
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(play(store))
        with pytest.raises(KeyStoreError, match="was interrupted; open it again"):
            store.out_ids("C")
    with KeyStore(path) as store:
        assert store.out_ids("C") == ["k1"]
