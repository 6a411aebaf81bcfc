"""SKIP over mutual TLS: answers, refusals, and that a key is there once.

Oracles: tables 2, 3, 7 and 9 and figures 3, 5 and 7 of draft-cisco-skip-02 (paths, fields, codes).
"""

from __future__ import annotations

import asyncio
import re
import secrets

import pytest

from protocols.key_management.server.skip import skip_face
from tests.protocols.key_management.key_faces import JoinedNetwork, served

pytest.importorskip("aiohttp")


@pytest.fixture
def network(tmp_path):
    with JoinedNetwork(tmp_path) as made:
        yield made


def talk(tmp_path, conversation, *, network, node="A"):
    """Run a conversation with a server of SKIP at a node."""

    async def run():
        async with served([skip_face(network.services[node])], tmp_path, node) as (_, client):
            return await conversation(client)

    return asyncio.run(run())


async def ask(session, path, method="GET"):
    async with session.request(method, path) as answer:
        body = await answer.json() if answer.content_type == "application/json" else None
        return answer.status, body


def test_both_encryptors_get_the_same_key_once(tmp_path, network):
    """Figure 2 of the draft: key and keyId at Alice, keyId to Bob, the key at Bob, gone then."""

    async def at_alice(client):
        async with client("alice") as alice:
            return await ask(alice, "/key?remoteSystemID=bob&size=128")

    status, made = talk(tmp_path / "A", at_alice, network=network)
    assert status == 200
    assert re.fullmatch("[0-9a-f]{32}", made["keyId"])
    assert re.fullmatch("[0-9a-f]{32}", made["key"])
    path = f"/key/{made['keyId'].upper()}?remoteSystemID=alice"

    async def at_bob(client):
        async with client("bob") as bob:
            return await ask(bob, path), await ask(bob, path)

    first, second = talk(tmp_path / "B", at_bob, node="B", network=network)
    assert first == (200, made)
    assert second[0] == 400
    assert not network.stores["B"].in_ids("A")
    assert not network.stores["A"].out_ids("B")


def test_defaults_and_capabilities(tmp_path, network):
    """256 bits of key and of randomness; capabilities name the caller and the SAEs elsewhere."""

    async def conversation(client):
        async with client("alice") as alice:
            paths = ("/capabilities", "/key?remoteSystemID=carol", "/entropy")
            paths += ("/entropy?minentropy=128", "/entropy?minentropy=1")
            return [await ask(alice, path) for path in paths]

    capabilities, key, entropy, short, bit = talk(tmp_path, conversation, network=network)
    assert capabilities == (
        200,
        {
            "entropy": True,
            "key": True,
            "algorithm": "QKD",
            "localSystemID": "alice",
            "remoteSystemID": ["ben", "bob", "carol"],
        },
    )
    assert len(bytes.fromhex(key[1]["key"])) == 32
    assert len(bytes.fromhex(entropy[1]["randomStr"])) == 32
    assert entropy[1]["minentropy"] == 256
    assert len(bytes.fromhex(short[1]["randomStr"])) == 16
    assert bit[1]["minentropy"] == 8


REFUSED = {
    "/key": 400,
    "/key?remoteSystemID=": 400,
    "/key?remoteSystemID=nobody": 400,
    "/key?remoteSystemID=alice": 400,
    "/key?remoteSystemID=anna": 400,
    "/key?remoteSystemID=bob&remoteSystemID=bob": 400,
    "/key?remoteSystemID=bob&size=129": 400,
    "/key?remoteSystemID=bob&size=-8": 400,
    "/key?remoteSystemID=bob&size=²": 400,
    "/key?remoteSystemID=bob&size=99999999": 400,
    "/key?remoteSystemID=bob&colour=red": 400,
    "/key/0123?remoteSystemID=bob": 400,
    "/key/zz45678901234567890123456789012345?remoteSystemID=bob": 400,
    "/key/00000000000000000000000000000000?remoteSystemID=bob": 400,
    "/key/00000000000000000000000000000000": 400,
    "/entropy?minentropy=0": 400,
    "/entropy?minentropy=99999999": 400,
    "/entropy?minentropy=all": 400,
    "/keys": 404,
    "/key/a/b": 404,
    "/entropy/more": 404,
}


def test_refusals(tmp_path, network):
    """400 for what is malformed or unknown, 404 for paths, 405 for methods, 401 for strangers."""

    async def conversation(client):
        async with client("alice") as alice, client("bob") as bob, client("manager") as manager:
            found = {path: (await ask(alice, path))[0] for path in REFUSED}
            methods = [
                (await ask(alice, path, method))[0]
                for path in ("/capabilities", "/key?remoteSystemID=bob", "/entropy")
                for method in ("POST", "PUT", "DELETE", "HEAD")
            ]
            strangers = [await ask(each, "/capabilities") for each in (bob, manager)]
            return found, methods, strangers

    found, methods, strangers = talk(tmp_path, conversation, network=network)
    assert found == REFUSED
    assert set(methods) == {405}
    assert strangers == [(401, None)] * 2
    assert not network.stores["B"].in_ids("A")


def test_a_key_of_others_is_not_found(tmp_path, network):
    """Bob may ask the KME, but a key for Ben of Alice is none of his; it stays for Ben."""

    async def conversation(client):
        async with client("bob") as bob:
            key = await network.services["A"].request_keys("alice", ["ben"])
            path = f"/key/{key[0].key_id.replace('-', '')}"
            return await ask(bob, f"{path}?remoteSystemID=alice")

    status, body = talk(tmp_path, conversation, node="B", network=network)
    assert (status, body["message"]) == (400, "there is no such key for this system")
    assert len(network.stores["B"].in_ids("A")) == 1


def test_no_key_and_no_randomness_are_unavailable(tmp_path, network, monkeypatch):
    """503 where there is nothing to give: table 9 for randomness, and a dry store likewise."""
    network.agreements["A"].left_bits = 100

    def broken(count):
        raise NotImplementedError

    async def conversation(client):
        async with client("alice") as alice:
            monkeypatch.setattr(secrets, "token_bytes", broken)
            return [await ask(alice, path) for path in ("/key?remoteSystemID=bob", "/entropy")]

    found = talk(tmp_path, conversation, network=network)
    assert [status for status, _ in found] == [503, 503]
