"""Relays of keys: both schemes, shares over disjoint routes, key used on each hop, faults, forgers.

Oracles: PN-E9 to PN-E11 of the reference (two schemes by hand, Shamir's polynomial), counting of
bytes at both ends of every edge, and the identities and bytes that the two end stores hold.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from types import SimpleNamespace

import pytest

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.nodes.outside import OutsideInterfaces
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    NotEntitledError,
)
from protocols.key_management.relaying.arithmetic import begin, forward, join, receive, split, xor
from protocols.key_management.relaying.messages import HopMessage, RelayJob, parts_from
from protocols.key_management.relaying.tags import TAG_KEY_BYTES, is_authentic, tag_of
from protocols.key_management.store import KeyStore
from protocols.postprocessing.sharing import share_with
from qnet.errors import ParameterError
from tests.protocols.key_management.relay_network import relay_network

CHAIN = [("A", "B"), ("B", "C"), ("C", "D")]
DIAMOND = [("A", "B"), ("B", "D"), ("A", "C"), ("D", "C"), ("E", "A"), ("E", "D")]
LINKS = [bytes.fromhex(text) for text in ("91f0", "0b7e", "e215")]


def test_two_schemes_on_the_wire():
    # Oracle: PN-E11: what is on the wire of A-B-C-D for K = 3c5a, or for K = k_AB, by hand.
    one = begin("hop-by-hop", bytes.fromhex("3c5a"), LINKS[0])
    two = forward("hop-by-hop", one, LINKS[0], LINKS[1])
    three = forward("hop-by-hop", two, LINKS[1], LINKS[2])
    assert [each[0].hex() for each in (one, two, three)] == ["adaa", "3724", "de4f"]
    assert receive(three, LINKS[2]).hex() == "3c5a"
    none = begin("announced-xor", None, LINKS[0])
    first = forward("announced-xor", none, LINKS[0], LINKS[1])
    second = forward("announced-xor", first, LINKS[1], LINKS[2])
    assert [each.hex() for each in second] == ["9a8e", "e96b"]
    assert receive(second, LINKS[2]) == LINKS[0]


def test_a_given_key_is_announced_with_a_sum_more():
    # Oracle: the sum of all that is announced and the last link key is the key.
    sent = begin("announced-xor", b"\x3c\x5a", LINKS[0])
    for before, after in itertools.pairwise(LINKS):
        sent = forward("announced-xor", sent, before, after)
    assert receive(sent, LINKS[2]).hex() == "3c5a"


def test_shares_of_routes_are_shamirs():
    # Oracle: PN-E9, secret 2a with coefficients 9c and 05: shares b3 1d 84 3c a5, any 3 recover.
    shares = [each.data for each in share_with(b"\x2a", [b"\x9c", b"\x05"], range(1, 6))]
    assert b"".join(shares).hex() == "b31d843ca5"
    for chosen in itertools.combinations(enumerate(shares, 1), 3):
        assert join(chosen, made=5, threshold=3) == b"\x2a"


def test_all_of_xor_shares_are_needed():
    # Oracle: one share less is uniform, whatever the secret: the same three belong to every one.
    parts = split(b"secret", 4, 4)
    assert xor(*parts) == b"secret"
    other = xor(b"secret", b"terces")
    assert xor(*parts[:3], xor(parts[3], other)) == b"terces"
    with pytest.raises(ParameterError, match="shares must be 4"):
        join(list(enumerate(parts[:3], 1)), made=4, threshold=4)


@pytest.mark.parametrize("scheme", ["hop-by-hop", "announced-xor"])
@pytest.mark.parametrize("route", ["AB", "ABC", "ABCD", "DCBA", "CB"])
def test_both_ends_hold_the_same_and_each_hop_has_used_the_same(tmp_path, scheme, route):
    # Oracle: PN-E10, every hop uses the length of the keys; besides, 40 bytes for the tag of the
    # message on each hop, and 40 relayed with the keys where somebody is between.
    with relay_network(tmp_path, CHAIN, scheme=scheme) as network:
        network.fill()
        made = network.relay(route)
        ready = network.ready(route[0], route[-1])
        assert network.held(route[-1], route[0]) == ready
        assert ready == {key.key_id: key.material for key in made}
        assert len(set(ready.values())) == 3
        checked = TAG_KEY_BYTES if len(route) > 2 else 0
        each = 3 * 32 + checked + TAG_KEY_BYTES
        hops = {"--".join(sorted(pair)) for pair in itertools.pairwise(route)}
        assert network.used() == {name: each if name in hops else 0 for name in network.edges}


@pytest.mark.parametrize("scheme", ["hop-by-hop", "announced-xor"])
def test_nothing_of_a_key_is_on_the_wire(tmp_path, scheme):
    # Oracle: a search of all that passed for 4 bytes of a key, raw, in hex or base64.
    with relay_network(tmp_path, CHAIN, scheme=scheme) as network:
        links = network.fill()
        keys = network.relay("ABCD", number=4, key_bytes=64)
        passed = " ".join(text for *_, text in network.tapped)
        payload = b"".join(
            base64.b64decode(each)
            for *_, what, text in network.tapped
            if what == "relay" and "sent" in text
            for each in json.loads(text)["sent"]
        )
        for secret in [*(key.material for key in keys), *links.values()]:
            for start in range(0, len(secret) - 12, 12):
                part = secret[start : start + 12]
                assert part[:4] not in payload
                assert part.hex() not in passed
                assert base64.b64encode(part).decode() not in passed


@pytest.mark.parametrize("scheme", ["hop-by-hop", "announced-xor"])
@pytest.mark.parametrize(("threshold", "lost"), [(3, 0), (2, 0), (2, 1), (1, 2)])
def test_shares_over_three_routes(tmp_path, scheme, threshold, lost):
    # Oracle: k of n shares give the key, whichever n - k are lost on the way.
    with relay_network(tmp_path, DIAMOND, scheme=scheme) as network:
        network.fill()
        network.dead = set(["B", "C"][:lost])
        # A node that is down before its pad is agreed, and one that is lost later.
        made = network.relay("ABD", "ACD", "AED", threshold=threshold)
        assert network.held("D", "A") == {key.key_id: key.material for key in made}


def test_too_few_shares_void_the_job_everywhere(tmp_path):
    # Oracle: neither end holds a key afterwards; what both held of edges is gone at both.
    with relay_network(tmp_path, DIAMOND) as network:
        network.fill()
        network.alter = lambda one, two, what, text: (
            None if (what, two) == ("relay", "D") and one == "C" else text
        )
        with pytest.raises(KeyRefusedError, match="the KME of D does not answer"):
            network.relay("ABD", "ACD", threshold=2)
        assert network.ready("A", "D") == network.held("D", "A") == {}
        assert network.relayers["A"].counters["voided_jobs"] == 1
        assert network.relayers["C"].counters["voided_shares"] == 1
        assert network.relayers["D"].counters["voided_shares"] == 1
        counted = [network.stores[node].counters() for node in "ACD"]
        assert counted[0]["voided_jobs"] == counted[1]["voided_shares"] == 1
        assert counted[2]["voided_shares"] == 1
        network.used()  # the same at both ends


def test_a_short_hop_is_a_shortage(tmp_path):
    with relay_network(tmp_path, CHAIN) as network:
        network.fill(B_C=100)
        with pytest.raises(KeyShortageError, match="edge B--C holds 100 of"):
            network.relay("ABCD")
        assert network.ready("A", "D") == network.held("D", "A") == {}


def test_an_edge_that_stopped_carries_nothing(tmp_path):
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        network.stopped["B--C"] = "alarm on edge B--C"
        for route in ("ABCD", "BC", "CB"):
            with pytest.raises(KeyRefusedError, match="alarm on edge B--C"):
                network.relay(route)
        assert network.levels()["B--C"] == {"B": 4096, "C": 4096}


def test_a_node_that_is_not_trusted_passes_nothing_on(tmp_path):
    with relay_network(tmp_path, CHAIN, untrusted=["B"]) as network:
        network.fill()
        with pytest.raises(KeyRefusedError, match="B relays no keys of others"):
            network.relay("ABC")
        assert len(network.relay("AB")) == 3


def altered(field):
    """A change of one field of a relay's first message."""

    def alter(one, two, what, text):
        if what != "relay" or one != "A":
            return text
        value = json.loads(text)
        if field == "sent":
            sent = bytearray(base64.b64decode(value["sent"][0]))
            sent[0] ^= 1
            value["sent"][0] = base64.b64encode(sent).decode()
        elif field == "key_ids":
            value["job"]["key_ids"].reverse()
        elif field == "route":
            value["route"] = ["A", "B", "D"]
            value["job"]["target"] = "D"
        else:
            value["tag"] = "00" * 8
        return json.dumps(value)

    return alter


