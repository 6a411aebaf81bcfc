"""Devices on which attacks are tried, and gains of their pulses in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from protocols.certification.device import DeviceUnderTest
from protocols.qkd.bb84 import BB84
from protocols.qkd.decoy import DecoyBB84
from qnet.errors import ParameterError, check_probability
from qnet.hardware import Detectors, Line, WeakPulses

__all__ = [
    "gain",
    "hidden_in_gain",
    "lossy",
    "mismatched",
    "signal_and_decoy",
    "split_gain",
    "weak_pulses",
]

E = TypeVar("E")


def weak_pulses(error: float = 0.0, transmission: float = 0.1) -> DeviceUnderTest:
    """BB84 with a signal of 0.5 and a decoy of 0.1 mean photons, and perfect detectors.

    Args:
        error: Share of the photons that go to the wrong detector.
        transmission: Of the line.
    """
    source = WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
    line = Line(transmission=transmission, misalignment=check_probability("error", error))
    return DeviceUnderTest(protocol=DecoyBB84(source=source, line=line))


def mismatched(error: float = 0.0) -> DeviceUnderTest:
    """Single photons, and detectors whose efficiencies are 4 to 1 off the central time bin."""
    detectors = Detectors(efficiency_mismatch=0.25)
    line = Line(misalignment=check_probability("error", error), detectors=detectors)
    return DeviceUnderTest(protocol=BB84(line=line))


def lossy(error: float = 0.0) -> DeviceUnderTest:
    """Single photons over a line of 20 dB."""
    line = Line(transmission=0.01, misalignment=check_probability("error", error))
    return DeviceUnderTest(protocol=BB84(line=line))


def signal_and_decoy(device: DeviceUnderTest) -> tuple[float, float]:
    """Mean photon numbers of the signal, and of the weakest decoy that is not empty.

    Raises:
        ParameterError: If the device sends no weak pulses.

    Examples:
        >>> signal_and_decoy(weak_pulses())
        (0.5, 0.1)
    """
    means = device.intensities
    if not means:
        hint = "give [source] with intensities or mean_photon_number"
        raise ParameterError("device", "send weak pulses", device.protocol.name, hint)
    return means[0], min(means[k] for k in device.lit)


def hidden_in_gain(device: DeviceUnderTest, hidden: Callable[[float, float, float], E]) -> E:
    """Eve who leaves the gain of the signal of a device as it was.

    Args:
        device: The honest device.
        hidden: Makes her, from mean photon number, transmission and efficiency.

    Raises:
        ParameterError: If the device sends no weak pulses.
    """
    signal, _ = signal_and_decoy(device)
    line = device.protocol.line
    return hidden(signal, line.transmission, max(line.detectors.efficiencies))


def gain(device: DeviceUnderTest, mean: float) -> float:
    """``1 - (1 - d)^2 exp(-eta mu)`` of equal detectors.

    Examples:
        >>> round(gain(weak_pulses(), 0.1), 9)
        0.009950166
    """
    stays = (1.0 - device.protocol.line.detectors.dark_probability) ** 2
    return 1.0 - stays * math.exp(-device.overall_efficiency * mean)


def split_gain(
    device: DeviceUnderTest,
    mean: float,
    pass_single: float,
    pass_multiple: float,
    *,
    dark: bool = False,
) -> float:
    """Gain of pulses of which Eve blocks single photons, and keeps one photon of the others.

    Args:
        device: Whose detectors click.
        mean: Mean photon number.
        pass_single: Probability that a single photon passes.
        pass_multiple: Probability that a pulse of several passes.
        dark: Whether dark counts are in.

    Examples:
        >>> round(split_gain(weak_pulses(), 0.1, 0.0, 1.0), 9)
        0.00467884
    """
    detectors = device.protocol.line.detectors
    eta, single = max(detectors.efficiencies), mean * math.exp(-mean)
    many = -math.expm1(-mean) - single
    miss, lost = 1.0 - eta, 0.0
    if miss > 0.0:
        lost = (math.exp(-mean * eta) - math.exp(-mean) * (1.0 + mean * miss)) / miss
    clicks = pass_single * single * eta + pass_multiple * (many - lost)
    stays = (1.0 - detectors.dark_probability) ** 2 if dark else 1.0
    return 1.0 - stays * (1.0 - clicks)
