"""Toy protocol from outside: one basis only, with its scenario; one line more makes it a kind.

Oracle: every photon that comes gives a bit, wrong as often as the analyser is turned and Alice's
preparation fails; one basis shows nothing of an eavesdropper, so that there is no key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from protocols.key_rates import KeyRate
from protocols.qkd.bb84 import bb84_circuit
from protocols.qkd.protocol import Choice, PrepareAndMeasure, SiftedKey, detected
from protocols.qkd.scenario import PhotonScenario
from qnet.errors import check_probability
from qnet.schema import key

REASON = "no key: one basis shows nothing of an eavesdropper"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneBasis(PrepareAndMeasure):
    """Alice prepares Z, the wrong state now and then; Bob measures Z."""

    name: ClassVar[str] = "one-basis"

    slip: float = 0.0

    def choices(self) -> Iterator[Choice]:
        """Alice's bit and whether her preparation fails."""
        for bit in (0, 1):
            for wrong, chance in ((0, 1.0 - self.slip), (1, self.slip)):
                yield Choice(
                    labels={"bit_alice": bit, "basis_bob": 0, "slipped": wrong},
                    probability=0.5 * chance,
                    circuit=partial(
                        bb84_circuit, bit ^ wrong, "Z", "Z", misalignment=self.line.misalignment
                    ),
                )

    def sift(self, columns: Any) -> SiftedKey:
        """Everything that is detected."""
        return SiftedKey(
            kept=detected(columns),
            basis=columns["basis_bob"],
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )


@dataclass(frozen=True, kw_only=True)
class OneBasisScenario(PhotonScenario):
    """One basis only.

    Args:
        slip: How often Alice prepares the wrong state.
    """

    kind: ClassVar[str] = "one-basis"

    slip: float = key(0.0, table="alice", check=check_probability)

    def make(self, **common: Any) -> OneBasis:
        """The protocol with its source."""
        return OneBasis(**common, source=self.source.light, slip=self.slip)

    def key_rate(self) -> KeyRate:
        """None, with the error rate."""
        wrong = self.line().misalignment
        qber = self.slip * (1.0 - wrong) + (1.0 - self.slip) * wrong
        return KeyRate(
            name="secret_key_fraction", unclipped=0.0, figures={"qber": qber}, reason=REASON
        )
