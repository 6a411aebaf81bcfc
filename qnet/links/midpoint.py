"""Schemes with a station half way, where the photons of both nodes meet."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.hardware import Channel, Node, arms_of, stray_photons
from qnet.links.attempt import HeraldedAttempt
from qnet.links.scheme import PhotonicScheme

__all__ = ["MidpointScheme", "through"]


def through(efficiency: float, left: Channel, right: Channel) -> float | tuple[float, float]:
    """Transmission of both arms with an efficiency: one number where they are equal."""
    one, two = efficiency * left.transmission, efficiency * right.transmission
    return one if one == two else (one, two)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MidpointScheme(PhotonicScheme):
    """A scheme whose photons meet at a station half way; arguments as of every `PhotonicScheme`.

    From nodes: each arm has half of the channel, or is one of its own (`arms_of`); an attempt takes
    the preparation time and twice the delay of the longer arm (photon to the station, herald back),
    during which the memories wait. Local rotations are perfect: their errors are part of a measured
    visibility.
    """

    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """Photons to the station, and the herald back."""
        emitter = node.emitter
        left, right = arms_of(channel)
        # Two detectors share the light of both arms.
        stray = 0.5 * (stray_photons(left) + stray_photons(right))
        return HeraldedAttempt(
            transmission=through(node.arm_efficiency, left, right),
            attempt_time_s=emitter.preparation_time_s + 2.0 * max(left.delay_s, right.delay_s),
            bright_state_population=emitter.bright_state_population,
            visibility=emitter.visibility,
            dark_count_probability=node.false_click_probability(stray_photons=stray),
            phase_noise_deg=emitter.phase_noise_deg,
            phase_noise_kind=emitter.phase_noise_kind,
            double_excitation_probability=emitter.double_excitation_probability,
            number_resolving=node.detector.number_resolving,
            window_acceptance=emitter.window_acceptance,
        )
