"""Results of runs of key-distribution protocols: error rates, yields, CHSH, key."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qnet.estimate import Estimate
from qnet.figures.result_picture import draw_result
from qnet.metrics.dataframe import dataframe_of
from qnet.metrics.figures import Figure, Value, html_table, shown_in, text_table
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import SecurityClaim
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "QKD_FIGURES",
    "TSIRELSON",
    "QkdResult",
    "chsh_estimate",
    "entangled_fraction",
    "expected_count",
    "shared_fraction",
    "tagged_fraction",
]

#: The largest CHSH value of quantum mechanics, 2 sqrt 2.
TSIRELSON = 2.0 * math.sqrt(2.0)


#: Figures of merit of a run; the error rate of each basis follows that of all bits.
QKD_FIGURES = (
    Figure(name="qber", title="QBER", meaning="share of the sifted bits that differ"),
    Figure(
        name="yields",
        title="yield",
        meaning="share of the pulses that were detected, of each intensity",
    ),
    Figure(
        name="qber_by_intensity",
        title="QBER of intensity",
        places=("json",),
        meaning="share of the sifted bits of each intensity that differ",
    ),
    Figure(
        name="chsh",
        title="CHSH",
        meaning="CHSH value of the rounds that test it, where the protocol does",
        formula="sum of s E, E = (equal - different)/(equal + different)",
    ),
    Figure(
        name="sifted_bits",
        title="sifted bits",
        meaning="bits that are left of the rounds whose settings fit",
    ),
    Figure(
        name="secret_key_fraction",
        title="secret fraction",
        unit="bit per sifted bit",
        text_unit="",
        meaning="secret bits per sifted bit, zero or more; the formula is that of the protocol",
        notion="asymptotic or device-independent-asymptotic or fair-sampling",
    ),
    Figure(
        name="secret_bits",
        title="secret bits",
        meaning="length of the key of this run",
        notion="composable or asymptotic",
    ),
    Figure(
        name="secret_key_rate_per_pulse",
        title="key per pulse",
        unit="bit per pulse",
        text_unit="",
        meaning="secret bits over the pulses that were sent",
        formula="secret bits / pulses",
        notion="composable or asymptotic",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QkdResult:
    """Figures of merit of a run.

    Args:
        protocol: Name of the protocol.
        pulses: Rounds that were played.
        seed: Seed of the run, if it had one.
        qber: Error rate of all sifted bits; ``None`` without any.
        qber_by_basis: Error rate per basis, ``"Z"``, ``"X"``, ``"Y"``.
        yields: Share of the pulses that were detected, per intensity.
        qber_by_intensity: Error rate of the sifted bits, per intensity.
        sifted_bits: Number of sifted bits; the interval is that of its expectation.
        secret_key_fraction: Secret bits per sifted bit, asymptotic, zero or more.
        secret_bits: Length of the key.
        secret_key_rate_per_pulse: Secret bits over pulses.
        chsh: The CHSH value, if it was measured.
        reason: One sentence when there is no key.
        security: What the secret bits claim: notion, epsilon and assumptions.
        notes: Further sentences.

    Examples:
        >>> from protocols.qkd import BB84
        >>> result = BB84().run(100_000, seed=1)
        >>> result.qber.best, result.secret_key_fraction.best
        (0.0, 1.0)
    """

    protocol: str
    pulses: int
    seed: int | None
    qber: Estimate | None
    qber_by_basis: Mapping[str, Estimate]
    yields: tuple[Estimate, ...]
    qber_by_intensity: tuple[Estimate | None, ...]
    sifted_bits: Estimate
    secret_key_fraction: Estimate | None = None
    secret_bits: Estimate | None = None
    secret_key_rate_per_pulse: Estimate | None = None
    chsh: Estimate | None = None
    reason: str = ""
    security: SecurityClaim
    notes: tuple[str, ...] = field(default=())

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        bases = "XYZ" if place == "json" else self.qber_by_basis
        rates = {
            Figure(name=f"qber_{basis.lower()}", title=f"QBER {basis}"): self.qber_by_basis.get(
                basis
            )
            for basis in bases
        }
        all_bits, *others = QKD_FIGURES
        found = {figure: getattr(self, figure.name) for figure in others}
        return shown_in(place, {all_bits: self.qber, **rates, **found})

    @property
    def provenance(self) -> str:
        """How the figures came about, and what their intervals mean."""
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{self.protocol}, {self.pulses} pulses{seed}; 95 % intervals"

    def __repr__(self) -> str:
        said = [f"QBER {self.qber}", f"{self.sifted_bits} sifted bits"]
        said += [] if self.secret_bits is None else [f"{self.secret_bits} secret bits"]
        return f"<QkdResult: {self.provenance}; {', '.join(said)}>"

    def __str__(self) -> str:
        """The figures as a table, one per line, and what the key claims."""
        return text_table(*self._shown)

    def to_dataframe(self) -> pd.DataFrame:
        """The figures as a table of pandas: one row each, with title, unit and interval.

        Raises:
            ParameterError: If pandas is not installed.
        """
        return dataframe_of(self.table())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the figures with their intervals below each other.

        Args:
            ax: Where to draw; a new figure when None.

        Examples:
            >>> from matplotlib.figure import Figure
            >>> from protocols.qkd import BB84, InterceptResend
            >>> result = BB84(eve=InterceptResend(fraction=0.3)).run(10_000, seed=1)
            >>> result.plot(Figure().subplots()).get_xlabel()
            'interval about the value (%)'
        """
        return draw_result(self, ax)

    def _repr_html_(self) -> str:
        return html_table(*self._shown)

    @property
    def _shown(self) -> tuple[dict[Figure, Value], str]:
        rows = sorted(self.table("text").items(), key=lambda row: row[0].name != "sifted_bits")
        return dict(rows), self.security.sentence


