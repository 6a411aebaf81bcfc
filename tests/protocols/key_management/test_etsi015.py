"""A node as an SDN controller sees it: ETSI GS QKD 015 against its data model in YANG.

Oracle: the tree, types and rules of the modules of GS QKD 015 V2.1.1 (see ``yang/README.md``), and
RFC 7951 for YANG in JSON; with ETSI's own modules in ``QNET_ETSI015_YANG``, those.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import uuid
from pathlib import Path

import pytest

from protocols.key_management.nodes.sdn_view import sdn_node
from protocols.key_networks import KeyLink, KeyNetworkScenario, RelayTable, SaeTable
from protocols.key_networks.tables import KeyEdgeTable, KeyNodeTable
from protocols.networks import TopologyTable
from tests.experiments.kme_states import ENDS, SECRET, calm, edge_state, node_state, spied
from tests.protocols.key_management.key_faces import served
from tests.protocols.key_management.yang_instances import faults, read_module

OURS = Path(__file__).with_name("yang")
FOLDERS = [OURS, *map(Path, filter(None, [os.environ.get("QNET_ETSI015_YANG")]))]

TOP = "etsi-qkd-sdn-node:qkd_node"


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def model(request):
    return read_module(request.param, "etsi-qkd-sdn-node")


def city(**more):
    """The network of the recorded states."""
    saes = (SaeTable(name="alice", node="A"), SaeTable(name="bob", node="C"))
    how = {"topology": TopologyTable(edges=list(map(list, ENDS.values()))), "sae": saes} | more
    return KeyNetworkScenario(link=KeyLink(key_rate_hz=2304.0), **how)


def views(states, scenario=None):
    return {node: sdn_node(scenario or city(), node, state)[TOP] for node, state in states.items()}


@pytest.mark.parametrize("states", [calm(), spied()], ids=["calm", "spied"])
def test_every_node_validates(model, states):
    for node, view in views(states).items():
        assert faults(model, {TOP: view}) == [], node
        assert SECRET not in json.dumps(view)


def test_ends_of_a_link_agree():
    """One identity of a link at both nodes; each end's remote is the other's local."""
    found = views(calm())
    links = {
        node: {link["qkdl_id"]: link for link in view["qkd_links"]["qkd_link"]}
        for node, view in found.items()
    }
    assert {node: len(each) for node, each in links.items()} == dict.fromkeys("ABC", 2)
    shared = set(links["A"]) & set(links["B"])
    assert len(shared) == 1
    one, other = (links[node][next(iter(shared))] for node in "AB")
    assert (one["qkdl_local"], one["qkdl_remote"]) == (other["qkdl_remote"], other["qkdl_local"])
    assert one["qkdl_local"] == {"qkdn_id": found["A"]["qkdn_id"], "qkdi_id": 1}
    assert found["A"]["qkdn_id"] == views(calm())["A"]["qkdn_id"]
    other_city = city(relay=RelayTable(scheme="announced-xor"))
    assert found["A"]["qkdn_id"] != sdn_node(other_city, "A", node_state("A"))[TOP]["qkdn_id"]
    ids = {found[node]["qkdn_id"] for node in found}
    assert len(ids) == 3
    assert all(str(uuid.UUID(each)) == each for each in ids)


def test_what_a_link_tells():
    """Rate, error rate and attenuation in the units of the model; an edge with an alarm is off."""
    scenario = city(edge=(KeyEdgeTable(ends=("A", "B"), length_km=20.0),))
    view = views(calm(), scenario)["A"]
    link = view["qkd_links"]["qkd_link"][0]
    assert link["qkdl_type"] == "etsi-qkd-node-types:PHYS"
    assert link["qkdl_status"] == "etsi-qkd-node-types:ACTIVE"
    assert link["phys_channel_att"] == "4.000"
    assert link["qkdl_performance"] == {
        "skr": 2143,
        "phys_perf": [{"perf_type": "etsi-qkd-node-types:QBER", "value": "0.018"}],
    }
    stopped = views(spied(), scenario)["A"]
    assert stopped["qkd_links"]["qkd_link"][0]["qkdl_status"].endswith(":OFF")
    statuses = [each["qkdi_status"] for each in stopped["qkd_interfaces"]["qkd_interface"]]
    assert statuses == ["etsi-qkd-node-types:FAILED", "etsi-qkd-node-types:ENABLED"]


def test_applications_are_the_saes():
    """Who asks, with whom, how much, and over which link."""
    view = views(calm())["A"]
    (app,) = view["qkd_applications"]["qkd_app"]
    assert app["server_app_id"] == "qkd://alice@A"
    assert app["client_app_id"] == ["qkd://bob@C"]
    assert app["app_status"] == "etsi-qkd-node-types:ON"
    assert app["app_statistics"]["statistics"][0]["consumed_bits"] == 12 * 256
    links = {link["qkdl_id"]: link for link in view["qkd_links"]["qkd_link"]}
    (backing,) = app["backing_qkdl_id"]
    assert links[backing]["qkdl_applications"] == [app["app_id"]]
    closed = calm()
    closed["A"]["pairs"][0] |= {"reason": "no way", "routes": []}
    (app,) = views(closed)["A"]["qkd_applications"]["qkd_app"]
    assert app["app_status"] == "etsi-qkd-node-types:DISCONNECTED"


def test_links_over_relays_are_virtual(model):
    """A chain A, B, C: what A and C share is a virtual link by way of B."""
    scenario = city(
        topology=TopologyTable(edges=[["A", "B"], ["B", "C"]]),
        nodes=(KeyNodeTable(name="C", trusted=False),),
    )
    state = node_state("A", [("alice", 2**40)], "C")
    state["edges"] = [edge_state("A--B", 0, 0)]
    state["edges"][0]["link"] |= {"state": "starting", "qber": None}
    state["pairs"][0]["routes"] = [["A", "B", "C"]]
    view = sdn_node(scenario, "A", state)[TOP]
    assert faults(model, {TOP: view}) == []
    direct, virtual = view["qkd_links"]["qkd_link"]
    assert direct["qkdl_status"].endswith(":PENDING")
    assert virtual["qkdl_type"].endswith(":VIRT")
    assert virtual["virt_next_hop"] == [direct["qkdl_remote"]["qkdn_id"]]
    (app,) = view["qkd_applications"]["qkd_app"]
    assert app["backing_qkdl_id"] == [virtual["qkdl_id"]]
    assert app["app_statistics"]["statistics"][0]["consumed_bits"] == 2**32 - 1
    other = sdn_node(scenario, "C", node_state("C") | {"edges": [edge_state("B--C", 9, 9)]})[TOP]
    assert other["qkdn_capabilities"]["key_relay_mode_enable"] is False


def _set(path, value):
    def change(view):
        *way, last = path
        for step in way:
            view = view[step]
        if value is None:
            del view[last]
        else:
            view[last] = value

    return change


LINK = ("qkd_links", "qkd_link", 0)
WRONG = {
    "no identity": _set(["qkdn_id"], None),
    "no UUID": _set(["qkdn_id"], "A"),
    "an unknown node": _set(["qkdn_colour"], "red"),
    "a status without its module": _set(["qkdn_status"], "OPERATING"),
    "a status of something else": _set(["qkdn_status"], "etsi-qkd-node-types:ACTIVE"),
    "a boolean as a text": _set(["qkdn_capabilities", "link_stats_support"], "true"),
    "a number below 0": _set([*LINK, "qkdl_performance", "skr"], -1),
    "a number that is too large": _set([*LINK, "qkdl_performance", "skr"], 2**32),
    "a number with a point": _set([*LINK, "qkdl_performance", "skr"], 1.5),
    "a decimal as a number": _set([*LINK, "phys_channel_att"], 4.0),
    "four digits": _set([*LINK, "phys_channel_att"], "4.0001"),
    "a virtual hop of a physical link": _set([*LINK, "virt_next_hop"], []),
    "an attenuation of a virtual link": _set([*LINK, "qkdl_type"], "etsi-qkd-node-types:VIRT"),
    "no key of a list": _set([*LINK, "qkdl_id"], None),
    "a list as an object": _set(["qkd_links", "qkd_link"], {}),
    "a time without a zone": _set(
        ["qkd_applications", "qkd_app", 0, "creation_time"], "2026-11-26T14:00:00"
    ),
    "an identity twice": lambda view: view["qkd_links"]["qkd_link"].append(
        view["qkd_links"]["qkd_link"][0]
    ),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_wrong_does_not_validate(model, change):
    """The validation finds what is wrong: without that it would show nothing."""
    scenario = city(edge=(KeyEdgeTable(ends=("A", "B"), length_km=20.0),))
    view = copy.deepcopy(views(calm(), scenario)["A"])
    change(view)
    assert faults(model, {TOP: view}) != []


def test_a_node_that_has_just_begun(model, tmp_path):
    """The state of a node itself, before its links make key: it validates, and has the names of
    the recorded states."""
    pytest.importorskip("aiohttp")
    from experiments.kme_page.overview import NetworkHistory, overview
    from protocols.key_management.nodes.key_node import KeyNode
    from protocols.key_management.nodes.layout import RunFolder
    from protocols.key_management.nodes.manage import state_of
    from protocols.key_management.nodes.supervisor import prepare

    scenario, folder = city(), RunFolder(tmp_path / "run")
    prepare(scenario, folder)

    async def run():
        node = KeyNode(scenario, "A", folder)
        try:
            return await state_of(node)
        finally:
            node.store.close()

    state = asyncio.run(run())
    assert faults(model, sdn_node(scenario, "A", state)) == []
    shown = overview({"A": state}, ENDS, NetworkHistory(), name="city", time_s=0.0)
    assert shown["summary"] == "Node A is not ready yet."
    recorded = calm()["A"]
    assert set(recorded) <= set(state)
    for part in ("edges", "pairs", "users"):
        assert set(recorded[part][0]) <= set(state[part][0])
    known, real = (each["edges"][0]["link"] for each in (recorded, state))
    assert set(known) - {"token"} <= set(real)


def test_served_to_the_manager_alone(tmp_path):
    """As YANG in JSON, with the manager's certificate; 401 for others, no method but GET."""
    pytest.importorskip("aiohttp")
    from protocols.key_management.server.etsi015 import PATH, etsi015_face

    async def view():
        return sdn_node(city(), "A", calm()["A"])

    async def run():
        async with served([etsi015_face(view)], tmp_path) as (_, client):
            async with client("manager") as session:
                async with session.get(PATH) as answer:
                    assert answer.content_type == "application/yang-data+json"
                    told = await answer.json(content_type=None)
                async with session.put(PATH, json={}) as answer:
                    assert answer.status == 405
            for name in ("alice", "kme-B"):
                async with client(name) as session, session.get(PATH) as answer:
                    assert answer.status == 401
            return told

    assert asyncio.run(run()) == asyncio.run(view())
