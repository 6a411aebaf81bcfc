"""Entropies that an Eve leaves who keeps all that an attack allows, and measures in the end.

Every attack on the qubit is a channel; among all who leave the same trace, the one who holds the
purification of the channel, and of the pair that was sent, holds the most. ``H(X | E)`` follows
from her unnormalised vectors for each pair of outcomes. A photon that is lost on the line is hers
too; what detectors lose, and their dark counts, are nobody's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from protocols.qkd import Detectors, QkdProtocol
from protocols.qkd.bases import direction, measure
from tests.oracles import binary_entropy

__all__ = ["collective_entropy", "purified_entropy"]

Floats = NDArray[np.float64]

PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
PERFECT = (1.0, 1.0)


def purified_entropy(
    fano: Floats,
    basis: Floats,
    basis_bob: Floats | None = None,
    *,
    errors_public: bool = False,
    efficiencies: Sequence[tuple[float, float]] = (PERFECT, PERFECT),
) -> tuple[float, float, float]:
    """``H(X | E)`` of the detected pairs when Eve holds what purifies them.

    Args:
        fano: Fano matrix (4, 4) of the pair.
        basis: Direction of Alice's measurement on the Bloch sphere, shape (3,).
        basis_bob: Of Bob's; hers, mirrored in Y, when None.
        errors_public: Whether Eve hears which bits differ.
        efficiencies: Of Alice's detectors and of Bob's, for the bits 0 and 1.

    Returns:
        The entropy, the error rate, and the probability that both detect.
    """
    rho = np.einsum("ij,iab,jcd->acbd", fano, PAULIS, PAULIS).reshape(4, 4) / 4.0
    values, vectors = np.linalg.eigh(rho)
    weights = np.sqrt(np.maximum(values, 0.0))
    his = basis * np.array([1.0, -1.0, 1.0]) if basis_bob is None else basis_bob
    alice, bob = _states(basis), _states(his)
    # Eve's vector for the outcomes (x, y), its square is their probability.
    held = np.array([[weights * (np.kron(a, b).conj() @ vectors) for b in bob] for a in alice])
    held = held * np.sqrt(np.outer(*efficiencies))[..., None]
    detected = float(np.sum(np.abs(held) ** 2))
    held /= math.sqrt(detected)
    # Gram matrices have the spectra of Eve's mixtures.
    if errors_public:
        found = sum(_conditional([[held[x, x ^ w]] for x in (0, 1)]) for w in (0, 1))
    else:
        found = _conditional([[held[x, 0], held[x, 1]] for x in (0, 1)])
    error = float(np.sum(np.abs(held[[0, 1], [1, 0]]) ** 2))
    return found, error, detected


def _states(direction: Floats) -> list[NDArray]:
    """Spin up and down along a direction."""
    _, vectors = np.linalg.eigh(np.einsum("i,iab->ab", direction, PAULIS[1:]))
    return [vectors[:, 1], vectors[:, 0]]


def _conditional(given: Sequence[Sequence[NDArray]]) -> float:
    """``H(X E) - H(E)`` for Eve's unnormalised vectors, a list for each x."""
    together = _spectral([*itertools.chain(*given)])
    return sum(_spectral(vectors) for vectors in given) - together


def _spectral(vectors: Sequence[NDArray]) -> float:
    """``-Tr(s log2 s)`` of the sum s of projectors on unnormalised vectors."""
    stacked = np.array(vectors)
    values = np.linalg.eigvalsh(stacked.conj() @ stacked.T)
    values = values[values > 1e-300]
    return float(-(values * np.log2(values)).sum())


def collective_entropy(protocol: QkdProtocol) -> dict[int, tuple[float, float, float]] | None:
    """``H(X | E)`` of a sifted bit, the error rate, and how often both detect, in each basis.

    The error rate is not a number where dark counts have a part in it. None where this is not
    worked out: several photons, attacks on detectors, afterpulses, noise of gates, and a relay.
    """
    lines = [protocol.line, *([protocol.line_alice] if hasattr(protocol, "line_alice") else [])]
    if any(line.detectors.afterpulse_probability for line in lines) or protocol.noise is not None:
        return None
    steers = any(action.steers_detectors for action in protocol.eve.actions())
    if getattr(protocol, "source", None) is not None or steers or protocol.name == "mdi":
        return None
    fano = getattr(protocol, "pair", None)
    fano = np.diag([1.0, 1.0, -1.0, 1.0]) if fano is None else np.array(fano)
    channel = np.eye(4)
    channel[1:, 1:] = protocol.eve.bloch_matrix()
    # Teleportation turns Bob's half by a Pauli, which the attack may not commute with.
    if protocol.name == "teleported-bb84" and np.abs(channel - np.diag(np.diag(channel))).any():
        return None
    found = {}
    for number, hers, his in _directions(protocol):
        bob = _clicks(protocol.line.detectors)
        # Pairs are anticorrelated in Y: Bob's bit 0 is a click of the other detector there.
        if protocol.name == "bbm92" and number == 2:
            bob = bob[::-1]
        alice, arrives = PERFECT, [1.0, _arrival(protocol)]
        if len(lines) > 1:
            alice, arrives[0] = _clicks(lines[1].detectors), lines[1].transmission
        dark = [_dark(line.detectors) for line in reversed(lines)]
        dark = dark if len(dark) > 1 else [0.0, *dark]
        flips = _flips(lines[1].detectors) if len(lines) > 1 else 0.0
        entropy = _with_losses(fano @ channel.T, hers, his, (alice, bob), arrives, dark, flips)
        if entropy is None:
            return None
        found[number] = entropy
    return found


