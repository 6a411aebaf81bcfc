"""Pair keys of the stores of two nodes, played at random against a model of sets.

Oracle: a plain Python model: for each key who holds it, who may have it, and who has got it.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import (
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from protocols.key_management.store import KeyStore
from protocols.key_networks import StoreTable

LIFE_S = 50.0
SIZES = st.sampled_from([16, 32])
SLAVES = ("bob", "carol", "dave")


@dataclass
class PairKey:
    """What the model knows of a key."""

    material: bytes
    born: float
    out: bool = False
    held: bool = False
    reserved: bool = False
    master: str = ""
    slaves: tuple[str, ...] = ()
    got: set[str] = field(default_factory=set)
    handed: bool = False


class PairMachine(RuleBasedStateMachine):
    """Masters at A, slaves at C; agreements get lost, processes restart, keys age."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = 0.0
        self.keys: dict[str, PairKey] = {}
        self.requests: list[list[str]] = []
        self.lost_bytes = {"A": 0, "C": 0}
        self.first, self.second = self.open("A"), self.open("C")

    def open(self, name: str) -> KeyStore:
        rules = StoreTable(time_to_live_s=LIFE_S)
        return KeyStore(Path(self.folder.name) / name, rules=rules, clock=lambda: self.now)

    def teardown(self):
        self.first.close()
        self.second.close()
        self.folder.cleanup()

    @rule(
        size=SIZES,
        number=st.integers(1, 5),
        lost=st.sampled_from(["", "", "", "", "", "out", "in"]),
    )
    def relay(self, size, number, lost):
        made = [
            ManagedKey(key_id=str(uuid.UUID(int=random.getrandbits(128))), material=material)
            for material in (random.randbytes(size) for _ in range(number))
        ]
        for key in made:
            self.keys[key.key_id] = PairKey(key.material, self.now, lost != "out", lost != "in")
        if lost != "out":
            assert self.first.add_out("C", made) == number
        if lost != "in":
            assert self.second.add_in("A", made) == number
            assert self.second.add_in("A", made) == 0
        self.reserve(size, number)

    def reserve(self, size, number):
        free = {
            name
            for name, key in self.keys.items()
            if key.out and not key.reserved and len(key.material) == size
        }
        assert self.first.ready("C", 8 * size) == len(free)
        if len(free) < number:
            with pytest.raises(KeyShortageError):
                self.first.reserve("C", 8 * size, number)
            return
        ids = self.first.reserve("C", 8 * size, number)
        assert len(set(ids)) == number
        assert set(ids) <= free
        for name in ids:
            self.keys[name].reserved = True
        self.requests.append(ids)

    @rule(
        data=st.data(),
        slaves=st.lists(st.sampled_from(SLAVES), min_size=1, unique=True).map(tuple),
        end=st.sampled_from(["answered", "answered", "released", "dropped"]),
        master=st.sampled_from(["alice", "anna"]),
    )
    def agree(self, data, slaves, end, master):
        """A request: assigned at C, then handed out, or given up."""
        if not self.requests:
            self.relay(32, 2, "")
        if not self.requests:
            return
        ids = self.requests.pop(data.draw(st.integers(0, len(self.requests) - 1)))
        told = [Assignment(key_id=name, master=master, slaves=slaves) for name in ids]
        fit = [name for name in ids if self.keys[name].held and not self.keys[name].got]
        assert self.second.assign_in("A", told) == [name for name in ids if name not in fit]
        for name in fit:
            self.keys[name].master, self.keys[name].slaves = master, slaves
        if end == "answered" and len(fit) == len(ids):
            self.answer(ids, master, slaves)
        elif end == "released":
            self.first.release(ids)
            for name in ids:
                self.keys[name].reserved = False

    def answer(self, ids, master, slaves):
        if not all(self.keys[name].out for name in ids):
            with pytest.raises(KeyUnknownError):
                self.first.hand_out("C", ids, master=master, slaves=slaves)
            return
        found = self.first.hand_out("C", ids, master=master, slaves=slaves)
        assert [key.key_id for key in found] == ids
        for key in found:
            model = self.keys[key.key_id]
            assert model.material == key.material
            assert not model.handed
            model.handed, model.out = True, False
            assert self.first.add_out("C", [key]) == 0
        with pytest.raises(KeyUnknownError):
            self.first.hand_out("C", ids[:1], master=master, slaves=slaves)

    @precondition(lambda self: any(key.master for key in self.keys.values()))
    @rule(
        data=st.data(),
        stranger=st.sampled_from(["", "", "", *SLAVES, "eve"]),
        wrong=st.sampled_from(["", "", "", "alice", "anna"]),
    )
    def collect(self, data, stranger, wrong):
        """Mostly a slave of a key and its master ask; sometimes somebody else."""
        assigned = [name for name, key in self.keys.items() if key.held and key.master]
        some = st.sampled_from(sorted(assigned or self.keys))
        any_keys = some | some | some | st.sampled_from(sorted(self.keys))
        ids = list(dict.fromkeys(data.draw(st.lists(any_keys, min_size=1, max_size=2))))
        keys = [self.keys[name] for name in ids]
        slave = stranger or data.draw(st.sampled_from(keys[0].slaves or SLAVES))
        master = wrong or keys[0].master or "alice"
        here = [k.held and bool(k.master) and k.born > self.now - LIFE_S for k in keys]
        entitled = [k.master == master and slave in k.slaves for k in keys]
        if not all(here):
            with pytest.raises(KeyUnknownError):
                self.second.collect(slave, master, ids)
        elif not all(entitled) or any(slave in key.got for key in keys):
            with pytest.raises((NotEntitledError, KeyUnknownError)):
                self.second.collect(slave, master, ids)
        else:
            found = self.second.collect(slave, master, ids)
            assert [key.material for key in found] == [key.material for key in keys]
            for key, model in zip(found, keys, strict=True):
                model.got.add(slave)
                model.held = model.got != set(model.slaves)
                assert self.second.add_in("A", [key]) == 0

    @rule(what=st.sampled_from(["reconcile", "restart A", "restart C", 1.0, 2.0, 20.0, 60.0]))
    def disturb(self, what):
        if what == "reconcile":
            self.reconcile()
        elif isinstance(what, str):
            self.restart(what[-1])
        else:
            self.age(what)

    def reconcile(self):
        """Nothing is on its way: what only one end has, and nobody may collect, is voided."""
        self.requests.clear()
        mine, theirs = self.first.out_ids("C"), self.second.in_ids("A")
        free = set(theirs) - set(self.second.assigned_ids("A"))
        assert set(mine) == {name for name, key in self.keys.items() if key.out}
        assert set(theirs) == {name for name, key in self.keys.items() if key.held}
        assert set(free) == {n for n, key in self.keys.items() if key.held and not key.master}
        only_mine = [name for name in mine if name not in theirs]
        only_theirs = [name for name in free if name not in mine]
        assert sorted(self.first.void_keys("C", only_mine, "out")) == sorted(only_mine)
        voided = self.second.void_unassigned("A", set(theirs) - set(mine))
        assert sorted(voided) == sorted(only_theirs)
        self.lose(only_mine, [], "A")
        self.lose([], only_theirs, "C")
        self.first.release(name for name, key in self.keys.items() if key.reserved)
        for key in self.keys.values():
            key.reserved = False

    def lose(self, out, held, at):
        for name in out:
            self.keys[name].out = False
        for name in held:
            self.keys[name].held = False
        self.lost_bytes[at] += sum(len(self.keys[name].material) for name in [*out, *held])

    def age(self, by):
        self.now += by
        old = [name for name, key in self.keys.items() if key.born <= self.now - LIFE_S]
        out = [name for name in old if self.keys[name].out]
        held = [name for name in old if self.keys[name].held]
        assert (self.first.expire(), self.second.expire()) == (len(out), len(held))
        self.lose(out, [], "A")
        self.lose([], held, "C")

    def restart(self, at):
        if at == "A":
            self.first.close()
            self.first = self.open("A")
            self.requests.clear()
            for key in self.keys.values():
                key.reserved = False
        else:
            self.second.close()
            self.second = self.open("C")

    @invariant()
    def bytes_are_accounted_for(self):
        for at, store, ways in (
            ("A", self.first, ("out", "delivered")),
            ("C", self.second, ("in", "finished")),
        ):
            counters = store.counters()
            lost = sum(counters.get(f"{why}_key_bytes", 0) for why in ("voided", "expired"))
            assert lost == self.lost_bytes[at]
            left = sum(row.bytes for row in store.levels())
            came, went = (counters.get(f"{way}_bytes", 0) for way in ways)
            assert came == went + lost + left


TestPairs = PairMachine.TestCase
TestPairs.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