@pytest.mark.parametrize("field", ["sent", "key_ids", "route", "tag"])
def test_a_changed_message_is_refused_and_its_key_is_void(tmp_path, field):
    # Oracle: the tag covers all of a message.
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        network.alter = altered(field)
        with pytest.raises(KeyRefusedError, match="is not authentic"):
            network.relay("ABC")
        assert network.relayers["B"].counters["forged_messages"] == 1
        assert network.ready("A", "C") == network.held("C", "A") == {}


def test_a_message_counts_once(tmp_path):
    # Oracle: the key of a tag is used once, so a repeated message finds none.
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        network.relay("AB")
        (text,) = [text for one, _, what, text in network.tapped if (one, what) == ("A", "relay")]
        with pytest.raises(KeyRefusedError, match="are not here"):
            asyncio.run(network.relayers["B"].receive("A", json.loads(text)))


def test_a_corrupt_relay_that_changes_keys_is_found(tmp_path):
    # Oracle: the ends compare under a tag whose key was relayed with the keys.
    with relay_network(tmp_path, DIAMOND) as network:
        network.fill()
        pads = network.pads["B"]
        honest = pads.for_sending

        async def other(neighbour, size):
            pad = await honest(neighbour, size)
            changed = bytes([pad.material[0] ^ 1]) + pad.material[1:]
            return type(pad)(
                edge=pad.edge, parts=pad.parts, allocation=pad.allocation, material=changed
            )

        pads.for_sending = other  # B adds something to what it passes on
        with pytest.raises(KeyRefusedError, match="altered on their way"):
            network.relay("ABD", "ACD", threshold=2)
        assert network.relayers["D"].counters["altered_keys"] == 3
        assert network.ready("A", "D") == network.held("D", "A") == {}


