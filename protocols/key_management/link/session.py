"""Session of a link: greeting, blocks that both ends have, and runs, over one pair of connections.

The first end (Alice) leads: she says when a run begins. A run takes one authentication secret; both
ends have marked it used, on their disks, before the first tag is made with it. What it gives is
added as a pending block, and confirmed once the peer has said that it holds it, too.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from protocols.key_management.link.preshared import SECRET_BYTES, fresh_number
from protocols.key_management.link.quantum import QuantumEnd
from protocols.key_management.link.wire import RunChannel, Talk
from protocols.postprocessing.bits import pack, unpack
from protocols.postprocessing.party import Alice, Bob, DistillationSettings
from protocols.postprocessing.pool import KeyPool
from protocols.postprocessing.result import AbortReason, DistillationResult, ProtocolAborted

__all__ = ["FirstLinkSession", "LinkStore", "RunOutcome", "SecondLinkSession", "LinkSession"]

#: Numbers that a store holds.
_LARGEST = 1 << 62

#: Most secrets that a run puts aside, and fewest that there should be.
_MOST_FRESH, _ENOUGH = 4, 32


class LinkStore(Protocol):
    """What a link needs of the key store of its node; each call is on the disk when it returns."""

    def add_block(self, edge: str, block_id: str, material: bytes) -> int:
        """Take in a block, pending."""

    def pending_blocks(self, edge: str) -> list[str]:
        """Blocks that wait to be confirmed."""

    def block_sizes(self, edge: str, ids: Sequence[str]) -> dict[str, int]:
        """Bytes kept of those of these blocks that are, or were, here."""

    def confirm_blocks(self, edge: str, ids: Mapping[str, int]) -> None:
        """The peer has so many bytes of these blocks."""

    def void_blocks(self, edge: str, ids: Sequence[str]) -> int:
        """Throw blocks away."""

    def void_edge(self, edge: str) -> int:
        """Throw all blocks of an edge away."""

    def level(self, edge: str) -> int:
        """Confirmed bytes."""

    def add_secret(self, edge: str, number: int, material: bytes) -> None:
        """Take in an authentication secret."""

    def next_secret(self, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        """Take out the lowest secret from a number on, used from now on."""

    def secrets_left(self, edge: str) -> int:
        """How many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What a run gave at one end.

    Args:
        run: Its identity.
        secret: Number of the authentication secret that it used.
        result: The distillation.
        fresh: Numbers of the secrets that are to be put aside.
    """

    run: str
    secret: int
    result: DistillationResult
    fresh: tuple[int, ...]


class LinkSession(ABC):
    """One end of a session.

    Args:
        edge: Name of the edge.
        store: Of the node.
        talk: To the other end.
        quantum: To the channel process.
        settings: Of the post-processing.
    """

    party: type[Alice] | type[Bob]

    def __init__(
        self,
        edge: str,
        store: LinkStore,
        talk: Talk,
        quantum: QuantumEnd,
        settings: DistillationSettings,
    ) -> None:
        self.edge, self.store, self.talk = edge, store, talk
        self._quantum, self._settings = quantum, settings

    def greet(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Tell the other end facts and hear the same of it.

        Raises:
            ProtocolAborted: If it does not answer.
        """
        self.talk.say(**facts)
        return self.talk.hear(*facts)

    @abstractmethod
    def reconcile(self) -> None:
        """Confirm the pending blocks that the other end has, and void the others, at both ends.

        Raises:
            ProtocolAborted: If it does not answer.
        """

    def keep(self, outcome: RunOutcome) -> tuple[int, int]:
        """Put fresh secrets aside out of a new key, and the rest of it as a block, pending.

        Returns:
            Bits of the block; how many of them the store had no room for.
        """
        key, kept = outcome.result.key, 0
        if key is None:
            return 0, 0
        material = pack(np.asarray(key[: key.size // 8 * 8], np.uint8))
        for number in outcome.fresh:
            if len(material) < SECRET_BYTES:
                break
            self.store.add_secret(self.edge, number, material[:SECRET_BYTES])
            material = material[SECRET_BYTES:]
        if material:
            kept = self.store.add_block(self.edge, outcome.run, material)
        return 8 * len(material), 8 * (len(material) - kept)

    def _distil(self, order: Mapping[str, Any], number: int, secret: bytes) -> RunOutcome:
        """Take this end's record and distil it with the other end."""
        run, rounds = str(order["run"]), int(order["rounds"])
        raw = self._quantum.take(run, rounds, self._settings.timeout_s)
        # The store keeps the account of secrets; one kept in memory would grow run by run.
        pool = KeyPool.for_one_run(unpack(secret, 8 * len(secret)))
        party = self.party(raw, RunChannel(self.talk, run), pool, self._settings)
        fresh = tuple(int(each) for each in order["fresh"])
        return RunOutcome(run=run, secret=number, result=party.run(), fresh=fresh)


class FirstLinkSession(LinkSession):
    """The session at the edge's first end, which leads."""

    party = Alice

    def reconcile(self) -> None:
        """See `LinkSession.reconcile`."""
        theirs = _names(self.talk.hear("pending")["pending"])
        mine = self.store.pending_blocks(self.edge)
        self.talk.say(pending=mine, sizes=self.store.block_sizes(self.edge, theirs))
        _settle(self.store, self.edge, mine, self.talk.hear("sizes")["sizes"])

    def wait(self) -> None:
        """Tell the other end that there is no run now, and hear that it is there."""
        self.talk.say(wait=True)
        self.talk.hear("here")

    def run(self, rounds: int) -> RunOutcome:
        """Begin a run and take part in it.

        Args:
            rounds: How many are played.

        Raises:
            KeyShortageError: If there is no authentication secret any more.
            ProtocolAborted: If the other end or the channel does not answer.
        """
        run = secrets.token_hex(16)
        number, secret = self.store.next_secret(self.edge)
        while True:
            self.talk.say(run=run, secret=number)
            theirs = _number(self.talk.hear("secret")["secret"])
            if theirs == number:
                break
            number, secret = self.store.next_secret(self.edge, theirs)
            if number == theirs:
                break
        lacking = _ENOUGH - self.store.secrets_left(self.edge)
        fresh = [fresh_number(number) for _ in range(min(max(lacking, 1), _MOST_FRESH))]
        order = {"go": run, "run": run, "rounds": rounds, "secret": number, "fresh": fresh}
        self.talk.say(**order)
        return self._distil(order, number, secret)


class SecondLinkSession(LinkSession):
    """The session at the edge's second end, which follows."""

    party = Bob

    def reconcile(self) -> None:
        """See `LinkSession.reconcile`."""
        mine = self.store.pending_blocks(self.edge)
        self.talk.say(pending=mine)
        heard = self.talk.hear("pending", "sizes")
        _settle(self.store, self.edge, mine, heard["sizes"])
        theirs = _names(heard["pending"])
        self.talk.say(sizes=self.store.block_sizes(self.edge, theirs))

    def follow(self) -> RunOutcome | None:
        """Take part in the next run; None where the other end waits for now.

        Raises:
            KeyShortageError: If there is no authentication secret any more.
            ProtocolAborted: If the other end or the channel does not answer.
        """
        number, secret = -1, b""
        while True:
            order = self.talk.hear()
            if "wait" in order:
                self.talk.say(here=True)
                return None
            if "go" in order:
                break
            wanted = _number(order.get("secret"))
            if number < wanted:
                number, secret = self.store.next_secret(self.edge, wanted)
            self.talk.say(secret=number)
        if _number(order.get("secret")) != number or number < 0:
            sentence = "the other end began a run with a secret that is not here"
            raise ProtocolAborted(AbortReason.NOT_AGREED, sentence)
        return self._distil(order, number, secret)


def _settle(store: LinkStore, edge: str, mine: Sequence[str], sizes: object) -> None:
    """Confirm those of one's pending blocks that the other end has; void the others."""
    found = sizes if isinstance(sizes, dict) else {}
    both = {name: _number(found[name]) for name in mine if name in found}
    if both:
        store.confirm_blocks(edge, both)
    lost = [name for name in mine if name not in both]
    if lost:
        store.void_blocks(edge, lost)


def _names(values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        sentence = "the other end named no blocks"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    return values


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        sentence = "the other end named no number"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    return value
