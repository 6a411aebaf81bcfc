"""Pauli frames: samples of a faulty circuit, many runs packed into every machine word.

A run of a Clifford circuit with Pauli faults differs from one without by a Pauli operator, its
frame: two bits for each qubit. 64 runs are one word, a gate is one or two operations on words, and
only where there is a fault is anything drawn (C. Gidney, Quantum 5, 497 (2021), section 5). Faults
at a place are found by the gaps between them, which are geometric.

Runs are drawn in blocks of fixed size, each from a seed of its own, so that the same seed gives the
same counts for any number of workers. Stim (the extra ``codes``) and Aer's stabilizer method sample
the same circuits in ways of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qnet.codes.fault_orders import map_of_values
from qnet.codes.faulty import FaultyCircuit
from qnet.codes.logical import LogicalMap
from qnet.errors import EngineError, check_integer, check_one_of
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate
from qnet.pool import map_unordered
from qnet.progress import ProgressCallback, opened

__all__ = ["SAMPLERS", "FrameSample", "sample_frames"]

#: Runs of a block: few enough for a processor's cache, enough to forget the cost of a call.
_BLOCK = 1 << 16

_WORD = 64

Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameSample:
    """Counts of the parities of a faulty circuit.

    Args:
        faulty: The circuit.
        counts: How often each value of the parities came, shape (2^m,).
        seed: Seed of the run.
        sampler: What drew it.
    """

    faulty: FaultyCircuit
    counts: Counts
    seed: int
    sampler: str

    @property
    def shots(self) -> int:
        """Number of runs."""
        return int(self.counts.sum())

    @property
    def kept(self) -> int:
        """Number of runs in which every check was even."""
        return int(self.counts[self.faulty.verdicts >= 0].sum())

    @property
    def accept(self) -> Estimate:
        """Probability that a run is kept, with its interval of 95 %."""
        return proportion_estimate(self.kept, self.shots)

    @property
    def failure(self) -> Estimate:
        """Probability of a logical error of a run that is kept, with its interval of 95 %.

        Raises:
            ParameterError: If no run was kept.
        """
        return proportion_estimate(int(self.counts[self.faulty.verdicts > 0].sum()), self.kept)

    @property
    def logical_map(self) -> LogicalMap:
        """The logical map of the sampled shares."""
        return map_of_values(self.faulty, self.counts)


def sample_frames(
    faulty: FaultyCircuit,
    *,
    shots: int,
    seed: int,
    sampler: str = "frames",
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> FrameSample:
    """Sample the parities of a faulty circuit.

    Args:
        faulty: The circuit.
        shots: Number of runs.
        seed: Seed of the run; the same seed gives the same counts for any number of workers.
        sampler: ``frames`` (this file), ``stim`` (the extra ``codes``) or ``aer`` (Aer's stabilizer
            method, slow).
        workers: Number of processes.
        progress: Called with the number of runs done and wanted.

    Raises:
        ParameterError: If a number breaks its rule.
        EngineError: If Stim is asked for and not installed, or Aer refuses the circuit.

    Examples:
        >>> from qnet import Gates
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.fault_tolerance import block_bell_measurement
        >>> noise = Gates(readout_flip_0=0.01, readout_flip_1=0.01)
        >>> noisy = block_bell_measurement(code_of("steane"), noise)
        >>> found = sample_frames(noisy, shots=100_000, seed=1).failure
        >>> found.low < 2 * 0.00200407497 - 0.00200407497**2 < found.high
        True
    """
    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    check_integer("workers", workers)
    draw = SAMPLERS[check_one_of("sampler", sampler, SAMPLERS)]
    sizes = [min(_BLOCK, shots - start) for start in range(0, shots, _BLOCK)]
    tasks = {block: (seed, block, size) for block, size in enumerate(sizes)}
    counts = np.zeros(1 << len(faulty.parities), dtype=np.int64)
    with opened(progress):
        for block, found in map_unordered(draw, tasks, workers, arguments=(faulty,)):
            counts += found
            if progress is not None:
                progress(min(shots, (block + 1) * _BLOCK), shots)
    return FrameSample(faulty=faulty, counts=counts, seed=seed, sampler=sampler)


def _frames(faulty: FaultyCircuit, seed: int, block: int, shots: int) -> Counts:
    """Counts of one block, by frames."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
    frame = _Frame(faulty, shots, rng)
    for name, label, qubits, bits in faulty.operations:
        frame.play(name, label, qubits, bits)
    return _counted(faulty, np.stack(frame.bits), shots)


