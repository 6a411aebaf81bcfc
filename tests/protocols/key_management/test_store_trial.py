"""Trial of key stores: it finds each fault that it counts. Oracle: stores made with that fault."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from protocols.certification import computed
from protocols.certification.catalogue import chosen
from protocols.certification.computed import COMPUTED, RunSeen
from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import KeyUnknownError
from protocols.key_management.store import DeliveryFaults, KeyStore, try_deliveries

GOOD = DeliveryFaults(twice=0, lost=0, unequal=0, to_others=0, left=0)


class Repeating(KeyStore):
    """Hands a key out as often as somebody asks."""

    def hand_out(self, peer, ids, *, master, slaves):
        return self.read_out(peer, ids)


class Losing(KeyStore):
    """Loses every key that is asked for."""

    def hand_out(self, peer, ids, *, master, slaves):
        super().hand_out(peer, ids, master=master, slaves=slaves)
        raise KeyUnknownError(*ids)


class Garbling(KeyStore):
    """Flips a bit of every key."""

    def hand_out(self, peer, ids, *, master, slaves):
        return [
            ManagedKey(key_id=key.key_id, material=bytes([key.material[0] ^ 1]) + key.material[1:])
            for key in super().hand_out(peer, ids, master=master, slaves=slaves)
        ]


class Trusting(KeyStore):
    """Believes everybody to be the slave and the master."""

    def collect(self, slave, master, ids):
        return super().collect("bob", "alice", ids)


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        (KeyStore, {}),
        (Repeating, {"twice": 4 * 8 + 8 - 8, "left": 8}),
        (Losing, {"lost": 8}),
        (Garbling, {"unequal": 8}),
        (Trusting, {"to_others": 8, "lost": 8}),
    ],
)
def test_each_fault_is_found(kind, faults):
    assert asdict(try_deliveries(8, open_store=kind)) == asdict(GOOD) | faults


@pytest.mark.parametrize(("faults", "decision"), [(0, "met"), (1, "fell short")])
def test_the_requirement_is_met_without_faults(monkeypatch, faults, decision):
    monkeypatch.setattr(computed, "try_deliveries", lambda keys: replace(GOOD, to_others=faults))
    (row,) = chosen(["DELIVERY-1"])
    found = COMPUTED[row.check](row, RunSeen(device=None, counts=None))
    assert (found.decision, found.value.best, found.n) == (decision, faults, 32)
    assert found.sentence.endswith(f"0 twice, 0 lost, 0 unequal, {faults} to others, 0 left")
