"""BB84 of real devices: which proof holds for a described device, and the key that it gives.

All figures are per round that Alice sends and Bob measures in the key basis. What Eve lacks of the
key bit is bounded by one of these, and error correction is paid from it:

- ``analytic``: equal detectors and ideal states, ``1 - h(e)`` of single photons, pulses of several
  photons counted as Eve's (D. Gottesman et al., arXiv:quant-ph/0212066);
- ``sdp``: unequal detectors, flawed states, or both, by `protocols.key_rates.sdp`;
- ``thinning``: unequal detectors, the better one thinned (C.-H. F. Fung et al., Quantum Inf.
  Comput. 9, 131 (2009), arXiv:0802.3788);
- ``loss-tolerant``: flawed states (K. Tamaki et al., arXiv:1312.3514);
- ``coin``: light that leaks (M. Lucamarini et al., arXiv:1506.01989).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from protocols.key_rates.checks import check_shannon
from protocols.key_rates.claims import asymptotic
from protocols.key_rates.coin import coin_imbalance, coin_phase_error, trojan_overlaps
from protocols.key_rates.flawed_states import flawed_angles, loss_tolerant_phase_error
from protocols.key_rates.result import DARK, KeyRate
from protocols.key_rates.sdp.bound import entropy_bounds
from protocols.key_rates.sdp.extra import has_solver
from protocols.key_rates.sdp.qubits import (
    QubitReceiver,
    SiftedDevice,
    prepared_qubits,
    sifted_problem,
)
from qnet.errors import (
    EngineError,
    ParameterError,
    check_non_negative,
    check_one_of,
    check_probability,
)
from qnet.metrics.key_rate import binary_entropy

__all__ = ["METHODS", "METHOD_REFERENCES", "QubitDevice", "proof_of", "real_bb84"]

#: Share of pulses of several photons that counts as none.
_RARE = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a proof says of a round in the key basis.

    Args:
        lower: Bits that Eve lacks at least.
        upper: Bits that she lacks at most, by an attack that the statistics allow.
        leak: Bits that error correction discloses, at the Shannon limit.
        figures: Further figures, by name.
    """

    lower: float
    upper: float
    leak: float
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class QubitDevice:
    """A BB84 system: source, line and receiver with their flaws.

    Args:
        efficiencies: Of the detectors of bit 0 and bit 1, in both bases.
        dark_count_probability: Of a detector, per gate.
        transmission: Of the line.
        misalignment: Probability that a photon goes to the wrong detector: white noise of twice
            that share.
        modulation_error_rad: ``delta``: Alice's angles are ``theta (1 + delta/pi)``.
        trojan_mean_photons: Mean photon number of light that leaves the transmitter with the phase
            of its modulator.
        photons: Probabilities that a pulse holds 0, 1, 2, ... photons; the last is for so many or
            more.
        several: Largest probability that it holds two or more; that of ``photons`` unless given.

    Raises:
        ParameterError: If a number is out of its range.
    """

    efficiencies: tuple[float, float] = (1.0, 1.0)
    dark_count_probability: float = 0.0
    transmission: float = 1.0
    misalignment: float = 0.0
    modulation_error_rad: float = 0.0
    trojan_mean_photons: float = 0.0
    photons: tuple[float, ...] = (0.0, 1.0)
    several: float | None = None

    def __post_init__(self) -> None:
        check_probability("transmission", self.transmission)
        if check_probability("misalignment", self.misalignment) > 0.5:
            hint = "swap the two detectors"
            raise ParameterError("misalignment", "be at most 0.5", self.misalignment, hint)
        check_non_negative("trojan_mean_photons", self.trojan_mean_photons)
        self.sifted  # noqa: B018 - checked here

    @property
    def multi_photon(self) -> float:
        """Largest probability that a pulse holds two photons or more."""
        found = math.fsum(self.photons[2:]) if self.several is None else self.several
        return 0.0 if found < _RARE else found

    @property
    def flaws(self) -> tuple[str, ...]:
        """What is not as the plain proof wants it."""
        unequal = self.efficiencies[0] != self.efficiencies[1]
        found = {
            "detectors of unequal efficiency": unequal,
            "flawed states": self.modulation_error_rad != 0.0,
            "leaking light": self.trojan_mean_photons > 0.0,
            "pulses of several photons": self.multi_photon > 0.0,
        }
        return tuple(name for name, given in found.items() if given)

    @cached_property
    def sifted(self) -> SiftedDevice:
        """States, channel and receiver of pulses of at most one photon."""
        angles = flawed_angles(self.modulation_error_rad)
        leaked = None
        if self.trojan_mean_photons > 0.0:
            leaked = trojan_overlaps(self.trojan_mean_photons, np.array(angles))
        receiver = QubitReceiver(
            efficiencies=self.efficiencies, dark_count_probability=self.dark_count_probability
        )
        return SiftedDevice(
            states=prepared_qubits(angles),
            receiver=receiver,
            transmission=self.transmission * self.photons[1],
            white_noise=2.0 * self.misalignment,
            leaked=leaked,
        )

    @cached_property
    def seen(self) -> tuple[float, float, float]:
        """Detected share, error rate, and bits of Shannon's limit for the key basis."""
        if self.multi_photon > 0.0:
            detected, wrong = self._of_pulses()
            error = wrong / detected if detected > 0.0 else 0.5
            return detected, error, detected * binary_entropy(error)
        joint = self.sifted.joint()
        detected = float(joint.sum())
        error = float(joint[0, 1] + joint[1, 0]) / detected if detected > 0.0 else 0.5
        columns = joint.sum(axis=0)
        leak = sum(
            columns[bit] * binary_entropy(float(joint[0, bit] / columns[bit]))
            for bit in (0, 1)
            if columns[bit] > 0.0
        )
        return detected, error, float(leak)

    def _of_pulses(self) -> tuple[float, float]:
        """Detected share and share of wrong bits, of equal detectors and any photon numbers."""
        dark, wrong = self.dark_count_probability, self.misalignment
        arrives = self.transmission * self.efficiencies[0]
        numbers = np.arange(len(self.photons))
        silent = (1.0 - dark) ** 2 * (1.0 - arrives) ** numbers
        quiet_right = (1.0 - dark) * (1.0 - arrives * (1.0 - wrong)) ** numbers
        quiet_wrong = (1.0 - dark) * (1.0 - arrives * wrong) ** numbers
        both = 1.0 - quiet_right - quiet_wrong + silent
        errors = quiet_right - silent + both / 2.0
        shares = np.asarray(self.photons)
        return float(shares @ (1.0 - silent)), float(shares @ errors)


