"""Applications of a network's demands: what each is worth on the pairs of its sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.applications.services.round_pairs import RoundPairs
from protocols.applications.services.session_rounds import delivered_rounds
from protocols.applications.table import APPLICATIONS
from qnet.errors import ParameterError, check_one_of
from qnet.network.session_records import play_sessions
from qnet.progress import phase
from qnet.schema import read_kind

if TYPE_CHECKING:
    from protocols.applications.application import Application
    from protocols.applications.result import ApplicationResult
    from protocols.networks.scenario import NetworkScenario
    from qnet.network import Demand
    from qnet.progress import ProgressCallback

__all__ = ["demand_applications", "play_demand_applications"]


def demand_applications(scenario: NetworkScenario) -> dict[int, Application]:
    """The application of each demand that names one, with its defaults.

    Raises:
        ParameterError: If there is no such application, or a session is no round of it.
    """
    found = {}
    for number, demand in enumerate(scenario.demands):
        if demand.application is None:
            continue
        field = f"{scenario.place_of(number)}.application"
        name = check_one_of(field, demand.application, APPLICATIONS)
        said = {"kind": "application", "name": name}
        application: Application = read_kind(said, name, ["application"])
        if not _is_round(demand, application):
            asked = "; ".join(
                f"{need.number} {need.state} of {len(need.parties)} parties"
                for need in application.needs
            )
            hint = f"a round of {demand.application} takes {asked or 'nothing'}"
            rule = f"be one whose round is {demand.pairs} states of {len(demand.ends)} ends"
            raise ParameterError(field, rule, demand.application, hint)
        found[number] = application
    return found


def _is_round(demand: Demand, application: Application) -> bool:
    """Whether a session of a demand is what a round needs."""
    needs = application.needs
    if len(demand.ends) > 2:
        return [(n.state, n.size, n.number) for n in needs] == [
            ("ghz", len(demand.ends), demand.pairs)
        ]
    pairs = RoundPairs.of(needs)
    return len(pairs.chains) == 1 and pairs.count == demand.pairs


def play_demand_applications(
    scenario: NetworkScenario,
    *,
    seed: int | None = None,
    most: int = 10_000,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> dict[int, ApplicationResult]:
    """Play the applications of a network's demands on what their sessions get.

    The network is played as ``sampled`` does it, with the same seed: these are the sessions that
    its figures are of. A round is a session; its duration is from the arrival to the last pair.

    Args:
        scenario: The network.
        seed: Seed of the run; that of the scenario unless given.
        most: How many sessions of each demand are looked at, in equal parts of the replicas; all
            where something fails at times.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Returns:
        Results by number of the demand; those of which no session was served are left out.

    Raises:
        ParameterError: If there is no such application, or a session is no round of it.
    """
    found = demand_applications(scenario)
    if not found:
        return {}
    phase(progress, "applications of demands", "replicas")
    case = scenario.case if seed is None else replace(scenario.case, seed=seed)
    records = play_sessions(
        case,
        demands=list(found),
        most=None if case.faults else -(-most // case.run.replicas),
        workers=workers,
        progress=progress,
    )
    results = {}
    for place, (number, application) in enumerate(found.items()):
        ends = case.demands[number].ends
        delivered = delivered_rounds(
            application,
            case,
            [[each[place]] for each in records],
            RoundPairs.of(application.needs),
            is_fused=len(ends) > 2,
        )
        if delivered is not None:
            source = f"sessions of {' - '.join(ends)}"
            results[number] = application.played_on(replace(delivered, source=source))
    return results
