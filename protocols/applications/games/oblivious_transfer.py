"""Oblivious transfer: one of two secrets comes over, and the sender does not learn which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.games.bounded_storage import BoundedStorage, least_margin
from protocols.applications.games.conjugate_states import ConjugateStates
from protocols.applications.games.sampled_transfer import BLOCK, Transfer, play_transfer
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import SecurityClaim
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["ObliviousTransfer"]

#: Most qubits of all transfers that are played out.
_MOST_PLAYED = 10_000_000

_MARGIN = Within(low=0.0, high=0.25, rule="lie in (0, 1/4)", hint="such as 0.01", is_open=True)
_EPSILON = Within(low=0.0, high=1.0, rule="lie in (0, 1)", hint="such as 1e-6", is_open=True)
_COST = Within(low=1.0, rule="be 1 or more", hint="1 is Shannon's limit; 1.2 is usual")


@dataclass(frozen=True, kw_only=True, repr=False)
class ObliviousTransfer(Application):
    """Random one-out-of-two oblivious transfer before a receiver with a bounded quantum memory.

    The sender writes random bits in Z or X and sends them by teleportation; the receiver reads all
    in the basis of his choice; after a pause, in which he can keep few qubits, the bases are told.
    Each basis has its string of bits, hashed to a secret; he has the one of his basis. Security for
    the sender: arXiv:quant-ph/0612014, see ``BoundedStorage``; the receiver never tells his choice.

    Args:
        qubits: Qubits of a transfer.
        margin: d of the entropy bound, in (0, 1/4); the least that leaves half of epsilon unless
            given.
        storage: Qubits that a cheating receiver can keep until the bases are told.
        epsilon: Largest distance of the other secret from one that he does not know at all.
        correction_cost: Bits that are told to correct errors, over Shannon's limit.
        sample_qubits: Qubits of the transfers that are played out.
        sample_bits: Length of their secrets.
        sample_runs: Number of such transfers.

    Examples:
        >>> result = ObliviousTransfer(margin=0.01, epsilon=0.1).play()
        >>> print(result["min_entropy"].value, result["exception"].value)
        4.8e+07 0.0305209
    """

    name: ClassVar[str] = "oblivious-transfer"
    title: ClassVar[str] = "one of two secrets, before a bounded quantum memory"
    cites: ClassVar[tuple[str, ...]] = ("Damgard2007", "WehnerWullschleger2008", "Wiesner1983")

    qubits: int = schema.key(100_000_000, check=Whole(minimum=1))
    margin: float | None = schema.key(None, check=_MARGIN, example=0.01)
    storage: int = schema.key(0, check=Whole(minimum=0))
    epsilon: float = schema.key(1e-6, check=_EPSILON)
    correction_cost: float = schema.key(1.2, check=_COST)
    sample_qubits: int = schema.key(140, check=Whole(minimum=1, maximum=100_000))
    sample_bits: int = schema.key(8, check=Whole(minimum=1, maximum=1000))
    sample_runs: int = schema.key(200, check=Whole(minimum=1, maximum=100_000))

    def check_own(self) -> None:
        """Raise where too many bits would be played out."""
        if self.sample_qubits * self.sample_runs > _MOST_PLAYED:
            rule = f"leave at most {_MOST_PLAYED:,} qubits in all transfers that are played out"
            raise ParameterError("sample_runs", rule, self.sample_runs, "fewer of either")

    @property
    def needs(self) -> tuple[Need, ...]:
        """A pair of sender and receiver for each qubit, one after the other."""
        return (Need(parties=("sender", "receiver")),)

    @cached_property
    def coding(self) -> ConjugateStates:
        """BB84 states, and the noise of both."""
        return ConjugateStates(bases="ZX", noise=self.noise)

    def circuit(self) -> QuantumCircuit:
        """One qubit: written in X, teleported, read in X."""
        return self.coding.circuit("X", 1)

    def bounded(self, error: float) -> BoundedStorage:
        """What a cheating receiver does not know, with the errors of honest ones corrected.

        Args:
            error: Probability of a wrong reading in the right basis.
        """
        margin = least_margin(self.qubits, self.epsilon) if self.margin is None else self.margin
        told = self.qubits * min(self.correction_cost * float(binary_entropy(error)), 1.0)
        return BoundedStorage(qubits=self.qubits, margin=margin, storage=self.storage, told=told)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Secret bits on what was delivered, the bound behind them, and transfers played out."""
        row = self.coding.right()
        error = delivered.mean(1.0 - delivered.apply(row)[:, 0], 0.0, 1.0)
        found = self.bounded(min(error.best, 0.5))
        length = error.map(lambda q: float(self.bounded(min(q, 0.5)).longest(self.epsilon)))
        return (
            AppFigure(
                name="secret_bits",
                value=length,
                title="length of each of the two secrets",
                unit="bit",
                meaning="0 where errors, memory or the bound leave nothing",
            ),
            AppFigure(
                name="error_rate",
                value=error,
                title="wrong readings in the right basis",
            ),
            AppFigure(
                name="min_entropy",
                value=Estimate.exact(found.min_entropy),
                title="min-entropy of the whole string",
                meaning="for a receiver whose memory is classical",
                unit="bit",
                bound="lower",
            ),
            AppFigure(
                name="exception",
                value=Estimate.exact(found.exception),
                title="probability that the min-entropy is less",
                bound="upper",
            ),
            AppFigure(
                name="largest_storage",
                value=Estimate.exact(max(found.spare(1) + found.storage, 0.0)),
                title="qubits that a cheater may keep at most",
                meaning="with more, not one bit is left",
            ),
            *self.played_figures(delivered),
        )

    def transfers(self, delivered: Delivered) -> list[Transfer]:
        """Transfers played out between honest parties, on the mean of what was delivered."""
        ones = {}
        for basis, bit in self.coding.words:
            for read in self.coding.bases:
                row = self.coding.reads(basis, bit, read)[1]
                chance = delivered.mean(delivered.apply(row)[:, 0], 0.0, 1.0).best
                key = (self.coding.bases.index(basis), bit, self.coding.bases.index(read))
                ones[key] = chance
        draw = np.random.default_rng(self.seed)
        sizes = self.sample_qubits, self.sample_bits
        return [play_transfer(ones, *sizes, draw) for _ in range(self.sample_runs)]

    def played_figures(self, delivered: Delivered) -> Iterator[AppFigure]:
        """How often the chosen secret came over, and the other one by chance."""
        from qnet.metrics.statistics import proportion_estimate

        played = self.transfers(delivered)
        right, both = (sum(found) for found in zip(*map(_came_over, played), strict=True))
        for name, count, title in (
            ("transfer_right", right, "chosen secrets that came over"),
            ("transfer_both", both, "other secrets that came over"),
        ):
            yield AppFigure(
                name=name,
                value=proportion_estimate(count, len(played)),
                title=f"{title}, of those played out",
                meaning=f"errors corrected in blocks of {BLOCK} bits by three told ones",
            )

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim:
        """The secret that was not chosen is unknown to the receiver."""
        best = {each.name: each.best for each in figures}
        if not best["secret_bits"]:
            return SecurityClaim.none("errors, memory and the entropy bound leave no bit")
        return SecurityClaim(
            notion="composable",
            epsilon=self.epsilon,
            assumes=(
                f"a cheating receiver keeps {self.storage} qubits at most when the bases are told",
                "the sender's devices do as described, one photon at most carries each bit",
                "transfers follow one another, each with its own pause (arXiv:0709.0492)",
                "honest receivers lose no qubit, or lost ones are left out before the pause",
            ),
        )

    def remarks(self) -> Iterator[str]:
        """Which constants are the source's."""
        yield f"{self.sample_runs} transfers are played out with seed {self.seed}"
        yield "the entropy bound is the source's; the length of the secrets is put together here"


def _came_over(transfer: Transfer) -> tuple[bool, bool]:
    return transfer.is_right, transfer.has_both
