"""Qubit devices as programmes: prepared states, a receiver with two detectors, white noise, loss.

Source replacement (C. H. Bennett, G. Brassard, N. D. Mermin, Phys. Rev. Lett. 68, 557 (1992)):
Alice prepares ``sum_x sqrt(p_x) |x> |psi_x>`` and measures ``x``; the state of her register, which
never leaves the laboratory, is known and a constraint. Light that leaks beside the signal goes to
Eve: it multiplies the elements of that state by its overlaps. Bob gets a qubit or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.sdp.bound import KeyProblem
from protocols.key_rates.sdp.entropy import KeyEntropy
from protocols.key_rates.sdp.feasible import Matrix
from qnet.errors import ParameterError, check_probability

__all__ = ["QubitReceiver", "SiftedDevice", "prepared_qubits", "sifted_problem"]

Floats = NDArray[np.float64]

#: Weights of Alice's state below are rounding: her states depend on each other.
_DEPENDENT = 1e-14

#: Angles of Bob's bases on the Bloch sphere, from Z to X: the key basis first.
_BASES = (0.0, math.pi / 2.0)


def prepared_qubits(angles: Sequence[float]) -> Floats:
    """State vectors at angles of the Bloch sphere, from Z to X.

    Args:
        angles: In radians.

    Returns:
        Shape (states, 2).

    Examples:
        >>> prepared_qubits([0.0, math.pi]).round(12)
        array([[1., 0.],
               [0., 1.]])
    """
    halves = np.asarray(angles, dtype=float) / 2.0
    return np.stack([np.cos(halves), np.sin(halves)], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QubitReceiver:
    """An analyser with two threshold detectors, to which at most one photon comes.

    Dark counts are the detectors' own: Eve neither makes nor sees them. Double clicks give a random
    bit.

    Args:
        efficiencies: Of the detectors of bit 0 and bit 1, in every basis.
        dark_count_probability: Of a detector, per gate.

    Raises:
        ParameterError: If a number is no probability.

    Examples:
        >>> zero, one = QubitReceiver(efficiencies=(1.0, 0.5)).povm(0.0)
        >>> np.diag(zero).round(12), np.diag(one).round(12)
        (array([1., 0., 0.]), array([0. , 0.5, 0. ]))
    """

    efficiencies: tuple[float, float] = (1.0, 1.0)
    dark_count_probability: float = 0.0

    def __post_init__(self) -> None:
        for value in self.efficiencies:
            check_probability("efficiencies", value)
        check_probability("dark_count_probability", self.dark_count_probability)

    def povm(self, angle: float) -> tuple[Floats, Floats]:
        """The elements of bit 0 and bit 1 on qubit and vacuum, shape (3, 3) each.

        Args:
            angle: Of the basis on the Bloch sphere, from Z to X, in radians.
        """
        dark = self.dark_count_probability
        answers = np.zeros((2, 3))
        for place in range(3):
            clicks = [dark, dark]
            if place < 2:
                clicks[place] = 1.0 - (1.0 - self.efficiencies[place]) * (1.0 - dark)
            both = clicks[0] * clicks[1]
            answers[:, place] = [clicks[0] - both / 2.0, clicks[1] - both / 2.0]
        frame = np.eye(3)
        frame[:2, :2] = prepared_qubits([angle, angle + math.pi]).T
        zero, one = ((frame * row) @ frame.T for row in answers)
        return zero, one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiftedDevice:
    """Prepared states, what happens to them, and who measures: everything a programme needs.

    Args:
        states: Shape (states, 2); the first two carry the bits of the key basis, Z.
        receiver: Bob's.
        transmission: Probability that the photon arrives.
        white_noise: Probability that a random qubit arrives in its place; the error rate of an
            ideal receiver is half of it.
        leaked: Overlaps of what leaks beside the signal, shape (states, states): element ``(x, y)``
            is ``<leak_y|leak_x>``; None where nothing leaks.

    Raises:
        ParameterError: If a number is no probability, or a shape is wrong.
    """

    states: Floats
    receiver: QubitReceiver = field(default_factory=QubitReceiver)
    transmission: float = 1.0
    white_noise: float = 0.0
    leaked: Matrix | None = None

    def __post_init__(self) -> None:
        check_probability("transmission", self.transmission)
        check_probability("white_noise", self.white_noise)
        if self.states.ndim != 2 or self.states.shape[1] != 2 or len(self.states) < 2:
            hint = "give two states of the key basis, then the others"
            raise ParameterError("states", "be of shape (states, 2)", self.states.shape, hint)
        if self.leaked is not None and self.leaked.shape != (len(self.states),) * 2:
            hint = "give the overlap of each pair"
            rule = "be one overlap per pair of states"
            raise ParameterError("leaked", rule, self.leaked.shape, hint)

    def arriving(self, state: int) -> Floats:
        """What reaches Bob of a state: qubit and vacuum, shape (3, 3)."""
        psi, noise = self.states[state], self.white_noise
        found = np.zeros((3, 3))
        qubit = (1.0 - noise) * np.outer(psi, psi) + noise * np.eye(2) / 2.0
        found[:2, :2] = self.transmission * qubit
        found[2, 2] = 1.0 - self.transmission
        return found

    def outcome(self, state: int, angle: float) -> tuple[float, float]:
        """Probabilities that Bob registers 0 and 1, of a state and a basis."""
        arriving = self.arriving(state)
        zero, one = (float(np.sum(each * arriving)) for each in self.receiver.povm(angle))
        return zero, one

    def joint(self) -> Floats:
        """Alice's bit and Bob's in a round in the key basis, shape (2, 2); the rest is not seen."""
        return np.array([self.outcome(bit, 0.0) for bit in (0, 1)]) / 2.0

    @property
    def detected(self) -> float:
        """Share of the rounds in the key basis that Bob registers."""
        return float(self.joint().sum())

    @property
    def _has_vacuum(self) -> bool:
        """Whether nothing may have arrived where something was registered.

        Where every photon arrives, the statistics say so: weights of both outcomes that give one
        for each state of the qubit give less for the vacuum, which dark counts alone answer to.
        """
        if self.transmission < 1.0:
            return True
        if self.receiver.dark_count_probability == 0.0:
            return False
        answers = np.array([np.diag(each) for each in self.receiver.povm(0.0)]).T
        if abs(np.linalg.det(answers[:2])) < 1e-6:
            return True
        weights = np.linalg.solve(answers[:2], np.ones(2))
        return bool(weights @ answers[2] > 0.5)

    @property
    def _bob(self) -> int:
        return 3 if self._has_vacuum else 2

    def _alice(self) -> Matrix:
        """The state of Alice's register."""
        overlaps = self.states @ self.states.T
        leaked = 1.0 if self.leaked is None else self.leaked
        return overlaps * leaked / len(self.states)

    def entropy(self) -> KeyEntropy:
        """What is minimised: the entropy of Alice's bit, per round in the key basis."""
        size, bob = len(self.states), self._bob
        registered = np.add(*self.receiver.povm(0.0))[:bob, :bob]
        root = np.diag(np.sqrt(np.diag(registered)))
        bits = np.eye(size)[:2]
        kraus = np.kron(bits, root) * math.sqrt(size / 2.0)
        projectors = tuple(np.kron(np.outer(bit, bit), np.eye(bob)) for bit in np.eye(2))
        return KeyEntropy(kraus=(kraus,), projectors=projectors)

    def described_state(self) -> Matrix:
        """The state that the described channel makes: a feasible one, shape (n, n)."""
        size, bob = len(self.states), self._bob
        noise, arrives = self.white_noise, self.transmission
        leaked = np.ones((size, size)) if self.leaked is None else self.leaked
        found = np.zeros((size, bob, size, bob), dtype=leaked.dtype)
        for x in range(size):
            for y in range(size):
                flip = np.outer(self.states[x], self.states[y])
                overlap = leaked[x, y] / size
                block = (1.0 - noise) * flip + noise * np.trace(flip) * np.eye(2) / 2.0
                found[x, :2, y, :2] = arrives * overlap * block
                if bob == 3:
                    found[x, 2, y, 2] = (1.0 - arrives) * overlap * np.trace(flip)
        return found.reshape(size * bob, size * bob)

    def frame(self) -> tuple[Matrix, float]:
        """Frame of the programme, and the largest trace of its matrices.

        In it the state of Alice's register is the identity of its rank, and the blocks of qubit and
        vacuum are of one size, however little arrives.
        """
        columns = _columns(self._alice())
        rank = columns.shape[1]
        if not self._has_vacuum:
            return np.kron(columns, np.eye(2)), float(rank)
        arrives = max(self.transmission, 1e-15)
        scales = np.diag([math.sqrt(arrives)] * 2 + [1.0])
        # What reaches the detectors is bounded by what they register, whatever Eve sends.
        least = min(np.diag(np.add(*self.receiver.povm(0.0)))[:2])
        seen = np.mean([sum(self.outcome(x, 0.0)) for x in range(len(self.states))])
        smallest = float(np.linalg.norm(columns, axis=0).min()) ** 2
        bound = min(float(rank), float(seen) / max(least * smallest, 1e-300))
        return np.kron(columns, scales), rank + bound / arrives

    def constraints(self) -> tuple[list[Matrix], list[float]]:
        """Fine-grained statistics of both of Bob's bases, and the state of Alice's register."""
        size, bob = len(self.states), self._bob
        operators, values = list[Matrix](), list[float]()
        for x in range(size):
            chosen = np.outer(np.eye(size)[x], np.eye(size)[x])
            for angle in _BASES:
                elements = self.receiver.povm(angle)
                for element, value in zip(elements, self.outcome(x, angle), strict=True):
                    operators.append(np.kron(chosen, element[:bob, :bob]))
                    values.append(value / size)
        alice = self._alice()
        parts = (1.0, 1.0j) if np.iscomplexobj(alice) else (1.0,)
        for x in range(size):
            for y in range(x + 1):
                for phase in parts if x != y else (1.0,):
                    picked = np.zeros((size, size), dtype=alice.dtype)
                    picked[y, x] = phase
                    operator = (picked + picked.conj().T) / 2.0
                    operators.append(np.kron(operator, np.eye(bob)))
                    values.append(float(np.sum(operator * alice.T).real))
        return operators, values


def _columns(alice: Matrix) -> Matrix:
    """The root of the state of Alice's register on its support, shape (states, rank)."""
    weights, vectors = np.linalg.eigh(alice)
    inside = weights > _DEPENDENT
    return np.asarray(vectors[:, inside] * np.sqrt(weights[inside]))


def sifted_problem(device: SiftedDevice) -> KeyProblem:
    """The programme of a described device, per round in the key basis.

    Args:
        device: States, channel and receiver.

    Raises:
        ParameterError: If Bob never registers anything.

    Examples:
        >>> ideal = SiftedDevice(states=prepared_qubits([0.0, math.pi, math.pi / 2.0]))
        >>> sifted_problem(ideal).frame.shape
        (6, 4)
    """
    if device.detected <= 0.0:
        raise ParameterError("detected fraction", "be above 0", 0.0, "nothing is ever detected")
    operators, values = device.constraints()
    frame, trace = device.frame()
    return KeyProblem(
        entropy=device.entropy(),
        operators=tuple(operators),
        values=tuple(values),
        trace=trace,
        frame=frame,
        state=device.described_state(),
    )
