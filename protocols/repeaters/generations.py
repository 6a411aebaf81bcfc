"""Generations of repeaters from the same hardware: chains that differ in how errors are mended.

S. Muralidharan et al., Scientific Reports 6, 20463 (2016), arXiv:1509.08435, sort repeaters by what
mends loss and what mends flips. The choices that a comparison has to make are made here, the same
for all of them:

- One coupling: the probability that a photon gets from its station into the fibre, or out of it.
- One gate error: the depolarising strength of a two-qubit gate. Readout flips half as often, and a
  heralded pair has the fidelity 1 - 5/4 of it, as one made with a gate has.
- First generation: M attempts side by side, rounds of DEJMPS at the links, with the messages that
  these take; memories keep what they hold.
- Second generation: the same pairs, in a code; no message is waited for, as frames are corrected.
- Third generation: one block every microsecond past stations; flips of outcomes are voted out, of a
  tree none is: each station leaves one of a single photon.
- All-photonic: one round every microsecond; each piece of the way leaves the flips of one Bell
  measurement and of two trees.
- Direct fibre: a photon every nanosecond, made and measured with one gate's errors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protocols.repeaters.all_photonic_table import AllPhotonicTable
from protocols.repeaters.chain import Chain
from protocols.repeaters.code_figures import flip_of_outcome
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.one_way_table import OneWayTable
from protocols.repeaters.own_link import ATTENUATION_KM
from protocols.repeaters.segment import LinkDescription, PairState
from protocols.repeaters.tables import Distillation, GateErrors
from qnet.errors import check_one_of, check_positive, check_probability
from qnet.hardware import Gates

__all__ = ["GENERATIONS", "StationHardware", "chains_of"]

#: Times in s between two blocks of a station, and between two photons of a bare fibre.
_STATION_S, _PHOTON_S = 1e-6, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class StationHardware:
    """Hardware that all generations have in common.

    Args:
        coupling: Probability that a photon gets into the fibre, or out of it.
        gate_error: Depolarising strength of a two-qubit gate.
        attenuation_km: Length over which the fibre loses all but 1/e of the light.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> hardware = StationHardware(coupling=0.9, gate_error=0.001)
        >>> hardware.fidelity, round(hardware.flip, 9)
        (0.99875, 0.0009995)
    """

    coupling: float
    gate_error: float
    attenuation_km: float = ATTENUATION_KM

    def __post_init__(self) -> None:
        check_probability("coupling", self.coupling)
        check_probability("gate_error", self.gate_error)
        check_positive("attenuation_km", self.attenuation_km)

    @property
    def readout_flip(self) -> float:
        """Probability of a wrong readout."""
        return self.gate_error / 2.0

    @property
    def fidelity(self) -> float:
        """Fidelity of a heralded pair."""
        return max(0.25, 1.0 - 1.25 * self.gate_error)

    @property
    def flip(self) -> float:
        """Probability that an outcome of a physical Bell measurement is flipped."""
        return flip_of_outcome(self.gate_error, self.readout_flip)

    @property
    def gates(self) -> Gates:
        """Gates and readout."""
        errors = GateErrors(cnot_depolarizing=self.gate_error, readout_flip=self.readout_flip)
        return errors.gates_or(None)

    def heralded(self, length_km: float) -> float:
        """Probability that an attempt over a link heralds a pair.

        Args:
            length_km: Length of the link.
        """
        return self._memories("none", 1).herald_probability(length_km)

    def _memories(self, code: str, attempts: int) -> EncodeTable:
        """Memories in a code, with so many attempts side by side."""
        return EncodeTable(
            code=code,
            coupling=self.coupling,
            attenuation_km=self.attenuation_km,
            attempts=attempts,
            fidelity=self.fidelity,
            gate_error=self.gate_error,
            readout_flip=self.readout_flip,
        )

    def stored(
        self, length_km: float, segments: int, attempts: int, code: str = "none", rounds: int = 0
    ) -> Chain:
        """A chain of memories, without a code (first generation) or in one (second).

        Args:
            length_km: Length of the chain.
            segments: Number of links.
            attempts: Attempts side by side for each physical pair.
            code: Code of the memories.
            rounds: Rounds of distillation of the physical pairs.
        """
        return Chain(
            segments=segments,
            length_km=length_km,
            strategy="swap-asap",
            encode=self._memories(code, attempts),
            distill=Distillation(rounds=rounds, gates=self.gates) if rounds else None,
            classical_latency=rounds > 0,
        )

    def one_way(self, length_km: float, code: str, spacing_km: float) -> Chain:
        """One-way stations (third generation).

        Args:
            length_km: Length of the way.
            code: Code of the blocks, by its whole name.
            spacing_km: Distance between stations.
        """
        flips: dict[str, Any] = {"gate_error": self.gate_error, "readout_flip": self.readout_flip}
        if code.startswith("tree"):
            flips = {"logical_error": self.flip}
            parts = tuple(map(int, code.split("-")[1:]))
            flips |= {"code": "tree", "branching": parts}
        else:
            flips |= {"code": code}
        table = OneWayTable(
            spacing_km=spacing_km,
            coupling=self.coupling,
            attenuation_km=self.attenuation_km,
            station_time_s=_STATION_S,
            **flips,
        )
        return Chain(length_km=length_km, one_way=table)

    def all_photonic(
        self, length_km: float, arms: int, branching: tuple[int, ...], spacing_km: float
    ) -> Chain:
        """Sources of graph states between stations that only measure.

        Args:
            length_km: Length of the way.
            arms: Arms of a source to each side.
            branching: Branching numbers of its trees.
            spacing_km: Distance between stations.
        """
        table = AllPhotonicTable(
            m=arms,
            branching=branching,
            spacing_km=spacing_km,
            coupling=self.coupling,
            attenuation_km=self.attenuation_km,
            logical_error=(1.0 - (1.0 - 2.0 * self.flip) ** 3) / 2.0,
            station_time_s=_STATION_S,
        )
        return Chain(length_km=length_km, all_photonic=table)

    def direct(self, length_km: float) -> Chain:
        """A bare fibre without memories: a photon every nanosecond.

        Args:
            length_km: Length of the fibre.
        """
        flip = self.flip
        weights = ((1 - flip) ** 2, flip * (1 - flip), flip * flip, flip * (1 - flip))
        chance = 2.0 * self.heralded(length_km)
        link = LinkDescription(
            scheme="abstract",
            success_probability=chance,
            attempt_time_s=_PHOTON_S,
            state=PairState(bell_diagonal=weights),
        )
        return Chain(segments=1, length_km=length_km, link=link)


#: What a chain is, in a few words, and the chain.
_Named = tuple[str, Chain]

#: Choices that are tried: all of them, and few for a quick look.
_SEGMENTS = {"all": (8, 16, 32, 64, 128), "few": (16,)}
_CODED_SEGMENTS = {"all": (16, 32, 64, 128, 256), "few": (32,)}
_ATTEMPTS = {"all": (1, 10), "few": (10,)}
_ROUNDS = {"all": (0, 1), "few": (0,)}
_STORED_CODES = {"all": ("513", "steane"), "few": ("513",)}
_SENT_CODES = {
    "all": (
        "steane",
        "qpc-5-3",
        "qpc-7-4",
        "qpc-10-4",
        "qpc-13-5",
        "qpc-16-5",
        "qpc-25-5",
        "qpc-30-6",
        "tree-3-4-2",
        "tree-4-14-4",
    ),
    "few": ("qpc-7-4", "qpc-13-5"),
}
#: Links that herald more rarely than this in a round cost more than shorter ones, and are left out.
_RAREST = 1e-4

_SPACINGS_KM = {"all": (0.5, 1.0, 2.0, 4.0), "few": (1.0,)}
_ARMS = {"all": (6, 10, 14, 20), "few": (10,)}
_TREES = {"all": ((6, 3), (10, 5), (16, 5)), "few": ((10, 5),)}
_SOURCES_KM = {"all": (1.0, 2.0, 4.0, 8.0), "few": (4.0,)}


def _first(hardware: StationHardware, length_km: float, size: str) -> Iterator[_Named]:
    """Chains without a code."""
    tried = itertools.product(_SEGMENTS[size], _ATTEMPTS[size], _ROUNDS[size])
    for segments, attempts, rounds in tried:
        words = f"{segments} links, {attempts} attempts, {rounds} rounds"
        if attempts * hardware.heralded(length_km / segments) >= _RAREST:
            yield words, hardware.stored(length_km, segments, attempts, rounds=rounds)


def _second(hardware: StationHardware, length_km: float, size: str) -> Iterator[_Named]:
    """Chains of encoded memories."""
    tried = itertools.product(_STORED_CODES[size], _CODED_SEGMENTS[size], _ATTEMPTS[size])
    for code, segments, attempts in tried:
        words = f"{segments} links, {attempts} attempts, {code}"
        if attempts * hardware.heralded(length_km / segments) >= _RAREST:
            yield words, hardware.stored(length_km, segments, attempts, code)


def _third(hardware: StationHardware, length_km: float, size: str) -> Iterator[_Named]:
    """One-way stations."""
    for code, spacing_km in itertools.product(_SENT_CODES[size], _SPACINGS_KM[size]):
        words = f"every {spacing_km:g} km, {code}"
        yield words, hardware.one_way(length_km, code, spacing_km)


def _photonic(hardware: StationHardware, length_km: float, size: str) -> Iterator[_Named]:
    """Sources of graph states."""
    for arms, tree, spacing_km in itertools.product(_ARMS[size], _TREES[size], _SOURCES_KM[size]):
        if spacing_km >= length_km:
            continue
        words = f"every {spacing_km:g} km, {2 * arms} arms, tree {'-'.join(map(str, tree))}"
        yield words, hardware.all_photonic(length_km, arms, tree, spacing_km)


def _direct(hardware: StationHardware, length_km: float, size: str) -> Iterator[_Named]:
    """The bare fibre."""
    yield "a photon every nanosecond", hardware.direct(length_km)


_Builder = Callable[[StationHardware, float, str], Iterator[_Named]]

#: Every generation by name: its title, and what makes its chains.
GENERATIONS: Mapping[str, tuple[str, _Builder]] = {
    "direct": ("direct fibre", _direct),
    "1G": ("first generation", _first),
    "2G": ("second generation", _second),
    "3G": ("third generation", _third),
    "all-photonic": ("all-photonic", _photonic),
}


def chains_of(
    generation: str, hardware: StationHardware, length_km: float, *, few: bool = False
) -> Iterator[tuple[str, Chain]]:
    """Chains of a generation among which the cheapest is looked for, each with a few words.

    Args:
        generation: A name of ``GENERATIONS``.
        hardware: What they are made of.
        length_km: Length of all of them.
        few: Whether a few will do.

    Raises:
        UnknownNameError: If there is no such generation.

    Examples:
        >>> hardware = StationHardware(coupling=0.95, gate_error=1e-4)
        >>> [words for words, _ in chains_of("2G", hardware, 100.0, few=True)]
        ['32 links, 10 attempts, 513']
    """
    _, build = GENERATIONS[check_one_of("generation", generation, GENERATIONS)]
    yield from build(hardware, length_km, "few" if few else "all")
