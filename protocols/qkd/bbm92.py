"""BBM92: BB84 on entangled pairs, without a Bell test; with three bases, six-state on pairs.

C. H. Bennett, G. Brassard, N. D. Mermin, Phys. Rev. Lett. 68, 557 (1992),
doi:10.1103/PhysRevLett.68.557.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar

import numpy as np

from protocols.qkd.outcome_table import Columns, OutcomeTable
from protocols.qkd.pairs import EntangledPairs
from protocols.qkd.protocol import Choice, SiftedKey, check_bias, detected
from protocols.qkd.scenario import PairScenario
from protocols.qkd.secrecy import Evidence, bb84_fraction
from protocols.qkd.spdc import several_arrive, spdc_table
from protocols.qkd.tables import SpdcSource
from protocols.qkd.three_bases import six_state_fraction
from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate
from qnet.hardware import SpdcPairs
from qnet.metrics.security import Apparatus
from qnet.schema import key

__all__ = ["BBM92", "Bbm92Scenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BBM92(EntangledPairs):
    """Both parties measure their half of a pair in a random basis.

    Args:
        bases: ``"ZX"``, or ``"ZXY"`` for the six-state protocol on pairs.
        key_basis_probability: How often each party chooses Z; the others share the rest.
        source: ``None`` is one pair per round; `SpdcPairs` emits several now and then.

    Raises:
        ParameterError: If a number is out of its range, or an SPDC source stands together with a
            pair, an eavesdropper on the qubit, noise, or three bases.

    Examples:
        >>> from qnet.states import werner
        >>> result = BBM92(pair=werner(0.94)).run(10**7, seed=1)
        >>> abs(result.qber.best - 0.03) < 0.001
        True
    """

    name: ClassVar[str] = "bbm92"
    references: ClassVar[tuple[str, ...]] = ("BennettBrassardMermin1992", "ShorPreskill2000")

    bases: str = "ZX"
    key_basis_probability: float | None = None
    source: SpdcPairs | None = None

    def __post_init__(self) -> None:
        EntangledPairs.__post_init__(self)
        check_one_of("bases", self.bases, ("ZX", "ZXY"))
        if self.key_basis_probability is not None:
            check_bias("key_basis_probability", self.key_basis_probability)
        if self.source is not None:
            refused = {
                "pair": self.pair is not None,
                "eve": any(action.attack is not None for action in self.eve.actions()),
                "noise": self.noise is not None,
                "bases": self.bases != "ZX",
            }
            for name, given in refused.items():
                if given:
                    hint = "an SPDC source has Fock states of its own: leave it out"
                    raise ParameterError(name, "not stand together with an SPDC source", name, hint)

    def basis_probabilities(self) -> dict[str, float]:
        """How often each party chooses each basis."""
        z, rest = self.key_basis_probability, self.bases[1:]
        z = 1.0 / len(self.bases) if z is None else z
        return {"Z": z} | {basis: (1.0 - z) / len(rest) for basis in rest}

    def choices(self) -> Iterator[Choice]:
        """Both bases."""
        chance, three = self.basis_probabilities(), len(self.bases) == 3
        for a, b in product(self.bases, repeat=2):
            yield Choice(
                labels={"basis_alice": self.bases.index(a), "basis_bob": self.bases.index(b)},
                probability=chance[a] * chance[b],
                circuit=self.round_circuit(a, b, three=three),
            )

    def table(self) -> OutcomeTable:
        """The circuits, compiled; for an SPDC source its photon numbers."""
        if self.source is not None:
            return spdc_table(
                self.source, self.line_alice, self.line, self.basis_probabilities()["Z"]
            )
        return EntangledPairs.table(self)

    def apparatus(self, pulses: int | None = None) -> Apparatus:
        """What a security proof must know.

        The source needs no trust, but what makes unequal detectors equal presumes that photons
        arrive one by one: coincidences of several may be known to Eve.
        """
        found = EntangledPairs.apparatus(self, pulses)
        if self.source is None or found.has_equal_detectors:
            return found
        many = several_arrive(
            self.source, self.line_alice, self.line, self.basis_probabilities()["Z"]
        )
        return replace(found, multi_photon=many)

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep coincidences in equal bases; Phi+ is anticorrelated in Y, so Bob flips there."""
        same = columns["basis_alice"] == columns["basis_bob"]
        return SiftedKey(
            kept=np.asarray(same & detected(columns)),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=np.asarray(columns["bit_bob"] ^ (columns["basis_bob"] == 2)),
        )

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        if self.bases == "ZXY":
            return six_state_fraction(evidence, self.error_correction_efficiency)
        return bb84_fraction(evidence, self.error_correction_efficiency)


@dataclass(frozen=True, kw_only=True)
class Bbm92Scenario(PairScenario):
    """BBM92 on entangled pairs, one per pulse or of a down-conversion source.

    Args:
        source: The source of the pairs.
    """

    kind: ClassVar[str] = "bbm92"

    source: SpdcSource = key(factory=SpdcSource)

    def _analysis(self) -> Iterator[str]:
        yield from PairScenario._analysis(self)
        if self.source.light is not None:
            yield "Ma2007"

    def make(self, **common: Any) -> BBM92:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its pairs."""
        return BBM92(**common, **self._pairs(), source=self.source.light, **self._bias())
