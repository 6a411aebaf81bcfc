"""Asymptotic fractions of BB84, six-state and device-independent key distribution.

One error rate ``Q`` in every basis, collective attacks, one-way post-processing, no sifting factor.
`qnet.metrics.secret_key_fraction` takes a different error rate per basis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from protocols.key_rates.checks import check_epsilon, check_shannon, check_size
from protocols.key_rates.claims import FORM_REFERENCES, QUBITS, asymptotic, flipped
from protocols.key_rates.finite_size import Security
from protocols.key_rates.result import KeyRate
from protocols.key_rates.scenario import FlatScenario
from protocols.key_rates.tomamichel2012 import tomamichel2012
from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_one_of,
    check_probability,
)
from qnet.metrics.key_rate import KEY_PROTOCOLS, binary_entropy
from qnet.schema import key, missing

__all__ = [
    "PROTOCOLS",
    "TSIRELSON",
    "EntangledRate",
    "bb84",
    "chsh_guessing_probability",
    "device_independent",
    "six_state",
    "threshold",
]

TSIRELSON = 2.0 * math.sqrt(2.0)

#: The fractions by name.
PROTOCOLS = ("bb84", "six-state", "device-independent")


def bb84(qber: float, *, error_correction_efficiency: float = 1.0) -> KeyRate:
    """BB84, or BBM92: ``r = 1 - h(Q) - f h(Q)``, in bits per sifted bit.

    P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441.

    Args:
        qber: Error rate ``Q``, the same in both bases; above 1/2 one party flips its bits.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Returns:
        ``secret_key_fraction``.

    Raises:
        ParameterError: If the error rate is outside [0, 1], or ``f`` below one.

    Examples:
        >>> round(bb84(0.05).value, 9), bb84(1.0).value
        (0.427206086, 1.0)
        >>> print(bb84(0.05).security)
        asymptotic
        >>> print(bb84(0.12).reason)
        no key: an error rate of 12 % is above the 11 % that bb84 tolerates
    """
    return _rate("bb84", _bb84_balance, qber, error_correction_efficiency)


def six_state(qber: float, *, error_correction_efficiency: float = 1.0) -> KeyRate:
    """Six-state protocol: ``r = 1 + sum(lambda log2 lambda) - (f - 1) h(Q)``, per sifted bit.

    ``lambda = (1 - 3Q/2, Q/2, Q/2, Q/2)`` are the Bell populations of a channel with the same error
    rate in X, Y and Z. V. Scarani et al., Rev. Mod. Phys. 81, 1301 (2009),
    doi:10.1103/RevModPhys.81.1301.

    Args:
        qber: Error rate ``Q``, the same in the three bases; at most 1/2.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Returns:
        ``secret_key_fraction``.

    Raises:
        ParameterError: If the error rate is outside [0, 1/2], or ``f`` below one: no state errs
            always in all three bases, so that there is nothing to flip.

    Examples:
        >>> round(six_state(0.05).value, 9)
        0.496816268
    """
    check_six_state("qber", qber)
    return _rate("six-state", _six_state_balance, qber, error_correction_efficiency)


def device_independent(
    qber: float,
    chsh: float | None = None,
    *,
    error_correction_efficiency: float = 1.0,
    flips: float = 0.0,
) -> KeyRate:
    """Device-independent: ``r = 1 - f h(Q) - h((1 + sqrt((S/2)^2 - 1))/2)``, per sifted bit.

    A. Acin et al., Phys. Rev. Lett. 98, 230501 (2007), doi:10.1103/PhysRevLett.98.230501, for
    collective attacks and perfect detection. Key bits that are flipped on purpose with probability
    ``p`` add ``h((1 + sqrt(1 - p (1 - p) (8 - S^2)))/2)`` to Eve's ignorance, and raise ``Q`` to
    ``Q + p - 2 Q p`` (M. Ho et al., Phys. Rev. Lett. 124, 230502 (2020), arXiv:2005.13015).

    Args:
        qber: Error rate ``Q`` of the key; above 1/2 one party flips its bits.
        chsh: CHSH value ``S``; ``2 sqrt(2) (1 - 2Q)``, that of a Werner state, when None.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.
        flips: ``p``: probability of a flip on purpose, at most 1/2.

    Returns:
        ``secret_key_fraction``; the figure ``chsh`` is the value used.

    Raises:
        ParameterError: If the error rate is outside [0, 1], ``f`` below one, or ``S`` negative or
            above ``2 sqrt(2)``, or ``p`` outside [0, 1/2].

    Examples:
        >>> round(device_independent(0.02).value, 9)
        0.612290702
        >>> print(device_independent(0.02, 1.9).reason)
        no key: a CHSH value of 1.9 proves nothing, it must be above 2
    """
    error, efficiency, notes = _checked(qber, error_correction_efficiency)
    value = _werner_chsh(error) if chsh is None else check_non_negative("chsh", chsh)
    if value > TSIRELSON * (1.0 + 1e-12):
        hint = "no quantum state gives more; a measured value above it is a fluctuation"
        raise ParameterError("chsh", f"be at most 2 sqrt(2) = {TSIRELSON:.10g}", chsh, hint)
    if not 0.0 <= flips <= 0.5:
        raise ParameterError("flips", "lie in [0, 0.5]", flips, "0 flips nothing")
    unclipped = _device_independent_balance(error, value, efficiency, flips)
    reason = ""
    if unclipped <= 0.0:
        what = f"a CHSH value of {value:.4g}"
        reason = f"no key: {what} proves nothing, it must be above 2"
        if value > 2.0:
            reason = f"no key: {what} proves too little at an error rate of {100 * error:.3g} %"
    names = ["collective", "identical-pairs", "perfect-detection", "known-rates"]
    return KeyRate(
        name="secret_key_fraction",
        unclipped=unclipped,
        figures={"qber": qber, "chsh": value},
        reason=reason,
        security=asymptotic(names, device_independent=True),
        notes=notes,
    )


def chsh_guessing_probability(chsh: float) -> float:
    """Largest probability to guess an outcome of a setting, whatever the devices do.

    ``(1 + sqrt(2 - S^2/4))/2``. L. Masanes, S. Pironio, A. Acin, Nat. Commun. 2, 238 (2011),
    doi:10.1038/ncomms1244.

    Args:
        chsh: CHSH value ``S``; at 2 and below everything may be known.

    Raises:
        ParameterError: If ``S`` is negative or above ``2 sqrt(2)``.

    Examples:
        >>> round(chsh_guessing_probability(2.5), 9), chsh_guessing_probability(2.0)
        (0.830718914, 1.0)
    """
    value = check_chsh("chsh", chsh)
    return min(0.5 * (1.0 + math.sqrt(max(2.0 - value**2 / 4.0, 0.0))), 1.0)


def threshold(protocol: str, *, error_correction_efficiency: float = 1.0) -> float:
    """Error rate at which the fraction vanishes.

    Args:
        protocol: ``"bb84"``, ``"six-state"`` or ``"device-independent"`` (of a Werner state).
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Raises:
        UnknownNameError: If the protocol does not exist.
        ParameterError: If ``f`` is below one.

    Examples:
        >>> [round(threshold(name), 6) for name in PROTOCOLS]
        [0.110028, 0.126193, 0.071492]
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    rules: dict[str, Callable[[float, float], float]] = {
        "bb84": _bb84_balance,
        "six-state": _six_state_balance,
        "device-independent": lambda q, f: _device_independent_balance(q, _werner_chsh(q), f),
    }
    rule = rules[check_one_of("protocol", protocol, PROTOCOLS)]
    _, efficiency, _ = _checked(0.0, error_correction_efficiency)
    return float(brentq(lambda q: rule(q, efficiency), 0.0, 0.5, xtol=1e-15, rtol=1e-14))