def _analytic(device: QubitDevice) -> Worth:
    detected, error, leak = device.seen
    single = detected - device.multi_photon
    phase = min(error * detected / single, 0.5) if single > 0.0 else 0.5
    lower = max(single, 0.0) * (1.0 - binary_entropy(phase))
    upper = detected if device.multi_photon > 0.0 else lower
    return Worth(lower=lower, upper=upper, leak=leak, figures={"phase_error": phase})


def _programme(device: QubitDevice) -> Worth:
    if not has_solver():
        others = [name for name in METHODS if not _unproven(device, name) and name != "sdp"]
        message = (
            "this device takes a key rate by semidefinite programming, with cvxpy and Clarabel: "
            "pip install 'qnet-emulator[sdp]'"
        )
        if others:
            message += f"; or take a looser proof without them, security.method = {others[0]!r}"
        raise EngineError(message)
    bounds = entropy_bounds(sifted_problem(device.sifted))
    return Worth(lower=bounds.lower, upper=bounds.upper, leak=device.seen[2])


def _thinning(device: QubitDevice) -> Worth:
    """Clicks of the better detector are dropped on paper: the errors of all bits are corrected.

    They are kept with the probability that makes what is registered of a qubit the same in every
    basis, dark counts included.
    """
    detected, _, leak = device.seen
    elements = device.sifted.receiver.povm(0.0)
    answers = [abs(float(each[0, 0] - each[1, 1])) for each in elements]
    kept = [min(answers) / answer if answer > 0.0 else 1.0 for answer in answers]
    joint = device.sifted.joint() * np.array(kept)
    left = float(joint.sum())
    error = float(joint[0, 1] + joint[1, 0]) / left
    return Worth(
        lower=left * (1.0 - binary_entropy(min(error, 0.5))),
        upper=min(detected, _described(device)),
        leak=leak,
        figures={"phase_error": error},
    )


