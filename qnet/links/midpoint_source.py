"""Midpoint-source heralding: a pair source half way between two memories that absorb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import ParameterError
from qnet.hardware import Channel, Node, arms_of, stray_photons
from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import Herald, corrected
from qnet.links.midpoint import through
from qnet.links.scheme import Ends, PhotonicScheme

__all__ = ["MidpointSource"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MidpointSource(PhotonicScheme):
    """Pairs from a source half way, absorbed by two memories that herald locally.

    No attempt waits for the one before: the source fires at its own rate, a round of M modes takes
    ``M / rate``. Only a pair that both sides hold must wait, for the message from the other side,
    which takes the channel's delay; the state includes that storage, the attempt time does not.

    From nodes: a photon is stored and heralded with the node's arm efficiency times the memory's
    efficiency times the transmission of half of the channel, or of one of its own arms (`arms_of`);
    background light is that of the arm that brings more, in both. A herald without a photon (dark
    count) comes from a memory in the state I/2. Arguments are those of every `PhotonicScheme`.

    Raises:
        ParameterError: If a number breaks its rule, the channel is missing, or the node has no
            source.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.5, attempt_time_s=1e-6, pair_probability=0.1)
        >>> round(MidpointSource(attempt).link().success_probability, 9)
        0.025
        >>> [herald.clicks for herald in MidpointSource(attempt).heralds()]
        ['left, right']
    """

    scheme: ClassVar[str] = "midpoint-source"
    unused: ClassVar[tuple[str, ...]] = (
        "bright_state_population",
        "visibility",
        "phase_noise_deg",
        "phase_noise_kind",
    )
    needs: ClassVar[tuple[str, ...]] = ("source",)
    detects = "ends"

    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """A round of all modes of the source."""
        source = node.source
        if source is None:
            hint = "give the node a qnet.hardware PairSource, or use another scheme"
            raise ParameterError("node.source", "be given in a midpoint-source link", None, hint)
        left, right = arms_of(channel)
        stored = self.ends[0].efficiency
        stray = stored * max(stray_photons(left), stray_photons(right))
        return HeraldedAttempt(
            transmission=through(node.arm_efficiency * stored, left, right),
            attempt_time_s=self.tried_modes / source.rate_hz,
            dark_count_probability=node.false_click_probability(stray_photons=stray),
            window_acceptance=node.emitter.window_acceptance,
            pair_probability=source.pair_probability,
            pair_fidelity=source.fidelity,
        )

    @staticmethod
    def heralds_of(attempt: HeraldedAttempt, ends: Ends, latency_s: float) -> tuple[Herald, ...]:
        """The one herald: both memories say that they hold a photon."""
        # Local imports: they load Qiskit, which only compiling needs.
        from qnet.circuits.photonic import midpoint_source
        from qnet.instrument import compile as compile_instrument
        from qnet.noise.photonic import absorption_noise

        circuit = midpoint_source(latency_s)
        noise = absorption_noise(
            transmission=attempt.transmissions,
            pair_probability=attempt.pair_probability,
            pair_fidelity=attempt.pair_fidelity,
            false_herald_probability=attempt.dark_count_probability,
            memories=dict(zip(("memory_left", "memory_right"), ends, strict=True)),
        )
        instrument = compile_instrument(circuit, noise, outputs=circuit.qubits[4:])
        pair = instrument.matrix({"herald_left": 1, "herald_right": 1}).reshape(4, 4)
        return (corrected("left, right", "I", pair, attempt.window_acceptance),)
