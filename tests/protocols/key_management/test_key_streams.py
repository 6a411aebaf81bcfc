"""Key streams: the calls, statuses and indices of ETSI GS QKD 004, at two nodes in one process.

Oracle: the statuses 0 to 8, the fields and the uint32 index of the standard; that two ends of a
stream hold the same bytes at the same index is the purpose of the interface.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from protocols.key_management.refusals import KeyRefusedError, NotEntitledError
from protocols.key_management.streams import KeyStreams, StreamQuality, StreamStatus, chunks
from protocols.key_management.streams.chunks import KeyChunks, RateAllowance
from protocols.key_networks import KmeTable
from qnet.errors import ParameterError
from tests.protocols.key_management.key_faces import JoinedNetwork

CHUNKS = StreamQuality(chunk_bytes=32)
PAIR = ("qkd://alice@A", "qkd://bob@B")


@pytest.fixture
def network(tmp_path):
    with JoinedNetwork(tmp_path) as made:
        yield made


class Ends:
    """The key streams of all nodes of a network, joined by function calls."""

    def __init__(self, network):
        self.network, self.now, self.cut = network, 0.0, False
        self.of = {
            node: KeyStreams(service, self._ask(node), clock=lambda: self.now)
            for node, service in self.network.services.items()
        }

    def _ask(self, asker):
        async def ask(node, message):
            if self.cut:
                raise KeyRefusedError("the node does not answer")
            found = await self.of[node].answer(asker, json.loads(json.dumps(message)))
            return json.loads(json.dumps(found))

        return ask

    async def open(self, caller, quality=CHUNKS, stream=None, ends=PAIR):
        node = self.network.services["A"].node_of[caller]
        return await self.of[node].open_connect(caller, *ends, quality, stream)

    async def get(self, caller, stream, **how):
        node = self.network.services["A"].node_of[caller]
        return await self.of[node].get_key(caller, stream, **how)

    async def both(self, quality=CHUNKS):
        stream = (await self.open("alice", quality)).stream_id
        assert (await self.open("bob", quality, stream)).status == 0
        return stream


def test_a_stream_from_open_to_close(network):
    """Null identity at first (1: no peer yet), joined with it (0), same bytes, closed, gone (4)."""

    async def run():
        ends = Ends(network)
        first = await ends.open("alice")
        assert (first.status, first.quality) == (StreamStatus.PEER_NOT_CONNECTED, CHUNKS)
        assert uuid.UUID(first.stream_id)
        assert (await ends.get("alice", first.stream_id)).status == 3
        joined = await ends.open("bob", stream=first.stream_id.upper())
        assert (joined.status, joined.stream_id) == (0, first.stream_id)
        read = [
            [await ends.get(who, first.stream_id) for _ in range(3)] for who in ("bob", "alice")
        ]
        assert [each.index for each in read[0]] == [0, 1, 2]
        assert [each.key_buffer for each in read[0]] == [each.key_buffer for each in read[1]]
        assert {len(each.key_buffer) for each in read[0]} == {32}
        assert len({each.key_buffer for each in read[0]}) == 3
        assert "key_buffer" not in repr(read[0][0])
        assert await ends.of["A"].close("alice", first.stream_id) == 0
        assert await ends.of["A"].close("alice", first.stream_id) == 4
        assert (await ends.get("alice", first.stream_id)).status == 4
        assert (await ends.get("bob", first.stream_id)).status == 3
        assert await ends.of["B"].close("bob", first.stream_id) == 0
        assert not any(streams._ends for streams in ends.of.values())

    asyncio.run(run())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["alice", "bob"]), min_size=1, max_size=30))
def test_both_ends_read_the_same_in_any_order(order):
    """Whoever reads first, and however far ahead: same bytes at the same index, each once."""

    async def run(network):
        ends = Ends(network)
        stream = await ends.both()
        read = {"alice": [], "bob": []}
        for who in order:
            key = await ends.get(who, stream)
            assert key.status == 0
            read[who].append((key.index, key.key_buffer))
            again = await ends.get(who, stream, index=key.index)
            assert (again.status, again.key_buffer) == (2, None)
        short, long = sorted(read.values(), key=len)
        assert long[: len(short)] == short
        assert [index for index, _ in long] == list(range(len(long)))
        assert not network.stores["A"].out_ids("B")

    with TemporaryDirectory() as folder, JoinedNetwork(Path(folder)) as network:
        asyncio.run(run(network))


def test_concurrent_reads_share_no_chunk(network):
    """Twenty reads at once at both ends: indices 0 to 19, each once, and equal at both."""

    async def run():
        ends = Ends(network)
        stream = await ends.both()
        who = ["alice", "bob"] * 20
        keys = await asyncio.gather(*(ends.get(each, stream) for each in who))
        read = [dict((k.index, k.key_buffer) for k in keys[side::2]) for side in (0, 1)]
        assert read[0] == read[1]
        assert sorted(read[0]) == list(range(20))

    asyncio.run(run())


def test_index_wraps(network):
    """uint32: 2^32 - 1 is followed by 0, at both ends."""

    async def run():
        ends = Ends(network)
        stream = await ends.both()
        last = 2**32 - 1
        for streams in ends.of.values():
            for end in streams._ends.values():
                end.chunks.head = end.next_index = last
        read = [[await ends.get(who, stream) for _ in range(2)] for who in ("alice", "bob")]
        assert [[each.index for each in side] for side in read] == [[last, 0]] * 2
        assert read[0] == read[1]

    asyncio.run(run())


def test_an_index_of_choice(network):
    """The next one, or one that the other end has read; never one further on, or a second time."""

    async def run():
        ends = Ends(network)
        stream = await ends.both()
        zero, one = [await ends.get("bob", stream) for _ in range(2)]
        assert (await ends.get("alice", stream, index=3)).status == 2
        assert await ends.get("alice", stream, index=1) == one
        assert (await ends.get("alice", stream)).index == 2
        assert await ends.get("alice", stream, index=0) == zero
        assert (await ends.get("alice", stream, index=0)).status == 2
        for bad in (-1, 2**32, 1.5, 0.0, True, False, ""):
            with pytest.raises(ParameterError, match="index must be a whole number"):
                await ends.get("alice", stream, index=bad)

    asyncio.run(run())


def test_an_identity_known_before(network):
    """Both open under a UUID agreed beforehand, at the same time; a third cannot (5)."""

    async def run():
        ends = Ends(network)
        stream = str(uuid.uuid4())
        await asyncio.gather(ends.open("alice", stream=stream), ends.open("bob", stream=stream))
        assert (await ends.get("alice", stream)) == await ends.get("bob", stream)
        assert (await ends.open("alice", stream=stream)).status == 5
        assert (await ends.open("anna", stream=stream, ends=("anna", "bob"))).status == 5
        assert (await ends.open("anna", stream=stream, ends=("anna", "ben"))).status == 5
        assert (await ends.get("anna", stream)).status == 4
        alone = await ends.open("alice")
        taken = await ends.open("anna", stream=alone.stream_id, ends=("anna", "bob"))
        assert (taken.status, taken.stream_id) == (5, None)
        with pytest.raises(ParameterError, match="Key_stream_ID must be a UUID"):
            await ends.open("alice", stream="stream-1")

    asyncio.run(run())


def test_who_may_open(network):
    """Callers of this node, as one of two ends; a peer that nobody knows is no connection (4)."""

    async def run():
        ends = Ends(network)
        with pytest.raises(NotEntitledError):
            await ends.of["A"].open_connect("bob", *PAIR, CHUNKS)
        for pair in (("bob", "carol"), ("alice", "alice"), ("alice", "")):
            with pytest.raises(ParameterError, match="source and destination must be"):
                await ends.open("alice", ends=pair)
        assert (await ends.open("alice", ends=("alice", "nobody"))).status == 4
        assert (await ends.open("alice", ends=("alice", "anna"))).status == 4
        assert (await ends.open("alice", ends=("app://bob?x=1", "alice#1"))).status == 1
        ends.cut = True
        assert (await ends.open("alice")).status == 4

    asyncio.run(run())


def test_quality_that_cannot_be_met(network):
    """7 with a counter-proposal that then is met; also for chunks of another size."""

    async def run():
        ends = Ends(network)
        bold = StreamQuality(
            chunk_bytes=10**6, most_bit_per_s=10, least_bit_per_s=20, metadata_type="text/xml"
        )
        refused = await ends.open("alice", bold)
        assert (refused.status, refused.stream_id) == (7, None)
        offer = refused.quality
        assert (offer.chunk_bytes, offer.least_bit_per_s) == (KmeTable().max_key_bits // 8, 10)
        assert offer.metadata_type == "application/json"
        opened = await ends.open("alice", offer)
        assert opened.status == 1
        other = await ends.open("bob", CHUNKS, opened.stream_id)
        assert (other.status, other.quality.chunk_bytes) == (7, offer.chunk_bytes)
        assert (await ends.open("bob", other.quality, opened.stream_id)).status == 0

    asyncio.run(run())


def test_too_little_key_and_no_way(network):
    """2 at once without a time-out, 6 after one, 4 without a way; key that comes is taken."""

    async def run():
        network.agreements["A"].left_bits = 256
        ends = Ends(network)
        patient = replace(CHUNKS, timeout_ms=400)
        now = await ends.both()
        later = await ends.both(patient)
        assert (await ends.get("bob", now)).status == 0
        assert [(await ends.get(who, now, index=1)).status for who in ("alice", "bob")] == [2, 2]
        for who in ("alice", "bob"):
            waits = asyncio.create_task(ends.get(who, later))
            await asyncio.sleep(0.06)
            assert not waits.done()
            ends.now += 1.0
            assert (await waits).status == 6
        waits = [asyncio.create_task(ends.get(who, later)) for who in ("alice", "bob")]
        await asyncio.sleep(0.06)
        network.agreements["A"].left_bits = 256
        assert {(await each).status for each in waits} == {0}
        network.agreements["A"].stopped = "the edge A--B has stopped"
        assert [(await ends.get(who, now, index=1)).status for who in ("alice", "bob")] == [4, 4]
        assert network.agreements["A"].left_bits == 0

    asyncio.run(run())


def test_metadata(network):
    """Age in ms as JSON where asked for; 8 and the size needed where there is no room."""

    async def run():
        ends = Ends(network)
        stream = await ends.both(replace(CHUNKS, metadata_type="application/json"))
        small = await ends.get("alice", stream, metadata_size=3)
        assert (small.status, small.key_buffer) == (8, None)
        key = await ends.get("alice", stream, metadata_size=small.metadata_size)
        assert (key.status, json.loads(key.metadata)) == (0, {"age": 0})
        ends.now = 1.25
        aged = await ends.get("bob", stream, metadata_size=64)
        assert (json.loads(aged.metadata), aged.metadata_size) == (
            {"age": 1250},
            len(aged.metadata),
        )
        assert (await ends.get("bob", stream)).metadata == ""

    asyncio.run(run())


def test_largest_rate(network):
    """2560 bit/s lets ten chunks of 256 bits through in a second, and ten more a second later."""

    async def run():
        ends = Ends(network)
        stream = await ends.both(replace(CHUNKS, most_bit_per_s=2560))
        for _ in range(2):
            found = [(await ends.get("alice", stream)).status for _ in range(12)]
            assert found == [0] * 10 + [2] * 2
            ends.now += 1.0

    asyncio.run(run())


def test_time_to_live_and_window(network, monkeypatch):
    """A chunk that one end left lying is gone after its time; no end runs further ahead than so."""

    async def run():
        ends = Ends(network)
        stream = await ends.both(replace(CHUNKS, ttl_s=10))
        await ends.get("bob", stream)
        ends.now = 9.0
        await ends.get("bob", stream)
        ends.now = 10.0
        assert (await ends.get("alice", stream, index=0)).status == 2
        assert (await ends.get("alice", stream, index=1)).status == 0
        monkeypatch.setattr(chunks, "WINDOW", 8)
        far = await ends.both()
        found = [(await ends.get("bob", far)).status for _ in range(9)]
        assert found == [0] * 8 + [2]
        assert (await ends.get("alice", far)).status == 0
        assert (await ends.get("bob", far)).status == 0

    asyncio.run(run())


@pytest.mark.parametrize("last", ["alice", "bob"])
def test_a_stream_that_has_ended_leaves_no_key(network, last):
    """Whoever closes last: what one end never read is held nowhere."""

    async def run():
        ends = Ends(network)
        stream = await ends.both()
        for _ in range(3):
            await ends.get("alice", stream)
        await ends.get("bob", stream)
        assert len(network.stores["B"].in_ids("A")) == 2
        for who in sorted(["alice", "bob"], key=lambda who: who == last):
            assert await ends.of["AB"[who == "bob"]].close(who, stream) == 0
        assert network.stores["B"].in_ids("A") == network.stores["A"].out_ids("B") == []
        assert not any(streams._ends for streams in ends.of.values())

    asyncio.run(run())


def test_two_saes_have_so_many_streams(network):
    """The sixty-fifth of two SAEs is refused (4), others may still open; closing makes room."""

    async def run():
        ends = Ends(network)
        opened = [await ends.open("alice") for _ in range(65)]
        assert [each.status for each in opened] == [1] * 64 + [4]
        assert (await ends.open("anna", ends=("anna", "bob"))).status == 1
        await ends.of["A"].close("alice", opened[0].stream_id)
        assert (await ends.open("alice")).status == 1

    asyncio.run(run())


def test_messages_of_other_nodes(network):
    """A node speaks for its own SAEs alone, and what is no message is refused."""

    async def run():
        ends = Ends(network)
        stream = await ends.both()
        honest = {"do": "chunk", "stream": stream, "own": "bob", "peer": "alice", "index": 0}
        with pytest.raises(KeyRefusedError, match="C has no stream"):
            await ends.of["A"].answer("C", honest)
        for change in ({"do": "steal"}, {"stream": 1}, {"stream": "x"}, {"do": "open", "QoS": 1}):
            with pytest.raises(KeyRefusedError, match="that is none"):
                await ends.of["A"].answer("B", honest | change)
        assert (await ends.of["A"].answer("B", honest | {"stream": str(uuid.uuid4())})) == {
            "status": 4
        }
        assert "key_id" in await ends.of["A"].answer("B", honest)

    asyncio.run(run())


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"Key_chunk_size": -1},
        {"Key_chunk_size": 2**32},
        {"Key_chunk_size": "32"},
        {"Key_chunk_size": True},
        {"Key_chunk_size": 32, "Colour": 1},
        {"Key_chunk_size": 32, "Metadata_mimetype": 7},
    ],
)
def test_malformed_quality(given):
    with pytest.raises(ParameterError, match=r"must (be|have)"):
        StreamQuality.from_json(given)


def test_quality_as_json_and_back():
    """The standard's eight fields, in any case."""
    quality = StreamQuality(chunk_bytes=16, most_bit_per_s=9, ttl_s=60, metadata_type="a/b")
    shown = quality.as_json()
    numbers = {"Key_chunk_size", "Max_bps", "Min_bps", "Jitter", "Priority", "Timeout", "TTL"}
    assert set(shown) == numbers | {"Metadata_mimetype"}
    assert StreamQuality.from_json(shown) == quality
    lower = {name.lower(): value for name, value in shown.items()}
    assert StreamQuality.from_json(lower) == quality


def test_allowance_gives_back():
    allowance = RateAllowance(8, 8, clock=lambda: 0.0)
    assert allowance.take()
    allowance.give_back()
    assert (allowance.take(), allowance.take()) == (True, False)
    assert KeyChunks(CHUNKS).get(0, now=0.0) is None
