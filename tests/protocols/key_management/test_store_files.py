"""Files of key stores: what they keep of delivered keys, who may open them, what is refused."""

from __future__ import annotations

import random
import re
import time
import uuid

from protocols.key_management.keys import Assignment, KeyPart, ManagedKey
from protocols.key_management.store import KeyStore

EDGE = "A--B"

#: Eight bytes of every key in this file are one of these and a number of four bytes.
MARK = b"\xf1KY\xf2"


def marked(number: int, words: int) -> bytes:
    """Words with the numbers from this one on, each findable in a file."""
    return b"".join(MARK + (number + k).to_bytes(4, "big") for k in range(words))


def found_in(path) -> set[int]:
    """Numbers of the words that stand in the files of a store."""
    data = b"".join(each.read_bytes() for each in path.parent.iterdir())
    return {
        int.from_bytes(data[hit.end() : hit.end() + 4], "big")
        for hit in re.finditer(re.escape(MARK), data)
    }


def wait_until_erased(path) -> None:
    """Wait until the log is empty, which the store sees to by itself."""
    log = path.with_name(path.name + "-wal")
    until = time.monotonic() + 60.0
    while log.stat().st_size:
        assert time.monotonic() < until, "the log was never erased"
        time.sleep(0.01)


def churn(store, rng):
    """Use a store for a while in random order; return the numbers of words that are left."""
    number, blocks, waiting = 0, {}, []
    left = set()
    for step in range(700):
        if step % 7 == 0:
            words = rng.randint(1, 900)
            name = f"b{step}"
            store.add_block(EDGE, name, marked(number, words))
            store.confirm_blocks(EDGE, [name])
            blocks[name] = (number, words)
            left |= set(range(number, number + words))
            number += words
        else:
            name = rng.choice(list(blocks))
            first, words = blocks[name]
            start = rng.randrange(words)
            part = range(first + start, first + min(words, start + rng.randint(1, 60)))
            where = KeyPart(block=name, start=8 * start, length=8 * len(part))
            if set(part) <= left:
                assert store.take(EDGE, [where]) == marked(part[0], len(part))
            else:
                store.void_parts(EDGE, [where])
            left -= set(part)
        words = rng.choice([2, 4, 8, 128])
        key = ManagedKey(key_id=str(uuid.UUID(int=rng.getrandbits(128))), material=b"")
        key = ManagedKey(key_id=key.key_id, material=marked(number, words))
        left |= set(range(number, number + words))
        waiting.append((key, range(number, number + words)))
        number += words
        store.add_in("A", [key])
        store.assign_in("A", [Assignment(key_id=key.key_id, master="a", slaves=("b",))])
        if len(waiting) > 20:
            key, numbers = waiting.pop(rng.randrange(len(waiting)))
            assert store.collect("b", "a", [key.key_id]) == [key]
            left -= set(numbers)
    return left


def test_delivered_keys_stand_in_no_file(tmp_path):
    # Oracle: words that can be told apart, looked for in all files of the store.
    path = tmp_path / "keys.sqlite"
    with KeyStore(path) as store:
        left = churn(store, random.Random(time.time_ns()))
        wait_until_erased(path)
        assert found_in(path) <= left
        size = store.level(EDGE)
        store.allocate(EDGE, size)
        assert size > 1000
    assert len(found_in(path) & left) < len(left)