def _with_losses(
    fano: Floats,
    hers: Floats,
    his: Floats,
    clicks: tuple[tuple[float, float], tuple[float, float]],
    arrives: Sequence[float],
    dark: Sequence[float],
    flips: float,
) -> tuple[float, float, float] | None:
    """Entropy, error rate and probability of coincidences; None where not worked out.

    Where Bob's photon is lost, Eve holds all that is not Alice's: of her bit ``H(X) - S(A)`` is
    left. Where Alice's is lost, her bit is a dark count, and nobody's. Dark counts that flip the
    bit of her photon add their binary entropy at most.
    """
    entropy, error, both = purified_entropy(fano, hers, his, efficiencies=clicks)
    _, _, alone_alice = purified_entropy(fano, hers, his, efficiencies=(clicks[0], PERFECT))
    _, _, alone_bob = purified_entropy(fano, hers, his, efficiencies=(PERFECT, clicks[1]))
    a, b = arrives
    weights = np.array(
        [
            a * b * both,
            a * (1.0 - b) * alone_alice * dark[1],
            (1.0 - a) * dark[0] * (b * alone_bob + (1.0 - b) * dark[1]),
        ]
    )
    if weights.sum() <= 0.0 or (weights[1] > 0.0 and clicks[0][0] != clicks[0][1]):
        return None
    marginal = fano[1:, 0]
    mixed = [binary_entropy((1.0 + m) / 2.0) for m in (marginal @ hers, np.linalg.norm(marginal))]
    left = np.array([entropy, mixed[0] - mixed[1], 1.0])
    left[:2] = np.minimum(left[:2] + binary_entropy(flips), 1.0)
    errors = np.array([error, 0.5, 0.5])
    if dark[0] or dark[1]:
        errors[0] = np.nan  # A photon in one detector and a dark count in the other: any bit.
    total = weights.sum()
    return float(weights @ left / total), float(weights @ errors / total), float(total)


def _arrival(protocol: QkdProtocol) -> float:
    """Probability that the one photon for Bob reaches his detectors; else it is Eve's."""
    if hasattr(protocol, "line_alice"):
        return protocol.line.transmission
    sent = protocol.eve.forward(1, protocol.line.transmission)
    return sum(each.probability * each.transmission for each in sent if each.photons)


def _dark(detectors: Detectors) -> float:
    """Probability of a click without a photon."""
    return 1.0 - (1.0 - detectors.dark_count_probability) ** 2


def _flips(detectors: Detectors) -> float:
    """Most often that dark counts turn the bit of a photon whose detection is announced."""
    d = detectors.dark_count_probability
    wrong = [
        eta * d / 2.0 + (1.0 - eta) * (d * (1.0 - d) + d * d / 2.0)
        for eta in detectors.efficiencies
    ]
    clicks = _clicks(detectors)
    return max((w / c for w, c in zip(wrong, clicks, strict=True) if c > 0.0), default=0.0)


def _clicks(detectors: Detectors) -> tuple[float, float]:
    """Probability of any click for a photon that goes to detector 0, and to detector 1."""
    quiet = (1.0 - detectors.dark_count_probability) ** 2
    zero, one = (1.0 - quiet * (1.0 - eta) for eta in detectors.efficiencies)
    return zero, one


def _directions(protocol: QkdProtocol) -> Iterator[tuple[int, Floats, Floats]]:
    """Number of each basis, and the directions along which Alice and Bob measure in it.

    They are read from the circuits. Preparing a state is measuring the other half of Phi+ along its
    mirror image in Y; and what is anticorrelated in Y is flipped by Bob.
    """
    names = "ZXY" if protocol.name == "six-state" else getattr(protocol, "bases", "ZX")
    settings = protocol.settings()
    for number, name in enumerate(names):
        asked = {"basis_alice": number + (protocol.name == "e91"), "basis_bob": number}
        circuit = next(s.circuit for s in settings if asked.items() <= s.labels.items())
        if hasattr(protocol, "line_alice"):
            hers, his = (_analyser(circuit, end) for end in ("alice", "bob"))
            yield number, hers, his * (-1.0 if name == "Y" else 1.0)
            continue
        hers = direction(name) * np.array([1.0, -1.0, 1.0])
        if protocol.name == "teleported-bb84":
            circuit = QuantumCircuit(QuantumRegister(1, "photon"), ClassicalRegister(1))
            measure(circuit, 0, 0, name, protocol.line.misalignment)
        yield number, hers, _analyser(circuit, "photon")


def _analyser(circuit: QuantumCircuit, register: str) -> Floats:
    """Direction that the gates after the last barrier measure, ``U* Z U`` on the Bloch sphere."""
    (qubit,) = next(each for each in circuit.qregs if each.name == register)
    unitary = np.eye(2)
    for step in circuit.data:
        if step.operation.name == "barrier":
            unitary = np.eye(2)
        elif list(step.qubits) == [qubit] and step.operation.name != "measure":
            unitary = step.operation.to_matrix() @ unitary
    return np.einsum("iab,ba->i", PAULIS[1:], unitary.conj().T @ PAULIS[3] @ unitary).real / 2.0
