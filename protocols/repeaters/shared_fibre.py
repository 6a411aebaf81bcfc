"""Segments whose photons share their fibre with classical channels: dark counts that they add."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Protocol

from protocols.repeaters.segment import Segment
from qnet.coexistence import CHANNELS, Coexistence, FibreNoise, noisy_node, seen_in_arm
from qnet.engines import ChainResult
from qnet.errors import ParameterError
from qnet.hardware import Fibre, Preset
from qnet.links import SCHEMES
from qnet.schema import missing

__all__ = ["SharedFibre", "lit", "segment_noise"]


def lit(segment: Segment, coexistence: Coexistence | None) -> Segment:
    """A segment beside classical channels: their light clicks like dark counts of its detectors.

    The channels run from the left end of the segment (``forward``) or from its right one, past a
    station between them, and are launched anew at each node. A satellite has none.

    Args:
        segment: In the dark; one over a satellite stays so.
        coexistence: The channels; none leave the segment as it is.

    Raises:
        ParameterError: If the link says nothing of its detectors.

    Examples:
        >>> from protocols.repeaters.segment import LinkDescription
        >>> from qnet.coexistence import LaunchedChannel
        >>> dark = LinkDescription(preset="trapped-ion").segment(20.0, {}, None)
        >>> channel = LaunchedChannel(wavelength_nm=1530.0, power_dbm=0.0)
        >>> found = lit(dark, Coexistence(channels=(channel,)))
        >>> found.preset.node.detector.dark_count_probability > 1e-3
        True
    """
    if coexistence is None or segment.satellite is not None:
        return segment
    preset = _preset(segment, coexistence)
    fibre = segment.fibre.of_length(segment.length_km or 0.0)
    node = noisy_node(preset.node, coexistence, fibre, SCHEMES[segment.scheme].detects)
    return replace(segment, hardware=replace(preset, node=node))


def segment_noise(segment: Segment, coexistence: Coexistence) -> FibreNoise:
    """Noise light that one arm of a segment brings to its detectors: the arm with more of it.

    Args:
        segment: A photonic link.
        coexistence: The channels, from end to end.

    Raises:
        ParameterError: If the link says nothing of its detectors.
    """
    preset = _preset(segment, coexistence)
    length = segment.length_km or 0.0
    place = SCHEMES[segment.scheme].detects
    fibre = segment.fibre.of_length(length if place == "receiver" else length / 2.0)
    efficiency = preset.node.detector.efficiency
    seen = seen_in_arm(coexistence, fibre, place)
    found = [each.noise(fibre, efficiency=efficiency) for each in seen]
    noise = max(found, key=lambda each: each.counts_per_gate)
    note = f"of one arm of {fibre.length_km:g} km, the one with more noise"
    return replace(noise, notes=(note, *noise.notes))


class _HasSegments(Protocol):
    """A chain, as far as its fibre goes."""

    @property
    def coexistence(self) -> Coexistence | None:
        """Classical channels."""

    @property
    def parts(self) -> tuple[Segment, ...]:
        """The segments."""

    def play(self, *, engine: str) -> ChainResult:
        """What the chain delivers."""


class SharedFibre:
    """Part of a chain that has to do with classical channels on its fibre."""

    __slots__ = ()

    worth_of: ClassVar[str] = "secret bits per second"

    @property
    def lit_fibre(self: _HasSegments) -> Fibre:
        """The fibre of the longest segment, which classical channels share."""
        longest = max(self.parts, key=lambda each: each.length_km or 0.0)
        return longest.fibre.of_length(longest.length_km or 0.0)

    def worth(self: _HasSegments) -> float:
        """Secret bits per second by the exact engine: zero where there is no key."""
        return self.play(engine="exact").secret_key_rate_hz.best

    def noise(self: _HasSegments) -> FibreNoise:
        """Noise light of classical channels in an arm of the longest segment.

        Raises:
            ParameterError: If there are none, or the link says nothing of its detectors.
        """
        if self.coexistence is None:
            raise missing("coexistence.channels", CHANNELS)
        longest = max(self.parts, key=lambda each: each.length_km or 0.0)
        return segment_noise(longest, self.coexistence)


def _preset(segment: Segment, coexistence: Coexistence) -> Preset:
    if segment.preset is None:
        rule = "come with a link whose detectors are described"
        hint = "give [link] a preset; numbers of an attempt have the noise in them"
        given = f"{len(coexistence.channels)} channels"
        raise ParameterError("coexistence", rule, given, hint)
    return segment.preset
