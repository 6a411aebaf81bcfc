"""Random plans that the exact engine can follow on short grids, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from qnet import (
    Cutoff,
    Distill,
    Gates,
    Link,
    Memory,
    Multiplex,
    Pump,
    Station,
    Swap,
    SwapAsap,
)
from qnet.states import fano_from_weights, werner

#: Light takes half a second for this length: whole steps of every grid below.
_HALF_SECOND_KM = 1e5

_MEMORIES = (
    Memory(),
    Memory(depolarizing_time_s=60.0),
    Memory(dephasing_time_s=25.0),
    Memory(t2_s=40.0),
    Memory(depolarizing_time_s=90.0, dephasing_time_s=30.0),
    Memory(t1_s=70.0),
    Memory(t1_s=50.0, t2_s=30.0, depolarizing_time_s=100.0),
)

_GATES = (
    Gates(),
    Gates(two_qubit_depolarizing=0.03, readout_flip_0=0.01, readout_flip_1=0.02),
    Gates(two_qubit_depolarizing=0.02, single_qubit_depolarizing=0.01, readout_time_s=0.5),
)


def _random_state(seed: int):
    """A mostly entangled state without any symmetry."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    noise = noise @ noise.conj().T
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    return 0.8 * bell + 0.2 * noise / np.trace(noise).real


states = st.one_of(
    st.floats(0.7, 1.0).map(werner),
    st.tuples(*[st.floats(0.0, 0.1)] * 3).map(
        lambda noise: fano_from_weights([1.0 - sum(noise), *noise])
    ),
    st.integers(0, 5).map(_random_state),
)

#: States that stay Bell-diagonal, for what needs it.
bell_states = st.tuples(*[st.floats(0.0, 0.1)] * 3).map(
    lambda noise: fano_from_weights([1.0 - sum(noise), *noise])
)


@st.composite
def links(draw, attempts_s=(1.0, 1.0, 1.0, 0.5, 1.5), bell=False):
    memories = st.sampled_from([m for m in _MEMORIES if m.is_unital or not bell])
    return Link(
        success_probability=draw(st.floats(0.2, 1.0)),
        attempt_time_s=draw(st.sampled_from(attempts_s)),
        state=draw(bell_states if bell else states),
        left=draw(memories),
        right=draw(memories),
        modes=draw(st.sampled_from([1, 1, 2])),
        length_km=draw(st.sampled_from([0.0, 1.0, 2.0])) * _HALF_SECOND_KM,
    )


def cutoffs(kinds):
    """None, or a cut-off that leaves most rounds a chance."""
    times = st.sampled_from([2.0, 2.5, 3.0, 3.0, 3.75, 4.0, 5.0, 5.5, 7.0, 8.0])
    made = st.builds(Cutoff, kind=st.sampled_from(kinds), time_s=times)
    return st.one_of(st.none(), made)


stations = st.builds(
    Station,
    success_probability=st.sampled_from([1.0, 0.9, 0.5]),
    gates=st.sampled_from(_GATES),
)


@st.composite
def swaps(draw, parts):
    left, right = draw(parts), draw(parts)
    order = draw(st.sampled_from(["parallel", "parallel", "sequential"]))
    composed = not (isinstance(left, Link) and isinstance(right, Link))
    kinds = ["difference", "total"] if composed and order == "sequential" else None
    return Swap(
        left=left,
        right=right,
        station=draw(stations),
        order=order,
        cutoff=draw(cutoffs(kinds or ["difference", "total", "age"])),
        classical_latency=draw(st.booleans()),
    )


@st.composite
def distillations(draw, parts):
    scheme = draw(st.sampled_from(["dejmps", "bbpssw", "double-selection"]))
    pair = draw(parts)
    order = "parallel"
    if scheme != "double-selection":
        order = draw(st.sampled_from(["parallel", "sequential"]))
    kinds = ["difference", "total"]
    if isinstance(pair, Link) and order == "parallel":
        kinds.append("age")
    return Distill(
        pair=pair,
        scheme=scheme,
        gates=draw(st.sampled_from(_GATES)),
        order=order,
        cutoff=draw(cutoffs(kinds)),
        classical_latency=draw(st.booleans()),
    )


def pumps(parts):
    return st.builds(
        Pump,
        pair=parts,
        steps=st.integers(1, 2),
        gates=st.sampled_from(_GATES),
        classical_latency=st.booleans(),
    )


def multiplexed(parts):
    return st.builds(Multiplex, pair=parts, copies=st.integers(2, 4))


@st.composite
def asap(draw):
    """Two links with anything, three with sure swaps, or three equally fast ones without."""
    kind = draw(st.sampled_from(["two", "sure", "unsure"]))
    if kind == "two":
        return SwapAsap(
            segments=(draw(links()), draw(links())),
            stations=(draw(stations),),
            cutoff=draw(cutoffs(["difference", "age", "total"])),
            classical_latency=draw(st.booleans()),
        )
    one = links(attempts_s=(1.0,), bell=True)
    count = draw(st.integers(3, 4))
    gates = draw(st.sampled_from(_GATES[:2]))
    chance = st.just(1.0) if kind == "sure" else st.sampled_from([0.9, 0.6])
    return SwapAsap(
        segments=tuple(draw(one) for _ in range(count)),
        stations=tuple(
            Station(success_probability=draw(chance), gates=gates) for _ in range(count - 1)
        ),
    )


def plans():
    """Trees of up to four links or so."""
    leaves = links()
    low = st.one_of(leaves, swaps(leaves), distillations(leaves), multiplexed(leaves))
    return st.one_of(
        swaps(leaves),
        swaps(low),
        swaps(low),
        distillations(leaves),
        distillations(swaps(leaves)),
        pumps(leaves),
        pumps(swaps(leaves)),
        multiplexed(swaps(leaves)),
        asap(),
    )
