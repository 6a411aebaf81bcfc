"""Tasks of a sweep over scenarios: a chain, network, satellite or application, and its engine."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from experiments.sweep.counts import Counts, counts_of
from experiments.sweep.task import Task
from protocols.applications import Application
from protocols.key_networks import KeyNetworkScenario
from protocols.key_networks.claims import joint_claim, relayed_claim
from protocols.networks import NetworkScenario
from protocols.repeaters.chain import Chain
from protocols.satellite import SatelliteScenario
from qnet.engines import ENGINES, play
from qnet.engines.forecast import check_feasible
from qnet.engines.result import Key
from qnet.errors import InfeasiblePlanError, check_integer, check_one_of
from qnet.plans.base import Plan
from qnet.schema import SCHEMA, canonical

__all__ = ["ScenarioTask"]

#: Descriptions that say nothing of a key from pairs, nor of how an engine is to play.
_NO_PAIR_KEY = (KeyNetworkScenario, SatelliteScenario, Application)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioTask(Task):
    """A scenario, the engine that plays it, and the size of the batches it is played in.

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
        >>> task = ScenarioTask(scenario=scenario, batch_shots=1000)
        >>> task == ScenarioTask(scenario=scenario, batch_shots=1000)
        True
        >>> task == ScenarioTask(scenario=scenario, engine="exact")
        False
        >>> task.play(task.seed(1, 0)).samples
        1000
    """

    scenario: Chain | NetworkScenario | KeyNetworkScenario | SatelliteScenario | Application
    engine: str = "sampled"
    batch_shots: int = 10_000

    def __post_init__(self) -> None:
        check_one_of("engine", self.engine, ENGINES)
        check_integer("batch_shots", self.batch_shots)

    @property
    def key(self) -> Key:  # type: ignore[override]
        """How a secret key is taken from pairs: as the scenario says."""
        return Key() if isinstance(self.scenario, _NO_PAIR_KEY) else self.scenario.key

    @cached_property
    def text(self) -> str:
        """The readable text behind the identity, JSON with a line for each part.

        What an engine does not use is left out: the options of another engine, and the size of the
        batches where nothing is drawn.

        Examples:
            >>> from experiments.scenario import load
            >>> task = ScenarioTask(scenario=load("experiments/scenarios/two-segments.toml"))
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
        if engine.options and not isinstance(self.scenario, _NO_PAIR_KEY):
            described[engine.name] = canonical(getattr(self.scenario, engine.name))
        lines = (f'  "{name}": {json.dumps(part)}' for name, part in described.items())
        return (
            f'{{"schema": {SCHEMA},\n "engine": {json.dumps(engine.name)},\n'
            f' "batch_shots": {json.dumps(self.batch_shots if engine.draws else None)},\n'
            ' "scenario": {\n' + ",\n".join(lines) + "}}\n"
        )

    @property
    def facts(self) -> Mapping[str, Any]:  # type: ignore[override]
        """Segments, length, strategy, bound, key; of a network its size, allocation or relay, key.

        Of an application its name.

        Examples:
            >>> from experiments.scenario import load
            >>> task = ScenarioTask(scenario=load("experiments/scenarios/swap-asap-8.toml"))
            >>> task.facts["segments"]
            8
        """
        scenario = self.scenario
        if isinstance(scenario, Application):
            return {"application": scenario.name, "key": {}}
        if isinstance(scenario, SatelliteScenario):
            return {
                "protocol": scenario.protocol,
                "stations": len(scenario.station),
                "block": scenario.security.block,
                "key": {},
            }
        if isinstance(scenario, KeyNetworkScenario):
            return {
                "nodes": len(scenario.sites.sites),
                "edges": len(scenario.sites.spans),
                "demands": len(scenario.demand),
                "relay": scenario.relay.scheme,
                "routes": scenario.relay.routes,
                "key": {},
                "claim": joint_claim(
                    [
                        relayed_claim(scenario.case, each.routes, each.reason)
                        for each in scenario.case.demands
                    ]
                ).as_dict(),
            }
        if isinstance(scenario, NetworkScenario):
            return {
                "nodes": len(scenario.sites.sites),
                "edges": len(scenario.sites.spans),
                "demands": len(scenario.demands),
                "allocation": scenario.controller.allocation,
                "key": canonical(scenario.key),
            }
        return {
            "segments": scenario.segments,
            "length_km": scenario.length_km,
            "strategy": scenario.strategy,
            "plob_bits_per_use": canonical(scenario.plob_bits_per_use),
            "key": canonical(scenario.key),
        }

    def most_batches(self, shots: int) -> int:
        """Number of batches; a network, and an engine that draws nothing, are played in one."""
        if not isinstance(self.scenario, Chain) or not ENGINES[self.engine].draws:
            return 1
        return math.ceil(shots / self.batch_shots)

    def seed(self, root: int, batch: int) -> int | None:
        """Seed of a batch; None where nothing is drawn."""
        return super().seed(root, batch) if ENGINES[self.engine].draws else None

    def play(self, seed: int | None) -> Counts:
        """The counts of one batch.

        Raises:
            QnetError: If the engine cannot play it.
        """
        scenario = self.scenario
        if not isinstance(scenario, Chain):
            return counts_of(scenario.play(engine=self.engine, seed=seed))
        how = {"key": scenario.key, **ENGINES[self.engine].options_of(scenario)}
        plan, shots = _plan(self), self.batch_shots
        return counts_of(play(plan, engine=self.engine, shots=shots, seed=seed, **how))

    def outlook(self, shots: int) -> tuple[str, float]:
        """Why it is hopeless, empty where it is not; and what it is expected to take, in s.

        Builds the plan, and with it compiles the circuits of photonic links.

        Raises:
            ParameterError: If the plan cannot be built.
        """
        try:
            if not isinstance(self.scenario, Chain):
                self.scenario.check()
                return "", 0.0
            plan, engine = _plan(self), ENGINES[self.engine]
            check_feasible(plan, shots if engine.draws else 1)
        except InfeasiblePlanError as error:
            return " ".join(str(error).split()), 0.0
        return "", engine.run_time_s(plan, shots)


@lru_cache(maxsize=256)
def _plan(task: ScenarioTask) -> Plan:
    scenario: Any = task.scenario
    plan: Plan = scenario.plan()
    return plan
