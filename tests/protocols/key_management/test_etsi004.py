"""Key streams over HTTPS: the codes of their statuses, their JSON, and the way between nodes.

Oracle: the mapping of statuses to HTTP codes of the REST form of the Austrian Institute of
Technology: 0 and 1 -> 200; 3, 5 and 8 -> 400; 2, 4, 6 and 7 -> 500.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from contextlib import AsyncExitStack

import pytest

from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.streams import KeyStreams
from tests.protocols.key_management.key_faces import JoinedNetwork, served

pytest.importorskip("aiohttp")

from protocols.key_management.peering.face import peer_face
from protocols.key_management.server.etsi004 import PREFIX, etsi004_face

PEER_PATH = "/peer/v1/streams"

QOS = {"Key_chunk_size": 32, "Timeout": 0, "TTL": 60, "Metadata_mimetype": "application/json"}
PAIR = {"source": "qkd://alice@A", "destination": "qkd://bob@B"}


class TwoNodes:
    """Nodes A and B, each behind a server of its own, whose streams ask each other by HTTPS."""

    def __init__(self, folder, **how):
        self.folder, self.network, self.client = folder, JoinedNetwork(folder, **how), {}
        self.streams = {
            node: KeyStreams(self.network.services[node], self._ask(node)) for node in "AB"
        }

    async def __aenter__(self):
        self.stack = AsyncExitStack()
        self.stack.enter_context(self.network)
        for node in "AB":
            answers = {"streams": self.streams[node].answer}
            peers = peer_face(frozenset("ABC") - {node}, answers)
            faces = [etsi004_face(self.streams[node]), peers]
            names = ("alice", "anna", "bob", f"kme-{'BA'[node == 'B']}", "kme-C")
            there = served(faces, self.folder / node, node, names)
            _, self.client[node] = await self.stack.enter_async_context(there)
        return self

    async def __aexit__(self, *_):
        await self.stack.aclose()

    def _ask(self, asker):
        async def ask(node, message):
            async with self.client[node](f"kme-{asker}") as session:
                status, found = await post(session, PEER_PATH, message)
            if status != 200:
                raise KeyRefusedError(found["message"])
            return found

        return ask

    async def call(self, name, method, body):
        node = self.network.services["A"].node_of[name]
        async with self.client[node](name) as session:
            return await post(session, f"{PREFIX}/{method}", body)


async def post(session, path, body):
    how = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with session.post(path, **how) as answer:
        return answer.status, await answer.json() if answer.content_length else None


def test_a_stream_over_https(tmp_path):
    """Opened (1 -> 200), joined (0 -> 200), the same bytes at both, closed; codes on the way."""

    async def run():
        async with TwoNodes(tmp_path) as nodes:
            opening = {**PAIR, "QoS": QOS, "Key_stream_ID": None}
            status, first = await nodes.call("alice", "open_connect", opening)
            assert (status, first["status"]) == (200, 1)
            assert first["QoS"] == QOS | {"Max_bps": 0, "Min_bps": 0, "Jitter": 0, "Priority": 0}
            name = {"Key_stream_ID": first["Key_stream_ID"]}
            assert (await nodes.call("alice", "get_key", name))[0] == 400
            status, joined = await nodes.call("bob", "open_connect", {**opening, **name})
            assert (status, joined["status"]) == (200, 0)
            status, taken = await nodes.call("bob", "open_connect", {**opening, **name})
            assert (status, taken["status"], taken["Key_stream_ID"]) == (400, 5, None)
            for index in range(2):
                asked = {**name, "index": index, "metadata": {"metadata_size": 100}}
                found = [await nodes.call(who, "get_key", asked) for who in ("bob", "alice")]
                assert [code for code, _ in found] == [200, 200]
                assert found[0][1]["Key_buffer"] == found[1][1]["Key_buffer"]
                assert len(base64.b64decode(found[0][1]["Key_buffer"])) == 32
                assert found[0][1]["Metadata"]["Metadata_buffer"].startswith('{"age": ')
            small = {**name, "Metadata": {"Metadata_size": 1}}
            status, found = await nodes.call("bob", "get_key", small)
            assert (status, found["status"], "Key_buffer" in found) == (400, 8, False)
            for who in ("alice", "bob"):
                assert await nodes.call(who, "close", name) == (200, {"status": 0})
            assert await nodes.call("alice", "close", name) == (500, {"status": 4})

    asyncio.run(run())


def test_what_a_caller_cannot_mend_is_500(tmp_path):
    """Too little key (2), a quality that is not met (7), no connection (4), time over (6)."""

    async def run():
        async with TwoNodes(tmp_path, left=100) as nodes:
            big = {**PAIR, "QoS": QOS | {"Key_chunk_size": 10**6}}
            status, refused = await nodes.call("alice", "open_connect", big)
            assert (status, refused["status"]) == (500, 7)
            for timeout, end in ((0, 2), (1, 6)):
                known = {"Key_stream_ID": str(uuid.uuid4())}
                opening = {**PAIR, **known, "QoS": QOS | {"Timeout": timeout}}
                for who in ("alice", "bob"):
                    assert (await nodes.call(who, "open_connect", opening))[0] == 200
                for who in ("alice", "bob"):
                    status, found = await nodes.call(who, "get_key", known)
                    assert (status, found["status"], "Key_buffer" in found) == (500, end, False)
            status, found = await nodes.call("alice", "get_key", {"Key_stream_ID": "none"})
            assert (status, found["status"]) == (500, 4)

    asyncio.run(run())


MALFORMED = [
    ("open_connect", b"{", "the body shall be a JSON object"),
    ("open_connect", [], "the body shall be a JSON object"),
    ("open_connect", b"\xff", "the body shall be a JSON object"),
    ("open_connect", b"[" * 10_000, "the body shall be a JSON object"),
    ("get_key", {"Key_stream_ID": "x", "index": ""}, "index must be a whole number"),
    ("open_connect", {"colour": 1}, "the fields shall be source"),
    ("open_connect", PAIR, "QoS must be an object"),
    ("open_connect", {**PAIR, "QoS": {}}, "QoS must have Key_chunk_size"),
    ("open_connect", {"QoS": QOS}, "source and destination must be"),
    ("open_connect", {**PAIR, "QoS": QOS, "Key_stream_ID": 7}, "Key_stream_ID must be a UUID"),
    ("get_key", {"Key_stream_ID": "x", "index": -1}, "index must be a whole number"),
    ("get_key", {"Key_stream_ID": "x", "index": "0"}, "index must be a whole number"),
    ("get_key", {"Metadata": 5}, "the fields shall be Metadata_size"),
    ("get_key", {"Metadata": {"Metadata_size": -5}}, "Metadata_size must be a whole number"),
    ("close", {"stream": 5}, "the fields shall be Key_stream_ID"),
]


def test_malformed_calls_and_strangers(tmp_path):
    """400 and a sentence for what is no call; 401 without a body for who may not call."""

    async def run():
        async with TwoNodes(tmp_path) as nodes:
            for method, body, says in MALFORMED:
                status, found = await nodes.call("alice", method, body)
                assert (status, found["message"][: len(says)]) == (400, says)
            async with nodes.client["A"]("bob") as bob, nodes.client["A"]("kme-C") as other:
                assert await post(bob, f"{PREFIX}/close", {"Key_stream_ID": "x"}) == (401, None)
                assert await post(bob, PEER_PATH, {}) == (401, None)
                assert await post(other, f"{PREFIX}/close", {}) == (401, None)
                honest = {"do": "close", "stream": str(uuid.uuid4()), "own": "bob", "peer": "alice"}
                status, found = await post(other, PEER_PATH, honest)
                assert (status, found["message"]) == (
                    400,
                    "C has no stream with an SAE of A by that name",
                )

    asyncio.run(run())