def expected_count(events: int, trials: int) -> Estimate:
    """A number of events, with the interval of its expectation.

    Examples:
        >>> expected_count(0, 100).best
        0.0
    """
    return proportion_estimate(events, trials) * float(trials)


def chsh_estimate(
    products: Sequence[tuple[int, float, float]],
    *,
    confidence: float = 0.95,
    physical: bool = True,
) -> Estimate:
    """CHSH value from the numbers of equal and different outcomes of its four correlators.

    ``S = sum of s_i E_i`` with ``E_i = (equal - different)/(equal + different)``. The interval is
    normal, with the variance ``(1 - E^2)/n`` of each correlator at a mean that is drawn to zero by
    two events of each kind (so that four perfect correlators do not look certain). Where chance
    puts the value above 2 sqrt 2, the interval reaches down to what is physical.

    Args:
        products: Sign, number of equal and of different outcomes, per pair of settings; numbers
            may be weighted by at most one each.
        confidence: Confidence of the interval.
        physical: Whether the interval reaches down to what is physical; what lies above 2 sqrt 2
            with an interval that does not is no statistic of detected pairs.

    Examples:
        >>> estimate = chsh_estimate([(1, 86, 14), (1, 86, 14), (1, 86, 14), (-1, 14, 86)])
        >>> round(estimate.best, 2), estimate.low < TSIRELSON < estimate.high
        (2.88, True)
    """
    from scipy.special import ndtri

    value, variance = 0.0, 0.0
    for sign, equal, different in products:
        n = equal + different
        if n <= 0:
            return Estimate(-4.0, 0.0, 4.0, 0)
        value += sign * (equal - different) / n
        drawn = (equal - different) / (n + 4)
        variance += (1.0 - drawn**2) / n
    half = float(ndtri(0.5 + confidence / 2.0)) * math.sqrt(variance)
    n_all = sum(equal + different for _, equal, different in products)
    low, high = max(value - half, -4.0), min(value + half, 4.0)
    if physical:
        low, high = min(low, TSIRELSON), max(high, -TSIRELSON)
    return Estimate(min(low, value), value, max(high, value), math.floor(n_all))


