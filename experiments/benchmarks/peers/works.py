"""Works that peers and this project play alike: links, chains and BB84, set to the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from experiments.benchmarks.peers.comparison import PeerWork
from protocols import swap_asap
from protocols.qkd import BB84, InterceptResend
from qnet import Cutoff, Link, Memory, Plan, play
from qnet.engines.exact import play_exact
from qnet.engines.result import ChainFigures
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.hardware import Detectors, Fibre, Line, WeakPulses
from qnet.metrics import proportion_estimate
from qnet.states import werner
from qnet.states.typed import fano_rows

__all__ = ["WORKS", "barrett_kok_link", "geometric_chain", "heralded_link", "weak_bb84"]

Settings = Mapping[str, Any]

#: Pairs, and pulses, behind a figure of ours that is sampled.
_PAIRS = 1_000_000
_PULSES = 20_000_000


def _werner(fidelity: float) -> Any:
    return werner((4.0 * fidelity - 1.0) / 3.0)


def geometric_chain(settings: Settings) -> Plan:
    """A chain of equal links whose memories lose coherence, with a cut-off of age."""
    memory = Memory(t2_s=settings["coherence_s"])
    link = Link(
        success_probability=settings["success_probability"],
        attempt_time_s=settings["attempt_s"],
        state=fano_rows(_werner(settings["fidelity"])),
        left=memory,
        right=memory,
    )
    limit = settings["cutoff_s"]
    cutoff = None if limit is None else Cutoff(kind="age", time_s=limit)
    return swap_asap([link] * settings["links"], cutoff=cutoff)


def heralded_link(settings: Settings) -> Plan:
    """A link heralded half way: two photons must come, and the Bell measurement sees half of them.

    An attempt takes four times the fibre's delay: a request and its answer between the managers,
    another between the protocols, whose end is in the past of the photons that meet half way, and
    these with their herald. The pair waits for one delay before both ends know of it.
    """
    arm = Fibre(length_km=settings["length_km"] / 2.0, loss_db_per_km=settings["loss_db_per_km"])
    delay_s = 2.0 * arm.delay_s
    # Pauli errors at equal rates of 1/(3 T) each shorten a Bloch vector by exp(-4 t / (3 T)).
    memory = Memory(depolarizing_time_s=0.75 * settings["coherence_s"])
    kept = memory.pauli_transfer(delay_s)
    return Link(
        success_probability=0.5 * arm.transmission**2,
        attempt_time_s=4.0 * delay_s,
        state=fano_rows(kept @ _werner(settings["fidelity"]) @ kept.T),
        left=memory,
        right=memory,
    )


def barrett_kok_link(settings: Settings) -> Link:
    """A link of two rounds of clicks, its attempt as long as that of the peer on average.

    A first round without exactly one click ends the attempt after four delays of the fibre, a
    second round makes it seven. A first click comes from one photon, from one of two photons of
    which one is lost, or from two that fell on one detector.
    """
    arm = Fibre(length_km=settings["length_km"] / 2.0, loss_db_per_km=settings["loss_db_per_km"])
    one = arm.transmission
    first_click = 0.5 * one + 0.25 * (2.0 * one * (1.0 - one) + 0.5 * one**2)
    return Link(
        success_probability=0.5 * one**2,
        attempt_time_s=(4.0 + 3.0 * first_click) * 2.0 * arm.delay_s,
        state=fano_rows(_werner(settings["fidelity"])),
        length_km=settings["length_km"],
    )


def _barrett_kok_chain(settings: Settings) -> Plan:
    links = [barrett_kok_link(settings)] * settings["links"]
    return swap_asap(links, classical_latency=True)


def _sampled(plan_of: Any) -> Any:
    """What is timed: as many pairs of a plan, sampled."""
    return lambda settings, count, seed: play(plan_of(settings), shots=count, seed=seed)


def _chain_figures(plan_of: Any) -> Any:
    """Mean time and fidelity of a plan: exact, or of many pairs where no exact law is known."""

    def figures(settings: Settings) -> dict[str, Estimate]:
        plan = plan_of(settings)
        try:
            found: ChainFigures = play_exact(plan)
        except EngineError:
            found = play(plan, shots=_PAIRS, seed=1)
        return {"time to a pair": found.delivery_time_s, "fidelity": found.fidelity}

    return figures


@cache
def _bb84(**settings: float) -> BB84:
    fibre = Fibre(length_km=settings["length_km"], loss_db_per_km=settings["loss_db_per_km"])
    gate_s = 1.0 / settings["clock_hz"]
    detectors = Detectors(
        efficiency=settings["efficiency"],
        dark_count_probability=settings["dark_hz"] * gate_s,
    )
    line = Line.through(fibre, detectors=detectors, misalignment=settings["misalignment"])
    return BB84(source=WeakPulses(intensities=(settings["mean_photons"],)), line=line)


def weak_bb84(settings: Settings) -> BB84:
    """BB84 with weak pulses over a fibre."""
    return _bb84(**settings)


def _spied_bb84(settings: Settings) -> BB84:
    """BB84 with single photons, no loss, and an eavesdropper who measures every one."""
    return BB84(eve=InterceptResend())


def _pulses(protocol_of: Any) -> Any:
    """What is timed: as many pulses of a protocol."""
    return lambda settings, count, seed: protocol_of(settings).run(count, seed=seed)


def _key_figures(protocol_of: Any) -> Any:
    """Sifted bits per pulse and error rate of a protocol, of many pulses."""

    def figures(settings: Settings) -> dict[str, Estimate]:
        found = protocol_of(settings).run(_PULSES, seed=1)
        sifted = round(found.sifted_bits.best)
        return {"sifted bits per pulse": proportion_estimate(sifted, _PULSES), "QBER": found.qber}

    return figures


_MEMORIES = {
    "success_probability": 0.05,
    "attempt_s": 1e-3,
    "fidelity": 0.97,
    "coherence_s": 0.1,
    "cutoff_s": 0.03,
}
_FIBRE = {"length_km": 20, "loss_db_per_km": 0.2, "fidelity": 0.95}
_LASER = {
    "length_km": 25.0,
    "loss_db_per_km": 0.2,
    "misalignment": 0.02,
    "mean_photons": 0.1,
    "clock_hz": 8e6,
    "efficiency": 0.5,
    "dark_hz": 2000.0,
}

_LINK = PeerWork(
    name="requsim-link",
    peer="requsim",
    work="chain",
    title="one heralded link, success 0.05 per attempt of 1 ms",
    settings=_MEMORIES | {"links": 1, "cutoff_s": None, "pairs": 2000},
    counted="pairs",
    ours=_sampled(geometric_chain),
    expected=_chain_figures(geometric_chain),
    unequal="Nothing in the model: both draw geometric times, and no pair waits.",
)
_CHAIN = replace(
    _LINK,
    name="requsim-chain-2",
    title="two segments, coherence 0.1 s, pairs dropped after 30 ms",
    settings=_MEMORIES | {"links": 2, "pairs": 1000},
    unequal=(
        "Nothing in the model: messages take no time on either side. The chain's protocol in "
        "requsim is the benchmark's own, since it comes with none."
    ),
)
_ROUTED = PeerWork(
    name="sequence-chain-2",
    peer="sequence",
    work="chain",
    title="two segments of 20 km, two rounds of clicks, swapped at once",
    settings=_FIBRE | {"links": 2, "duration_s": 0.8},
    counted="pairs",
    ours=_sampled(_barrett_kok_chain),
    expected=_chain_figures(_barrett_kok_chain),
    unequal=(
        "Its attempts are shorter when the first round fails, ours have the mean length. Its "
        "managers ask each other before a swap, and a link may start before the pair before it has "
        "been handed over: both are left out here. Memories do not decay, since state vectors do "
        "not there. The fidelity is that of its states: what it tells applications is the product "
        "of the links' fidelities and of a factor of 0.95 per swap."
    ),
)
_ALL = (
    _LINK,
    _CHAIN,
    replace(
        _CHAIN,
        name="requsim-chain-4",
        title="four segments, coherence 0.1 s, pairs dropped after 30 ms",
        settings=_MEMORIES | {"links": 4, "pairs": 500},
        unequal=_CHAIN.unequal + " Ours is sampled, no exact law is known here.",
    ),
    PeerWork(
        name="sequence-link",
        peer="sequence",
        work="link",
        title="one link of 20 km heralded half way, coherence 10 ms",
        settings=_FIBRE | {"coherence_s": 0.01, "duration_s": 1.5},
        counted="pairs",
        ours=_sampled(heralded_link),
        expected=_chain_figures(heralded_link),
        unequal=(
            "The length of an attempt is read off its protocol, four delays of the fibre and some "
            "12 ns; here it is a number, without the 12 ns."
        ),
    ),
    _ROUTED,
    replace(
        _ROUTED,
        name="sequence-chain-4",
        title="four segments of 20 km, two rounds of clicks, swapped level by level",
        settings=_FIBRE | {"links": 4, "duration_s": 0.8},
        unequal=_ROUTED.unequal
        + " It swaps in a fixed order, ours as soon as two pairs are there.",
    ),
    PeerWork(
        name="sequence-bb84",
        peer="sequence",
        work="bb84",
        title="BB84 with weak pulses (mean 0.1) over 25 km",
        settings=_LASER | {"block": 100_000, "blocks": 4},
        counted="pulses",
        ours=_pulses(lambda settings: weak_bb84(_LASER)),
        expected=_key_figures(lambda settings: weak_bb84(_LASER)),
        unequal=(
            "A pulse that clicks in both detectors is dropped there and a random bit here. Its "
            "last block is sent, and timed, but not sifted."
        ),
    ),
    PeerWork(
        name="qunetsim-bb84",
        peer="qunetsim",
        work="bb84",
        title="BB84 with an eavesdropper who measures every qubit",
        settings={"qubits": 200},
        counted="qubits",
        ours=_pulses(_spied_bb84),
        expected=_key_figures(_spied_bb84),
        unequal=(
            "Its hosts are threads that wait for each other, and this wait is not counted; ours "
            "draws counts from the outcomes of compiled circuits, and has no hosts. What its "
            "qubits are measured to be takes no seed."
        ),
    ),
)

#: All works by name.
WORKS: Mapping[str, PeerWork] = MappingProxyType({work.name: work for work in _ALL})