def _loss_tolerant(device: QubitDevice) -> Worth:
    detected, error, _ = device.seen
    sifted = device.sifted
    rows = [sifted.outcome(x, math.pi / 2.0) for x in range(len(sifted.states))]
    phase = loss_tolerant_phase_error(sifted.states, np.array(rows))
    return Worth(
        lower=detected * (1.0 - binary_entropy(phase)),
        upper=_described(device),
        leak=detected * binary_entropy(error),
        figures={"phase_error": phase},
    )


def _coin(device: QubitDevice) -> Worth:
    detected, error, leak = device.seen
    imbalance = coin_imbalance(device.trojan_mean_photons)
    phase = coin_phase_error(error, imbalance, detected)
    return Worth(
        lower=detected * (1.0 - binary_entropy(phase)),
        # Eve may ignore the light that leaks.
        upper=detected * (1.0 - binary_entropy(min(error, 0.5))),
        leak=leak,
        figures={"phase_error": phase, "coin_imbalance": imbalance},
    )


def _described(device: QubitDevice) -> float:
    """What Eve lacks if the channel is as described: one attack that the statistics allow."""
    sifted = device.sifted
    return sifted.entropy().value(sifted.described_state())


#: Proofs by name: how each is worked out, the flaws that it covers, and the names of what it
#: presumes beside collective attacks.
_PROOFS: Mapping[str, tuple[Callable[[QubitDevice], Worth], tuple[str, ...], tuple[str, ...]]] = (
    MappingProxyType(
        {
            "analytic": (_analytic, ("pulses of several photons",), ("equal-detectors",)),
            "sdp": (
                _programme,
                ("detectors of unequal efficiency", "flawed states", "leaking light"),
                ("known-detectors", "one-photon-arrives", "own-dark-counts", "white-noise"),
            ),
            "thinning": (
                _thinning,
                ("detectors of unequal efficiency",),
                ("known-detectors", "one-photon-arrives"),
            ),
            "loss-tolerant": (
                _loss_tolerant,
                ("flawed states",),
                ("equal-detectors", "white-noise"),
            ),
            "coin": (_coin, ("leaking light",), ("equal-detectors",)),
        }
    )
)

#: Names of the proofs.
METHODS = tuple(_PROOFS)

#: Keys, in ``qnet.references.REFERENCES``, of the works on each proof.
METHOD_REFERENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "analytic": ("Gottesman2004",),
        "sdp": ("Coles2016", "Winick2018", "Hu2022", "Goulart2024"),
        "thinning": ("Fung2009",),
        "loss-tolerant": ("Tamaki2014",),
        "coin": ("Gottesman2004", "Lucamarini2015"),
    }
)

#: The proof that is taken unless another is asked for, by the flaws of the device.
_TAKEN = {
    (): "analytic",
    ("pulses of several photons",): "analytic",
    ("detectors of unequal efficiency",): "sdp",
    ("flawed states",): "sdp",
    ("detectors of unequal efficiency", "flawed states"): "sdp",
    ("leaking light",): "coin",
}

#: What a flaw that is given makes part of the claim.
_STATED = {
    "flawed states": "known-states",
    "leaking light": "bounded-leak",
}