def entangled_fraction(
    kind: str, error_rates: Sequence[float], efficiency: float = 1.0, chsh: float = TSIRELSON
) -> float:
    """Asymptotic secret bits per sifted bit, negative where there is none.

    ``bb84``: ``1 - f h(e_key) - h(e_test)``. ``six-state``: ``1 - H(1 - 3Q/2, Q/2, Q/2, Q/2) - (f
    - 1) h(Q)``, of bases that are used evenly and err alike.
    ``device-independent``: ``1 - f h(Q) - h((1 + sqrt((S/2)^2 - 1))/2)`` (A. Acin et al., Phys.
    Rev. Lett. 98, 230501 (2007), arXiv:quant-ph/0702152).

    Args:
        kind: One of these.
        error_rates: Key basis and test basis for ``bb84``, else one.
        efficiency: Bits announced per Shannon bit.
        chsh: For ``device-independent``.

    Examples:
        >>> round(entangled_fraction("bb84", [0.03, 0.03]), 9)
        0.611216284
        >>> round(entangled_fraction("six-state", [0.05]), 9)
        0.496816268
        >>> round(entangled_fraction("device-independent", [0.02], chsh=TSIRELSON * 0.96), 9)
        0.612290702
    """
    seen = chsh if kind == "device-independent" else error_rates[-1]
    return shared_fraction(kind, error_rates[0], seen, efficiency)


def shared_fraction(
    kind: str,
    error: float,
    seen: float,
    efficiency: float = 1.0,
    *,
    lost: float = 0.0,
    kept_error: float | None = None,
    tagged: float = 0.0,
) -> float:
    """Secret bits per sifted bit when only a share of them is secret; negative where none is.

    ``(1 - L - D) S(e (1 - L)/(1 - L - D)) - f h(E)``: of all bits, a share ``L`` is given up so
    that detection does not depend on the bit, and a share ``D`` may be known to Eve, several
    photons each (D. Gottesman, H.-K. Lo, N. Lutkenhaus, J. Preskill, Quant. Inf. Comput. 4, 325
    (2004), arXiv:quant-ph/0212066). ``S`` is the entropy of a bit given Eve, and all errors that
    are seen may be those of the secret bits. The share ``L`` is given up on paper, or dropped
    before errors are corrected, at ``f (1 - L) h(E')``, whichever leaves more.

    Args:
        kind: As in `entangled_fraction`.
        error: Error rate ``E`` of all bits.
        seen: What bounds the entropy: the error rate ``e`` of the bits that are not given up, in
            the other basis or in all, or the CHSH value.
        efficiency: Bits announced per Shannon bit.
        lost: The share ``L``.
        kept_error: Error rate ``E'`` of the bits that are not given up; ``E`` when left out.
        tagged: The share ``D``.

    Examples:
        >>> round(shared_fraction("bb84", 0.05, 0.05, lost=1 / 3), 6)
        0.284804
    """
    left = 1.0 - lost - tagged
    kept = (1.0 - lost) * binary_entropy(min(error if kept_error is None else kept_error, 0.5))
    leak = efficiency * min(binary_entropy(min(error, 0.5)), kept)
    if left <= 0.0:
        return -leak
    worst = seen if kind == "device-independent" else min(seen * (1.0 - lost) / left, 0.5)
    return left * _entropy(kind, worst) - leak


def _entropy(kind: str, seen: float) -> float:
    """Entropy of a bit given Eve, from an error rate of at most 1/2 or a CHSH value."""
    if kind == "bb84":
        return 1.0 - binary_entropy(seen)
    if kind == "six-state":
        # 1 + h(Q) - H(1 - 3Q/2, Q/2, Q/2, Q/2), by the chain rule.
        return 1.0 - seen - (1.0 - seen) * binary_entropy((1.0 - 1.5 * seen) / (1.0 - seen))
    violation = min(max(seen, 2.0), TSIRELSON) / 2.0
    return 1.0 - binary_entropy(min((1.0 + math.sqrt(violation**2 - 1.0)) / 2.0, 1.0))


def tagged_fraction(
    error_key: float, error_test: float, tagged: float, efficiency: float = 1.0
) -> float:
    """Secret bits per sifted bit when a share of them may be known to Eve, several photons each.

    Args:
        error_key: Error rate of the key basis.
        error_test: Error rate of the other basis.
        tagged: The share ``D`` of `shared_fraction`.
        efficiency: Bits announced per Shannon bit.

    Examples:
        >>> round(tagged_fraction(0.03, 0.03, 0.0), 9)
        0.611216284
    """
    return shared_fraction("bb84", error_key, error_test, efficiency, tagged=tagged)