def _checked(qber: float, efficiency: float) -> tuple[float, float, tuple[str, ...]]:
    """The error rate, at most 1/2 by flipping bits; the efficiency; and a remark on the flip."""
    error, notes = flipped(check_probability("qber", qber, "give an error rate between 0 and 1"))
    return error, check_shannon("error_correction_efficiency", efficiency), notes


def check_six_state(field: str, qber: object) -> float:
    """An error rate of all three bases: at most 1/2."""
    error = check_probability(field, qber, "give an error rate between 0 and 0.5")
    if error > 0.5:
        hint = "one party can flip the bits of two bases, but not of all three: no state does that"
        raise ParameterError(field, "be at most 0.5 in all three bases", qber, hint)
    return error


def _bb84_balance(error: float, efficiency: float) -> float:
    return 1.0 - (1.0 + efficiency) * binary_entropy(error)


def _six_state_balance(error: float, efficiency: float) -> float:
    populations = (max(1.0 - 1.5 * error, 0.0), *(0.5 * error,) * 3)
    entropy = -sum(p * math.log2(p) for p in populations if p > 0.0)
    return 1.0 - entropy - (efficiency - 1.0) * binary_entropy(error)


def _werner_chsh(error: float) -> float:
    return TSIRELSON * (1.0 - 2.0 * error)


def _device_independent_balance(
    error: float, chsh: float, efficiency: float, flips: float = 0.0
) -> float:
    square = min(max(chsh**2, 4.0), 8.0)
    violation = math.sqrt(square / 4.0 - 1.0)
    hidden = math.sqrt(max(1.0 - flips * (1.0 - flips) * (8.0 - square), 0.0))
    unknown = 1.0 - binary_entropy((1.0 + violation) / 2.0) + binary_entropy((1.0 + hidden) / 2.0)
    seen = error + flips - 2.0 * error * flips
    return unknown - efficiency * binary_entropy(seen)


