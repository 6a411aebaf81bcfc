"""Fibres and channels of the tests, and integrals over the fibre that they are checked against."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad

from qnet.coexistence import Coexistence, LaunchedChannel
from qnet.hardware import Fibre

LIGHT = 299_792_458.0
PLANCK = 6.62607015e-34


def channel(wavelength_nm=1560.0, power_dbm=0.0, direction="forward", **more):
    return LaunchedChannel(
        wavelength_nm=wavelength_nm, power_dbm=power_dbm, direction=direction, **more
    )


def beside(*channels, **more):
    """Channels beside a quantum signal at 1550 nm, with the filters of table P-N."""
    given = {"raman_per_km_nm": 3e-9, "filter_nm": 0.6, "gate_s": 1e-9, "insertion_loss_db": 2.65}
    return Coexistence(channels=channels or (channel(),), **{**given, **more})


def fibre(length_km=50.0, loss_db_per_km=0.2):
    return Fibre(length_km=length_km, loss_db_per_km=loss_db_per_km)


def raman_by_slices(power_w, rho, width_nm, pump_db, signal_db, length_km, *, backward=False):
    """Raman light in W, scattered slice by slice: an integral over the fibre, no closed form.

    The pump has come ``z`` km when it scatters; the light then has to go on for ``L - z`` km, or
    back for ``z``.
    """

    def slice_(z):
        left = z if backward else length_km - z
        return 10.0 ** (-(pump_db * z + signal_db * left) / 10.0)

    return power_w * rho * width_nm * quad(slice_, 0.0, length_km, epsrel=1e-12)[0]


def mixing_by_amplitudes(frequencies, powers_w, gamma, dispersion, loss_db, length_km, degeneracy):
    """Light of one product of four-wave mixing in W: its amplitude summed slice by slice.

    ``dA/dz = i gamma d A_i A_j A_k* exp(i b z)`` with equal losses, ``d`` of 1 or 2, and the
    product's own loss on the rest of the way.
    """
    fi, fj, fk = frequencies
    loss = loss_db * math.log(10.0) / 10.0
    wavelength = 1550e-9
    mismatch = 2e3 * math.pi * wavelength**2 / LIGHT * (fi - fk) * (fj - fk) * 1e-6 * dispersion
    z = np.linspace(0.0, length_km, 400_001)
    field = np.exp(-loss * z + 1j * mismatch * z)  # three fields e^(-a z/2) each, own e^(+a z/2)
    step = z[1] - z[0]
    amplitude = gamma * degeneracy * math.sqrt(math.prod(powers_w))
    amplitude *= (field.sum() - (field[0] + field[-1]) / 2.0) * step
    return float(abs(amplitude) ** 2 * math.exp(-loss * length_km))


def counts_of(power_w, wavelength_nm, gate_s, efficiency, insertion_db):
    """Photons of a power, one by one: energy over h c/l, in a gate, behind the losses."""
    photons = power_w * gate_s / (PLANCK * LIGHT / (1e-9 * wavelength_nm))
    return photons * efficiency * 10.0 ** (-insertion_db / 10.0)
