"""Key streams of a node: OPEN_CONNECT, GET_KEY and CLOSE of ETSI GS QKD 004 on its key service.

Two applications open a stream under one identity, and both read the same bytes at the same index,
each once. The chunks are keys of the nodes' own service: of the two ends, the one whose SAE has the
smaller name makes them, and tells the other the identities; the bytes never travel between the
nodes for a stream. What differs from the printed calls: waiting is asynchronous, and the numbers
that name who calls are the names of SAEs, from their certificates.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from protocols.key_management.refusals import KeyRefusedError, KeyShortageError
from protocols.key_management.service import KeyService
from protocols.key_management.streams.chunks import KeyChunk, KeyChunks, RateAllowance, after
from protocols.key_management.streams.quality import LARGEST, StreamQuality, StreamStatus
from qnet.errors import ParameterError

__all__ = ["KeyStreams", "OpenedStream", "StreamKey"]

#: Most streams of one node, and of two SAEs.
MOST_STREAMS, MOST_OF_PAIR = 1024, 64

#: Most bytes of a chunk's metadata: the age, in ms, at its longest.
METADATA_BYTES = len(json.dumps({"age": LARGEST}))

#: How often a call that waits for key looks again, in s.
PAUSE_S = 0.05

_APPLICATION = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:[@:/?#].*)?", re.DOTALL
)

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStream:
    """What OPEN_CONNECT came to.

    Args:
        status: Done; peer not connected; no connection; in use; or quality not met.
        stream_id: Key_stream_ID, a UUID; None if nothing was opened.
        quality: What the stream has, or the counter-proposal.
    """

    status: StreamStatus
    stream_id: str | None
    quality: StreamQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamKey:
    """What GET_KEY came to; its bytes are not shown.

    Args:
        status: Done; or why there is no key.
        index: Where the chunk stands in the stream.
        key_buffer: Its bytes; None without key.
        metadata: As the quality asks for; empty otherwise.
        metadata_size: Bytes of the metadata, or those that are needed.
    """

    status: StreamStatus
    index: int
    key_buffer: bytes | None = field(default=None, repr=False)
    metadata: str = ""
    metadata_size: int = 0


@dataclass(slots=True)
class _End:
    """One end of a stream: this node's."""

    own: str
    peer: str
    node: str
    quality: StreamQuality
    chunks: KeyChunks
    allowance: RateAllowance
    is_open: bool = False
    is_peer_open: bool = False
    next_index: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def makes_chunks(self) -> bool:
        """Whether this end makes the chunks: the same answer at both ends."""
        return self.own < self.peer