def _rate(
    protocol: str, rule: Callable[[float, float], float], qber: float, efficiency: float
) -> KeyRate:
    error, efficiency, notes = _checked(qber, efficiency)
    unclipped = rule(error, efficiency)
    reason = ""
    if unclipped <= 0.0:
        limit = 100.0 * threshold(protocol, error_correction_efficiency=efficiency)
        reason = (
            f"no key: an error rate of {100 * error:.4g} % is above "
            f"the {limit:.4g} % that {protocol} tolerates"
        )
    return KeyRate(
        name="secret_key_fraction",
        unclipped=unclipped,
        figures={"qber": qber},
        reason=reason,
        security=asymptotic(["collective", "known-rates", "one-error-rate", *QUBITS]),
        notes=notes,
    )


_FRACTIONS = {"bb84": bb84, "six-state": six_state}

#: Keys of the works on each model.
_REFERENCES = {
    **{name: KEY_PROTOCOLS[name].references for name in _FRACTIONS},
    "device-independent": ("Acin2007",),
    "tomamichel2012": ("Tomamichel2012", *FORM_REFERENCES["fixed"]),
}

#: Keys of every model, and those that one has beside.
_COMMON = ("model", "qber", "error_correction_efficiency")
_OWN = {
    "device-independent": ("chsh",),
    "tomamichel2012": ("key_bits", "test_bits", "epsilon_secrecy", "epsilon_correctness"),
}


@dataclass(frozen=True, kw_only=True)
class EntangledRate(FlatScenario):
    """Key of measured error rates: an asymptotic fraction, or the length of a finite key.

    Args:
        model: The security analysis.
        qber: Error rate, the same in every basis.
        chsh: CHSH value, of device-independent; that of a Werner state unless given.
        key_bits: Sifted bits of the key basis, of tomamichel2012.
        test_bits: Sifted bits of the other basis, of tomamichel2012.
        epsilon_secrecy: Probability of all failures of secrecy together, of tomamichel2012.
        epsilon_correctness: Probability that the two keys differ, undetected, of tomamichel2012.
        error_correction_efficiency: Bits disclosed per Shannon bit.
    """

    kind: str = key("entangled", hidden=True)
    clock_hz: float | None = key(None, hidden=True)
    model: Literal["bb84", "six-state", "device-independent", "tomamichel2012"] = key()
    qber: float = key(example=0.02, range={"minimum": 0, "maximum": 1})
    chsh: float | None = key(None, example=2.7, range={"minimum": 0, "maximum": TSIRELSON})
    key_bits: float | None = key(None, check=check_size, example=1e6)
    test_bits: float | None = key(None, check=check_size, example=1e5)
    epsilon_secrecy: float | None = key(None, check=check_epsilon, example=1e-10)
    epsilon_correctness: float | None = key(None, check=check_epsilon, example=1e-15)
    error_correction_efficiency: float | None = key(None, check=check_shannon, example=1.16)

    def __post_init__(self) -> None:
        model = self.model
        if model == "six-state":
            check_six_state("qber", self.qber)
        else:
            check_probability("qber", self.qber, "give an error rate between 0 and 1")
        own = (*_COMMON, *_OWN.get(model, ()))
        for name in (name for names in _OWN.values() for name in names):
            value = getattr(self, name)
            if value is not None and name not in own:
                hint = "the keys are " + ", ".join(own)
                raise ParameterError(name, f"be left out with {model}", value, hint)
        FlatScenario.__post_init__(self)
        if self.chsh is not None:
            check_chsh("chsh", self.chsh)
        if model == "tomamichel2012":
            for name, example in (("key_bits", 1000000), ("test_bits", 100000)):
                if getattr(self, name) is None:
                    raise missing(name, example)

    def _security(self) -> Security:
        names = ("epsilon_secrecy", "epsilon_correctness", "error_correction_efficiency")
        given = {name: getattr(self, name) for name in names}
        return Security(**{name: value for name, value in given.items() if value is not None})

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the model, in ``qnet.references.REFERENCES``."""
        yield from _REFERENCES[self.model]

    def key_rate(self) -> KeyRate:
        """The fraction of the sifted bits, or the length of the key."""
        if self.model == "tomamichel2012":
            numbers = self.numbers("model", "chsh", *_OWN["tomamichel2012"][2:], _COMMON[2])
            return tomamichel2012(**numbers, security=self._security())
        efficiency = self.error_correction_efficiency
        given = {} if efficiency is None else {"error_correction_efficiency": efficiency}
        if self.model == "device-independent":
            return device_independent(self.qber, self.chsh, **given)
        return _FRACTIONS[self.model](self.qber, **given)


def check_chsh(field: str, value: object) -> float:
    """A CHSH value that a quantum state can have."""
    chsh = check_non_negative(field, value)
    if chsh > 8.0**0.5 * (1.0 + 1e-12):
        hint = "no quantum state gives more; a measured value above it is a fluctuation"
        raise ParameterError(field, "be at most 2 sqrt(2) = 2.8284271", value, hint)
    return chsh
