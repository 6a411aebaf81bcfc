"""Chain of a measured device: its pairs, heralds, swaps and memories in place of those of a file.

What was measured replaces what the chain says; what was not stays. The intervals of the parameters
go on to the figures by bootstrap: the chain is played again with parameters drawn within their
errors, always with the same random numbers of its own, so that what differs is the parameters'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import Characterised, DrawnParameter
from protocols.repeaters import Chain, LinkDescription, PairState
from protocols.repeaters.chain_link import ChainLink
from protocols.repeaters.segment import decay_of
from protocols.repeaters.tables import Distillation, Swapping
from qnet.engines import DEFAULT_ENGINE, ChainResult
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.hardware import Memory
from qnet.plans import Link, Station

__all__ = ["DeviceParameters", "PlayedDevice", "device_parameters", "measured_chain", "play_device"]

Array = NDArray[np.float64]

#: Figures that are carried on, each an `Estimate` of a chain's result.
FIGURES = (
    "delivery_time_s",
    "rate_hz",
    "fidelity",
    "qber_x",
    "qber_y",
    "qber_z",
    "secret_key_fraction",
    "secret_key_rate_hz",
)

#: Tables in the order in which they say a parameter; the first one that does counts. The factor of
#: a swap is that of the pairs that it was measured on.
_ORDER = ("swap", "pair", "werner", "heralds", "memory", "benchmarking")


@dataclass(frozen=True, slots=True)
class DeviceParameters:
    """Parameters of a device that a chain is played with; None is what was not measured.

    Args:
        bell_diagonal: Weights of Phi+, Psi+, Psi-, Phi- of an elementary pair.
        success_probability: Of an attempt of an elementary link.
        attempt_time_s: Duration of an attempt.
        cnot_depolarizing: Depolarising strength of the Bell measurement's CNOT.
        readout_flip: Flip of either of its readouts; None where only the gate was measured.
        swap_success_probability: Probability that the Bell measurement gives an answer.
        t1_s: Relaxation time of a stored qubit; may be infinite.
        t2_s: Its coherence time; may be infinite.
    """

    bell_diagonal: tuple[float, ...] | None = None
    success_probability: float | None = None
    attempt_time_s: float | None = None
    cnot_depolarizing: float | None = None
    readout_flip: float | None = None
    swap_success_probability: float | None = None
    t1_s: float | None = None
    t2_s: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """What was measured, by name; infinite times are left out."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value is not None and value != np.inf
        }


def device_parameters(
    found: Mapping[str, Characterised], draws: int
) -> tuple[DeviceParameters, list[DeviceParameters]]:
    """The best parameters of a device, and others that its counts allow.

    Args:
        found: What each table of its counts says.
        draws: How many others.

    Raises:
        ParameterError: If no table says anything that a chain is played with.
    """
    known: dict[str, DrawnParameter] = {}
    for name in (*_ORDER, *(set(found) - set(_ORDER))):
        if name in found:
            known = {**found[name].parameters, **known}
    gate = known.pop("gate_depolarizing", None)
    if gate is not None and "cnot_depolarizing" not in known:
        known["cnot_depolarizing"] = gate
    if not known:
        hint = "add pair, swap, heralds or memory to the file of counts"
        raise ParameterError("--chain", "be given counts of pairs or devices", list(found), hint)
    best = _parameters({name: each.best for name, each in known.items()})
    others = [
        _parameters({name: each.draws[k % len(each.draws)] for name, each in known.items()})
        for k in range(draws)
    ]
    return best, others


