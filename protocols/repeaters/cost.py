"""Cost of a repeater chain: qubits in use times seconds per secret bit and km.

S. Muralidharan et al., Scientific Reports 6, 20463 (2016), arXiv:1509.08435, compare the
generations of repeaters by temporal and physical resources together. Here all qubits in use are
counted over the whole chain: :math:`C = n_q N / (R L)`, with n_q qubits at each of N stations (as
many as there are links), R secret bits a second and L km.
"""

from __future__ import annotations

from dataclasses import dataclass

from qnet.estimate import Estimate
from qnet.links.relayed import RelayedLink
from qnet.metrics.figures import Figure
from qnet.plans import Link, Multiplex, Plan

__all__ = ["COST", "QUBITS", "Resources", "cost_of", "length_of", "resources"]

#: The one cost of all generations.
COST = Figure(
    name="cost_qubit_s_per_bit_km",
    title="cost",
    unit="qubit s/(bit km)",
    meaning="qubits in use times seconds per secret bit and km",
    formula="stations x qubits per station / (secret-key rate x length)",
    notion="asymptotic",
)

#: Qubits of a station.
QUBITS = Figure(
    name="qubits_per_station",
    title="qubits",
    unit="per station",
    meaning="qubits in use at a station, memories and photons alike, on average over the chain",
    formula="2M with M attempts side by side, 2nM with a code of n qubits",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a chain keeps busy.

    Args:
        stations: Number of stations, which is that of the links; a one-way link has many.
        qubits: Qubits in use at all of them.
        latency_s: Time in s from the last sending to what arrives, where light passes stations; the
            longest of all links.

    Examples:
        >>> Resources(stations=4, qubits=40.0).qubits_per_station
        10.0
    """

    stations: int
    qubits: float
    latency_s: float = 0.0

    @property
    def qubits_per_station(self) -> float:
        """Qubits in use at a station, on average."""
        return self.qubits / self.stations


def resources(plan: Plan) -> Resources:
    """Count the stations and the qubits of a plan.

    A link takes two qubits for each of its modes, one at either end. A step that takes several
    pairs at once has as many of them as it takes; made one after the other they share the qubits
    of their attempts, and each waits in two of its own.

    Args:
        plan: The plan.

    Examples:
        >>> from qnet import Distill, Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9), modes=5)
        >>> resources(Swap(left=link, right=link))
        Resources(stations=2, qubits=20.0, latency_s=0.0)
        >>> resources(Distill(pair=link)).qubits_per_station
        20.0
    """
    if isinstance(plan, RelayedLink):
        return Resources(stations=plan.hops, qubits=plan.qubits, latency_s=plan.latency_s)
    if isinstance(plan, Link):
        return Resources(stations=1, qubits=2.0 * plan.modes)
    found = [resources(child) for child in plan.children]
    qubits = sum(each.qubits for each in found)
    copies = plan.copies if isinstance(plan, Multiplex) else plan.takes
    if plan.order == "sequential" and plan.takes > 1:
        qubits += 2.0 * _waiting(plan)
    else:
        qubits *= copies
    return Resources(
        stations=sum(each.stations for each in found),
        qubits=qubits,
        latency_s=max(each.latency_s for each in found),
    )


def _waiting(plan: Plan) -> int:
    """Most pairs that wait while the next one is made: one where each is used at once."""
    return 1 if plan.step_name == "pump" else plan.takes - 1


def length_of(plan: Plan) -> float:
    """Length in km of the fibre from end to end; zero where links have none.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> length_of(link)
        0.0
    """
    return sum(link.length_km for link in plan.links())


def cost_of(
    plan: Plan, secret_key_rate_hz: Estimate, length_km: float | None
) -> tuple[Estimate | None, str]:
    """The cost with the interval of the key rate; None where there is none, with the reason.

    Args:
        plan: What was played.
        secret_key_rate_hz: Secret bits per second.
        length_km: Length of the chain.

    Returns:
        The cost in qubit s/(bit km), and one sentence where it is None; otherwise empty.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(1.0))
        >>> cost_of(link, Estimate.exact(2.0), 100.0)
        (Estimate(low=0.01, best=0.01, high=0.01, n=0), '')
        >>> cost_of(link, Estimate.exact(0.0), 100.0)
        (None, 'no cost: there is no secret key to share it')
    """
    if secret_key_rate_hz.best <= 0.0:
        return None, "no cost: there is no secret key to share it"
    if not length_km:
        return None, "no cost: the chain has no length"
    return secret_key_rate_hz.inverse() * (resources(plan).qubits / length_km), ""
