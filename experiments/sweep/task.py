"""Tasks: what is worked out at one point, known by the digest of all that changes its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from protocols.networks import NetworkScenario
from protocols.repeaters.chain import Chain
from qnet.engines import ENGINES
from qnet.errors import check_integer, check_one_of
from qnet.schema import SCHEMA, canonical, digest

__all__ = ["Task"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A scenario, the engine that plays it, and the size of the batches it is played in.

    How many batches are played is not part of it: more of them add to the same answer. Two tasks
    are equal when their identities are.

    Args:
        scenario: What is played; its seed and number of shots play no part.
        engine: Name of an engine.
        batch_shots: Delivered pairs in a batch; an engine that draws nothing has one batch. Of a
            network the number of its replicas, which are one batch.

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

    scenario: Chain | NetworkScenario
    engine: str = "sampled"
    batch_shots: int = 10_000

    def __post_init__(self) -> None:
        check_one_of("engine", self.engine, ENGINES)
        check_integer("batch_shots", self.batch_shots)

    @property
    def is_one_batch(self) -> bool:
        """Whether it is played in one go: a network, or an engine that draws nothing."""
        return isinstance(self.scenario, NetworkScenario) or not ENGINES[self.engine].draws

    @cached_property
    def text(self) -> str:
        """The readable text behind the identity: compare two of them to see how tasks differ.

        JSON with a line for each part. What an engine does not use is left out: the options of
        another engine, and the size of the batches where nothing is drawn.

        Examples:
            >>> from experiments.scenario import load
            >>> task = Task(scenario=load("experiments/scenarios/two-segments.toml"))
            >>> for line in task.text.splitlines()[:5]:
            ...     print(line)
            {"schema": 1,
             "engine": "sampled",
             "batch_shots": 10000,
             "scenario": {
              "chain": {"classical_latency": false, "lengths_km": null, "segments": 2, \
"strategy": "nested", "tree": []},
        """
        engine, described = ENGINES[self.engine], self.scenario.canonical()
        if engine.options:
            described[engine.name] = canonical(getattr(self.scenario, engine.name))
        lines = (f'  "{name}": {json.dumps(part)}' for name, part in described.items())
        return (
            f'{{"schema": {SCHEMA},\n "engine": {json.dumps(engine.name)},\n'
            f' "batch_shots": {json.dumps(self.batch_shots if engine.draws else None)},\n'
            ' "scenario": {\n' + ",\n".join(lines) + "}}\n"
        )

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return digest(self.text)

    def seed(self, root: int, batch: int) -> int:
        """Seed of a batch, from the seed of the sweep, the identity and its number, from 0.

        It depends on nothing else, so a batch can be played anywhere, at any time, alone.

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