def _parameters(values: Mapping[str, Any]) -> DeviceParameters:
    """Parameters within what a chain can be: strengths in [0, 1], T2 at most 2 T1."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "bell_diagonal":
            found[name] = tuple(float(each) for each in value)
        elif name == "cnot_depolarizing":
            found[name] = float(np.clip(value, 0.0, 1.0))
        else:
            found[name] = float(value)
    if "t2_s" in found:
        found["t2_s"] = min(found["t2_s"], 2.0 * found.get("t1_s", np.inf))
    return DeviceParameters(**found)


def measured_chain(base: Chain, device: DeviceParameters) -> Chain:
    """A chain with what was measured in place of what it says.

    Args:
        base: The chain: its lengths, strategy, cut-offs, distillation and key, and all that was not
            measured. Attempts of measured heralds last as long as its own unless that was given.
        device: What was measured.

    Raises:
        ParameterError: If its links are not made of physical pairs over fibre.

    Examples:
        >>> base = Chain(segments=2, link=LinkDescription(
        ...     scheme="abstract", success_probability=0.1, attempt_time_s=1.0,
        ...     state=PairState(werner=0.98)))
        >>> device = DeviceParameters(bell_diagonal=(0.95, 0.02, 0.01, 0.02), t2_s=50.0)
        >>> chain = measured_chain(base, device)
        >>> chain.link.state, chain.memory["t2_s"]
        (PairState(bell_diagonal=(0.95, 0.02, 0.01, 0.02)), 50.0)
    """
    links = [_physical(base, segment.build()) for segment in base.parts]
    described = [_link(link, device) for link in links]
    lengths: dict[str, Any] = {"length_km": base.length_km}
    if base.segment_lengths_km is not None:
        lengths = {"segment_lengths_km": base.segment_lengths_km}
    own: dict[str, Any] = {"link": described[0]}
    if any(each != described[0] for each in described):
        own = {"links": tuple(ChainLink(**_keys(each)) for each in described)}
    way: dict[str, Any] = {"strategy": base.strategy} if base.tree is None else {"tree": base.tree}
    distill = base.distill
    if distill is not None and not distill.has_gates:
        distill = _with_gates(distill, base)
    return Chain(
        name=base.name,
        seed=base.seed,
        shots=base.shots,
        segments=base.segments,
        classical_latency=base.classical_latency,
        fibre=base.fibre,
        memory=_memory(links, device),
        swap=_stations(base, device),
        cutoff=base.cutoff,
        distill=distill,
        improve=base.improve,
        key=base.key,
        exact=base.exact,
        **lengths,
        **own,
        **way,
    )


def _physical(base: Chain, link: Any) -> Link:  # noqa: ANN401 - whatever a segment builds
    if base.own_link is not None or base.has_generations or type(link) is not Link:
        hint = "give a chain whose [link] is abstract or has a preset, without a code"
        raise ParameterError("--chain", "have links of physical pairs", base.name, hint)
    return link


def _link(link: Link, device: DeviceParameters) -> LinkDescription:
    """An abstract link with what was measured, and what the link has otherwise."""
    state = device.bell_diagonal
    if state is None:
        from qnet.states import bell_weights

        state = tuple(map(float, bell_weights(link.fano)))
    chance = device.success_probability
    total = sum(state)
    return LinkDescription(
        scheme="abstract",
        success_probability=link.success_probability if chance is None else chance,
        attempt_time_s=device.attempt_time_s or link.attempt_time_s,
        state=PairState(bell_diagonal=tuple(each / total for each in state)),
        modes=link.modes,
    )


def _keys(link: LinkDescription) -> dict[str, Any]:
    return {"scheme": link.scheme, **link.given}


def _memory(links: list[Link], device: DeviceParameters) -> Any:  # noqa: ANN401
    """The measured memory, or that of the links."""
    if device.t1_s is not None or device.t2_s is not None:
        t1_s = np.inf if device.t1_s is None else device.t1_s
        t2_s = 2.0 * t1_s if device.t2_s is None else device.t2_s
        return decay_of(Memory(t1_s=t1_s, t2_s=t2_s))
    memories = {memory for link in links for memory in (link.left, link.right)}
    if len(memories) > 1:
        hint = "measure the memory, or give [memory] in the chain's file"
        rule = "have one memory for all nodes"
        raise ParameterError("--chain", rule, len(memories), hint)
    return decay_of(replace(memories.pop(), modes=1, efficiency=1.0))


def _stations(base: Chain, device: DeviceParameters) -> Swapping | tuple[Station, ...] | None:
    """Bell measurements with the measured gates; those of the chain where none were."""
    stations = [_station(each, device) for each in base.stations]
    if not stations:
        return None
    if all(each == stations[0] for each in stations):
        return Swapping.of(stations[0])
    return tuple(stations)


def _station(own: Station, device: DeviceParameters) -> Station:
    gates, chance = own.gates, device.swap_success_probability
    if device.cnot_depolarizing is not None:
        gates = replace(gates, two_qubit_depolarizing=device.cnot_depolarizing)
    if device.readout_flip is not None:
        flip = device.readout_flip
        gates = replace(
            gates, single_qubit_depolarizing=0.0, readout_flip_0=flip, readout_flip_1=flip
        )
    return replace(
        own, gates=gates, success_probability=own.success_probability if chance is None else chance
    )


def _with_gates(distill: Distillation, base: Chain) -> Distillation:
    return replace(distill, gates=base.distillation_gates)


@dataclass(frozen=True, slots=True)
class PlayedDevice:
    """A measured device, played as a chain.

    Args:
        chain: The chain with the best parameters.
        parameters: These parameters.
        result: What the engine found for them.
        figures: Figures of merit, the intervals those of parameters and engine together.
        draws: Number of parameter sets behind the intervals.
    """

    chain: Chain
    parameters: DeviceParameters
    result: ChainResult
    figures: Mapping[str, Estimate]
    draws: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON types; infinite ends are null."""
        return {
            "figures": {
                name: {
                    end: value if np.isfinite(value) else None
                    for end, value in each.as_dict().items()
                }
                for name, each in self.figures.items()
            },
            "parameters": self.parameters.as_dict(),
            "engine": self.result.engine,
            "draws": self.draws,
            "segments": self.chain.segments,
            "length_km": self.chain.length_km,
        }


