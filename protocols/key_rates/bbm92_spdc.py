"""BBM92 with pairs from spontaneous parametric down-conversion.

X. Ma, C.-H. F. Fung, H.-K. Lo, Phys. Rev. A 76, 012307 (2007), arXiv:quant-ph/0703122. The source
emits ``n`` pairs with probability ``(n + 1) l^n/(1 + l)^(n + 2)``; both ends have threshold
detectors and give a double click a random bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from protocols.key_rates.channel import BackgroundChannel, either_wrong, equal_detectors
from protocols.key_rates.checks import check_shannon, pair_of, up_to
from protocols.key_rates.claims import asymptotic, flipped
from protocols.key_rates.gg02 import check_share
from protocols.key_rates.result import KeyRate
from protocols.key_rates.scenario import FlatScenario
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.hardware import Line, SpdcPairs
from qnet.metrics.key_rate import binary_entropy
from qnet.schema import key

__all__ = ["SpdcRate", "bbm92_spdc"]

_ASSUMES = (
    "collective",
    "known-rates",
    "equal-detectors",
    "no-blinding",
    "double-clicks",
    "basis-independent",
    "trusted-measurement",
)


def bbm92_spdc(
    *,
    mean_pair_number_half: float,
    transmission: tuple[float, float],
    background_yield: float | tuple[float, float] = 0.0,
    misalignment: float = 0.0,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """Key rate per pump pulse: ``R = q Q [1 - (1 + f) h(E)]``.

    With ``a, b`` the transmissions, ``A, B`` the backgrounds and ``l`` half the mean number of
    pairs: ``Q = 1 - (1 - A)/(1 + a l)^2 - (1 - B)/(1 + b l)^2 + (1 - A)(1 - B)/(1 + a l + b l - a b
    l)^2`` and ``E Q = Q/2 - (1 - 2 e_d) a b l (1 + l)/[(1 + a l)(1 + b l)(1 + a l + b l - a b
    l)]``.

    Args:
        mean_pair_number_half: ``l``, half the mean number of pairs of a pulse.
        transmission: ``(a, b)``: probability that a photon is detected, at each end.
        background_yield: ``(A, B)``: background per pulse and end, or one number for both.
        misalignment: ``e_d``: probability that a pair gives differing bits where they should agree.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.
        sifting: ``q``: share of the coincidences that are kept.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain`` and ``qber``.

    Raises:
        ParameterError: If ``l`` is not in (0, 100], ``f`` below one, a value no probability, or
            there are no coincidences.

    Examples:
        >>> rate = bbm92_spdc(
        ...     mean_pair_number_half=0.1, transmission=(0.2, 0.1), background_yield=1e-5,
        ...     misalignment=0.015,
        ... )
        >>> round(rate.figures["gain"], 11), round(rate.figures["qber"], 10), round(rate.value, 12)
        (0.00480282404, 0.0804506245, 0.000248886389)
    """
    pairs = check_positive("mean_pair_number_half", mean_pair_number_half)
    if pairs > 100.0:
        hint = "sources for key distribution have below 0.2"
        raise ParameterError("mean_pair_number_half", "be at most 100", pairs, hint)
    a, b = (check_probability("transmission", x) for x in transmission)
    both = background_yield if isinstance(background_yield, tuple) else (background_yield,) * 2
    dark = [1.0 - check_probability("background_yield", x) for x in both]
    turned = check_probability("misalignment", misalignment)
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    share = check_probability("sifting", sifting)
    one, two = 1.0 + a * pairs, 1.0 + b * pairs
    joint = one + two - 1.0 - a * b * pairs
    split = a * b * pairs * (1.0 + pairs)
    # The same sum, written without cancellation: one * two = joint + split.
    alone = [1.0 - dark[0] + a * pairs * (1.0 + one), 1.0 - dark[1] + b * pairs * (1.0 + two)]
    together = split * (one * two + joint) / (one * two * joint) ** 2
    gain = alone[0] * alone[1] / (one * two) ** 2 + dark[0] * dark[1] * together
    if gain <= 0.0:
        raise ParameterError("transmission", "leave coincidences", list(transmission), "raise it")
    correlated = split / (one * two * joint)
    qber = 0.5 - (1.0 - 2.0 * turned) * correlated / gain
    error, notes = flipped(min(max(qber, 0.0), 1.0))
    unclipped = share * gain * (1.0 - (1.0 + efficiency) * binary_entropy(error))
    reason = ""
    if unclipped <= 0.0:
        reason = (
            f"no key: an error rate of {100 * error:.3g} % is too high for an efficiency of error "
            f"correction of {efficiency:g}; fewer pairs per pulse may help"
        )
    return KeyRate(
        name="secret_key_rate_per_pulse",
        unclipped=unclipped,
        figures={"gain": gain, "qber": qber},
        reason=reason,
        security=asymptotic(_ASSUMES),
        notes=notes,
    )


@dataclass(frozen=True, kw_only=True)
class SpdcRate(FlatScenario):
    """Key rate of BBM92 with pairs from spontaneous parametric down-conversion."""

    formula = staticmethod(bbm92_spdc)
    model: ClassVar[str] = "bbm92-spdc"
    references: ClassVar[tuple[str, ...]] = ("Ma2007",)

    kind: str = key("bbm92-spdc", hidden=True)
    mean_pair_number_half: float = key(
        check=up_to(100.0, "sources for key distribution have below 0.2"), example=0.1
    )
    transmission: tuple[float, float] = key(
        read=pair_of(check_share), example=[0.1, 0.1], range={"minimum": 1e-9, "maximum": 1}
    )
    background_yield: float | tuple[float, float] = key(
        0.0, read=pair_of(check_probability, or_one=True), range={"minimum": 0, "maximum": 1}
    )
    misalignment: float = key(0.0, check=check_probability)
    error_correction_efficiency: float = key(1.22, check=check_shannon)
    sifting: float = key(0.5, check=check_probability)

    @classmethod
    def of(cls, source: SpdcPairs, line_alice: Line, line_bob: Line, **others: Any) -> SpdcRate:  # noqa: ANN401
        """The key rate of a source between two lines.

        Args:
            source: The pairs.
            line_alice: From the source to Alice.
            line_bob: From the source to Bob.
            others: Further keys, such as ``sifting``.

        Raises:
            ParameterError: If the detectors of a line are unequal, or a number is out of its range.
        """
        background, other = (BackgroundChannel(line) for line in (line_alice, line_bob))
        return cls(
            mean_pair_number_half=source.mean_pair_number_half,
            transmission=equal_detectors(line_alice, line_bob),
            background_yield=(background.background_yield, other.background_yield),
            misalignment=either_wrong(line_alice, line_bob),
            **others,
        )
