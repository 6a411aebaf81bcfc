"""Link keys of two stores at the ends of an edge, played at random against a model of sets.

Oracle: a plain Python model: each end holds a list of blocks, each block a set of places in it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocols.key_management.keys import KeyPart
from protocols.key_management.refusals import KeyShortageError, KeyUnknownError
from protocols.key_management.store import KeyStore
from protocols.key_networks import StoreTable

EDGE = "A--B"
CAPACITY, RESERVE, LIFE_S = 3000, 600, 50.0
RULES = StoreTable(capacity_bits=8 * CAPACITY, reserve_bits=8 * RESERVE - 7, time_to_live_s=LIFE_S)
ENDS = st.sampled_from(["A", "B"])
SIZES = st.integers(1, 1600)


@dataclass
class Block:
    """A block at one end: which of its bytes are here."""

    name: str
    born: float
    here: set[int]
    confirmed: bool = False


@dataclass
class End:
    """One end of the edge: its store, and what the model says is in it."""

    store: KeyStore
    blocks: dict[str, Block] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, by: int) -> None:
        self.counted[name] = self.counted.get(name, 0) + by

    def held(self, *, confirmed_alone: bool = False) -> int:
        return sum(
            len(block.here)
            for block in self.blocks.values()
            if block.confirmed or not confirmed_alone
        )

    def lose(self, name: str, places: set[int], counter: str) -> int:
        """Take places of a block away."""
        lost = self.blocks[name].here & places if name in self.blocks else set()
        if lost:
            self.blocks[name].here -= lost
            self.count(counter, len(lost))
        return len(lost)

    def expire(self, now: float) -> int:
        old = [block for block in self.blocks.values() if block.born <= now - LIFE_S]
        return sum(self.lose(block.name, set(block.here), "expired_bytes") for block in old)

    def oldest(self, size: int) -> list[tuple[str, int]]:
        """The places of the oldest confirmed bytes."""
        places = [
            (block.name, place)
            for block in self.blocks.values()
            if block.confirmed
            for place in sorted(block.here)
        ]
        return places[:size]


def places_of(parts: list[KeyPart]) -> list[tuple[str, int]]:
    return [(p.block, place) for p in parts for place in range(p.start, p.start + p.length)]


class EdgeMachine(RuleBasedStateMachine):
    """A allocates, B takes; blocks, messages and processes get lost."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = 0.0
        self.made: dict[str, bytes] = {}
        self.flying: list[tuple[list[KeyPart], bytes]] = []
        self.used: set[tuple[str, str, int]] = set()
        self.ends = {name: End(self.open(name)) for name in "AB"}

    def open(self, name: str) -> KeyStore:
        return KeyStore(Path(self.folder.name) / name, rules=RULES, clock=lambda: self.now)

    def teardown(self):
        for end in self.ends.values():
            end.store.close()
        self.folder.cleanup()

    def add(self, at: str, name: str) -> None:
        end, material = self.ends[at], self.made[name]
        kept = min(len(material), CAPACITY - end.held())
        assert end.store.add_block(EDGE, name, material) == kept
        end.blocks[name] = Block(name, self.now, set(range(kept)))
        end.count("added_bytes", len(material))
        end.count("dropped_bytes", len(material) - kept)

    @rule(
        size=SIZES,
        ends=st.sampled_from(["AB", "AB", "AB", "A", "B"]),
        at_once=st.sampled_from([True, True, False]),
    )
    def distil(self, size, ends, at_once):
        name = f"block-{len(self.made)}"
        self.made[name] = random.randbytes(size)
        for at in ends:
            self.add(at, name)
        if at_once:
            self.reconcile()

    @precondition(lambda self: self.made)
    @rule(at=ENDS, data=st.data())
    def add_again(self, at, data):
        name = data.draw(st.sampled_from(sorted(self.made)))
        if name in self.ends[at].blocks:
            assert self.ends[at].store.add_block(EDGE, name, self.made[name]) == 0

    @rule()
    def reconcile(self):
        """Both ends compare their pending blocks; what one lacks is voided, cuts are evened."""
        for mine, other in ("AB", "BA"):
            end, peer = self.ends[mine], self.ends[other]
            names = end.store.pending_blocks(EDGE)
            model = [b.name for b in end.blocks.values() if b.here and not b.confirmed]
            assert names == model
            sizes = peer.store.block_sizes(EDGE, names)
            known = [name for name in names if name in sizes]
            assert set(sizes) == set(known)
            end.store.confirm_blocks(EDGE, {name: sizes[name] for name in known})
            for name in known:
                end.lose(name, set(range(sizes[name], 10_000)), "dropped_bytes")
                end.blocks[name].confirmed = True
            rest = [name for name in names if name not in sizes]
            voided = sum(end.lose(name, set(range(10_000)), "voided_bytes") for name in rest)
            assert end.store.void_blocks(EDGE, rest) == voided

    @rule(size=SIZES, keep_reserve=st.booleans(), arrives=st.booleans())
    def allocate(self, size, keep_reserve, arrives):
        end = self.ends["A"]
        end.expire(self.now)
        spare = end.held(confirmed_alone=True) - (RESERVE if keep_reserve else 0)
        if spare < size:
            with pytest.raises(KeyShortageError):
                end.store.allocate(EDGE, size, keep_reserve=keep_reserve)
            end.store.expire(self.now)  # what the refused call found too old is still there
            return
        expected = end.oldest(size)
        parts, material = end.store.allocate(EDGE, size, keep_reserve=keep_reserve)
        places = places_of(parts)
        assert places == expected
        assert material == bytes(self.made[name][place] for name, place in places)
        self.use("A", places, end)
        if arrives:
            self.flying.append((parts, material))

    def use(self, at: str, places: list[tuple[str, int]], end: End) -> None:
        """Nothing is taken twice at an end."""
        taken = {(at, name, place) for name, place in places}
        assert len(taken) == len(places)
        assert not taken & self.used
        self.used |= taken
        for name, place in places:
            end.lose(name, {place}, "taken_bytes")

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), twice=st.booleans())
    def take(self, data, twice):
        end = self.ends["B"]
        parts, material = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        places = places_of(parts)
        here = all(name in end.blocks and place in end.blocks[name].here for name, place in places)
        if not here:
            with pytest.raises(KeyUnknownError):
                end.store.take(EDGE, parts)
            return
        assert end.store.take(EDGE, parts) == material
        for name, _ in places:
            end.blocks[name].confirmed = True
        self.use("B", places, end)
        if twice:
            with pytest.raises(KeyUnknownError):
                end.store.take(EDGE, parts)

    @precondition(lambda self: self.flying)
    @rule()
    def void_one(self):
        end, (parts, _) = self.ends["B"], self.flying.pop()
        lost = sum(end.lose(name, {place}, "voided_bytes") for name, place in places_of(parts))
        assert end.store.void_parts(EDGE, parts) == lost

    @rule()
    def void_below(self):
        """What A passed and B never used is voided; then nothing of A's is missing at B."""
        floor = self.ends["A"].store.floor(EDGE)
        end = self.ends["B"]
        lost = 0
        if floor is not None and floor.block in end.blocks:
            names = list(self.made)
            for name in names[: names.index(floor.block) + 1]:
                upto = floor.start if name == floor.block else 10_000
                lost += end.lose(name, set(range(upto)), "voided_bytes")
        assert end.store.void_below(EDGE, floor) == lost

    @rule(
        by=st.sampled_from([1.0, 20.0, 60.0]), ends=st.sampled_from(["", "", "A", "B"]), size=SIZES
    )
    def age(self, by, ends, size):
        """Time passes; then an end throws away what is too old, or A must not allocate it."""
        self.now += by
        for at in ends:
            assert self.ends[at].store.expire() == self.ends[at].expire(self.now)
        self.allocate(size, False, True)

    @rule(at=ENDS)
    def restart(self, at):
        self.ends[at].store.close()
        self.ends[at].store = self.open(at)

    @invariant()
    def levels_and_counters_agree(self):
        for end in self.ends.values():
            assert end.store.level(EDGE) == end.held(confirmed_alone=True)
            assert sum(row.bytes for row in end.store.levels()) == end.held()
            counters = end.store.counters()
            for name, value in end.counted.items():
                assert counters.get(name, 0) == value, name
            gone = ("taken_bytes", "dropped_bytes", "voided_bytes", "expired_bytes")
            lost = sum(counters.get(name, 0) for name in gone)
            assert counters.get("added_bytes", 0) == lost + end.held()


TestEdges = EdgeMachine.TestCase
TestEdges.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