def proof_of(device: QubitDevice) -> str | None:
    """Name of the proof that is taken for a device; None where no analytic one is known.

    Examples:
        >>> proof_of(QubitDevice(trojan_mean_photons=1e-6))
        'coin'
    """
    return _TAKEN.get(device.flaws)


def real_bb84(
    device: QubitDevice, *, method: str | None = None, error_correction_efficiency: float = 1.0
) -> KeyRate:
    """Key of a described BB84 system per round in the key basis, by a proof that holds for it.

    Args:
        device: Source, line and receiver with their flaws.
        method: The proof, one of ``METHODS``; the best that is known for the device unless given.
        error_correction_efficiency: Bits disclosed per Shannon bit.

    Returns:
        ``secret_key_fraction``, with ``detected_fraction``, ``qber``, ``leak``,
        ``certified_lower`` and ``certified_upper``: bounds of what Eve lacks of the key bit, in
        bits a round. Where no proof holds, zero with the reason.

    Raises:
        ParameterError: If a number is out of its range.
        UnknownNameError: If the method does not exist.
        EngineError: If the proof takes cvxpy and Clarabel, which are not installed.

    Examples:
        >>> rate = real_bb84(QubitDevice(efficiencies=(1.0, 0.5), misalignment=0.05), method="sdp")
        >>> [round(rate.figures[name], 5) for name in ("certified_lower", "certified_upper")]
        [0.49289, 0.49289]
        >>> round(rate.value, 6), rate.method
        (0.278091, 'sdp')
        >>> leaky = QubitDevice(trojan_mean_photons=1e-6, misalignment=0.01)
        >>> round(real_bb84(leaky).value, 9), real_bb84(leaky).method
        (0.836540868, 'coin')
    """
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    taken = proof_of(device) if method is None else check_one_of("method", method, METHODS)
    detected, error, leak = device.seen
    figures = {"detected_fraction": detected, "qber": error}
    reason = DARK if detected <= 0.0 else _unproven(device, taken)
    if taken is None or reason:
        figures |= {"leak": leak, "certified_lower": 0.0, "certified_upper": detected}
        return _rate(0.0, figures, reason, taken or "none", ())
    work, _, names = _PROOFS[taken]
    worth = work(device)
    spent = efficiency * worth.leak
    figures |= worth.figures
    figures |= {
        "leak": spent,
        "certified_lower": worth.lower,
        "certified_upper": max(worth.upper, worth.lower),
    }
    unclipped = worth.lower - spent
    if unclipped <= 0.0:
        reason = (
            f"no key: error correction at an error rate of {100 * error:.3g} % takes {spent:.4g} "
            f"bits a round, and Eve is proven to lack {worth.lower:.4g} only"
        )
    light = "tagged" if device.multi_photon > 0.0 else "single-photons"
    stated = [_STATED[flaw] for flaw in device.flaws if flaw in _STATED]
    return _rate(unclipped, figures, reason, taken, (light, *names, *stated))


def _unproven(device: QubitDevice, method: str | None) -> str:
    """Why a proof does not hold for a device; empty where it does."""
    together = " and ".join(device.flaws)
    if method is None:
        reason = f"no key: no analytic proof is known here for {together} together"
        if not _unproven(device, "sdp"):
            reason += "; security.method = 'sdp' tries a programme"
        return reason
    missing = [flaw for flaw in device.flaws if flaw not in _PROOFS[method][1]]
    if missing:
        return f"no key: the proof '{method}' does not hold for {' and '.join(missing)}"
    if method == "thinning" and min(device.efficiencies) <= 0.0:
        return "no key: a detector that never answers tells the bit of every click of the other"
    return ""


def _rate(
    unclipped: float, figures: Mapping[str, float], reason: str, method: str, names: tuple[str, ...]
) -> KeyRate:
    claim = asymptotic([*names, "no-blinding", "double-clicks", "trusted-devices", "collective"])
    return KeyRate(
        name="secret_key_fraction",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=claim,
        method=method,
    )