def test_only_neighbours_and_initiators_are_believed(tmp_path):
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        job = RelayJob(
            job_id="j",
            initiator="A",
            incarnation="x",
            target="C",
            scheme="hop-by-hop",
            key_ids=("k",),
            key_bytes=32,
            check_bytes=40,
        )
        message = HopMessage(
            job=job,
            route=("A", "B", "C"),
            hop=1,
            number=1,
            parts=(),
            allocation="",
            sent=(bytes(72),),
        )
        with pytest.raises(NotEntitledError, match="not of it"):
            asyncio.run(network.relayers["C"].receive("D", message.write()))
        for call in (network.relayers["C"].finish, network.relayers["C"].void_job):
            with pytest.raises(NotEntitledError, match="not its own"):
                asyncio.run(call("B", {"job": job.write(), "numbers": [1], "check": ""}))


def test_a_job_of_a_process_that_ended_is_refused(tmp_path):
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        network.relayers["B"].incarnations["A"] = "the one before"
        with pytest.raises(KeyRefusedError, match="a process of A that has ended"):
            network.relay("AB")


def test_shares_of_a_job_that_never_ends_are_forgotten(tmp_path):
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        now = [0.0]
        network.relayers["B"]._clock = lambda: now[0]
        network.alter = lambda one, two, what, text: (
            None if what in ("finish", "void_job") else text
        )
        with pytest.raises(KeyRefusedError):
            network.relay("AB")
        now[0] = 1000.0
        asyncio.run(network.relayers["B"].expire())
        assert network.relayers["B"].counters["voided_shares"] == 1
        assert network.held("B", "A") == {}


def test_an_existing_key_goes_to_further_nodes(tmp_path):
    with relay_network(tmp_path, CHAIN, scheme="announced-xor") as network:
        network.fill()
        keys = network.relay("AB", number=1)
        network.relay("ABC", keys=keys)
        wanted = {key.key_id: key.material for key in keys}
        assert network.held("B", "A") == network.held("C", "A") == wanted


