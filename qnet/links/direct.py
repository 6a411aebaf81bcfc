"""Direct transmission: the photon of one memory goes all the way to the other end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qnet.errors import ParameterError
from qnet.hardware import Channel, Memory, Node, stray_photons
from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import Herald, corrected
from qnet.links.scheme import Ends, PhotonicScheme

__all__ = ["Direct"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Direct(PhotonicScheme):
    """A photon straight from the memory of the sender to the receiver: no station.

    An attempt takes the preparation time and twice the channel's delay, the way of the photon and
    of the herald. The sender's memory waits for both, the receiver's for the herald. A receiver
    that measures at once has a perfect memory (``receiver=Memory()``).

    The polarisation is told by two detectors; when both click, or a dark count stands in for a lost
    photon, it is random: D. Luong et al., Appl. Phys. B 122, 96 (2016), arXiv:1508.02811.

    Args:
        receiver: Memory of the right end, if it is another one. Other arguments are those of every
            `PhotonicScheme`; the numbers of an attempt have one transmission.

    Raises:
        ParameterError: If a number breaks its rule, the channel is missing, or there are two
            transmissions.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.01, attempt_time_s=1e-3)
        >>> round(Direct(attempt).link().success_probability, 9)
        0.01
        >>> [herald.clicks for herald in Direct(attempt).heralds()]
        ['receiver']
    """

    scheme: ClassVar[str] = "direct"
    joins: ClassVar[bool] = False
    detects = "receiver"

    receiver: Memory | None = None

    def __post_init__(self) -> None:
        PhotonicScheme.__post_init__(self)
        if isinstance(self.attempt.transmission, tuple):
            hint = "give one number, from end to end"
            rule = "be one number in direct transmission"
            raise ParameterError("transmission", rule, self.attempt.transmission, hint)

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """The memories of the sender and of the receiver."""
        sender, same = super(Direct, self).ends
        return sender, same if self.receiver is None else self.receiver

    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """One photon to the receiver, and the herald back."""
        stored = self.ends[1].efficiency
        false = node.false_click_probability(0.5, stored * stray_photons(channel))
        return HeraldedAttempt(
            transmission=node.arm_efficiency * stored * channel.transmission,
            attempt_time_s=node.emitter.preparation_time_s + 2.0 * channel.delay_s,
            dark_count_probability=false,
            double_excitation_probability=node.emitter.double_excitation_probability,
            window_acceptance=node.emitter.window_acceptance,
        )

    @staticmethod
    def heralds_of(attempt: HeraldedAttempt, ends: Ends, latency_s: float) -> tuple[Herald, ...]:
        """The one herald: the receiver holds the photon."""
        # Local imports: they load Qiskit, which only compiling needs.
        from qnet.circuits.photonic import direct_transmission
        from qnet.instrument import compile as compile_instrument
        from qnet.noise.photonic import absorption_noise

        circuit = direct_transmission(latency_s)
        dark = attempt.dark_count_probability
        noise = absorption_noise(
            transmission=attempt.transmissions[0],
            false_herald_probability=1.0 - (1.0 - dark) ** 2,  # either of the two detectors
            scrambling_probability=dark,  # the other of the two
            double_excitation_probability=attempt.double_excitation_probability,
            memories=dict(zip(("sender", "receiver"), ends, strict=True)),
        )
        qubits = [circuit.qubits[0], circuit.qubits[3]]
        instrument = compile_instrument(circuit, noise, outputs=qubits)
        pair = instrument.matrix({"herald": 1}).reshape(4, 4)
        return (corrected("receiver", "I", pair, attempt.window_acceptance),)
