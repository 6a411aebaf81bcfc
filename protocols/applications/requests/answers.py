"""Answers of a link layer: OK for each pair that was kept, measured or used, and errors."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from qnet.states.pauli import Array

__all__ = [
    "ERROR_CODES",
    "OkKeep",
    "OkMeasure",
    "OkRemoteState",
    "PairAnswer",
    "RequestError",
]

#: Errors of a link layer, and what each says.
ERROR_CODES = {
    "UNSUPP": "no route reaches the fidelity",
    "NOTIME": "the time does not suffice, even with the network to itself",
    "NORES": "there are no memories, or no route",
    "TIMEOUT": "the time was over",
    "REJECTED": "the network had nothing free",
    "OTHER": "something else",
    "EXPIRE": "pairs that were there are given up",
    "CREATE": "the request itself cannot be meant",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairAnswer:
    """What every OK says.

    Args:
        request: Number of the request, in the order in which they were put.
        create_id: Number of its coming in the measured time, from 0.
        sequence_number: Number of the pair among those of the request, from 0.
        node: The node that asked.
        remote_node: The other one.
        purpose: What the pair is for.
        goodness: Fidelity of the pair when it was handed over, by its history: what nodes can know
            that know its route and times.
        time_s: When it was handed over, in s of the run.
    """

    kind: ClassVar[str] = "OK"

    request: int
    create_id: int
    sequence_number: int
    node: str
    remote_node: str
    purpose: int
    goodness: float
    time_s: float

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        found: dict[str, Any] = {"answer": self.kind}
        for each in fields(self):
            value = getattr(self, each.name)
            found[each.name] = value.tolist() if hasattr(value, "tolist") else value
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OkKeep(PairAnswer):
    """A pair is kept at both nodes.

    Args:
        state: Its Pauli vector (16,), the qubit of the node that asked first.
    """

    kind: ClassVar[str] = "OK_KEEP"

    state: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OkMeasure(PairAnswer):
    """Both qubits of a pair were measured.

    Args:
        outcome: Bit at the node that asked.
        basis: Its basis: of those drawn, or ``rotation``.
        remote_outcome: Bit at the other node.
        remote_basis: Its basis.
    """

    kind: ClassVar[str] = "OK_MEASURE"

    outcome: int
    basis: str
    remote_outcome: int
    remote_basis: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OkRemoteState(PairAnswer):
    """The qubit of the node that asked was measured, and the other one is thereby prepared.

    Args:
        outcome: Bit at the node that asked.
        basis: Its basis: of those drawn, or ``rotation``.
        state: Pauli vector (4,) of the qubit at the other node.
        state_fidelity: Its fidelity with what a perfect pair and perfect gates would have prepared.
    """

    kind: ClassVar[str] = "OK_REMOTE_STATE"

    outcome: int
    basis: str
    state: Array
    state_fidelity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestError:
    """An error of a request, as data.

    Args:
        code: A name of ``ERROR_CODES``.
        request: Number of the request.
        reason: What is wrong, a sentence.
        create_id: Number of its coming; None where no coming of it can be served.
        time_s: When, in s of the run; None before it.
        sequence_numbers: First and last pair that are given up, of ``EXPIRE``.
    """

    code: str
    request: int
    reason: str
    create_id: int | None = None
    time_s: float | None = None
    sequence_numbers: tuple[int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "answer": "ERROR",
            "code": self.code,
            "request": self.request,
            "reason": self.reason,
            "create_id": self.create_id,
            "time_s": self.time_s,
            "sequence_numbers": None
            if self.sequence_numbers is None
            else list(self.sequence_numbers),
        }
