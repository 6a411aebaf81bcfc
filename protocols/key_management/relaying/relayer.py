"""Relay of keys as jobs between nodes: all of a job arrives, or it is voided everywhere."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from protocols.key_management.keys import ManagedKey
from protocols.key_management.peering.calls import PeerCalls
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from protocols.key_management.relaying.arithmetic import begin, forward, join, receive, split, xor
from protocols.key_management.relaying.messages import HopMessage, RelayJob
from protocols.key_management.relaying.pads import LinkPad, LinkPads
from protocols.key_management.relaying.tags import TAG_KEY_BYTES, is_authentic, tag_of
from protocols.key_management.store import KeyStore
from qnet.errors import ParameterError

__all__ = ["Relayer"]

#: How long shares wait for the others of their job, in s, and how long a hop may take.
SHARES_S, HOP_S = 60.0, 5.0

Route = tuple[str, ...]


@dataclass(slots=True)
class _Arrived:
    """Shares of a job that are here."""

    job: RelayJob
    born: float
    shares: dict[int, bytes] = field(default_factory=dict, repr=False)


class Relayer:
    """One node's part in relays: it begins them, passes them on, and gets what is for it.

    Args:
        node: Name of the node.
        store: Its key store.
        pads: Link keys of its edges.
        peers: Calls to the other nodes.
        scheme: ``hop-by-hop`` or ``announced-xor``.
        is_trusted: Whether keys of others may go over this node.
        clock: Time in s.
    """

    def __init__(
        self,
        node: str,
        *,
        store: KeyStore,
        pads: LinkPads,
        peers: PeerCalls,
        scheme: str = "hop-by-hop",
        is_trusted: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.node, self.scheme, self.is_trusted = node, scheme, is_trusted
        self.pads = pads
        #: Names this process; another one of the same node has another.
        self.incarnation = secrets.token_hex(8)
        #: Incarnation of each other node, where it has told it.
        self.incarnations: dict[str, str] = {}
        #: Jobs begun, voided and passed on, shares lost, forged messages.
        self.counters: Counter[str] = Counter()
        #: Keys that are on their way from here.
        self.on_the_way: set[str] = set()
        self._store, self._peers, self._clock = store, peers, clock
        self._arrived: dict[str, _Arrived] = {}

    async def relay(
        self,
        target: str,
        routes: Sequence[Route],
        *,
        threshold: int,
        number: int = 0,
        key_bytes: int = 32,
        keys: Sequence[ManagedKey] = (),
    ) -> list[ManagedKey]:
        """Bring keys to another node, where they are held when this returns; new ones here too.

        Args:
            target: Which node.
            routes: Node-disjoint routes to it, each of which carries a share.
            threshold: How many shares give the keys back.
            number: How many new keys.
            key_bytes: Length of each.
            keys: These keys in place of new ones.

        Returns:
            The keys.

        Raises:
            KeyShortageError: If there is too little key on the way.
            KeyRefusedError: If fewer shares than needed arrive.
        """
        job = RelayJob(
            job_id=str(uuid.uuid4()),
            initiator=self.node,
            incarnation=self.incarnation,
            target=target,
            scheme=self.scheme,
            key_ids=tuple(key.key_id for key in keys)
            or tuple(str(uuid.uuid4()) for _ in range(number)),
            key_bytes=len(keys[0].material) if keys else key_bytes,
            check_bytes=TAG_KEY_BYTES if any(len(route) > 2 for route in routes) else 0,
            threshold=threshold,
        )
        self.counters["jobs"] += 1
        self.on_the_way.update(job.key_ids)
        try:
            made = await self._relay(job, routes, b"".join(key.material for key in keys))
            if not keys:
                await self._store.run(self._store.add_out, target, made)
            return made
        except KeyRefusedError:
            await self._count("voided_jobs", target)
            raise
        finally:
            self.on_the_way.difference_update(job.key_ids)

    async def _relay(
        self, job: RelayJob, routes: Sequence[Route], given: bytes
    ) -> list[ManagedKey]:
        """Take pads, send the shares, and have the target put them together."""
        size = job.length + TAG_KEY_BYTES
        taken = await asyncio.gather(
            *(self.pads.for_sending(route[1], size) for route in routes), return_exceptions=True
        )
        open_routes = [
            (route, pad)
            for route, pad in zip(routes, taken, strict=True)
            if isinstance(pad, LinkPad)
        ]
        if len(open_routes) < job.threshold:
            await self._void_pads(open_routes)
            raise _worst(taken)
        job = replace(job, shares=len(open_routes))
        secret, shares = self._shares(job, [pad for _, pad in open_routes], given)
        numbers = await self._send(job, open_routes, shares)
        body = {
            "job": job.write(),
            "numbers": numbers,
            "check": _check(job, secret).hex(),
        }
        try:
            await self._peers.call(job.target, "finish", body)
        except KeyRefusedError:
            with suppress(KeyRefusedError):
                await self._peers.call(job.target, "void_job", {"job": job.write()})
            raise
        return _keys_of(job, secret)

    def _shares(
        self, job: RelayJob, pads: Sequence[LinkPad], given: bytes
    ) -> tuple[bytes, list[bytes | None]]:
        """What is relayed, and its share for each route; None where the link key is the share."""
        is_free = job.scheme == "announced-xor" and job.threshold == job.shares and not given
        if is_free:
            return xor(*(pad.material[: job.length] for pad in pads)), [None] * job.shares
        random = secrets.token_bytes(job.length - len(given))
        secret = given + random
        return secret, list(split(secret, job.shares, job.threshold))

    async def _send(
        self,
        job: RelayJob,
        routes: Sequence[tuple[Route, LinkPad]],
        shares: Sequence[bytes | None],
    ) -> list[int]:
        """Send each share over its route; numbers of those that arrived, enough of them.

        Raises:
            KeyRefusedError: If too few did.
        """
        sending = []
        for number, ((route, pad), share) in enumerate(zip(routes, shares, strict=True), 1):
            sent = begin(job.scheme, share, pad.material[: job.length])
            sending.append(self._hop(job, route, 0, number, pad, sent))
        ended = await asyncio.gather(*sending, return_exceptions=True)
        arrived = [number for number, end in enumerate(ended, 1) if end is None]
        self.counters["lost_shares"] += job.shares - len(arrived)
        if len(arrived) < job.threshold:
            with suppress(KeyRefusedError):
                await self._peers.call(job.target, "void_job", {"job": job.write()})
            raise _worst(ended)
        return arrived

    async def _hop(
        self,
        job: RelayJob,
        route: Route,
        hop: int,
        number: int,
        pad: LinkPad,
        sent: tuple[bytes, ...],
    ) -> None:
        """Send a message to the next node of a route; when it does not arrive, void its pad."""
        message = HopMessage(
            job=job,
            route=route,
            hop=hop,
            number=number,
            parts=pad.parts,
            allocation=pad.allocation,
            sent=sent,
        )
        message = replace(message, tag=tag_of(message.covered(), pad.material[job.length :]))
        limit = HOP_S * (len(route) - hop - 1)
        try:
            await self._peers.call(message.receiver, "relay", message.write(), timeout_s=limit)
        except KeyRefusedError:
            await self.pads.void(message.receiver, pad)
            raise

    async def _void_pads(self, routes: Sequence[tuple[Route, LinkPad]]) -> None:
        await asyncio.gather(*(self.pads.void(route[1], pad) for route, pad in routes))

    async def receive(self, sender: str, body: Mapping[str, Any]) -> None:
        """Take a message of another node's: keep the share, or pass it on.

        Args:
            sender: The node, by its certificate.
            body: The message.

        Raises:
            NotEntitledError: If it is not for this node, not of the sender, or not authentic.
            KeyRefusedError: If it cannot be taken or passed on; the job is void then.
        """
        message = HopMessage.read(body)
        if message.sender != sender or message.receiver != self.node:
            refusal = f"{sender} sent a message that is not of it to {self.node}"
            raise NotEntitledError(refusal)
        self._check_job(message)
        try:
            await self._take(message)
        except KeyRefusedError:
            await self._count("voided_shares", message.job.initiator)
            raise

    def _check_job(self, message: HopMessage) -> None:
        """Refuse a job of a process that has ended, and one that may not go over this node."""
        job = message.job
        if self.incarnations.get(job.initiator, job.incarnation) != job.incarnation:
            refusal = f"the job is of a process of {job.initiator} that has ended"
            raise KeyRefusedError(refusal)
        if not message.is_last and not self.is_trusted:
            refusal = f"{self.node} relays no keys of others: it is not trusted"
            raise KeyRefusedError(refusal)

    async def _take(self, message: HopMessage) -> None:
        """Take the message's pad, check its tag, and keep the share or pass it on."""
        job = message.job
        came = await self.pads.for_receiving(message.sender, message.parts, message.allocation)
        before, tag_key = came.material[: job.length], came.material[job.length :]
        if len(tag_key) != TAG_KEY_BYTES or not is_authentic(
            message.covered(), message.tag, tag_key
        ):
            await self._count("forged_messages", message.sender)
            refusal = f"a message from {message.sender} is not authentic"
            raise NotEntitledError(refusal)
        if message.is_last:
            here = self._arrived.setdefault(job.job_id, _Arrived(job, self._clock()))
            if here.job != job or message.number in here.shares:
                refusal = "another job has this identity"
                raise KeyRefusedError(refusal)
            here.shares[message.number] = receive(message.sent, before)
            return
        hop = message.hop + 1
        after = await self.pads.for_sending(message.route[hop + 1], job.length + TAG_KEY_BYTES)
        sent = forward(job.scheme, message.sent, before, after.material[: job.length])
        await self._hop(job, message.route, hop, message.number, after, sent)
        self.counters["passed_on"] += 1

    async def finish(self, sender: str, body: Mapping[str, Any]) -> None:
        """Put the shares of a job together and hold its keys, durably.

        Args:
            sender: The initiator, by its certificate.
            body: The job, which shares arrived, and what the keys are compared by.

        Raises:
            NotEntitledError: If the sender is not the initiator.
            KeyUnknownError: If a share is not here.
            KeyRefusedError: If the keys are not the initiator's, or one's identity is not new.
        """
        job = RelayJob.read(body.get("job"))
        here = self._owned(sender, job)
        if here is None:
            refusal = "no shares of this job are here"
            raise KeyUnknownError(refusal)
        try:
            secret = _joined(here, body.get("numbers"))
            if _check(job, secret).hex() != body.get("check"):
                await self._count("altered_keys", job.initiator, len(job.key_ids))
                refusal = "the keys were altered on their way"
                raise KeyRefusedError(refusal)
            add_in = self._store.add_in
            held = await self._store.run(add_in, job.initiator, _keys_of(job, secret))
            if held < len(job.key_ids):  # the two ends would have different keys of one name
                refusal = "the identity of a key is in use, or was"
                raise KeyRefusedError(refusal)
        except KeyRefusedError:
            await self._count("voided_shares", job.initiator, len(here.shares))
            raise

    async def void_job(self, sender: str, body: Mapping[str, Any]) -> None:
        """Forget the shares of a job, and throw away its keys if they are held already."""
        job = RelayJob.read(body.get("job"))
        here = self._owned(sender, job)
        if here is not None:
            await self._count("voided_shares", job.initiator, len(here.shares))
        await self._store.run(self._store.void_keys, job.initiator, list(job.key_ids), "in")

    async def expire(self) -> None:
        """Forget shares whose job was never finished, and key set aside for messages."""
        before = self._clock() - SHARES_S
        for name in [name for name, here in self._arrived.items() if here.born < before]:
            here = self._arrived.pop(name)
            await self._count("voided_shares", here.job.initiator, len(here.shares))
        await self.pads.expire()

    async def _count(self, name: str, peer: str, by: int = 1) -> None:
        """Count what went wrong, for this process and durably."""
        self.counters[name] += by
        await self._store.run(self._store.count, name, peer, by)

    def _owned(self, sender: str, job: RelayJob) -> _Arrived | None:
        """What is here of a job, which is over then; None if nothing is."""
        if job.initiator != sender or job.target != self.node:
            refusal = f"{sender} speaks for a job that is not its own"
            raise NotEntitledError(refusal)
        here = self._arrived.get(job.job_id)
        return self._arrived.pop(job.job_id) if here is not None and here.job == job else None


