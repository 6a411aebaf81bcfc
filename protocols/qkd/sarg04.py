"""SARG04: the states of BB84 with another sifting, which photon-number splitting hurts less.

V. Scarani, A. Acin, G. Ribordy, N. Gisin, Phys. Rev. Lett. 92, 057901 (2004),
arXiv:quant-ph/0211131.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import ClassVar

import numpy as np

from protocols.qkd.bb84 import bb84_circuit
from protocols.qkd.outcome_table import Columns
from protocols.qkd.protocol import Choice, PrepareAndMeasure, SiftedKey, detected

__all__ = ["SARG04"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SARG04(PrepareAndMeasure):
    """The key bit is Alice's basis; she announces her state together with one of the other basis.

    Bob knows the bit when his outcome excludes one of the two. One quarter of the rounds tells him.

    Examples:
        >>> result = SARG04().run(100_000, seed=1)
        >>> result.qber.best, abs(result.sifted_bits.best / 100_000 - 0.25) < 0.01
        (0.0, True)
    """

    name: ClassVar[str] = "sarg04"
    references: ClassVar[tuple[str, ...]] = ("Scarani2004",)

    def choices(self) -> Iterator[Choice]:
        """Alice's bit (her basis), the values of her state and of its partner; Bob's basis."""
        wrong = self.line.misalignment
        for bit, value, partner, b in product((0, 1), (0, 1), (0, 1), "ZX"):
            yield Choice(
                labels={
                    "bit_alice": bit,
                    "value_alice": value,
                    "partner": partner,
                    "basis_bob": "ZX".index(b),
                },
                probability=1.0 / 16.0,
                circuit=partial(bb84_circuit, value, "ZX"[bit], b, misalignment=wrong),
            )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep the rounds in which the outcome excludes the announced state of Bob's basis."""
        basis_bob = columns["basis_bob"]
        own_basis = columns["bit_alice"] == basis_bob
        announced = np.where(own_basis, columns["value_alice"], columns["partner"])
        return SiftedKey(
            kept=np.asarray((columns["bit_bob"] != announced) & detected(columns)),
            basis=basis_bob,
            alice=columns["bit_alice"],
            bob=np.asarray(1 - basis_bob),
        )
