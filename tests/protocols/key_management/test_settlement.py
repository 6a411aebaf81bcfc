"""Settlement of two nodes after one has died: what only one of them has is void at both, once.

Oracle: the states that a process can die in, made by hand in the two stores, and the identities
that are there afterwards: each at both ends or at none, but for those a master has been given.
"""

from __future__ import annotations

import asyncio

import pytest

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyUnknownError
from protocols.key_management.store import KeyStore
from protocols.key_management.store.errors import KeyStoreError
from tests.protocols.key_management.relay_network import relay_network

EDGES = [("A", "B"), ("B", "C")]


def key(name):
    return ManagedKey(key_id=name, material=name.encode().ljust(32, b"."))


def assign(store, *names):
    store.assign_in("A", [Assignment(key_id=n, master="alice", slaves=("bob",)) for n in names])


@pytest.fixture
def network(tmp_path):
    with relay_network(tmp_path, EDGES) as network:
        yield network


def settle(network, on_the_way=()):
    return asyncio.run(network.settlements["A"].settle("B", on_the_way, ["C"]))


def ids(network):
    """Identities at A, and those waiting and assigned at B."""
    a, b = network.stores["A"], network.stores["B"]
    there = set(b.assigned_ids("A"))
    return set(a.out_ids("B")), set(b.in_ids("A")) - there, there


def prepare(network):
    """Every state that a key can be in when a process dies."""
    a, b = network.stores["A"], network.stores["B"]
    b.add_in("A", [key(n) for n in ("both", "assigned", "delivered", "target only", "going")])
    a.add_out("B", [key(n) for n in ("both", "assigned", "delivered", "initiator only")])
    assign(b, "assigned", "delivered")
    a.hand_out("B", ["delivered"], master="alice", slaves=("bob",))


def test_what_only_one_has_is_void_at_both(network):
    prepare(network)
    assert settle(network, {"going"}) == 2
    assert ids(network) == ({"both"}, {"both", "going"}, {"delivered"})
    assert network.stores["A"].counters()["voided_keys"] == 2
    assert network.stores["B"].counters()["voided_keys"] == 2


def test_settling_again_changes_nothing(network):
    prepare(network)
    settle(network, {"going"})
    before = ids(network), network.stores["A"].counters(), network.stores["B"].counters()
    assert settle(network, {"going"}) == 0
    assert (ids(network), network.stores["A"].counters(), network.stores["B"].counters()) == before


def test_a_delivered_key_can_be_collected_afterwards_and_a_void_one_cannot(network):
    prepare(network)
    settle(network)
    (found,) = network.stores["B"].collect("bob", "alice", ["delivered"])
    assert found.material == key("delivered").material
    with pytest.raises(KeyUnknownError):
        network.stores["B"].collect("bob", "alice", ["assigned"])


def test_a_key_of_several_nodes_is_void_at_all(network):
    a, b, c = (network.stores[name] for name in "ABC")
    a.add_out("B", [key("many")])
    b.add_in("A", [key("many")])
    c.add_in("A", [key("many")])
    assign(b, "many")
    assign(c, "many")
    settle(network)
    assert (a.out_ids("B"), b.in_ids("A"), c.in_ids("A")) == ([], [], [])


def test_keys_that_are_added_in_the_meantime_stay(network):
    # Oracle: a job that ends while the other node is asked: in neither's first list.
    a, b = network.stores["A"], network.stores["B"]
    prepare(network)

    def add(one, two, what, text):
        if what == "holdings":
            b.add_in("A", [key("new")])
            a.add_out("B", [key("new")])
        return text

    network.alter = add
    settle(network)
    assert "new" in ids(network)[0] & ids(network)[1]


def test_keys_that_are_delivered_in_the_meantime_stay_assigned(network):
    a, b = network.stores["A"], network.stores["B"]
    prepare(network)

    def deliver(one, two, what, text):
        if what == "void_unassigned":
            assign(b, "target only")
        if what == "void_keys":
            assign(b, "both")
            a.hand_out("B", ["both"], master="alice", slaves=("bob",))
        return text

    network.alter = deliver
    settle(network)
    assert ids(network)[2] == {"both", "delivered", "target only"}


def test_ready_keys_are_void_at_both_ends_when_an_edge_stops(network):
    prepare(network)
    assert asyncio.run(network.settlements["A"].void_ready("B")) == 3
    assert ids(network) == (set(), {"target only", "going"}, {"delivered"})


def test_key_of_an_edge_whose_message_never_came_is_void(network):
    # Oracle: the first end has allocated 100 bytes and died before it told anybody.
    network.fill(1000)
    network.stores["A"].allocate("A--B", 100)
    assert network.levels()["A--B"] == {"A": 900, "B": 1000}
    for _ in range(2):
        asyncio.run(network.settlements["A"].settle_edge("B", "A--B"))
        assert network.levels()["A--B"] == {"A": 900, "B": 900}
    assert network.stores["B"].counters()["voided_bytes"] == 100
    assert len(network.relay("AB", number=1)) == 1


def test_what_a_dead_process_held_for_its_own_node_is_void(tmp_path):
    # Oracle: who can still get each key; "drawn" serves the next request, "given" has a master.
    with KeyStore(tmp_path / "keys.sqlite") as store:
        store.add_own("A", [key("drawn"), key("asked"), key("given")])
        store.add_out("B", [key("spread"), key("both told"), key("away")])
        store.add_in("A", [key("spread"), key("both told"), key("away"), key("brought")])
        assign(store, "asked", "given", "both told", "away")
        store.hand_out("A", ["given"], master="alice", slaves=("bob",))
        store.hand_out("B", ["away"], master="alice", slaves=("bob",))
        assert set(store.void_unfinished("A")) == {"spread", "both told", "brought"}
        assert store.in_ids("A") == ["drawn", "asked", "given", "away"]
        assert store.counters()["voided_keys"] == 3
        assert store.void_unfinished("A") == []


def test_a_key_of_one_node_is_held_and_ready_or_neither(tmp_path):
    # Oracle: the store refuses the second of the two rows that a drawn key takes.
    with KeyStore(tmp_path / "keys.sqlite") as store:
        store._sql(
            "CREATE TRIGGER full BEFORE INSERT ON out_keys BEGIN SELECT RAISE(FAIL, 'x'); END"
        )
        with pytest.raises(KeyStoreError):
            store.add_own("A", [key("drawn")])
        assert (store.in_ids("A"), store.out_ids("A")) == ([], [])
