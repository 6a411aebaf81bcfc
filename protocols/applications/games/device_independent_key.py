"""Device-independent keys: secrecy from a CHSH value in which every event counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.games.chsh_test import (
    CHSH_SIGNS,
    SETTINGS,
    each_by_itself,
    largest_zero,
    seen,
)
from protocols.applications.key_figures import secret_rate
from protocols.applications.local_measurements import sign_row
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from protocols.applications.state_table import StateTable
from protocols.key_rates.checks import check_shannon
from protocols.key_rates.entangled import (
    chsh_guessing_probability,
    device_independent,
)
from protocols.qkd.bases import measure
from qnet import schema
from qnet.errors import ParameterError, check_probability, check_real
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.schema import Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["DeviceIndependentKey"]

_NOTHING = np.array([1.0, 0.0, 0.0, 0.0])
_NAMES = ("closed-laboratories", "every-event-counts", "collective", "identical-pairs")


@dataclass(frozen=True, kw_only=True, repr=False)
class DeviceIndependentKey(Application):
    r"""A key that needs no trust in devices: Eve's knowledge follows from the CHSH value alone.

    Alice has three settings, Bob two; her first and his first give the key. Whoever's detector does
    not click writes down +1, so that nothing is left out. With a CHSH value S and an error rate Q
    the key is :math:`1 - h((1 + \sqrt{S^2/4 - 1})/2) - f h(Q)` bits per pair of the key settings
    (A. Acin et al., Phys. Rev. Lett. 98, 230501 (2007), doi:10.1103/PhysRevLett.98.230501); a guess
    of one outcome is right with at most :math:`(1 + \sqrt{2 - S^2/4})/2` (L. Masanes, S. Pironio,
    A. Acin, Nat. Commun. 2, 238 (2011), doi:10.1038/ncomms1244). Over a repeater the pairs are
    heralded before the settings are drawn: what the fibre loses opens no loophole, and the
    efficiency is that of the ends alone. Bits that are flipped on purpose make a key of noisier
    pairs (M. Ho et al., Phys. Rev. Lett. 124, 230502 (2020), doi:10.1103/PhysRevLett.124.230502).

    Args:
        efficiency: Probability that an end's measurement clicks.
        alice_deg: Her settings, in degrees from Z to X: key, then two of the CHSH test.
        bob_deg: His settings: key and test, then test.
        error_correction_efficiency: Bits disclosed per Shannon bit.
        preprocessing: Probability with which a key bit is flipped on purpose before errors are
            corrected; it costs Eve more than the two.

    Examples:
        >>> result = DeviceIndependentKey(efficiency=0.97, state=StateTable(werner=0.99)).play()
        >>> print(result["secret_key_fraction"].value, result.security.notion)
        0.418916 device-independent-asymptotic
    """

    name: ClassVar[str] = "device-independent-key"
    title: ClassVar[str] = "a key without trust in the devices"
    cites: ClassVar[tuple[str, ...]] = ("Acin2007", "Pironio2009", "Masanes2011", "Ho2020")

    efficiency: float = schema.key(1.0, check=check_probability)
    alice_deg: tuple[float, ...] = schema.key((0.0, 45.0, -45.0), check=check_real)
    bob_deg: tuple[float, ...] = schema.key((0.0, 90.0), check=check_real)
    error_correction_efficiency: float = schema.key(1.0, check=check_shannon)
    preprocessing: float = schema.key(
        0.0, check=Within(low=0.0, high=0.5, rule="lie in [0, 0.5]", hint="0 flips nothing")
    )

    def check_own(self) -> None:
        """Refuse another number of settings."""
        for field, number in (("alice_deg", 3), ("bob_deg", 2)):
            value = getattr(self, field)
            if len(value) != number:
                hint = "the key setting first"
                raise ParameterError(field, f"be {number} angles in degrees", value, hint)

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pair."""
        return (Need(),)

    def perfect(self) -> DeviceIndependentKey:
        """The same with perfect gates and detectors, on perfect states."""
        found = super().perfect()
        assert isinstance(found, DeviceIndependentKey)  # it is a copy
        return replace(found, efficiency=1.0)

    def circuit(self) -> QuantumCircuit:
        """A round of the test: Alice's second setting, Bob's first."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(2, 2, name="device_independent_key")
        measure(circuit, 0, 0, self.alice_deg[1])
        measure(circuit, 1, 1, self.bob_deg[0])
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Secret bits per key round, what they are made of, and what devices it takes."""
        found = delivered.apply(self._rows)

        def of(function: Callable[[float, float], float]) -> Estimate:
            """A function of CHSH value and error rate at the efficiency."""
            at = each_by_itself(lambda means: function(*seen(means, self.efficiency)))
            return delivered.estimate(at, found)

        secret = of(lambda chsh, qber: max(self._balance(chsh, qber), 0.0))
        guess = of(lambda chsh, _: chsh_guessing_probability(chsh))
        return (
            AppFigure(
                name="secret_key_fraction",
                value=secret,
                title="secret bits per key round",
            ),
            AppFigure(name="chsh", value=of(lambda chsh, _: chsh), title="CHSH value"),
            AppFigure(name="qber", value=of(lambda _, qber: qber), title="error rate of the key"),
            AppFigure(
                name="entropy",
                value=of(lambda chsh, _: device_independent(0.0, chsh).unclipped),
                title="entropy of a key bit",
                unit="bit",
                meaning="given all that Eve has, 1 less her Holevo information",
            ),
            AppFigure(
                name="guessing_probability",
                value=guess,
                title="probability to guess an outcome",
                bound="upper",
            ),
            AppFigure(
                name="min_entropy",
                value=guess.map(lambda chance: -float(np.log2(chance))),
                title="min-entropy of an outcome",
                unit="bit",
                bound="lower",
            ),
            *secret_rate(secret, delivered),
            *self._demands(delivered, found),
        )

    def _demands(self, delivered: Delivered, found: Array) -> Iterator[AppFigure]:
        """Least efficiency and fidelity; None where the best is not enough."""

        def needed(name: str, rule: Callable[[float, float], float], title: str) -> AppFigure:
            def least(means: Array) -> float:
                return largest_zero(lambda eta: rule(*seen(means, eta)))

            value = delivered.estimate(each_by_itself(least), found)
            known = (
                value if value.best < 1.0 or rule(*seen(found.mean(axis=0), 1.0)) > 0.0 else None
            )
            return AppFigure(name=name, value=known, title=title)

        title = "efficiency at which the key vanishes"
        yield needed("least_efficiency", self._balance, title)
        title = "efficiency at which the CHSH value is 2"
        yield needed("least_efficiency_chsh", lambda chsh, _: chsh - 2.0, title)
        yield AppFigure(
            name="least_fidelity",
            value=self._least_fidelity,
            title="fidelity at which the key vanishes",
            meaning="of Werner pairs, at this efficiency",
        )

    @cached_property
    def _least_fidelity(self) -> Estimate | None:
        def balance(fidelity: float) -> float:
            vector = StateTable(fidelity=fidelity).vector("pair", 2)
            return self._balance(*seen(self._rows @ vector, self.efficiency))

        return Estimate.exact(largest_zero(balance, 0.25)) if balance(1.0) > 0.0 else None

    @cached_property
    def _rows(self) -> Array:
        """Effects (10, 16): correlators of key and test, then Alice's and Bob's mean signs."""
        alice = [sign_row(angle, self.noise) for angle in self.alice_deg]
        bob = [sign_row(angle, self.noise) for angle in self.bob_deg]
        both = [np.kron(alice[a], bob[b]) for a, b in SETTINGS]
        single = [np.kron(row, _NOTHING) for row in alice] + [np.kron(_NOTHING, row) for row in bob]
        return np.array(both + single)

    def _balance(self, chsh: float, qber: float) -> float:
        """Secret bits per key round; negative where there are none."""
        f = self.error_correction_efficiency
        found = device_independent(
            qber, chsh, error_correction_efficiency=f, flips=self.preprocessing
        )
        return found.unclipped

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim:
        """Whatever the devices do, in the limit of endless blocks."""
        value = figures[0].value
        if isinstance(value, Estimate) and value.best > 0.0:
            return SecurityClaim.under("device-independent-asymptotic", *_NAMES)
        return SecurityClaim.none("no key: the CHSH value proves too little at this error rate")

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """The best that outcomes fixed beforehand give: CHSH 2, and Eve knows them all."""
        signs = list(product((1.0, -1.0), repeat=5))
        chsh = max(
            sum(sign * each[a] * each[3 + b] for (a, b), sign in CHSH_SIGNS.items())
            for each in signs
        )
        guess = chsh_guessing_probability(chsh)
        return {
            "secret_key_fraction": max(self._balance(chsh, 0.0), 0.0),
            "chsh": chsh,
            "qber": 0.0,
            "entropy": device_independent(0.0, chsh).unclipped,
            "guessing_probability": guess,
            "min_entropy": -float(np.log2(guess)) + 0.0,
        }

    def remarks(self) -> Iterator[str]:
        """What the efficiency holds for."""
        if self.chain is not None or self.network is not None:
            yield (
                "pairs are heralded before the settings are drawn, so that fibre and swaps cost "
                "rate and fidelity; the efficiency is that of the two ends"
            )
        if self.efficiency == 1.0:
            yield "both ends detect always (efficiency = 1): an upper limit for any real detector"
