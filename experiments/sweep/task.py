"""Tasks: what is worked out at one point, known by the digest of all that changes its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qnet.engines.result import Key
from qnet.schema import digest

if TYPE_CHECKING:
    from experiments.sweep.counts import Counts

__all__ = ["Task"]


class Task(ABC):
    """What is worked out at one point: played in batches, each with a seed of its own.

    How many batches are played is no part of it: more of them add to the same answer. Two tasks are
    equal when their identities are.

    Attributes:
        engine: What works it out.
        key: How a secret key is taken from its counts.
        facts: What a reader of the results wants to know of it besides its axes.
        is_refusal_final: Whether what an engine refuses is the answer of its point; else it ends
            the sweep.
        largest_chunk: Most batches that a worker plays before it hands them over: what is not
            handed over is lost with the worker.
    """

    engine: str
    key: Key = Key()
    facts: Mapping[str, Any] = {}
    is_refusal_final: ClassVar[bool] = True
    largest_chunk: ClassVar[int] = 64

    @property
    @abstractmethod
    def text(self) -> str:
        """The readable text behind the identity: compare two of them to see how tasks differ."""

    @abstractmethod
    def play(self, seed: int | None) -> Counts:
        """The counts of one batch.

        Raises:
            QnetError: If it cannot be worked out.
        """

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return digest(self.text)

    def most_batches(self, shots: int) -> int:
        """Number of batches that are certainly enough for so many samples: one is all there is."""
        return 1

    def seed(self, root: int, batch: int) -> int | None:
        """Seed of a batch, from the seed of the sweep, the identity and its number, from 0.

        It depends on nothing else, so a batch can be played anywhere, at any time, alone.

        Returns:
            A whole number below 2**63: ``qnet run --seed`` takes it too. None where nothing is
            drawn.
        """
        entropy = [root, int(self.identity, 16)]
        sequence = np.random.SeedSequence(entropy, spawn_key=(batch,))
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def outlook(self, shots: int) -> tuple[str, float]:
        """Why it is hopeless, empty where it is not; and what it is expected to take, in s.

        Raises:
            ParameterError: If what it describes is malformed.
        """
        return "", 0.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)
