"""Task: what is worked out at a point, known by the digest of all that changes its answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.scenario import Scenario
from experiments.sweep.canonical import canonical_text
from qnet.engines import ENGINES
from qnet.errors import check_integer, check_one_of

__all__ = ["Task"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A scenario, the engine that plays it, and the size of the batches it is played in.

    How many batches are played is not part of it: more of them add to the same answer. Two tasks
    are equal when their identities are.

    Args:
        scenario: What is played; its seed and number of shots play no part.
        engine: ``sampled``, ``exact`` or ``circuit``.
        batch_shots: Delivered pairs in a batch; the exact engine has one batch and draws none.

    Raises:
        ParameterError: If the engine is unknown or the size of a batch is not positive.

    Examples:
        >>> from experiments.scenario import load
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> task = Task(scenario=scenario, batch_shots=1000)
        >>> task == Task(scenario=scenario, batch_shots=1000)
        True
        >>> task == Task(scenario=scenario, engine="exact")
        False
        >>> len(task.identity)
        64
    """

    scenario: Scenario
    engine: str = "sampled"
    batch_shots: int = 10_000

    def __post_init__(self) -> None:
        check_one_of("engine", self.engine, ENGINES)
        check_integer("batch_shots", self.batch_shots)

    @cached_property
    def text(self) -> str:
        """The readable text behind the identity: compare two of them to see how tasks differ."""
        drawn = None if self.engine == "exact" else self.batch_shots
        return canonical_text(self.scenario, self.engine, drawn)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def seed(self, root: int, batch: int) -> int:
        """Seed of a batch, from the seed of the sweep, the identity and the number of the batch.

        It depends on nothing else, so a batch can be played anywhere, at any time, alone.

        Args:
            root: Seed of the sweep.
            batch: Number of the batch, from 0.

        Returns:
            A whole number below 2**63: ``qnet run --seed`` takes it too.
        """
        entropy = [root, int(self.identity, 16)]
        sequence = np.random.SeedSequence(entropy, spawn_key=(batch,))
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)
