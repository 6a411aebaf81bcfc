"""Benchmark of BB84 on one core: ``python -m experiments.benchmarks qkd``.

Rounds a second through circuits with full noise (gates, readout, channel), once compiled: settings
drawn, outcomes scattered back, so that every round has its bits and bases. Beside it, on the same
machine: one Aer circuit per bit, without transpiling; the circuits of the settings with
``memory=True``; and a billion decoy pulses, of which only the detections are drawn. The best of
three runs counts.
"""

from __future__ import annotations

import numpy as np

from experiments.benchmarks.timing import best_of, show
from protocols.qkd import BB84, DecoyBB84, Detectors, InterceptResend, Line, QkdProtocol, WeakPulses
from qnet.hardware import Fibre
from qnet.hardware.gates import Gates
from qnet.noise import from_gates

NOISE = from_gates(Gates(single_qubit_depolarizing=0.002, readout_flip_0=0.01, readout_flip_1=0.02))
COLUMNS = ("bit_alice", "basis_alice", "basis_bob", "bit_bob")


def compiled(protocol: QkdProtocol, rounds: int, *columns: str) -> float:
    """Rounds per second from the compiled table, every column scattered back."""
    table, rng = protocol.table(), np.random.default_rng(1)

    def work() -> None:
        played = table.draw(rounds, rng)
        for name in (*COLUMNS, *columns):
            played[name]

    return rounds / best_of(3, work)


def one_circuit_per_bit(protocol: BB84, rounds: int) -> float:
    """Rounds per second of one Aer circuit for each round."""
    from qiskit_aer import AerSimulator

    settings = protocol.settings()
    rng = np.random.default_rng(1)
    drawn = rng.choice(len(settings), p=[each.probability for each in settings], size=rounds)
    simulator = AerSimulator(noise_model=NOISE.model, max_parallel_threads=1)
    circuits = [settings[k].circuit for k in drawn]

    def work() -> None:
        result = simulator.run(circuits, shots=1).result()
        for k in range(rounds):
            result.get_counts(k)

    return rounds / best_of(3, work)


def list_of_shots(protocol: BB84, rounds: int) -> float:
    """Rounds per second of one Aer circuit per setting that lists its shots."""
    from qiskit_aer import AerSimulator

    settings = protocol.settings()
    simulator = AerSimulator(noise_model=NOISE.model, max_parallel_threads=1)
    circuits = [each.circuit for each in settings]
    shots = rounds // len(circuits)

    def work() -> None:
        result = simulator.run(circuits, shots=shots, memory=True).result()
        for k in range(len(circuits)):
            result.get_memory(k)

    return shots * len(circuits) / best_of(3, work)


def decoy(pulses: int) -> float:
    """Pulses per second of a decoy run over 50 km, its detections drawn one by one."""
    line = Line.through(
        Fibre(length_km=50.0, loss_db_per_km=0.21),
        detectors=Detectors(background_yield=1.7e-6, efficiency=0.045),
        misalignment=0.033,
    )
    source = WeakPulses(intensities=(0.48, 0.05, 0.0), probabilities=(0.8, 0.15, 0.05))
    return compiled(DecoyBB84(source=source, line=line), pulses, "intensity")


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a tenth of the rounds: shows that it runs."""
    scale = 10 if quick else 1
    line = Line(misalignment=0.01)
    honest = BB84(line=line, noise=NOISE)
    slow = one_circuit_per_bit(honest, 2000 // scale)
    show("BB84, one Aer circuit per bit", f"{slow:>14,.0f} rounds/s")
    rows = {
        "BB84, a circuit per setting, list of shots": list_of_shots(honest, 400_000 // scale),
        "BB84, compiled": compiled(honest, 10_000_000 // scale),
        "BB84, compiled, half intercepted": compiled(
            BB84(line=line, noise=NOISE, eve=InterceptResend(fraction=0.5)), 10_000_000 // scale
        ),
        "decoy BB84, 50 km, detections drawn": decoy(1_000_000_000 // scale),
    }
    for name, rate in rows.items():
        ratio = f"{rate / slow:>12,.0f} x one circuit per bit"
        show(name, f"{rate:>14,.0f} rounds/s", ratio)
