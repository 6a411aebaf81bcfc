"""An independent oracle for heralded generation: photons enumerated in Fock space, with numpy.

Every mode has five levels (no truncation for up to four photons), the beam splitter is the matrix
exponential of its generator, losses and phases that drift are branches, detectors are classical. A
phase that jitters is that of many slices of the right photon's wave packet.
"""

import itertools

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.linalg import expm
from scipy.stats import binom

LEVELS = 5
_DESTROY = np.diag(np.sqrt(np.arange(1.0, LEVELS)), 1)


def splitter():
    """left -> (left + right)/sqrt2, right -> (left - right)/sqrt2, on two modes (left first)."""
    left, right = np.kron(_DESTROY, np.eye(LEVELS)), np.kron(np.eye(LEVELS), _DESTROY)
    flip = np.kron(np.eye(LEVELS), np.diag((-1.0) ** np.arange(LEVELS)))
    return expm(np.pi / 4 * (right.T @ left - left.T @ right)) @ flip


def clicks(alphas, etas, visibility, sigma, kind, double, efficiency, dark):
    """{(plus, minus): unnormalised 4 x 4 state, memory (left, right) in binary, left first}."""
    nodes, shares = hermegauss(16)
    phases, shares = sigma * nodes, shares / shares.sum()
    match = np.sqrt(visibility)
    if kind == "jitter":
        match *= abs(np.sum(shares * np.exp(1j * phases)))
        phases, shares = [0.0], [1.0]
    miss = np.sqrt(1 - match**2)
    # Axes: memory left, memory right, modes left, right, other left, other right.
    result = {}
    for lost in itertools.product((0, 1), repeat=2):
        for phase, share in zip(phases, shares, strict=True):
            for extra in itertools.product((0, 1), repeat=2):
                weight = share
                for bit in extra:
                    weight *= double / 2 if bit else 1 - double / 2
                state = np.zeros((2, 2) + (LEVELS,) * 4, dtype=complex)
                for bits in itertools.product((0, 1), repeat=2):
                    amplitude = np.sqrt(weight)
                    for side in (0, 1):
                        bright = bits[side]
                        amplitude *= np.sqrt(alphas[side] if bright else 1 - alphas[side])
                        if lost[side]:
                            amplitude *= np.sqrt(1 - etas[side]) * bright
                        elif bright:
                            amplitude *= np.sqrt(etas[side])
                        amplitude *= (-1.0) ** (extra[side] * bright)
                    arrived = [b * (1 - gone) for b, gone in zip(bits, lost, strict=True)]
                    amplitude *= np.exp(1j * phase * arrived[1])
                    if arrived[1]:
                        state[*bits, arrived[0], 1, 0, 0] += amplitude * match
                        state[*bits, arrived[0], 0, 0, 1] += amplitude * miss
                    else:
                        state[*bits, arrived[0], 0, 0, 0] += amplitude
                _add(result, state, efficiency, dark)
    return result


def _add(result, state, efficiency, dark):
    matrix = splitter().reshape((LEVELS,) * 4)
    state = np.einsum("pqlr,mnlruv->mnpquv", matrix, state)
    state = np.einsum("xyuv,mnpquv->mnpqxy", matrix, state)
    for p, q, x, y in itertools.product(range(3), repeat=4):
        memory = state[:, :, p, q, x, y].reshape(4)
        if not memory.any():
            continue
        counted = [_counts(n, efficiency, dark) for n in (p + x, q + y)]
        for plus, minus in itertools.product(*counted):
            share = counted[0][plus] * counted[1][minus]
            before = result.get((plus, minus), np.zeros((4, 4)))
            result[plus, minus] = before + share * np.outer(memory, memory.conj())


def _counts(photons, efficiency, dark):
    """{count: probability} of one detector."""
    seen = binom.pmf(np.arange(photons + 2), photons, efficiency)
    seen[-1] = 0.0
    return {
        count: (1 - dark) * p + dark * (seen[count - 1] if count else 0.0)
        for count, p in enumerate(seen)
    }