class KeyStreams:
    """The key streams of one node's SAEs.

    Args:
        service: The node's key service.
        ask: Takes a message to another node's `answer`, and brings back what that returns.
        clock: Time in s.

    Examples:
        Two nodes in one program are joined in the tests; over HTTPS by
        `protocols.key_management.server.etsi004`.
    """

    def __init__(
        self, service: KeyService, ask: Ask, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service, self._ask, self._clock = service, ask, clock
        self._ends: dict[str, _End] = {}

    async def open_connect(
        self,
        caller: str,
        source: str,
        destination: str,
        quality: StreamQuality,
        stream_id: str | None = None,
    ) -> OpenedStream:
        """Open a stream, or join the one that the other end has opened.

        It never waits: who comes first is told that the peer is not connected yet, and passes the
        identity on to it.

        Args:
            caller: SAE that calls, by its certificate: source or destination.
            source: One end: an SAE's name, or a URI that begins with it, as ``qkd://alice@A``.
            destination: The other.
            quality: What it asks for; both ends ask for chunks of the same size.
            stream_id: A UUID that both know already; one is made unless given.

        Raises:
            NotEntitledError: If the caller is no SAE of this node.
            ParameterError: If it is none of the two ends, or the identity is no UUID.
        """
        self._service.check_caller(caller)
        peer = _peer_of(caller, source, destination)
        node = self._service.node_of.get(peer)
        stream = str(uuid.uuid4()) if stream_id is None else _uuid(stream_id)
        met = quality.met_by(self._service.rules)
        if met != quality:
            return OpenedStream(status=StreamStatus.QUALITY_NOT_MET, stream_id=None, quality=met)
        if node is None or node == self._service.node:
            return _not_opened(StreamStatus.NO_CONNECTION, quality)
        end, status = self._enter(stream, own=caller, peer=peer, node=node, quality=quality)
        if end is not None and end.is_open:
            return _not_opened(StreamStatus.IN_USE, end.quality)
        if end is None or status is not StreamStatus.DONE:
            return _not_opened(status, quality if end is None else end.quality)
        end.quality = quality
        end.is_open = True
        return await self._connect(stream, end)

    async def get_key(
        self, caller: str, stream_id: str, *, index: int | None = None, metadata_size: int = 0
    ) -> StreamKey:
        """The chunk at an index, once.

        Without the other end there is none. It waits for key as long as the stream's quality says.

        Args:
            caller: SAE that calls.
            stream_id: Which stream.
            index: Which chunk: the next one that nobody has read, or one that the other end has;
                the one after the last that this end read unless given.
            metadata_size: Room for metadata, in bytes; 0 asks for none.

        Raises:
            NotEntitledError: If the caller is no SAE of this node.
            ParameterError: If a number is no unsigned one of 32 bits.
        """
        self._service.check_caller(caller)
        asked_for = 0 if index is None else index
        for name, value in (("index", asked_for), ("Metadata_size", metadata_size)):
            if type(value) is not int or not 0 <= value <= LARGEST:
                raise ParameterError(name, f"be a whole number of 0 to {LARGEST}", value, "0")
        end = self._ends.get(stream_id.lower())
        if end is None or end.own != caller or not end.is_open:
            return StreamKey(status=StreamStatus.NO_CONNECTION, index=asked_for)
        if end.quality.metadata_type and 0 < metadata_size < METADATA_BYTES:
            status = StreamStatus.METADATA_TOO_LARGE
            return StreamKey(status=status, index=asked_for, metadata_size=METADATA_BYTES)
        async with end.reading:
            asked = end.next_index if index is None else index
            key = await self._wait(stream_id.lower(), end, asked, with_metadata=metadata_size > 0)
            if key.key_buffer is not None:
                end.next_index = after(asked)
            return key

    async def close(self, caller: str, stream_id: str) -> StreamStatus:
        """Close this end of a stream: what it has not read is gone.

        Raises:
            NotEntitledError: If the caller is no SAE of this node.
        """
        self._service.check_caller(caller)
        stream = stream_id.lower()
        end = self._ends.get(stream)
        if end is None or end.own != caller or not end.is_open:
            return StreamStatus.NO_CONNECTION
        end.is_open = False
        end.chunks.forget()
        dropped = self._leave(stream, end)
        try:
            told = await self._tell(stream, end, "close", drop=dropped)
        except KeyRefusedError:
            return StreamStatus.PEER_NOT_CONNECTED
        await self._drop(end, told.get("drop"))
        return StreamStatus.DONE

    async def answer(self, node: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Answer another node about a stream of which it has the other end.

        Args:
            node: Who asks, by its certificate.
            message: What `KeyStreams` of that node sent.

        Raises:
            KeyRefusedError: If the message is none of this node's business.
        """
        does = {"open": self._peer_opens, "chunk": self._peer_reads, "close": self._peer_closes}
        try:
            own, peer = str(message["peer"]), str(message["own"])
            if (self._service.node_of.get(own), self._service.node_of.get(peer)) != (
                self._service.node,
                node,
            ):
                message_ = f"{node} has no stream with an SAE of {self._service.node} by that name"
                raise KeyRefusedError(message_)
            return await does[message["do"]](_uuid(message["stream"]), own, peer, message)
        except (KeyError, TypeError, ParameterError):
            refusal = f"{node} sent a message about key streams that is none"
            raise KeyRefusedError(refusal) from None

    async def _tell(self, stream: str, end: _End, do: str, **more: object) -> Mapping[str, Any]:
        """Tell the node of a stream's other end something, and hear what it answers."""
        message = {"do": do, "stream": stream, "own": end.own, "peer": end.peer}
        return await self._ask(end.node, {**message, **more})

    # Opening and closing.

    def _enter(
        self, stream: str, *, own: str, peer: str, node: str, quality: StreamQuality
    ) -> tuple[_End | None, StreamStatus]:
        """This node's end of a stream, made if there is none; None where it cannot be had."""
        end = self._ends.get(stream)
        if end is None:
            of_pair = sum((each.own, each.peer) == (own, peer) for each in self._ends.values())
            if len(self._ends) >= MOST_STREAMS or of_pair >= MOST_OF_PAIR:
                return None, StreamStatus.NO_CONNECTION
            bits = 8 * quality.chunk_bytes
            allowance = RateAllowance(quality.most_bit_per_s, bits, self._clock)
            end = _End(own, peer, node, quality, KeyChunks(quality), allowance)
            self._ends[stream] = end
        elif (end.own, end.peer) != (own, peer):
            return None, StreamStatus.IN_USE
        elif end.quality.chunk_bytes != quality.chunk_bytes:
            return end, StreamStatus.QUALITY_NOT_MET
        return end, StreamStatus.DONE

    def _leave(self, stream: str, end: _End) -> list[str]:
        """Forget a stream that neither end has open; identities that the other never asked for."""
        if end.is_open or end.is_peer_open:
            return []
        self._ends.pop(stream, None)
        return end.chunks.untold()

    async def _drop(self, end: _End, key_ids: Any) -> None:  # noqa: ANN401 - of a message
        """Throw away keys of a stream that has ended, which are held here for this end's SAE."""
        for key_id in key_ids if isinstance(key_ids, list) else ():
            with suppress(KeyRefusedError):
                await self._service.collect_keys(end.own, end.peer, [str(key_id)])

    async def _connect(self, stream: str, end: _End) -> OpenedStream:
        """Tell the other node that this end is open."""
        quality = end.quality
        try:
            told = await self._tell(stream, end, "open", QoS=quality.as_json())
            status = StreamStatus(told["status"])
            if status is StreamStatus.QUALITY_NOT_MET:
                quality = StreamQuality.from_json(told["QoS"])
        except KeyRefusedError:
            status = StreamStatus.NO_CONNECTION
        if status not in (StreamStatus.DONE, StreamStatus.PEER_NOT_CONNECTED):
            end.is_open = False
            self._leave(stream, end)
            return _not_opened(status, quality)
        end.is_peer_open = end.is_peer_open or status is StreamStatus.DONE
        done = StreamStatus.DONE if end.is_peer_open else StreamStatus.PEER_NOT_CONNECTED
        return OpenedStream(status=done, stream_id=stream, quality=quality)

    async def _peer_opens(
        self, stream: str, own: str, peer: str, message: Mapping[str, Any]
    ) -> dict[str, Any]:
        quality = StreamQuality.from_json(message["QoS"])
        node = self._service.node_of[peer]
        end, status = self._enter(stream, own=own, peer=peer, node=node, quality=quality)
        if end is None or status is not StreamStatus.DONE:
            return {"status": int(status), "QoS": (end.quality if end else quality).as_json()}
        end.is_peer_open = True
        return {
            "status": int(StreamStatus.DONE if end.is_open else StreamStatus.PEER_NOT_CONNECTED)
        }

    async def _peer_closes(
        self, stream: str, own: str, peer: str, message: Mapping[str, Any]
    ) -> dict[str, Any]:
        end = self._ends.get(stream)
        if end is None or (end.own, end.peer) != (own, peer):
            return {}
        end.is_peer_open = False
        await self._drop(end, message.get("drop"))
        return {"drop": self._leave(stream, end)}

    # Reading.

    async def _wait(self, stream: str, end: _End, index: int, *, with_metadata: bool) -> StreamKey:
        """Look for a chunk until it is there, or the time of the stream's quality is over."""
        deadline = self._clock() + end.quality.timeout_ms / 1000.0
        while True:
            status, material, age_ms = await self._read(stream, end, index)
            if material is not None:
                text = json.dumps({"age": min(age_ms, LARGEST)})
                shown = text if with_metadata and end.quality.metadata_type else ""
                return StreamKey(
                    status=StreamStatus.DONE,
                    index=index,
                    key_buffer=material,
                    metadata=shown,
                    metadata_size=len(shown),
                )
            left = deadline - self._clock()
            if status is not StreamStatus.TOO_LITTLE_KEY or left <= 0.0:
                is_late = status is StreamStatus.TOO_LITTLE_KEY and end.quality.timeout_ms
                return StreamKey(status=StreamStatus.TIMED_OUT if is_late else status, index=index)
            await asyncio.sleep(min(PAUSE_S, left))

    async def _read(
        self, stream: str, end: _End, index: int
    ) -> tuple[StreamStatus, bytes | None, int]:
        """Status, bytes and age in ms of a chunk, for this end."""
        if end.makes_chunks:
            status, chunk = await self._chunk(end, index)
            material = chunk.read() if chunk else None
            is_read = status is StreamStatus.DONE and material is None
            return StreamStatus.TOO_LITTLE_KEY if is_read else status, material, self._age(chunk)
        try:
            told = await self._tell(stream, end, "chunk", index=index)
            status = StreamStatus(told["status"])
            if status is not StreamStatus.DONE:
                return status, None, 0
        except KeyRefusedError:
            return StreamStatus.NO_CONNECTION, None, 0
        try:
            keys = await self._service.collect_keys(end.own, end.peer, [told["key_id"]])
        except KeyRefusedError:
            return StreamStatus.TOO_LITTLE_KEY, None, 0
        return StreamStatus.DONE, keys[0].material, int(told["age_ms"])

    async def _peer_reads(
        self, stream: str, own: str, peer: str, message: Mapping[str, Any]
    ) -> dict[str, Any]:
        end, index = self._ends.get(stream), message["index"]
        if end is None or (end.own, end.peer) != (own, peer) or not end.makes_chunks:
            return {"status": int(StreamStatus.NO_CONNECTION)}
        status, chunk = await self._chunk(end, index)
        if chunk is None:
            return {"status": int(status)}
        chunk.is_told = True
        return {"status": 0, "key_id": chunk.key_id, "age_ms": self._age(chunk)}

    def _age(self, chunk: KeyChunk | None) -> int:
        """How old a chunk is, in ms."""
        return 0 if chunk is None else int(1000.0 * (self._clock() - chunk.made_s))

    async def _chunk(self, end: _End, index: int) -> tuple[StreamStatus, KeyChunk | None]:
        """The chunk at an index, made if it is the next: at the end that makes them."""
        async with end.making:
            chunk = end.chunks.get(index, self._clock())
            if chunk is not None:
                return StreamStatus.DONE, chunk
            if not (end.is_open and end.is_peer_open):
                return StreamStatus.PEER_NOT_YET_CONNECTED, None
            if index != end.chunks.head or end.chunks.is_full or not end.allowance.take():
                return StreamStatus.TOO_LITTLE_KEY, None
            bits = 8 * end.quality.chunk_bytes
            try:
                keys = await self._service.request_keys(end.own, [end.peer], size_bits=bits)
            except KeyRefusedError as refusal:
                end.allowance.give_back()
                is_short = isinstance(refusal, KeyShortageError)
                lack = StreamStatus.TOO_LITTLE_KEY if is_short else StreamStatus.NO_CONNECTION
                return lack, None
            return StreamStatus.DONE, end.chunks.add(keys[0], self._clock())


def _not_opened(status: StreamStatus, quality: StreamQuality) -> OpenedStream:
    return OpenedStream(status=status, stream_id=None, quality=quality)


def _peer_of(caller: str, source: str, destination: str) -> str:
    """The other end of a stream, by its SAE."""
    found = [_APPLICATION.fullmatch(str(uri)) for uri in (source, destination)]
    ends = [match.group(1) if match else "" for match in found]
    if caller not in ends or ends[0] == ends[1] or "" in ends:
        hint = 'an SAE\'s name, or a URI that begins with it: "qkd://alice@A"'
        raise ParameterError("source and destination", "be the caller and its peer", ends, hint)
    return ends[1] if ends[0] == caller else ends[0]


def _uuid(text: Any) -> str:  # noqa: ANN401 - what came over a wire
    """An identity in its one way of writing."""
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError):
        hint = "leave it out, and one is made"
        raise ParameterError("Key_stream_ID", "be a UUID", str(text)[:40], hint) from None
