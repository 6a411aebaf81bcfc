"""Privacy amplification: a random Toeplitz matrix makes a partly known key short and secret.

``y = T x (mod 2)`` with ``T[i][j] = s[i - j + n - 1]``, i < m, j < n, and ``n + m - 1`` public
random bits s. These matrices are a universal family: for x != x', ``Pr[T x = T x'] = 2^-m``. H.
Krawczyk, CRYPTO '94, LNCS 839, 129 (1994), doi:10.1007/3-540-48658-5_15; C. H. Bennett, G.
Brassard, C. Crepeau, U. M. Maurer, IEEE Trans. Inf. Theory 41, 1915 (1995), doi:10.1109/18.476316.

The product is a convolution, so it is computed by fast Fourier transforms, over whole numbers, and
then reduced modulo 2. The matrix is cut into square tiles of ``B = 2^17`` rows and columns; each
tile is a Toeplitz matrix again, and the tiles of a row are added up before the transform back.

Why rounding gives the exact result. A row of k tiles takes transforms of length N = 2 B, a power of
two, of vectors of zeros and ones with norms at most sqrt(B) and sqrt(N). The error of a transform
is at most ``e = log2(N) eta`` relative to its norm, with ``eta < 8 u`` and u = 2^-53 (radix 2; N.
J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 24.2,
doi:10.1137/1.9780898718027). By Cauchy and Schwarz, the two transforms forth, the products and
their sum make an error of at most ``k sqrt(B N) (2 e + (k + 4) u)`` on every entry, and the
transform back, of a result of norm at most ``k B sqrt(N)``, adds ``k B sqrt(N) e``. Together: below
1e-5 for a key of a million bits, and below 1/4 for one of 10^10 bits. The numbers are whole, so an
error below 1/2 is rounded away; `error_bound` is checked before each product.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits, as_bits
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, check_integer

__all__ = [
    "amplify_as_alice",
    "amplify_as_bob",
    "error_bound",
    "toeplitz_hash",
]

TILE = 1 << 17


def error_bound(key_bits: int, tile: int = TILE) -> float:
    """Largest rounding error of an entry, as derived above; below 1/2 the result is exact.

    Args:
        key_bits: Length n of the key.
        tile: Rows and columns B of a tile.

    Examples:
        >>> error_bound(1_000_000) < 1e-5
        True
    """
    tiles, length, unit = math.ceil(key_bits / tile), 2 * tile, 2.0**-53
    transform = 8.0 * math.log2(length) * unit
    forth = math.sqrt(tile * length) * (2.0 * transform + (tiles + 4) * unit)
    back = tile * math.sqrt(length) * transform
    return tiles * (forth + back)


def toeplitz_hash(bits: Bits, seed: Bits, length: int, *, tile: int = TILE) -> Bits:
    """Multiply a string of bits by a Toeplitz matrix modulo 2.

    Args:
        bits: Shape (n,): the string x.
        seed: Shape (n + length - 1,): the string s of the matrix.
        length: Length m of the result.
        tile: Rows and columns of a tile, a power of two.

    Returns:
        Shape (length,).

    Raises:
        ParameterError: If something else than bits is given, the seed does not fit, or the key is
            too long to round exactly.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text, text_from_bits
        >>> x, s = bits_from_text("10110010"), bits_from_text("11010010111")
        >>> text_from_bits(toeplitz_hash(x, s, 4))
        '1010'
    """
    bits, seed = as_bits("bits", bits), as_bits("seed", seed)
    n, m = int(bits.size), check_integer("length", length, 0)
    if n == 0 or m == 0:
        return np.zeros(m, np.uint8)
    if seed.size != n + m - 1:
        hint = "the matrix has as many diagonals as rows and columns, less one"
        raise ParameterError("seed", f"hold {n + m - 1} bits", int(seed.size), hint)
    tile = min(tile, 1 << (max(n, m) - 1).bit_length())
    if error_bound(n, tile) >= 0.25:
        raise ParameterError("bits", "be at most 10^10", n, "cut the key into blocks")
    columns, rows = -(-n // tile), -(-m // tile)
    inputs = _transforms(_rows_of(bits, columns, tile), tile)
    # A tile at block row a and block column b is a window of s that depends on a - b only.
    padded = np.zeros((rows + columns) * tile, np.uint8)
    first = (columns - 1) * tile - (n - tile)
    padded[first : first + seed.size] = seed
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * tile - 1)[::tile]
    diagonals = _transforms(windows[: rows + columns - 1], tile)
    result = np.empty((rows, tile), np.uint8)
    for row in range(rows):
        used = diagonals[row : row + columns][::-1]
        sums = np.fft.irfft(np.einsum("bf,bf->f", used, inputs), 2 * tile)[tile - 1 : 2 * tile - 1]
        result[row] = np.rint(sums).astype(np.int64) & 1
    return result.reshape(-1)[:m]


def _rows_of(bits: Bits, count: int, tile: int) -> Bits:
    padded = np.zeros(count * tile, np.uint8)
    padded[: bits.size] = bits
    return padded.reshape(count, tile)


def _transforms(rows: Bits, tile: int) -> NDArray[np.complex128]:
    """Fourier transforms of length 2 B of each row."""
    return np.stack([np.fft.rfft(row, 2 * tile) for row in rows])


def amplify_as_alice(
    link: AuthenticatedLink, bits: Bits, length: int, randomness: Randomness
) -> Bits:
    """Alice's side: draw the matrix, and announce it.

    Args:
        link: To Bob.
        bits: The verified key.
        length: Length of the secret key.
        randomness: For the matrix.

    Returns:
        The secret key.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> from protocols.postprocessing.in_process import run_both
        >>> bits = bits_from_text("10110010")
        >>> alice, bob = run_both(
        ...     lambda link: amplify_as_alice(link, bits, 4, Randomness()),
        ...     lambda link: amplify_as_bob(link, bits),
        ... )
        >>> alice.size, bool((alice == bob).all())
        (4, True)
    """
    seed = randomness.bits(int(bits.size) + length - 1)
    link.send("matrix", length=length, seed=seed)
    secret = toeplitz_hash(bits, seed, length)
    link.receive("done")
    return secret


def amplify_as_bob(link: AuthenticatedLink, bits: Bits, length: int | None = None) -> Bits:
    """Bob's side: apply the matrix that was announced.

    Args:
        link: To Alice.
        bits: The verified key.
        length: Length of the secret key that he has worked out himself, if he has.

    Returns:
        The secret key.

    Raises:
        ProtocolAborted: If the matrix does not fit the key, or makes a key of another length.
    """
    heard = link.receive("matrix")
    theirs, seed = heard.whole("length"), heard.bits("seed")
    if theirs < 1 or seed.size != bits.size + theirs - 1:
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, "the matrix does not fit the key")
    if length not in (None, theirs):
        sentence = f"one end works out a key of {theirs} bits, the other one of {length}"
        raise ProtocolAborted(AbortReason.NOT_AGREED, sentence)
    secret = toeplitz_hash(bits, seed, theirs)
    link.send("done")
    return secret