def test_no_key_comes_under_the_identity_of_another(tmp_path):
    # Oracle: both ends of an identity hold the same bytes, or neither does; one at a time.
    with relay_network(tmp_path, CHAIN) as network:
        network.fill()
        (key,) = network.relay("ABC", number=1)
        other = ManagedKey(key_id=key.key_id, material=bytes(32))
        for route in ("BC", "ABC"):
            with pytest.raises(KeyRefusedError, match="the identity of a key is in use"):
                network.relay(route, keys=[other])
        held = network.held("C", "A")
        assert held.get(key.key_id, key.material) == key.material
        assert network.held("C", "B") == {}


def test_a_key_from_outside_takes_no_other_ones_place(tmp_path):
    # Oracle: whose a key was first, and its bytes.
    with KeyStore(tmp_path / "keys.sqlite") as store:
        node = SimpleNamespace(_node=SimpleNamespace(node="A", store=store))

        def bring(master, byte):
            key = ManagedKey(key_id="same", material=bytes([byte]) * 32)
            whose = Assignment(key_id="same", master=master, slaves=("alice",))
            return asyncio.run(OutsideInterfaces.bring(node, "A", [key], [whose]))

        assert (bring("one", 1), bring("two", 2)) == ([], ["same"])
        assert store.collect("alice", "one", ["same"])[0].material == bytes([1]) * 32
        assert bring("two", 2) == ["same"]


def test_tags_need_their_key():
    # Oracle: a tag under one key passes under no other of 200, and for no changed message.
    key = bytes(range(40))
    tag = tag_of(b"message", key)
    others = [bytes([*key[:k], key[k] ^ 0x10, *key[k + 1 :]]) for k in range(40)]
    # The highest bit of each number of 128 bits is not used: it is not the one that is changed.
    assert not any(is_authentic(b"message", tag, other) for other in others)
    assert not any(is_authentic(b"message" + bytes(k), tag, key) for k in range(1, 30))
    with pytest.raises(ParameterError, match="key must have 40 bytes"):
        tag_of(b"", bytes(39))


MALFORMED = [
    {},
    {"job": 1},
    {"route": ["A"]},
    {"route": ["A", "A"]},
    {"route": ["B", "C"]},
    {"hop": -1},
    {"hop": True},
    {"number": 0},
    {"parts": [["b", 0]]},
    {"parts": [["b", -1, 4]]},
    {"parts": [["b", 0, 0]]},
    {"sent": ["!"]},
    {"sent": [""]},
    {"sent": [1]},
    {"allocation": 7},
    {"tag": "0"},
    {"tag": "zz"},
]


@pytest.mark.parametrize("changes", MALFORMED, ids=json.dumps)
def test_malformed_messages_are_refused(changes):
    job = RelayJob(
        job_id="j",
        initiator="A",
        incarnation="x",
        target="B",
        scheme="hop-by-hop",
        key_ids=("k",),
        key_bytes=4,
        check_bytes=0,
    )
    good = HopMessage(
        job=job, route=("A", "B"), hop=0, number=1, parts=(), allocation="", sent=(bytes(4),)
    )
    assert HopMessage.read(good.write()) == good
    with pytest.raises(KeyRefusedError, match="malformed"):
        HopMessage.read(good.write() | changes if changes else {})


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "by mail"},
        {"threshold": 2},
        {"key_ids": []},
        {"key_ids": ["k", "k"]},
        {"key_bytes": 0},
        {"check_bytes": 3},
        {"initiator": ""},
        {"more": 1},
    ],
    ids=json.dumps,
)
def test_malformed_jobs_are_refused(changes):
    job = RelayJob(
        job_id="j",
        initiator="A",
        incarnation="x",
        target="B",
        scheme="hop-by-hop",
        key_ids=("k",),
        key_bytes=4,
        check_bytes=0,
    )
    with pytest.raises(KeyRefusedError, match="malformed"):
        RelayJob.read(job.write() | changes)
    with pytest.raises(KeyRefusedError, match="malformed"):
        parts_from("b")
