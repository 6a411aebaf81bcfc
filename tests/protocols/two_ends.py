"""Runs a step at both ends, each in its own thread, over an authenticated link."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from protocols.postprocessing import (
    Alice,
    AuthenticatedLink,
    Bob,
    Disclosed,
    DistillationSettings,
    KeyPool,
    Randomness,
    RawKey,
    channel_pair,
    distil,
)
from protocols.postprocessing.estimation import BasisTest
from protocols.postprocessing.messages import Fields
from protocols.postprocessing.result import ProtocolAborted
from qnet.estimate import Estimate

Bits = np.ndarray
_seeds = itertools.count(10_000)


def fresh_secret(bits: int = 60_000) -> Bits:
    """Authentication key that no pool of this process has used."""
    return np.random.default_rng(next(_seeds)).integers(0, 2, bits).astype(np.uint8)


def link_pair(bits: int = 60_000) -> tuple[AuthenticatedLink, AuthenticatedLink]:
    """Two ends that share a channel and the authentication key, nothing else."""
    secret = fresh_secret(bits)
    near, far = channel_pair()
    return (
        AuthenticatedLink(near, KeyPool(secret), "alice", timeout_s=600.0),
        AuthenticatedLink(far, KeyPool(secret), "bob", timeout_s=600.0),
    )


def both(alice: Callable[[], Any], bob: Callable[[], Any]) -> tuple[Any, Any]:
    """What both ends return; a `ProtocolAborted` is returned, too."""
    results: dict[str, Any] = {}

    def work(name: str, step: Callable[[], Any]) -> None:
        try:
            results[name] = step()
        except ProtocolAborted as stopped:
            results[name] = stopped

    thread = threading.Thread(target=work, args=("bob", bob))
    thread.start()
    work("alice", alice)
    thread.join()
    return results["alice"], results["bob"]


class Scripted:
    """A link that says what it is told to say, and writes down what it hears."""

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        from protocols.postprocessing import Transcript

        self.transcript = Transcript()
        self.transcript.begin("step")
        self.answers = list(answers)
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def send(self, kind: str, **fields: Any) -> None:
        self.sent.append((kind, fields))

    def receive(self, kind: str) -> Fields:
        return Fields(self.answers.pop(0))

    send_untagged, receive_untagged = send, receive


def noisy_pair(size: int, qber: float, seed: int) -> tuple[Bits, Bits]:
    """Two strings that differ in each bit with probability ``qber``."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, size).astype(np.uint8)
    return bits, bits ^ (rng.random(size) < qber).astype(np.uint8)


def raw_pair(size: int = 3000, qber: float = 0.02, seed: int = 1) -> tuple[RawKey, RawKey]:
    """Both ends chose the same bases."""
    rng = np.random.default_rng(seed)
    bits, bases = rng.integers(0, 2, (2, size))
    errors = rng.random(size) < qber
    return RawKey(bits=bits, bases=bases), RawKey(bits=bits ^ errors, bases=bases)


def run(pools, keys=None, wrap=lambda near, far: (near, far), timeout_s=600.0, length=200):
    """One run between two pools, whose channel may be tampered with."""
    hers, his = keys or raw_pair()
    settings = DistillationSettings(key_length=length, timeout_s=timeout_s)
    near, far = wrap(*channel_pair())
    # Reproducible, so that every run has the same messages.
    alice = Alice(hers, near, pools[0], settings, randomness=Randomness.reproducible(3))
    bob = Bob(his, far, pools[1], settings)
    return both(alice.run, bob.run)


def distilled(*keys, **more):
    """What `distil` gives, with choices that repeat: a rare run of Cascade leaves errors."""
    return distil(*keys, randomness=Randomness.reproducible(1), **more)


def disclosed(*bases: tuple[int, int, int], **changes: object) -> Disclosed:
    """What a rule may look at: key bits, test bits and errors of each basis."""
    found = tuple(BasisTest(*basis) for basis in bases)
    tested, errors = (sum(column) for column in list(zip(*found, strict=True))[1:])
    rate = errors / max(tested, 1)
    given = {
        "key_bits": sum(basis.kept for basis in found),
        "qber": Estimate(rate, rate, rate, tested),
        "leaked_bits": 0,
        "authentication_bits": 0,
        "by_basis": found,
        "by_intensity": (found,),
    }
    return Disclosed(**{**given, **changes})
