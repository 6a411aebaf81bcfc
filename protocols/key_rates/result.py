"""Key rates with the figures they are made of, and why there is no key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qnet.metrics.figures import Figure, Value, html_table, shown_in, text_table
from qnet.metrics.security import SecurityClaim

__all__ = ["DARK", "KeyRate", "pulse_rate"]

#: Why there is no key where there is no detection.
DARK = "no key: nothing is ever detected; raise the transmission or the intensities"

_UNCLAIMED = SecurityClaim.none("no security proof was named")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRate:
    """A key rate with the figures it was made of.

    Args:
        name: Name of the rate, which says its unit: ``secret_key_rate_per_pulse``,
            ``secret_key_rate_per_symbol`` (bits per pulse sent, or per symbol),
            ``secret_key_fraction`` (bits per sifted bit, or, of `real_bb84`, per round in the key
            basis), ``secret_bits`` (bits of one block).
        unclipped: What the formula gives, in that unit; negative where it gives no key.
        figures: The intermediate figures by name.
        reason: One sentence when there is no key, else empty.
        security: What the rate claims to be; where there is no key, it says why there is none.
        notes: Remarks on how the figures came about.
        method: Name of the proof, where a device decides which one holds.

    Examples:
        >>> rate = KeyRate(name="secret_key_fraction", unclipped=-0.2, reason="no key: too noisy")
        >>> rate.value, rate.reason
        (0.0, 'no key: too noisy')
        >>> print(rate.security)
        none: no key: too noisy
    """

    name: str
    unclipped: float
    figures: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    security: SecurityClaim = _UNCLAIMED
    notes: tuple[str, ...] = ()
    method: str = ""

    def __post_init__(self) -> None:
        if self.reason:
            claim = SecurityClaim.none(self.reason, self.security.assumes)
            object.__setattr__(self, "security", claim)

    @property
    def value(self) -> float:
        """The rate: zero where the formula gives less."""
        return max(0.0, self.unclipped)

    def as_dict(self) -> dict[str, float]:
        """The figures in order, and the rate last.

        Examples:
            >>> KeyRate(name="secret_bits", unclipped=7.0, figures={"qber": 0.02}).as_dict()
            {'qber': 0.02, 'secret_bits': 7.0}
        """
        return {**self.figures, self.name: self.value}

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures in order, and the rate last, each a plain number."""
        figures = {
            Figure(name=name, title=name.replace("_", " ")): value
            for name, value in self.as_dict().items()
        }
        return shown_in(place, {**figures})

    def __str__(self) -> str:
        """The figures as a table, one per line, and what the key claims."""
        return text_table(*self._shown)

    def _repr_html_(self) -> str:
        return html_table(*self._shown)

    @property
    def _shown(self) -> tuple[dict[Figure, Value], str]:
        claim = "; ".join([str(self.security), *self.security.assumes])
        return self.table("text"), self.reason or claim


def pulse_rate(
    unclipped: float,
    figures: Mapping[str, float],
    *,
    noisy: str,
    security: SecurityClaim,
    notes: tuple[str, ...] = (),
) -> KeyRate:
    """The secret bits per pulse of a formula, or why there are none.

    Args:
        unclipped: What the formula gives.
        figures: What it was made of, ``gain`` among it.
        noisy: Why there is no key where something is detected.
        security: What the rate claims to be.
        notes: Remarks on how the figures came about.

    Examples:
        >>> claim = SecurityClaim.none("an example")
        >>> pulse_rate(-0.1, {"gain": 0.2}, noisy="no key: too noisy", security=claim).reason
        'no key: too noisy'
    """
    reason = DARK if figures["gain"] <= 0.0 else noisy if unclipped <= 0.0 else ""
    return KeyRate(
        name="secret_key_rate_per_pulse",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=security,
        notes=notes,
    )
