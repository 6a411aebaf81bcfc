"""Detectable Byzantine agreement: lists that expose a traitor, from four-qubit singlets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.local_measurements import joined, local_effects
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure
from qnet import schema
from qnet.circuits import four_qubit_singlet, teleportation
from qnet.errors import ParameterError, check_probability
from qnet.instrument import compile, state
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["ByzantineAgreement", "agreement_failure"]

#: Outcomes of the general's two qubits and of the two lieutenants, first qubit first.
_OUTCOMES = tuple("".join(bits) for bits in product("01", repeat=4))

#: Lists longer than this are not looked for.
LONGEST_LIST = 10_000


@dataclass(frozen=True, kw_only=True, repr=False)
class ByzantineAgreement(Application):
    r"""A general sends an order to two lieutenants, who find out who lies, if somebody does.

    The general holds two qubits of every singlet, the lieutenants one each; all measure in the same
    basis. With the order 0 goes the list of the rounds in which the general found 00: there both
    lieutenants must have found 1, and the opposite for the order 1. A lieutenant who passes on
    another order must guess rounds in which the other one's bit fits it, knowing his own bit alone.
    A list is believed if no more than ``tolerated`` of its rounds do not fit. The figures are those
    of one list of ``list_length`` rounds. A. Cabello, Phys. Rev. A 68, 012304 (2003),
    doi:10.1103/PhysRevA.68.012304; S. Gaertner et al., Phys. Rev. Lett. 100, 070504 (2008),
    doi:10.1103/PhysRevLett.100.070504.

    Args:
        basis: In which all measure.
        list_length: Rounds of a list.
        tolerated: Rounds of a list that may not fit; the number with the smallest failure
            probability unless given.
        target: Failure probability that the shortest list must reach.
        teleported: Whether the general prepares the states and teleports a qubit to each lieutenant
            through a pair, instead of getting them whole.

    Examples:
        >>> result = ByzantineAgreement(list_length=30).play()
        >>> print(result["probabilities"].value[0], result["failure_probability"].value)
        0.333333 5.2151e-06
    """

    name: ClassVar[str] = "byzantine-agreement"
    title: ClassVar[str] = "an order that two lieutenants agree on, or a lie found"
    cites: ClassVar[tuple[str, ...]] = ("Cabello2003", "Gaertner2008")

    basis: str = schema.key("Z", choices=("X", "Y", "Z"))
    list_length: int = schema.key(30, check=Whole(minimum=1, maximum=LONGEST_LIST))
    tolerated: int | None = schema.key(None, check=Whole(minimum=0), example=2)
    target: float = schema.key(1e-6, check=check_probability)
    teleported: bool = False

    def check_own(self) -> None:
        """Refuse to tolerate a whole list, a target that nothing reaches, and singlets by pairs."""
        if not self.teleported and (self.chain is not None or self.network is not None):
            hint = "then the general prepares the states, and teleports a qubit to each lieutenant"
            raise ParameterError("teleported", "be true where pairs are delivered", False, hint)
        if self.tolerated is not None and self.tolerated >= self.list_length:
            hint = "a list of which nothing need fit says nothing"
            rule = f"be below list_length, {self.list_length}"
            raise ParameterError("tolerated", rule, self.tolerated, hint)
        if not 0.0 < self.target < 1.0:
            raise ParameterError("target", "lie inside (0, 1)", self.target, "such as 1e-6")

    @property
    def needs(self) -> tuple[Need, ...]:
        """A four-qubit singlet, or a pair of the general with each lieutenant."""
        if self.teleported:
            return (Need(parties=("A", "B")), Need(parties=("A", "C")))
        return (Need(state="singlet", parties=("A", "A2", "B", "C")),)

    def circuit(self) -> QuantumCircuit:
        """All measure in the same basis; the first two qubits are the general's."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(4, 4, name="byzantine_agreement")
        for qubit in range(4):
            measure(circuit, qubit, qubit, self.basis)
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Failure probability, the shortest list, and the outcomes behind them."""
        found = delivered.apply(self._rows())

        def one(name: str, outcome: str) -> AppFigure:
            value = delivered.mean(found[:, _OUTCOMES.index(outcome)], low=0.0, high=1.0)
            return AppFigure(name=name, value=value, title=f"probability of {outcome}")

        shown = [
            delivered.mean(column, low=0.0, high=1.0)
            for column in found[:, list(map(_OUTCOMES.index, _SINGLET))].T
        ]
        return (
            AppFigure(
                name="failure_probability",
                value=delivered.estimate(self._failure, found, low=0.0, high=1.0),
                title="failure probability",
                meaning="the larger one of an honest list refused, and a false one believed",
            ),
            AppFigure(
                name="shortest_list",
                value=delivered.estimate(self._shortest, found) if self._reaches(found) else None,
                title="rounds of the shortest list that reaches the target",
            ),
            AppFigure(
                name="misfit_probability",
                value=delivered.estimate(lambda p: misfits(p)[0], found, low=0.0, high=1.0),
                title="misfits in an honest list",
                meaning="per round",
            ),
            AppFigure(
                name="guess_probability",
                value=delivered.estimate(lambda p: 1.0 - misfits(p)[1], found, low=0.0, high=1.0),
                title="a traitor's guess fits",
                meaning="per round of a list that he makes up, knowing his own bit",
            ),
            one("correlated", "0011"),
            one("uncorrelated", "0101"),
            AppFigure(
                name="probabilities",
                value=tuple(shown),
                title=f"probabilities of {', '.join(_SINGLET)}",
                meaning="outcomes of the general's two qubits and of the two lieutenants",
            ),
        )

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """The same play on the states with all coherence lost.

        They still have the right outcomes in Z, but who hands them out knows them all: a traitor
        among those who do makes every false list fit.
        """
        found = dict(super().without_entanglement())
        return found | {
            "failure_probability": 1.0,
            "guess_probability": 1.0,
            "shortest_list": None,
        }

    def _rows(self) -> Array:
        """Effects (16, ...) of the outcomes on what is delivered."""
        effects = local_effects(self.basis, self.noise)
        rows = np.array([joined(effects[int(bit)] for bit in bits) for bits in _OUTCOMES])
        return self._before_teleportation(rows) if self.teleported else rows

    def _before_teleportation(self, rows: Array) -> Array:
        """Effects (16, 256) on two pairs that teleport a half of the prepared state."""
        circuit = teleportation()
        *_, bob = circuit.qubits
        sent = compile(circuit, self.noise, inputs=circuit.qubits, outputs=[bob]).channel()
        step = sent.reshape(4, 4, 16)  # arrived; message, pair
        prepared = state(four_qubit_singlet(), self.noise).reshape((4,) * 4)
        tensor = rows.reshape(-1, 4, 4, 4, 4)
        found = np.einsum("kabcd,abxy,cxp,dyq->kpq", tensor, prepared, step, step, optimize=True)
        return np.asarray(found.reshape(len(rows), -1))

    def _failure(self, probabilities: Array) -> Array:
        flat = probabilities.reshape(-1, len(_OUTCOMES))
        rates = [[float(rate) for rate in misfits(each)] for each in flat]
        found = [
            agreement_failure(self.list_length, honest, false, self.tolerated)
            for honest, false in rates
        ]
        return np.array(found).reshape(probabilities.shape[:-1])

    def _reaches(self, found: Array) -> bool:
        """Whether the longest list that is looked for reaches the target."""
        mean = misfits(found.mean(axis=0))
        return agreement_failure(LONGEST_LIST, float(mean[0]), float(mean[1])) <= self.target

    def _shortest(self, probabilities: Array) -> Array:
        flat = probabilities.reshape(-1, len(_OUTCOMES))
        rates = [[float(rate) for rate in misfits(each)] for each in flat]
        found = [float(shortest_list(honest, false, self.target)) for honest, false in rates]
        return np.array(found).reshape(probabilities.shape[:-1])


#: Outcomes that the ideal state has.
_SINGLET = ("0011", "1100", "0101", "0110", "1001", "1010")


def misfits(probabilities: Array) -> tuple[Array, Array]:
    """Probability that a round of a list does not fit, of an honest list and of a false one.

    The honest list holds rounds in which the general's bits are equal: a lieutenant must have the
    other value. A traitor who passes on another order lists rounds in which his own bit is what the
    other lieutenant's must be. Where there are no such rounds, the worst is taken: no honest one
    fits, and all false ones do.

    Args:
        probabilities: Shape (..., 16), of the outcomes 0000 to 1111.

    Returns:
        Two arrays (...), the mean over both orders and both lieutenants.

    Examples:
        >>> uniform = np.full(16, 1.0 / 16.0)
        >>> [float(each) for each in misfits(uniform)]
        [0.5, 0.5]
    """
    honest, false = [], []
    for order, lieutenant in product("01", (2, 3)):
        wanted = "1" if order == "0" else "0"
        listed = [k for k, bits in enumerate(_OUTCOMES) if bits[:2] == 2 * order]
        wrong = [k for k in listed if _OUTCOMES[k][lieutenant] != wanted]
        honest.append(_share(probabilities, wrong, listed, never=1.0))
        traitor = 5 - lieutenant
        made_up = [k for k, bits in enumerate(_OUTCOMES) if bits[traitor] == wanted]
        unfit = [k for k in made_up if _OUTCOMES[k][lieutenant] != wanted]
        false.append(_share(probabilities, unfit, made_up, never=0.0))
    return np.asarray(np.mean(honest, axis=0)), np.asarray(np.mean(false, axis=0))


def _share(probabilities: Array, some: list[int], of: list[int], never: float) -> Array:
    """Share of some outcomes among others; ``never`` where those do not occur."""
    total = probabilities[..., of].sum(axis=-1)
    part = probabilities[..., some].sum(axis=-1)
    share = np.where(total > 1e-15, part / np.where(total > 1e-15, total, 1.0), never)
    return np.clip(share, 0.0, 1.0)


def agreement_failure(
    length: int, honest: float, false: float, tolerated: int | None = None
) -> float:
    """Larger probability of the two failures of a list: refused if honest, believed if false.

    Args:
        length: Its rounds.
        honest: Probability that a round of an honest list does not fit.
        false: The same of a false list.
        tolerated: Rounds that may not fit; the best number when None.

    Examples:
        >>> round(agreement_failure(1, 0.0, 1.0 / 3.0), 12)
        0.666666666667
    """
    # Local import: it takes long to load.
    from scipy.stats import binom

    counts = np.arange(length) if tolerated is None else np.array([tolerated])
    worst = np.maximum(binom.sf(counts, length, honest), binom.cdf(counts, length, false))
    return float(worst.min())


def shortest_list(honest: float, false: float, target: float) -> int:
    """Fewest rounds of a list whose failures are no more likely than a target.

    Args:
        honest: Probability that a round of an honest list does not fit.
        false: The same of a false list.
        target: Failure probability.

    Returns:
        Number of rounds; the longest that is looked for where none reaches the target.

    Examples:
        >>> shortest_list(0.0, 1.0 / 3.0, 1e-6)
        35
    """
    # Local import: it takes long to load.
    from scipy.stats import binom

    lengths = np.arange(1, LONGEST_LIST + 1)
    # The most misfits that may be tolerated before a false list is believed too often ...
    most = binom.ppf(target, lengths, false)
    most = most - (binom.cdf(most, lengths, false) > target)
    # ... must be enough for an honest one.
    enough = (most >= 0) & (binom.sf(most, lengths, honest) <= target)
    return int(lengths[enough][0]) if enough.any() else LONGEST_LIST
