"""Benchmark of Pauli frames: ``python -m experiments.benchmarks frames [--quick]``.

Samples a second, on one core, of the Bell measurement of two blocks of distance 3 with faulty gates
and readout, and of a whole encoded pair, by frames, by Stim and by Aer's stabilizer method; then
the time of all single faults and pairs of faults, and of the exact distribution over any number.

Frames are to make a million samples a second of such a swap. On one core of a busy machine they
made 31 millions, Stim five to six, Aer's stabilizer method some six thousand; all pairs of faults
took a millisecond.
"""

from __future__ import annotations

import time
from functools import partial

from experiments.benchmarks.timing import best_of, show
from qnet import Gates
from qnet.codes import (
    FaultyCircuit,
    PauliChannel,
    block_bell_measurement,
    code_of,
    encoded_pair_by_teleportation,
    fault_orders,
    parity_distribution,
    sample_frames,
)

#: Processor time of the best of three runs.
_seconds = partial(best_of, 3, clock=time.process_time)

#: Runs that each sampler makes.
_SHOTS = {"frames": 2_000_000, "stim": 500_000, "aer": 2_000}

_NOISE = Gates(
    single_qubit_depolarizing=1e-4,
    two_qubit_depolarizing=1e-3,
    initialisation_depolarizing=1e-3,
    readout_flip_0=1e-3,
    readout_flip_1=1e-3,
)
_PAIRS = PauliChannel(1e-3, 1e-3, 1e-3)


def samplers(name: str, faulty: FaultyCircuit, *, quick: bool) -> None:
    """Time every sampler of a circuit, and print a line for each."""
    for sampler, most in _SHOTS.items():
        shots = most // 10 if quick else most
        draw = partial(sample_frames, faulty, shots=shots, seed=1, sampler=sampler)
        seconds = _seconds(draw)
        show(f"{name}, {sampler}", f"{shots / seconds:>14,.0f} samples/s", f"{shots:>12,} runs")


def exact(name: str, faulty: FaultyCircuit) -> None:
    """Time what is exact, and print a line for each."""
    orders = fault_orders(faulty)
    seconds = _seconds(lambda: fault_orders(faulty))
    power, pairs = orders.leading_power, orders.fault_pairs
    show(f"{name}, all pairs of faults", f"{seconds:>9.3f} s", f"{pairs:>9,} pairs, power {power}")
    seconds = _seconds(lambda: parity_distribution(faulty))
    show(f"{name}, any number of faults", f"{seconds:>9.3f} s")


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a tenth of the runs."""
    steane = code_of("steane")
    for name, faulty in (
        ("steane, swap", block_bell_measurement(steane, _NOISE, _PAIRS)),
        ("surface-3, swap", block_bell_measurement(code_of("surface-3"), _NOISE, _PAIRS)),
        ("steane, encoded pair", encoded_pair_by_teleportation(steane, _NOISE, _PAIRS)),
    ):
        samplers(name, faulty, quick=quick)
        exact(name, faulty)
