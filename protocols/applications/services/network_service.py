"""Networks that deliver to the parties of an application, beside whoever else asks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.delivered import Delivered
from protocols.applications.services.chain_service import ChainService
from protocols.applications.services.round_pairs import RoundPairs
from protocols.applications.services.service import EntanglementService
from protocols.applications.services.session_rounds import delivered_rounds
from protocols.applications.services.tables import NetworkTable, network_of
from protocols.networks.check_routes import check_routes
from protocols.networks.demands import users_of
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.network import Demand, NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.session_records import SessionRecords, play_sessions
from qnet.progress import phase

if TYPE_CHECKING:
    from typing import Any

    from protocols.networks.scenario import NetworkScenario
    from qnet.progress import ProgressCallback
    from qnet.schema import Scenario

__all__ = ["NetworkService"]

#: Name of the rounds whose pairs come by several demands.
_ROUND = "application"

#: What helps where stored pairs of one demand fill the memories that another one needs.
_FREES = (
    "where pairs are shared, those that wait for one demand can fill the memories that another one "
    "needs; give more memories, or a [cutoff] of the kind age that frees them"
)

#: Longest names of nodes that are told.
_TOLD = 60


@dataclass(frozen=True, kw_only=True)
class NetworkService(EntanglementService):
    """A network that serves an application's rounds, one after another.

    Any two parties that share pairs are a demand of the network; the next round is asked for when
    all pairs of the one before are there. Where pairs are shared, a demand takes its pairs at once;
    where a switch fuses GHZ states of as many users as the application needs, it makes these;
    otherwise GHZ and W states are made of pairs with the gates of [gates].
    """

    @property
    def table(self) -> NetworkTable:
        """[network] of the application."""
        table = self.application.network
        assert table is not None  # that is why this service was chosen
        return table

    @cached_property
    def scenario(self) -> NetworkScenario:
        """The network; that of the file, if it has one."""
        return network_of(self.table, self.application.folder)

    @cached_property
    def places(self) -> dict[str, str]:
        """Node of each party.

        Raises:
            ParameterError: If there are not as many nodes as parties, or no such node.
        """
        parties = self.application.holders()
        nodes = self.table.nodes
        if not nodes and self.scenario.is_any_pair:
            nodes = tuple(users_of(self.scenario.sites))[: len(parties)]
        elif not nodes:
            nodes = self.scenario.demands[0].ends
        if len(nodes) != len(parties) or len(set(nodes)) < len(nodes):
            hint = f"{self.application.name} has the parties {', '.join(parties)}: a node for each"
            rule = f"name {len(parties)} different nodes"
            raise ParameterError("network.nodes", rule, nodes, hint)
        known = self.scenario.sites.names
        for name in nodes:
            if name not in known:
                shown = ", ".join(sorted(known))
                hint = shown if len(shown) <= _TOLD else f"{shown[:_TOLD]}..."
                raise ParameterError("network.nodes", "be nodes of the network", name, hint)
        return dict(zip(parties, nodes, strict=True))

    @cached_property
    def pairs(self) -> RoundPairs:
        """The pairs of a round, where no switch fuses GHZ states."""
        return RoundPairs.of(self.application.needs)

    @property
    def is_fused(self) -> bool:
        """Whether a switch of the network makes the GHZ states that are needed."""
        needs, controller = self.application.needs, self.scenario.controller
        only = needs[0] if len(needs) == 1 else None
        return (
            controller.allocation == "share"
            and only is not None
            and only.state == "ghz"
            and controller.ghz == only.size
        )

    @property
    def kept(self) -> tuple[Demand, ...]:
        """The network's own demands that compete with the application."""
        if not self.table.keep_demands or self.scenario.is_any_pair:
            return ()
        return self.scenario.demands[0 if self.table.nodes else 1 :]

    def demands(self) -> tuple[Demand, ...]:
        """What the application asks of the network.

        Raises:
            ParameterError: If a window is asked for of pairs on several routes.
        """
        said: dict[str, Any] = {"arrivals": "in-turn", "priority": self.table.priority}
        window_s = self.application.window_s
        if self.is_fused:
            if window_s is not None:
                hint = "[cutoff] of the network says how long pairs wait at the switch"
                raise ParameterError("window_s", "be left out at a switch", window_s, hint)
            (need,) = self.application.needs
            ends = tuple(self.places[party] for party in need.parties)
            return (Demand(ends=ends, pairs=need.number, **said),)
        chains = self.pairs.chains
        if len(chains) > 1:
            said["round_name"] = _ROUND
            if window_s is not None:
                hint = "leave window_s out, or give [chain]"
                rule = "be left out where the pairs of a round come on several routes"
                raise ParameterError("window_s", rule, window_s, hint)
        shared = self.scenario.controller.allocation == "share"
        at_once = shared and self.table.together
        return tuple(
            Demand(
                ends=(self.places[left], self.places[right]),
                pairs=len(chain),
                together=at_once and len(chain) > 1,
                window_s=window_s if len(chain) > 1 else None,
                **said,
            )
            for (left, right), chain in zip(self.pairs.ends, chains, strict=True)
        )

    @cached_property
    def case(self) -> NetworkCase:
        """The network with the demands of the application first."""
        demands = (*self.demands(), *self.kept)
        return replace(self.scenario.case, demands=demands, any_pair=False)

    def check(self) -> None:
        """Raise where the network cannot deliver what is needed.

        Raises:
            ParameterError: If nodes and parties do not go together, or the controller cannot play
                what is asked for.
            InfeasiblePlanError: If pairs would hardly ever come.
        """
        if not self.application.needs:
            return
        count = len(self.demands())
        check_routes(
            self.case, lambda k: "network" if k < count else f"network, its demand {k - count}"
        )
        try:
            controller_class(self.case.controller.allocation).check(self.case)
        except ParameterError as error:
            if error.field == "demand.pairs":
                # The demand is the application's: no key of a file says how many pairs it takes.
                error.field, error.rule = "network.together", f"be false: pairs must {error.rule}"
                error.value = self.table.together
            raise

    def deliver(
        self,
        *,
        engine: str = "exact",
        shots: int = 1,
        seed: int = 1,
        workers: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Delivered:
        """The states of rounds that the network delivers.

        ``sampled`` plays the network's replicas, and takes up to ``shots`` rounds of them in equal
        parts; all rounds where something fails at times, or satellites pass. ``exact`` and
        ``circuit`` play a demand alone on a reserved route, as its chain.
        """
        needs = self.application.needs
        if not needs:
            return Delivered(needs=(), groups=(), source=self._words())
        self.check()
        if engine != "sampled":
            return self._chain(engine).deliver(
                engine=engine, shots=shots, seed=seed, workers=workers, progress=progress
            )
        phase(progress, "sampled", "replicas")
        case = replace(self.case, seed=seed)
        records = play_sessions(
            case,
            demands=range(len(self.demands())),
            # What fails at times is not as its first sessions are: all of them count then.
            most=None if case.faults else -(-shots // case.run.replicas),
            workers=workers,
            progress=progress,
        )
        found = delivered_rounds(
            self.application, case, records, self.pairs, is_fused=self.is_fused
        )
        if found is None:
            rule, hint = "be long enough for a round", "lengthen the run, or better the links"
            if self._stuck(records):
                hint = _FREES
            raise InfeasiblePlanError("network.run.duration_s", rule, case.run.duration_s, hint)
        notes = (*self._notes(), *self._stuck(records))
        return replace(found, source=self._words(), notes=notes)

    def _chain(self, engine: str) -> ChainService:
        """The chain of the route of the application's only demand.

        Raises:
            EngineError: If that is not all that there is.
        """
        case = self.case
        controller = case.controller
        is_alone = (
            len(case.demands) == 1
            and controller.allocation == "reserve"
            and controller.signalling == "instantaneous"
            and not case.faults
        )
        if not is_alone:
            message = (
                f"the {engine} engine plays one demand alone on a reserved route, without faults "
                "and with instantaneous signalling; take engine='sampled' (for a demand alone: "
                "network.keep_demands = false)"
            )
            raise EngineError(message)
        chain = self.scenario.chain(case.routes(0)[0])
        return ChainService(application=replace(self.application, network=None, chain=chain))

    def _words(self) -> str:
        name = self.scenario.name if self.table.file else "network"
        count = len(self.kept)
        kept = f", beside {count} demand{'s' * (count > 1)}" if count else ""
        if not self.application.needs:
            return name
        return f"{name}: {', '.join(self.places.values())}{kept}"

    @staticmethod
    def _stuck(records: Sequence[Sequence[SessionRecords]]) -> tuple[str, ...]:
        """What is to be said of replicas in which a round was asked for, and never served."""
        stuck = sum(any(bool(np.isnan(one.ends).any()) for one in each) for each in records)
        if not stuck:
            return ()
        return (
            f"in {stuck} of {len(records)} replicas a round never got its pairs, and none came "
            f"after it: {_FREES}",
        )

    def _notes(self) -> Iterator[str]:
        """What was assumed."""
        if not self.table.nodes and self.table.keep_demands and not self.scenario.is_any_pair:
            ends = " - ".join(self.scenario.demands[0].ends)
            yield f"the application takes the place of the network's first demand, {ends}"
        if self.table.keep_demands and self.scenario.is_any_pair:
            yield "the network's users ask for nothing else: any two of them are no demand here"

    @property
    def delivering(self) -> tuple[Scenario, ...]:
        """The network."""
        return (self.scenario,)

    def canonical(self) -> dict[str, Any]:
        """What the network is, whatever its file is called, and what is asked of it."""
        table = self.table
        asked = {
            "nodes": list(self.places.values()) if self.application.needs else [],
            "keep_demands": table.keep_demands,
            "priority": table.priority,
        }
        found = self.scenario.canonical()
        return {"network": {**{k: found[k] for k in found if k != "key"}, "asked": asked}}
