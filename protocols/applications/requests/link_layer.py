"""Link layer of a network: requests of many nodes, put to it together, and how they fare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.requests.answering import Answering
from protocols.applications.requests.answers import PairAnswer, RequestError
from protocols.applications.requests.create import CreateRequest
from protocols.applications.requests.feasibility import request_error
from protocols.applications.requests.request_figures import LinkLayerResult, link_layer_result
from protocols.networks.scenario import NetworkScenario
from protocols.repeaters.chain import Chain
from qnet.errors import ParameterError
from qnet.hardware import Gates
from qnet.network import ControllerSettings, Demand, NetworkCase, RunTimes
from qnet.network.network import Network, NetworkEdge, NetworkNode
from qnet.network.session_records import SessionRecords, play_sessions
from qnet.noise import from_gates
from qnet.plans import Plan, Station

if TYPE_CHECKING:
    from qnet.progress import ProgressCallback

__all__ = ["LinkLayer", "chain_case"]

#: Requests that come at 0 s come right after it: what counts is what comes then.
_FIRST_S = 1e-12


@dataclass(frozen=True, slots=True)
class _OnePlan:
    """The plan of a chain, whatever the route."""

    plan: Plan

    def __call__(self, _links: Sequence[Plan], _stations: Sequence[Station]) -> Plan:
        return self.plan


def chain_case(
    chain: Chain,
    *,
    run: RunTimes,
    nodes: tuple[str, str] = ("A", "B"),
    controller: ControllerSettings | None = None,
    seed: int = 1,
) -> NetworkCase:
    """A chain as a network of its two ends, one session at a time; nobody asks yet.

    Args:
        chain: The chain.
        run: Measured time and replicas.
        nodes: Names of its left and right end.
        controller: How sessions that do not fit are treated; in order of arrival unless given.
        seed: Seed of the run.
    """
    plan = chain.plan()
    edge = NetworkEdge(ends=nodes, link=next(iter(plan.links())), length_km=chain.length_km)
    network = Network(
        nodes=tuple(NetworkNode(name=name, kind="user") for name in nodes),
        edges=(edge,),
        planner=_OnePlan(plan),
    )
    settings = controller or ControllerSettings()
    return NetworkCase(network=network, demands=(), run=run, controller=settings, seed=seed)


@dataclass(frozen=True, kw_only=True)
class LinkLayer:
    """The link layer of a network: it takes requests, and answers with pairs or errors.

    Each request becomes a demand of the network, beside those that the network has if they are
    kept; who goes first is decided by the network's controller, by priority where it has the
    discipline ``priority``. Requests that cannot be served are refused before the run.

    Args:
        network: The network: a scenario of kind ``network``, or a case of the network engines, such
            as `chain_case` makes of a chain.
        keep_demands: Whether what the scenario's own demands ask for competes with the requests.
        gates: Errors of gates and readout where pairs are measured.

    Examples:
        >>> from qnet.schema import loads
        >>> chain = loads('''
        ... kind = "chain"
        ... [chain]
        ... segments = 2
        ... [link]
        ... scheme = "abstract"
        ... success_probability = 0.5
        ... attempt_time_s = 1.0
        ... state = { werner = 0.98 }
        ... ''')
        >>> layer = LinkLayer(network=chain_case(chain, run=RunTimes(duration_s=400.0)))
        >>> asked = CreateRequest(node="A", remote_node="B", number=2, rate_hz=0.05)
        >>> result = layer.run([asked])
        >>> result.requests[0]["fidelity"].best.__round__(4)
        0.9703
        >>> [error.code for error in layer.errors([replace(asked, minimum_fidelity=0.99)])]
        ['UNSUPP']
    """

    network: NetworkScenario | NetworkCase
    keep_demands: bool = False
    gates: Gates = field(default_factory=Gates)

    def __post_init__(self) -> None:
        given: object = self.network
        if not isinstance(given, NetworkScenario | NetworkCase):
            hint = "read a file of kind network with qnet.load, or take chain_case(chain, run=...)"
            raise ParameterError("network", "be a network", given, hint)

    @cached_property
    def base(self) -> NetworkCase:
        """The network with the demands that are kept."""
        found = self.network
        case = found.case if isinstance(found, NetworkScenario) else found
        if self.keep_demands and case.any_pair:
            hint = "leave keep_demands out: a switch that serves any two users serves no requests"
            raise ParameterError("keep_demands", "be left out here", value=True, hint=hint)
        return replace(case, any_pair=False, demands=case.demands if self.keep_demands else ())

    def demand(self, request: CreateRequest) -> Demand:
        """The demand that a request is to the network."""
        times = tuple(max(time, _FIRST_S) for time in request.times_s)
        shared = self.base.controller.allocation == "share"
        at_once = request.number > 1 and (request.atomic or request.consecutive)
        return Demand(
            ends=(request.node, request.remote_node),
            arrivals="list" if request.rate_hz is None else "poisson",
            rate_hz=request.rate_hz,
            at_s=times if request.rate_hz is None else None,
            pairs=request.number,
            together=shared and at_once,
            minimum_fidelity=request.minimum_fidelity,
            priority=request.priority,
            max_time_s=request.max_time_s,
        )

    def errors(self, requests: Sequence[CreateRequest]) -> list[RequestError]:
        """Errors of requests that no coming of can be served, found before any run."""
        found = (request_error(self, number, each) for number, each in enumerate(requests))
        return [error for error in found if error is not None]

    def case(self, requests: Sequence[CreateRequest]) -> NetworkCase:
        """The network with the demands of requests, after those that are kept."""
        return replace(self.base, demands=(*self.base.demands, *map(self.demand, requests)))

    def run(
        self,
        requests: Sequence[CreateRequest],
        *,
        seed: int | None = None,
        workers: int = 1,
        most_answers: int = 100,
        progress: ProgressCallback | None = None,
    ) -> LinkLayerResult:
        """Put requests to the network together, and play it.

        Args:
            requests: The requests; those with an error are not played.
            seed: Seed of the run; that of the network unless given.
            workers: Number of processes; the result does not depend on it.
            most_answers: How many comings of each request are answered one by one, from the first
                replica; figures rest on all of them.
            progress: Called with the number of replicas done and wanted.

        Raises:
            ParameterError: If the network's controller cannot play what is asked.
        """
        errors = self.errors(requests)
        refused = {error.request for error in errors}
        numbers = [k for k in range(len(requests)) if k not in refused]
        case = self.case([requests[k] for k in numbers])
        if seed is not None:
            case = replace(case, seed=seed)
        records: list[list[SessionRecords]] = []
        if numbers:
            first = len(self.base.demands)
            demands = range(first, first + len(numbers))
            records = play_sessions(
                case, demands=demands, warm_up=True, workers=workers, progress=progress
            )
        answers: list[PairAnswer | RequestError] = []
        if records:
            noise = from_gates(self.gates)
            for number, record in zip(numbers, records[0], strict=True):
                answering = Answering(
                    case=case, number=number, request=requests[number], noise=noise
                )
                answers += answering.answers(record, most_answers)
        answers.sort(key=lambda each: np.inf if each.time_s is None else each.time_s)
        return link_layer_result(case, requests, numbers, records, [*errors, *answers])
