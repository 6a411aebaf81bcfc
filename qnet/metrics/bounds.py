"""Capacity bounds: the most that repeaterless links and repeater chains can reach.

All values are in bits (or ebits) per use of the lossy channel, one optical mode per use; a protocol
that uses two modes (polarisation, time bins) per attempt is compared after dividing its rate by
two. A transmission outside [0, 1] is a `ParameterError`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_integer
from qnet.metrics.arrays import FloatOrArray, check_fractions, like

__all__ = [
    "direct_transmission",
    "equidistant_chain_capacity",
    "plob",
    "repeater_chain_capacity",
    "tgw",
]

_LN2 = float(np.log(2.0))
_HINT = "give the power transmission of the channel, between 0 and 1"


def plob(transmission: FloatOrArray) -> FloatOrArray:
    """Secret-key capacity of the lossy channel: ``-log2(1 - eta)``.

    Pirandola, Laurenza, Ottaviani, Banchi, Nat. Commun. 8, 15043 (2017), doi:10.1038/ncomms15043.

    Args:
        transmission: Power transmission ``eta``; a float or an array.

    Returns:
        Bits per channel use; ``inf`` at ``eta = 1``.

    Raises:
        ParameterError: If the transmission is outside [0, 1].

    Examples:
        >>> round(plob(0.01), 10)
        0.0144995697
        >>> plob(0.5)
        1.0
    """
    eta = check_fractions("transmission", transmission, _HINT)
    with np.errstate(divide="ignore"):
        bits = -np.log1p(-eta) / _LN2
    return like(transmission, bits)


def tgw(transmission: FloatOrArray) -> FloatOrArray:
    """Takeoka-Guha-Wilde upper bound: ``log2((1 + eta)/(1 - eta))``, above the capacity.

    Takeoka, Guha, Wilde, Nat. Commun. 5, 5235 (2014), doi:10.1038/ncomms6235.

    Args:
        transmission: Power transmission ``eta``; a float or an array.

    Returns:
        Bits per channel use; ``inf`` at ``eta = 1``.

    Raises:
        ParameterError: If the transmission is outside [0, 1].

    Examples:
        >>> round(tgw(0.01), 10)
        0.0288548627
    """
    eta = check_fractions("transmission", transmission, _HINT)
    with np.errstate(divide="ignore"):
        bits = 2.0 * np.arctanh(eta) / _LN2
    return like(transmission, bits)


def repeater_chain_capacity(transmissions: ArrayLike) -> float:
    """Capacity of a chain of ideal repeaters: that of its worst link.

    Pirandola, Commun. Phys. 2, 51 (2019), doi:10.1038/s42005-019-0147-3.

    Args:
        transmissions: Shape (links,): the power transmission of each link.

    Returns:
        Bits per use of the chain (each link is used once).

    Raises:
        ParameterError: If there is no link.

    Examples:
        >>> repeater_chain_capacity([0.5, 0.9, 0.75])
        1.0
    """
    eta = check_fractions("transmissions", transmissions, _HINT)
    if eta.ndim != 1 or eta.size == 0:
        hint = "give a list with one number per link"
        raise ParameterError("transmissions", "be a list of at least one number", eta.shape, hint)
    return plob(float(eta.min()))


def equidistant_chain_capacity(transmission: float, nodes: int) -> float:
    """Capacity with equally spaced ideal repeaters: ``-log2(1 - eta^(1/(nodes + 1)))``.

    Args:
        transmission: Power transmission of the whole line, end to end.
        nodes: Number of repeaters between the ends; 0 is the bare line.

    Returns:
        Bits per use of the chain.

    Raises:
        ParameterError: If ``nodes`` is negative.

    Examples:
        >>> round(equidistant_chain_capacity(1e-6, 2), 10)
        0.0144995697
    """
    eta = float(check_fractions("transmission", transmission, _HINT))
    links = check_integer("nodes", nodes, 0) + 1
    if eta == 0.0:
        return 0.0
    log_eta_link = float(np.log(eta)) / links
    if log_eta_link > -_LN2:  # short links: 1 - eta is the small number
        return plob(1.0) if log_eta_link == 0.0 else -float(np.log2(-np.expm1(log_eta_link)))
    return plob(float(np.exp(log_eta_link)))


def direct_transmission(transmission: float) -> float:
    """Bits per use of an ideal single-photon source and detector over the bare line: ``eta``.

    This is what perfect BB84 with single photons reaches, a factor 1/ln 2 = 1.44 below the capacity
    at long distance.

    Args:
        transmission: Power transmission ``eta``.

    Returns:
        Bits per channel use.

    Raises:
        ParameterError: If the transmission is outside [0, 1].

    Examples:
        >>> direct_transmission(0.01)
        0.01
    """
    return float(check_fractions("transmission", transmission, _HINT))
