"""Keys from another key management system of the same trusted site (ETSI GS QKD 020 V1.1.1).

The other system hands over keys that an SAE of its network (the initiator) shares with SAEs of this
one (the targets). They are relayed to the targets' nodes as this network relays its own, each over
link keys as long as the key, and wait there to be collected once by each target; then the other
system is told, and may give them to its initiator. Who accepted which key is remembered until the
process ends, the keys themselves are not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.service import KeyService

__all__ = ["Acknowledgement", "ExternalKeys", "ExternalTransfer", "ExternalWays"]

logger = logging.getLogger("qnet.key_management.external")

#: Most keys that are remembered.
MOST_KEYS = 100_000

#: Status of a key of which nothing is known yet.
ON_THE_WAY = "on the way"

#: Pauses in s between attempts to acknowledge; after the last, the keys are withdrawn.
PAUSES_S = (0.5, 2.0, 8.0)


class ExternalWays(Protocol):
    """What external keys need of the rest of their node."""

    async def bring(
        self, node: str, keys: Sequence[ManagedKey], assignments: Sequence[Assignment]
    ) -> list[str]:
        """Relay keys of one length to a node (this one included), and say there whose they are.

        Returns:
            Identities that the node does not hold in the end.

        Raises:
            KeyRefusedError: If they cannot get there now.
        """

    async def withdraw(self, node: str, key_ids: Sequence[str]) -> list[str]:
        """Void keys that were brought to a node; the identities of those that were there.

        Raises:
            KeyRefusedError: If the node does not answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalTransfer:
    """Keys of one initiator for its targets, from another system.

    Args:
        keys: The keys; their bytes are not shown.
        initiator: SAE of the other network.
        targets: SAEs of this one.
    """

    keys: tuple[ManagedKey, ...]
    initiator: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What became of some keys for one target.

    Args:
        key_ids: Which keys.
        status: ``relayed``, ``failed``, ``voided``, ``failed to void`` or ``key not present``.
        initiator: Their initiator.
        target: The target.
        message: Why, in a sentence; empty if there is nothing to say.
    """

    key_ids: tuple[str, ...]
    status: str
    initiator: str
    target: str
    message: str = ""


@dataclass(slots=True)
class _Known:
    """A key that was accepted: from which system, of whom, and for which targets it is there."""

    system: str
    initiator: str
    status: dict[str, str] = field(default_factory=dict)


Acknowledge = Callable[[str, str, Sequence[Acknowledgement]], Awaitable[None]]


class ExternalKeys:
    """Takes keys of other systems, brings them to their targets, and voids them again.

    Args:
        service: The node's key service.
        ways: How keys get to other nodes.
        acknowledge: Tells a system, by its name, at a URL, what became of keys; it raises
            `KeyRefusedError` where that fails.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        service: KeyService,
        ways: ExternalWays,
        acknowledge: Acknowledge,
        *,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._service, self._ways = service, ways
        self._acknowledge, self._sleep = acknowledge, sleep
        self._known: dict[str, _Known] = {}
        self._sent: dict[str, dict[str, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Keys that come.

    def check_names(self, initiator: str, targets: Sequence[str]) -> None:
        """Refuse an initiator of this network, and targets of another.

        Raises:
            KeyRefusedError: If so.
        """
        nodes = self._service.node_of
        if initiator in nodes:
            message = "the initiator is an SAE of this network: its keys do not come from outside"
        elif any(target not in nodes for target in targets):
            message = "a target is no SAE of this network"
        else:
            return
        raise KeyRefusedError(message)

    def node_of(self, target: str) -> str:
        """Node of an SAE of this network."""
        return self._service.node_of[target]

    async def take(self, system: str, transfer: ExternalTransfer) -> list[Acknowledgement]:
        """Bring keys to their targets; what became of them, for each target.

        Keys that are on their way already are left out: they are told of once.

        Args:
            system: Who hands them over, by its certificate.
            transfer: The keys; no two targets are of one node.
        """
        fresh = [key for key in transfer.keys if self._is_new(key.key_id, system, transfer)]
        ids = [key.key_id for key in transfer.keys]
        found = []
        for target in transfer.targets:
            gone, why = await self._bring(target, fresh, transfer.initiator)
            for key in fresh:
                status = "failed" if key.key_id in gone else "relayed"
                self._known[key.key_id].status[target] = status
            why = why or "it is not held there, or its identity is in use"
            found += self._told(ids, system, transfer.initiator, target, "failed", why)
        return found

    async def void(
        self, system: str, initiator: str, targets: Sequence[str], key_ids: Sequence[str]
    ) -> list[Acknowledgement]:
        """Void keys that were not delivered; all of these SAEs, if no identities are given."""
        every = [
            each
            for each, known in self._known.items()
            if (known.system, known.initiator) == (system, initiator)
        ]
        found = []
        for target in targets:
            ids = list(key_ids) or [i for i in every if target in self._known[i].status]
            why = await self._withdraw(system, initiator, target, ids)
            absent = "key not present"
            found += self._told(ids, system, initiator, target, absent, why)
        return found

    def start(
        self, system: str, url: str, work: Awaitable[list[Acknowledgement]]
    ) -> asyncio.Task[None]:
        """Do some work in the background, and tell the other system at a URL what came of it."""
        task = asyncio.create_task(self._finish(system, url, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what goes on in the background."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _finish(self, system: str, url: str, work: Awaitable[list[Acknowledgement]]) -> None:
        found = await work
        if not found:
            return
        for pause in (*PAUSES_S, None):
            try:
                await self._acknowledge(system, url, found)
                return
            except KeyRefusedError as error:
                logger.warning("%s was not told what became of its keys: %s", system, error)
            if pause is not None:
                await self._sleep(pause)
        for each in found:
            if each.status == "relayed":
                await self._withdraw(system, each.initiator, each.target, each.key_ids)

    def _is_new(self, key_id: str, system: str, transfer: ExternalTransfer) -> bool:
        """Whether a key was never taken, or came to nothing; it is remembered from now on."""
        known = self._known.get(key_id)
        if known is not None and set(known.status.values()) != {"failed"}:
            return False
        while len(self._known) >= MOST_KEYS:
            del self._known[next(iter(self._known))]
        status = dict.fromkeys(transfer.targets, ON_THE_WAY)
        self._known[key_id] = _Known(system, transfer.initiator, status)
        return True

    async def _bring(
        self, target: str, keys: Sequence[ManagedKey], initiator: str
    ) -> tuple[set[str], str]:
        """Identities that did not get to a target's node, and why."""
        gone: set[str] = set()
        why, node = "", self._service.node_of[target]
        ordered = sorted(keys, key=lambda key: len(key.material))
        for _, group in groupby(ordered, key=lambda key: len(key.material)):
            some = list(group)
            whose = [
                Assignment(key_id=key.key_id, master=initiator, slaves=(target,)) for key in some
            ]
            try:
                gone |= set(await self._ways.bring(node, some, whose))
            except KeyRefusedError as error:
                gone |= {key.key_id for key in some}
                why = str(error)
        return gone, why

    async def _withdraw(
        self, system: str, initiator: str, target: str, key_ids: Iterable[str]
    ) -> str:
        """Void what is still to be collected by a target; why something could not be."""
        relayed = [
            each for each in key_ids if self._status(each, system, initiator, target) == "relayed"
        ]
        node = self._service.node_of.get(target)
        if not relayed or node is None:
            return ""
        try:
            voided = set(await self._ways.withdraw(node, relayed))
            why = "it is gone: delivered already, or too old"
        except KeyRefusedError as error:
            voided, why = set(), str(error)
        for each in relayed:
            status = "voided" if each in voided else "failed to void"
            self._known[each].status[target] = status
        return why

    def _status(self, key_id: str, system: str, initiator: str, target: str) -> str:
        """What is known of a key for a target; empty if nothing."""
        known = self._known.get(key_id)
        if known is None or (known.system, known.initiator) != (system, initiator):
            return ""
        return known.status.get(target, "")

    def _told(
        self,
        key_ids: Sequence[str],
        system: str,
        initiator: str,
        target: str,
        unknown: str,
        why: str,
    ) -> list[Acknowledgement]:
        """One acknowledgement for each status that some keys have."""
        by_status: dict[str, list[str]] = {}
        for each in key_ids:
            status = self._status(each, system, initiator, target) or unknown
            by_status.setdefault(status, []).append(each)
            if status == "failed to void":  # that is an answer; the key is as it was
                self._known[each].status[target] = "relayed"
        by_status.pop(ON_THE_WAY, None)
        return [
            Acknowledgement(
                key_ids=tuple(ids),
                status=status,
                initiator=initiator,
                target=target,
                message=why if status.startswith("failed") else "",
            )
            for status, ids in by_status.items()
        ]

    # Keys that go.

    def sent(self, key_ids: Iterable[str], targets: Iterable[str]) -> None:
        """Remember keys that this network has handed to another system."""
        for each in key_ids:
            self._sent.setdefault(each, {}).update(dict.fromkeys(targets, ON_THE_WAY))

    def acknowledged(self, found: Sequence[Acknowledgement]) -> None:
        """Note what another system says became of keys that were handed to it.

        Raises:
            KeyRefusedError: If a key is none of them; nothing is noted then.
        """
        for each in found:
            if any(each.target not in self._sent.get(key_id, {}) for key_id in each.key_ids):
                message = "a key is none that was handed over"
                raise KeyRefusedError(message)
        for each in found:
            for key_id in each.key_ids:
                self._sent[key_id][each.target] = each.status

    def became_of(self, key_id: str) -> Mapping[str, str]:
        """Status, for each target, of a key that was handed to another system."""
        return dict(self._sent.get(key_id, {}))
