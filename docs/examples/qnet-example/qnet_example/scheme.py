"""Scheme of heralded links with the Bell measurement inside the left node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qnet.hardware import Channel, Node
from qnet.links import DoubleClick, HeraldedAttempt, PhotonicScheme

__all__ = ["EndStation"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EndStation(PhotonicScheme):
    """Two clicks, as in `DoubleClick`, but the photons meet in the left node.

    The photon of the right node passes the whole fibre, that of the left node none of it: there is
    no station in the field, and an attempt takes twice as long. Two clicks come with probability
    ``eta_left eta_right / 2``, as half way.

    The left photon leaves when the right one arrives, so the right memory waits for two delays and
    the left one for none. They count as one delay each: without relaxation (T1) that is the same.
    """

    scheme: ClassVar[str] = "end-station"
    references: ClassVar[tuple[str, ...]] = ("BarrettKok2005",)
    unused: ClassVar[tuple[str, ...]] = DoubleClick.unused

    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """One photon through all of the fibre, and the herald back."""
        emitter = node.emitter
        return HeraldedAttempt(
            transmission=(node.arm_efficiency, node.arm_efficiency * channel.transmission),
            attempt_time_s=emitter.preparation_time_s + 2.0 * channel.delay_s,
            visibility=emitter.visibility,
            dark_count_probability=node.false_click_probability(),
            phase_noise_deg=emitter.phase_noise_deg,
            phase_noise_kind=emitter.phase_noise_kind,
            double_excitation_probability=emitter.double_excitation_probability,
            number_resolving=node.detector.number_resolving,
            window_acceptance=emitter.window_acceptance,
        )

    heralds_of = staticmethod(DoubleClick.heralds_of)
