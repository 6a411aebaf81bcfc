"""Schemes with a station half way, where the photons of both nodes meet."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.hardware import Channel, Node
from qnet.links.attempt import HeraldedAttempt
from qnet.links.scheme import PhotonicScheme

__all__ = ["MidpointScheme"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MidpointScheme(PhotonicScheme):
    """A scheme whose photons meet at a station half way; arguments as of every `PhotonicScheme`.

    From nodes: each arm has half of the channel; an attempt takes the preparation time and the
    channel's delay (photon to the station, herald back), during which the memories wait. Local
    rotations are perfect: their errors are part of a measured visibility.
    """

    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """Photons to the station, and the herald back."""
        emitter = node.emitter
        arm = channel.of_length(channel.length_km / 2.0)
        return HeraldedAttempt(
            transmission=node.arm_efficiency * arm.transmission,
            attempt_time_s=emitter.preparation_time_s + channel.delay_s,
            bright_state_population=emitter.bright_state_population,
            visibility=emitter.visibility,
            dark_count_probability=node.false_click_probability(),
            phase_noise_deg=emitter.phase_noise_deg,
            phase_noise_kind=emitter.phase_noise_kind,
            double_excitation_probability=emitter.double_excitation_probability,
            number_resolving=node.detector.number_resolving,
            window_acceptance=emitter.window_acceptance,
        )
