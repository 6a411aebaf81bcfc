"""B92: two states that are not orthogonal.

C. H. Bennett, Phys. Rev. Lett. 68, 3121 (1992), doi:10.1103/PhysRevLett.68.3121.
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

__all__ = ["B92"]


@dataclass(frozen=True, slots=True, kw_only=True)
class B92(PrepareAndMeasure):
    """Alice sends 0 for the bit 0 and + for the bit 1; Bob excludes one of them or not.

    He measures Z or X. The outcome 1 in Z excludes the state 0, so her bit was 1; the outcome - in
    X excludes +, so it was 0. One quarter of the rounds tells him.

    Examples:
        >>> result = B92().run(100_000, seed=1)
        >>> result.qber.best, abs(result.sifted_bits.best / 100_000 - 0.25) < 0.01
        (0.0, True)
    """

    name: ClassVar[str] = "b92"
    references: ClassVar[tuple[str, ...]] = ("Bennett1992",)

    def choices(self) -> Iterator[Choice]:
        """Alice's bit, Bob's basis."""
        wrong = self.line.misalignment
        for bit, b in product((0, 1), "ZX"):
            yield Choice(
                labels={"bit_alice": bit, "basis_bob": "ZX".index(b)},
                probability=0.25,
                circuit=partial(bb84_circuit, 0, "ZX"[bit], b, misalignment=wrong),
            )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep the rounds in which Bob's outcome is 1: it excludes the state of his basis."""
        return SiftedKey(
            kept=np.asarray((columns["bit_bob"] == 1) & detected(columns)),
            basis=columns["basis_bob"],
            alice=columns["bit_alice"],
            bob=np.asarray(1 - columns["basis_bob"]),
        )