class _Frame:
    """The Pauli operators of all runs of a block, and the bits that they flip."""

    def __init__(self, faulty: FaultyCircuit, shots: int, rng: np.random.Generator) -> None:
        words = -(-shots // _WORD)
        self.faulty, self.shots, self.rng = faulty, shots, rng
        self.x = [np.zeros(words, dtype=np.uint64) for _ in range(faulty.circuit.num_qubits)]
        self.z = [np.zeros(words, dtype=np.uint64) for _ in range(faulty.circuit.num_qubits)]
        self.bits = [np.zeros(words, dtype=np.uint64) for _ in range(faulty.circuit.num_clbits)]

    def play(
        self, name: str, label: str | None, qubits: tuple[int, ...], bits: tuple[int, ...]
    ) -> None:
        """One operation, then its faults."""
        x, z, one = self.x, self.z, qubits[0]
        match name:
            case "h":
                x[one], z[one] = z[one], x[one]
            case "s":
                z[one] ^= x[one]
            case "cx":
                x[qubits[1]] ^= x[one]
                z[one] ^= z[qubits[1]]
            case "cz":
                z[one] ^= x[qubits[1]]
                z[qubits[1]] ^= x[one]
            case "reset":
                x[one][:] = 0
                z[one][:] = 0
            case "measure":
                self.bits[bits[0]] ^= x[one]
        _, chances = self.faulty.errors(name, label)
        if (total := sum(chances)) > 0.0:
            where = self._places(total)
            if name == "measure":
                _flip(self.bits[bits[0]], where)
            else:
                self._err(qubits, where, np.array(chances) / total)

    def _err(
        self, qubits: tuple[int, ...], where: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]
    ) -> None:
        """Pauli errors of some runs, each with its share."""
        kinds = np.searchsorted(np.cumsum(shares)[:-1], self.rng.random(len(where)), side="right")
        letters = kinds + 1  # 1 to 15: letters of two qubits, two bits each
        if len(qubits) == 1:
            letters = np.array([1, 3, 2])[kinds]
        for place, qubit in enumerate(reversed(qubits)):
            mine = letters >> 2 * place
            _flip(self.x[qubit], where[(mine & 1) > 0])
            _flip(self.z[qubit], where[(mine & 2) > 0])

    def _places(self, chance: float) -> npt.NDArray[np.int64]:
        """Which runs have a fault: each with this probability, by the gaps between them."""
        if chance >= 1.0:
            return np.arange(self.shots)
        found, last = [], -1
        while last < self.shots:
            missing = (self.shots - last) * chance
            gaps = self.rng.geometric(chance, size=int(missing + 4.0 * math.sqrt(missing)) + 8)
            places = last + np.cumsum(gaps)
            found.append(places)
            last = int(places[-1])
        places = np.concatenate(found)
        return places[: np.searchsorted(places, self.shots)]


def _flip(words: Words, where: npt.NDArray[np.int64]) -> None:
    """Flip the bits of some runs, each of which comes once."""
    masks = np.uint64(1) << (where % _WORD).astype(np.uint64)
    np.bitwise_xor.at(words, where // _WORD, masks)


def _counted(faulty: FaultyCircuit, bits: Words, shots: int) -> Counts:
    """How often each value of the parities came, from packed bits (m, words)."""
    values = np.zeros(shots, dtype=np.uint32)
    for place, parity in enumerate(faulty.parities):
        packed = np.zeros(bits.shape[1], dtype=np.uint64)
        for bit in parity:
            packed ^= bits[bit]
        row = packed.astype("<u8", copy=False).view(np.uint8)
        values |= np.unpackbits(row, count=shots, bitorder="little").astype(np.uint32) << place
    return np.bincount(values, minlength=1 << len(faulty.parities)).astype(np.int64)


def _packed(flips: npt.NDArray[np.bool_]) -> Words:
    """Bits of runs (shots, m) as words (m, words)."""
    shots, count = flips.shape
    rows = np.zeros((count, 8 * -(-shots // _WORD)), dtype=np.uint8)
    rows[:, : -(-shots // 8)] = np.packbits(flips.T, axis=1, bitorder="little")
    return rows.view("<u8").astype(np.uint64)


def stim_circuit(faulty: FaultyCircuit) -> Any:  # noqa: ANN401 - Stim is an extra
    """The circuit with its noise for Stim; its measurements come in the order of the circuit's.

    Raises:
        EngineError: If Stim is not installed.
    """
    try:
        import stim
    except ImportError as error:
        message = (
            "the sampler 'stim' needs Stim: pip install \"qnet-emulator[codes]\", "
            "or take sampler='frames'"
        )
        raise EngineError(message) from error
    circuit = stim.Circuit()
    names = {"reset": "R", "measure": "M", "id": "I"}
    for name, label, qubits, _ in faulty.operations:
        _, chances = faulty.errors(name, label)
        if name == "measure":
            circuit.append("M", qubits, chances[0])
            continue
        circuit.append(names.get(name, name.upper()), qubits)
        if sum(chances) == 0.0:
            continue
        if len(qubits) == 1:
            circuit.append("PAULI_CHANNEL_1", qubits, chances)
        else:
            circuit.append("DEPOLARIZE2", qubits, sum(chances))
    return circuit


def _stim(faulty: FaultyCircuit, seed: int, block: int, shots: int) -> Counts:
    """Counts of one block, by Stim; an outcome's flips show in the parities alone."""
    circuit = stim_circuit(faulty)
    own = int(np.random.SeedSequence(seed, spawn_key=(block,)).generate_state(1, np.uint64)[0])
    record = circuit.compile_sampler(seed=own >> 1).sample(shots)
    order = [bits[0] for name, _, _, bits in faulty.operations if name == "measure"]
    outcomes = np.zeros((shots, faulty.circuit.num_clbits), dtype=bool)
    outcomes[:, order] = record
    return _counted(faulty, _packed(outcomes), shots)


def _aer(faulty: FaultyCircuit, seed: int, block: int, shots: int) -> Counts:
    """Counts of one block, by Aer's stabilizer method."""
    from qiskit_aer import AerSimulator

    from qnet.instrument import with_noise

    noisy, model = with_noise(faulty.circuit, faulty.noise)
    own = int(np.random.SeedSequence(seed, spawn_key=(block,)).generate_state(1)[0]) >> 1
    simulator = AerSimulator(
        method="stabilizer", max_parallel_threads=1, seed_simulator=own, noise_model=model
    )
    result = simulator.run(noisy, shots=shots).result()
    if not result.success:
        message = f"Aer could not run the circuit ({result.status})"
        raise EngineError(message)
    counts = np.zeros(1 << len(faulty.parities), dtype=np.int64)
    for text, number in result.get_counts().items():
        value = faulty.parity_values([int(text.replace(" ", ""), 2)])[0]
        counts[value] += number
    return counts


#: How each sampler draws a block.
SAMPLERS: dict[str, Callable[..., Counts]] = {"frames": _frames, "stim": _stim, "aer": _aer}