def _joined(here: _Arrived, numbers: object) -> bytes:
    """What was relayed, from the shares of these numbers."""
    if not isinstance(numbers, list) or not set(numbers) <= set(here.shares):
        refusal = "not all shares of the job are here"
        raise KeyUnknownError(refusal)
    shares = [(number, here.shares[number]) for number in numbers]
    try:
        return join(shares, made=here.job.shares, threshold=here.job.threshold)
    except ParameterError as error:
        refusal = f"the shares do not belong together: {error.rule}"
        raise KeyRefusedError(refusal) from None


def _check(job: RelayJob, secret: bytes) -> bytes:
    """What both ends compare the keys by: a tag under key that was relayed with them."""
    size = len(job.key_ids) * job.key_bytes
    return tag_of(secret[:size], secret[size:]) if job.check_bytes else b""


def _keys_of(job: RelayJob, secret: bytes) -> list[ManagedKey]:
    size = job.key_bytes
    return [
        ManagedKey(key_id=key_id, material=secret[k * size : (k + 1) * size])
        for k, key_id in enumerate(job.key_ids)
    ]


def _worst(ended: Sequence[object]) -> BaseException:
    """The error that says why too few shares went: a shortage only if nothing else was wrong."""
    errors = [error for error in ended if isinstance(error, BaseException)]
    return max(errors, key=lambda error: not isinstance(error, KeyShortageError))
