"""Encoded pairs: one logical pair out of n physical pairs, and swaps of logical pairs.

A station of the second generation holds blocks of a stabilizer code. n physical pairs between two
neighbours become one pair of logical qubits (an encoded Bell pair by a teleported transversal CNOT:
L. Jiang et al., Phys. Rev. A 79, 032325 (2009)); two logical pairs are joined by n Bell
measurements side by side, whose 2 n outcomes are decoded classically, X and Z apart.

Where an error is decoded. A Pauli error of a physical pair can be taken to sit on its right qubit.
The block that holds the n right qubits is read once: by the Bell measurements of the station at its
right, or by the users at the end of the chain. What these gates and readouts flip adds to what the
pairs brought, and both are decoded together, once for every link. So `EncodedPair` takes the gates
that read its right block, and the station between two of them is then perfect: nothing is counted
twice. Blocks that were corrected before they are measured are the other way to do it: an
`EncodedPair` without gates, and a station of `LogicalGates`, which decodes its own errors alone.
The pair of a chain stays a logical one at its ends and is decoded there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np

from qnet.codes.code import StabilizerCode
from qnet.codes.correlators import LogicalCorrelators, check_code, logical_correlators
from qnet.codes.faulty_pairs import encoded_pair_correlators
from qnet.errors import ParameterError, check_one_of, check_probability, check_type
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.plans.base import ORDERS, Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.logical_gates import LogicalGates, check_flip
from qnet.plans.maps import logical_factors, read_factors
from qnet.plans.station import Station, local_duration

__all__ = ["BLOCKS", "EncodedPair", "logical_station"]

#: How blocks are prepared.
BLOCKS = ("perfect", "verified", "bare")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPair(Plan):
    """One logical pair out of n physical pairs, n the number of qubits of a block of the code.

    Exact: the physical pairs wait for the last of them in their memories, each as long as it has
    to; the gates, readouts and flips of the operations that read the right block, compiled from
    the circuit of a Bell measurement; the logical map by the code's polynomial over every Pauli
    pattern of n different pairs. Pairs that are not Bell-diagonal are twirled, in the Pauli frame.

    Not exact: the logical pair waits in ``memory``, as one qubit at each end; a block that is
    stored before it is read would let the decoder see the errors of storage together with the
    others. Blocks that are prepared by gates are played in all orders of their faults, but as if
    they were ready when the last pair comes.

    Args:
        pair: Plan that delivers the physical pairs, each heralded.
        code: The stabilizer code; of several logical qubits the first is used. Of a code that only
            detects (``is_detecting``) a logical pair is kept where no check of its block fails, and
            a failed round starts all n pairs anew.
        gates: Gates and readout of the Bell measurements that read the right block, of the station
            at the right or of the user.
        flip: Probability that either outcome of a physical Bell measurement is flipped, on top of
            what pairs and gates do; independent for the two outcomes.
        loss: Probability that a qubit of the right block is found lost when the block is read; it
            is known which ones are: the others make up for them, or all n pairs start anew.
        blocks: How both ends prepare the blocks that the pairs are joined to: ``perfect``;
            ``verified``, by gates with a check that throws a wrong block away, fault tolerant; or
            ``bare``, by gates alone. Of gates, the CNOTs of the encoding and the reading err as
            well, see `qnet.codes.fault_tolerance`. For CSS codes that correct, with symmetric
            readout.
        memory: Memory of a logical qubit at either end; None: that of a physical qubit, as if the
            block protected nothing while it waits.
        order: ``parallel`` (all n pairs are made together, in memories of their own) or
            ``sequential``.
        cutoff: When to give up waiting for the last pair, or None.
        classical_latency: Whether the outcomes of the encoding take one way of the fibre.

    Raises:
        ParameterError: If a number breaks its rule, or the code has too many qubits for a table of
            syndromes.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(0.96))
        >>> encoded = EncodedPair(pair=link, code=code_of("steane"))
        >>> round(play(encoded, engine="exact").qber_z.best, 9)
        0.007648804
    """

    pair: Plan
    code: StabilizerCode
    gates: Gates = field(default_factory=Gates)
    flip: float = 0.0
    loss: float = 0.0
    blocks: Literal["perfect", "verified", "bare"] = "perfect"
    memory: Memory | None = None
    order: Literal["parallel", "sequential"] = "parallel"
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("encoded.pair", self.pair, Plan)
        check_type("encoded.gates", self.gates, Gates)
        check_code("encoded.code", self.code)
        if isinstance(self.gates, LogicalGates):
            hint = "give the physical gates of the station; the code is that of the pair"
            raise ParameterError("encoded.gates", "be those of physical qubits", self.gates, hint)
        check_flip("encoded.flip", self.flip)
        check_probability("encoded.loss", self.loss)
        check_one_of("encoded.blocks", self.blocks, BLOCKS)
        if self.loss:
            logical_correlators(self.code, loss=self.loss)
        if self.blocks != "perfect":
            if self.loss:
                hint = "take perfect blocks, or no loss"
                raise ParameterError("encoded.loss", "be 0 with faulty blocks", self.loss, hint)
            if type(self.gates) is not Gates:
                hint = "give their depolarizing numbers and flips as Gates(...)"
                rule = "be plain gates where blocks are prepared by them"
                raise ParameterError("encoded.gates", rule, self.gates, hint)
            self.compiled()
        if self.memory is not None:
            check_type("encoded.memory", self.memory, Memory)
        check_one_of("encoded.order", self.order, ORDERS)
        check_optional_cutoff(self.cutoff)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan of every physical pair."""
        return (self.pair,)

    @property
    def takes(self) -> int:
        """Number n of physical pairs."""
        return self.code.n

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """Memories of the logical qubits."""
        return self.pair.ends if self.memory is None else (self.memory, self.memory)

    @property
    def states_decide(self) -> bool:
        """Of a code that detects, of verified blocks and where qubits are lost, checks decide."""
        return self.code.is_detecting or self.blocks == "verified" or self.loss > 0.0

    @property
    def mixes_correlators(self) -> bool:
        """Logical operators are products of several Pauli operators."""
        return True

    @property
    def likely_success(self) -> float:
        """Probability that pairs as good as the links' are accepted."""
        if not self.states_decide:
            return 1.0
        diagonals = [np.diag(link.fano) * [1.0, 1.0, -1.0, 1.0] for link in self.pair.links()]
        pair = np.prod(diagonals, axis=0)[:, None]
        return float(np.clip(self.compiled().linear_correlators([pair] * self.takes)[0, 0], 0, 1))

    @property
    def overhead_s(self) -> float:
        """Time in s of the encoding: a two-qubit gate, a one-qubit gate, a readout; a message."""
        travel = self.pair.signal_time_s if self.classical_latency else 0.0
        return local_duration(self.gates) + travel

    @property
    def step_gates(self) -> tuple[Gates, ...]:
        """The gates that read a block."""
        return (self.gates,)

    def compiled(self) -> LogicalCorrelators:
        """The map from n physical pairs to one logical pair."""
        if self.blocks != "perfect":
            kept = 1.0 - 2.0 * self.flip
            flips = (kept, kept * kept, kept)
            verified = self.blocks == "verified"
            return encoded_pair_correlators(self.code, self.gates, flips, verified=verified)
        factors = tuple(read_factors(self.gates, self.flip).tolist())
        return logical_correlators(self.code, factors, self.loss)

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether the memories of the logical pair keep it Bell-diagonal; it is made so."""
        return all(memory.is_bell_diagonal for memory in self.ends)

    @property
    def step_name(self) -> str:
        """The word for the step in timelines."""
        return "encode"

    @property
    def title(self) -> str:
        """The code, and the number of pairs that it takes."""
        kept = ", kept where no check fails" if self.code.is_detecting else ""
        blocks = f", {self.blocks} blocks" if self.blocks != "perfect" else ""
        return f"logical pair of the code {self.code.name}, of {self.takes} pairs{blocks}{kept}"


@lru_cache(maxsize=256)
def logical_station(
    code: StabilizerCode,
    *,
    gates: Gates,
    flip: float = 0.0,
    success_probability: float = 1.0,
) -> Station:
    """A station that measures two blocks of a code by n Bell measurements and decodes them.

    Its two blocks carry no errors of their own: pairs were corrected before, or errors of the pairs
    count with the pairs (see the module). With errors of the station alone, each of the 2 n
    outcomes is flipped with some q by gates and readout, and the logical outcomes by the code's
    polynomial in q.

    Args:
        code: The code of both blocks.
        gates: Gates and readout of every physical Bell measurement.
        flip: Probability of a further flip of either physical outcome.
        success_probability: That the physical measurements give all their answers.

    Returns:
        The station, for any ``Swap`` or ``SwapAsap``; of a code that detects, the probability that
        no check fails is part of its success probability.

    Examples:
        >>> from qnet import Gates, Link, Swap, play
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.states import werner
        >>> station = logical_station(code_of("steane"), gates=Gates(two_qubit_depolarizing=0.02))
        >>> link = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(1.0))
        >>> swap = Swap(left=link, right=link, station=station)
        >>> round(play(swap, engine="exact").qber_z.best, 9)
        0.002004075
    """
    check_code("station.code", code)
    check_probability("station.success_probability", success_probability)
    logical = LogicalGates.of(gates, code=code, flip=flip)
    accept = min(1.0, float(logical_factors(logical)[0])) if code.is_detecting else 1.0
    return Station(success_probability=accept * success_probability, gates=logical)
