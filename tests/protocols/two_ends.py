"""Runs a step at both ends, each in its own thread, over an authenticated link."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from protocols.postprocessing import AuthenticatedLink, KeyPool, channel_pair
from protocols.postprocessing.outcome import Stopped

Bits = np.ndarray


def link_pair(seed: int = 0, bits: int = 60_000) -> tuple[AuthenticatedLink, AuthenticatedLink]:
    """Two ends that share a channel and the authentication key, nothing else."""
    secret = np.random.default_rng(seed).integers(0, 2, bits)
    near, far = channel_pair()
    return (
        AuthenticatedLink(near, KeyPool(secret), "alice", timeout_s=10.0),
        AuthenticatedLink(far, KeyPool(secret), "bob", timeout_s=10.0),
    )


def both(alice: Callable[[], Any], bob: Callable[[], Any]) -> tuple[Any, Any]:
    """What both ends return; a `Stopped` is returned, too."""
    results: dict[str, Any] = {}

    def work(name: str, step: Callable[[], Any]) -> None:
        try:
            results[name] = step()
        except Stopped as stopped:
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

    def receive(self, kind: str) -> dict[str, Any]:
        return self.answers.pop(0)


def noisy_pair(size: int, qber: float, seed: int) -> tuple[Bits, Bits]:
    """Two strings that differ in each bit with probability ``qber``."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, size).astype(np.uint8)
    return bits, bits ^ (rng.random(size) < qber).astype(np.uint8)