def play_device(
    found: Mapping[str, Characterised],
    base: Chain,
    *,
    engine: str = DEFAULT_ENGINE,
    shots: int | None = None,
    seed: int | None = None,
    draws: int = 200,
    confidence: float = 0.95,
    **options: Any,  # noqa: ANN401 - those of the engine
) -> PlayedDevice:
    """Play a measured device as a chain, the errors of its parameters carried to the figures.

    Args:
        found: What each table of its counts says (`CountsFile.characterise`).
        base: The chain; see `measured_chain`.
        engine: What plays it.
        shots: Number of delivered pairs, unless as described.
        seed: Seed of the run, unless as described.
        draws: Number of parameter sets, each played as well.
        confidence: Confidence of the intervals.
        options: What else the engine takes.

    Raises:
        ParameterError: If nothing was measured that a chain has, or its links do not allow it.
        EngineError: If the engine cannot play it.
    """
    best, others = device_parameters(found, draws)
    chain = measured_chain(base, best)
    how: dict[str, Any] = {"engine": engine, "shots": shots, "seed": seed, **options}
    result = chain.play(**how)
    few = {**how, "shots": min(shots or chain.shots, _FEW)}
    centre = chain.play(**few)
    rows = [measured_chain(base, each).play(**few) for each in others]
    cut = int((1.0 - confidence) / 2.0 * len(rows))
    figures = {}
    for name in FIGURES:
        own: Estimate = getattr(result, name)
        drawn = np.sort([getattr(each, name).best for each in rows])
        middle = getattr(centre, name).best
        spread = (middle - drawn[cut], drawn[len(drawn) - 1 - cut] - middle)
        figures[name] = _widened(own, *(max(float(each), 0.0) for each in spread))
    return PlayedDevice(chain, best, result, figures, draws)


#: Delivered pairs of the plays with drawn parameters.
_FEW = 4000


def _widened(own: Estimate, below: float, above: float) -> Estimate:
    """An engine's estimate, widened by what the parameters may do to either side."""
    low = own.best - float(np.hypot(own.best - own.low, below))
    high = own.best + float(np.hypot(own.high - own.best, above))
    is_positive = own.best >= 0.0
    return Estimate(max(low, 0.0) if is_positive else low, own.best, high, own.n)
