"""Security claims of the key-rate formulas: which notion, which proof, what it presumes.

Finite keys come in two forms. *Accept or abort*: length and thresholds are fixed before the run,
which gives that length when its counts are within them, else nothing; the published proofs of M.
Tomamichel et al. (2012), C. C. W. Lim et al. (2014) and D. Rusca et al. (2018) are of this form,
as J. Wiesemann et al., arXiv:2405.16578, put it right. *Variable length*: the length follows the
counts that were observed. D. Tupkary, E. Y.-Z. Tan, N. Lutkenhaus, arXiv:2311.01600, show when
that is allowed; D. Tupkary et al., arXiv:2408.17349, theorem 1, for BB84 with the entropic
uncertainty relation and coherent attacks: if ``P[phase errors above their bound] <= eps_at^2``,
the length ``n [1 - h(bound)] - leak - 2 log2(1/(2 eps_pa)) - log2(2/eps_cor)`` is ``2 eps_at +
eps_pa + eps_cor`` secure. With ``eps_at = eps_sec/4`` and ``eps_pa = eps_sec/2`` that is the
formula of Tomamichel et al., whose bound on sampling fails with ``(eps_sec/4)^2``; the terms of Lim
et al. and Rusca et al. are larger. How much error correction discloses depends on the key bits
themselves; the stated amount is all of it. Numbers of errors that the length needs beside it are
disclosed too, at ``log2(n + 1)`` bits for each.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocols.key_rates.finite_size import Security
from qnet.errors import check_one_of
from qnet.metrics.security import ASSUMPTIONS, SecurityClaim

__all__ = [
    "FORMS",
    "FORM_REFERENCES",
    "PULSES",
    "QUBITS",
    "asymptotic",
    "cv_finite",
    "finite",
    "flipped",
]

#: How the length of a finite key comes about.
FORMS = ("fixed", "variable")

#: Keys, in ``qnet.references.REFERENCES``, of the works that allow each form.
FORM_REFERENCES = {
    "fixed": ("Wiesemann2024",),
    "variable": ("Tupkary2024", "Tupkary2024Detectors"),
}

#: What decoy analyses of phase-randomised pulses presume, by name.
PULSES = ("decoys", "equal-detectors", "no-blinding", "double-clicks", "trusted-devices")

#: What analyses of qubits presume, sent one by one or shared as pairs, by name.
QUBITS = ("qubits", "equal-detectors", "no-blinding", "double-clicks", "trusted-devices")

_FORMS = {
    "fixed": "the length and the thresholds are fixed beforehand, and a run whose counts are worse "
    "is aborted (accept or abort, {proof}, arXiv:2405.16578)",
    "variable": "the length follows the observed counts (variable length, arXiv:2311.01600 and "
    "arXiv:2408.17349, with the terms of {proof})",
}

#: Sentences that only formulas of key rates need, by name.
_OWN = {
    "random-phase": "the phase of the pulses is random, and their intensity is as stated",
    "qubits": "each bit comes from one qubit: a pulse of at most one photon, or one pair",
    "known-rates": "the error rates and gains are known exactly",
    "one-error-rate": "the error rate is the same in every basis",
    "model": "the gains are those of the channel model",
    "trusted-measurement": "both measurements are as described; the source may be Eve's",
    "basis-independent": "the probability of a detection does not depend on the basis",
    "leak": "error correction discloses the stated bits in all, the number of errors included",
    "relay": "the relay may be Eve's; the two sources are as described",
    "infinite-decoys": "infinitely many decoy intensities tell the yields of all photon numbers",
    "trusted-detector": "the loss and noise of Bob's detector are calibrated, and not Eve's",
    "local-oscillator": "the local oscillator and the shot-noise unit are out of Eve's reach",
    "gaussian": "the modulation is Gaussian, with the stated variance",
    "collective-symbols": "attacks are collective: every symbol meets the same channel",
    "gaussian-noise": "the noise of the channel that is estimated is Gaussian",
    "own-dark-counts": "dark counts are the detectors' own, at the stated rate",
    "white-noise": "the statistics, those of unequal bases included, are those of white noise",
    "known-states": "Alice's states are pure qubits at the stated angles",
    "bounded-leak": "light that leaves the transmitter unasked has at most the stated mean photon "
    "number, carries no more than the phase of the modulator, and is of the same state each round",
    "known-range": "the phase of the pulses is random, and each mean photon number lies in its "
    "stated range",
    "four-states": "the four coherent states are equally likely, of the stated amplitude",
    "shot-noise-range": "the shot-noise unit lies in its stated range, and the receiver is linear",
    "perfect-detection": "every pair is detected, or loss is counted as an outcome",
}


def asymptotic(names: Iterable[str], *, device_independent: bool = False) -> SecurityClaim:
    """The claim of a rate of endless blocks.

    Args:
        names: What is presumed, by the names of ``qnet.metrics.security.ASSUMPTIONS`` or of this
            module.
        device_independent: Whether the rate rests on a CHSH value alone.

    Examples:
        >>> asymptotic(["equal-detectors"]).assumes
        ('the detectors of a receiver are equally efficient for whatever arrives',)
    """
    notion = "device-independent-asymptotic" if device_independent else "asymptotic"
    return SecurityClaim(notion=notion, assumes=_sentences(names))


def finite(rules: Security, form: str, proof: str, names: Iterable[str]) -> SecurityClaim:
    """The claim of a finite key: composable with ``epsilon_secrecy + epsilon_correctness``.

    Args:
        rules: Epsilons.
        form: ``"fixed"`` or ``"variable"``.
        proof: Whose terms the length has.
        names: What is presumed, by name.

    Raises:
        UnknownNameError: If the form does not exist.

    Examples:
        >>> print(finite(Security(), "fixed", "Tomamichel et al. 2012", []))
        composable, epsilon 1e-10
    """
    how = _FORMS[check_one_of("form", form, FORMS)].format(proof=proof)
    epsilon = rules.epsilon_secrecy + rules.epsilon_correctness
    return SecurityClaim(
        notion="composable", epsilon=min(epsilon, 1.0), assumes=(how, *_sentences(names))
    )


def cv_finite(epsilon: float, names: Iterable[str]) -> SecurityClaim:
    """The claim of a finite key of continuous variables, against collective attacks.

    Args:
        epsilon: Of all failures together.
        names: What is presumed, by name, beside collective attacks and Gaussian noise.

    Examples:
        >>> cv_finite(4e-10, ["gaussian"]).assumes[0]
        'attacks are collective: every symbol meets the same channel'
    """
    assumes = _sentences(["collective-symbols", "gaussian-noise", *names])
    how = (
        "the length follows the estimated channel, whose worst case in the region that the data "
        "allow is taken (A. Leverrier et al., arXiv:1005.0339)"
    )
    return SecurityClaim(notion="composable", epsilon=min(epsilon, 1.0), assumes=(*assumes, how))


def flipped(qber: float) -> tuple[float, tuple[str, ...]]:
    """An error rate with the bits of one party flipped where they differ more often than not.

    Args:
        qber: Error rate, between 0 and 1.

    Returns:
        ``min(e, 1 - e)``, and a remark if the bits were flipped.

    Examples:
        >>> flipped(1.0)
        (0.0, ('one party flips its bits: an error rate of 100 % becomes 0 %',))
    """
    if qber <= 0.5:
        return qber, ()
    other = 1.0 - qber
    remark = (
        f"one party flips its bits: an error rate of {100 * qber:.4g} % becomes {100 * other:.4g} %"
    )
    return other, (remark,)


def _sentences(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_OWN[name] if name in _OWN else ASSUMPTIONS[name] for name in names)
