"""Routes of a served node: disjoint ones, around stopped edges and silent nodes, with the reason.

Oracle: the routes of a small network by eye.
"""

from __future__ import annotations

import pytest

from protocols.key_management.nodes.layout import RunFolder, check_served, identity_of, urls_of
from protocols.key_management.nodes.routing import KeyRoutes
from protocols.key_networks import (
    KeyLink,
    KeyNetworkScenario,
    KeyNodeTable,
    KmeTable,
    RelayTable,
    SaeTable,
    StoreTable,
)
from protocols.networks import TopologyTable
from qnet.errors import ParameterError

#: Two ways from A to D, over B or C, and one over E and F.
EDGES = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "D"], ["A", "E"], ["E", "F"], ["F", "D"]]


def scenario(**changes):
    tables = {"topology": TopologyTable(edges=EDGES), "link": KeyLink(key_rate_hz=1.0)}
    return KeyNetworkScenario(**(tables | changes))


def find(relay=None, *, stopped=(), down=(), levels=None, **changes):
    routes = KeyRoutes(scenario(relay=relay or RelayTable(), **changes), "A")
    why = {name: f"alarm on edge {name}" for name in stopped}
    found, reason = routes.find("D", stopped=why, down=down, levels=levels or {})
    return ["".join(route) for route in found], reason


def test_the_shortest_is_taken_and_then_the_next():
    assert find() == (["ABD"], "")
    assert find(stopped=["A--B"]) == (["ACD"], "")
    assert find(stopped=["B--D"], down=["C"]) == (["AEFD"], "")


def test_disjoint_routes_are_as_many_as_there_are():
    relay = RelayTable(routes=3, shares_needed=2)
    assert find(relay) == (["ABD", "ACD", "AEFD"], "")
    assert find(relay, down=["B"]) == (["ACD", "AEFD"], "")
    found, reason = find(relay, down=["B"], stopped=["E--F"])
    assert found == []
    assert "2 routes that share no relay are needed" in reason
    assert "alarm on edge E--F" in reason
    assert "the KME of B does not answer" in reason


def test_the_fullest_of_the_shortest_is_taken_by_load():
    relay = RelayTable(metric="load")
    levels = {"A--B": 10, "B--D": 90, "A--C": 50, "C--D": 40, "A--E": 99, "E--F": 99, "F--D": 99}
    assert find(relay, levels=levels) == (["ACD"], "")
    assert find(relay, levels=levels | {"A--B": 60}) == (["ABD"], "")


def test_nodes_that_are_not_trusted_relay_nothing():
    nodes = (KeyNodeTable(name="B", trusted=False), KeyNodeTable(name="C", trusted=False))
    assert find(nodes=nodes) == (["AEFD"], "")


def test_a_target_that_is_silent_is_the_reason():
    assert find(down=["D"]) == ([], "the KME of D does not answer")


def test_addresses_follow_the_order_of_the_topology():
    kme = KmeTable(port=9000, hosts={"C": "10.0.0.3", "D": "::1"})
    found = urls_of(scenario(kme=kme))
    assert found["A"] == "https://127.0.0.1:9000"
    assert [url.rpartition(":")[2] for url in found.values()] == [str(9000 + k) for k in range(6)]
    assert {found["C"].rpartition(":")[0], found["D"].rpartition(":")[0]} == {
        "https://10.0.0.3",
        "https://[::1]",
    }


def test_what_may_change_in_a_folder_of_keys():
    # Oracle: rates and ports may; nodes, edges and the relay are what the keys belong to.
    here = identity_of(scenario())
    assert identity_of(scenario(link=KeyLink(key_rate_hz=2.0), kme=KmeTable(port=9))) == here
    others = [
        scenario(topology=TopologyTable(edges=EDGES[1:])),
        scenario(relay=RelayTable(routes=2)),
        scenario(relay=RelayTable(scheme="announced-xor")),
    ]
    assert len({here, *map(identity_of, others)}) == 4


def test_saes_may_come_new_to_a_folder_and_neither_go_nor_move(tmp_path):
    # Oracle: the keys that wait for an SAE are its own, and stay where they are.
    folder = RunFolder(tmp_path / "run")
    alice = scenario(sae=(SaeTable(name="alice", node="A"),))
    both = scenario(sae=(*alice.sae, SaeTable(name="bob", node="D")))
    for taken in (scenario(), alice, both, both):
        folder.make(taken)
    moved = scenario(sae=(SaeTable(name="alice", node="A"), SaeTable(name="bob", node="C")))
    for refused in (alice, moved):
        with pytest.raises(ParameterError, match=r"must be of the same network.*bob was an SAE"):
            folder.make(refused)


def test_a_store_has_to_hold_a_key_and_its_tags():
    # Oracle: 256 bits of a key, 640 of two tags, and the reserve.
    check_served(scenario(store=StoreTable(capacity_bits=896)))
    with pytest.raises(ParameterError, match=r"store.capacity_bits must be at least 996 on edge"):
        check_served(scenario(store=StoreTable(capacity_bits=900, reserve_bits=100)))
