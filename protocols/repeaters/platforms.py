"""Platforms: hardware sets that are compared, with the chains and bare fibre built from them.

The choices that no parameter set makes are made here, the same for all hardware:

- The two users measure at once, as soon as their herald is known, with the readout error of the
  preset; only the stations store.
- A station gives up a pair that has waited ``0.4 T2 / segments`` for the other one; where that
  gives no key, a quarter of it, then a sixteenth.
- Swaps of matter qubits succeed always. Rare-earth ensembles have no gates: their photons meet in a
  linear-optics Bell measurement, which succeeds with 1/2 if both photons are detected.
- Single-click links set their bright-state population to ``0.06 / segments``: its errors add up.
- Bare fibre: single photons in two modes (polarisation or time bins), prepared without error, a
  billion a second, into 0.2 dB/km; the detectors of the preset, with 10 dark counts a second and
  gates of 1 ns. No misalignment and no dead time: an upper end of what a direct link does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from protocols.repeaters.chain import Chain
from qnet import Cutoff, Direct, Fibre, Key, Link, Memory, Station, improved, preset
from qnet.hardware import Gates, Preset
from qnet.links import HeraldedAttempt, scheme_of
from qnet.metrics import equidistant_chain_capacity, plob
from qnet.states.pauli import Array
from qnet.states.typed import fano_rows

__all__ = [
    "CLOCK_HZ",
    "HARDWARE",
    "IMPROVEMENT",
    "KEY",
    "STRATEGIES",
    "Platform",
    "readout_transfer",
]

#: Presets that are compared, by name, with the title that figures and tables use. All but the
#: target are models with parameters after papers, not the published hardware.
HARDWARE: Mapping[str, str] = {
    "colour-centre": "Colour centre",
    "trapped-ion": "Trapped ion",
    "rubidium-atoms": "Neutral atom",
    "siv": "Silicon vacancy",
    "rare-earth-multimode": "Rare earth, 62 modes",
    "blueprint": "Target parameters",
}

#: Factor of the improved parameters; the target set is played as it is.
IMPROVEMENT = 20.0

STRATEGIES = ("nested", "swap-asap")

#: Error correction of a practical code, for every key.
KEY = Key(error_correction_efficiency=1.16)

CLOCK_HZ = 1e9
_DARK_COUNTS_HZ, _GATE_S = 10.0, 1e-9
_DIRECT_FIBRE = Fibre(loss_db_per_km=0.2)

_PATIENCE, _BRIGHT = 0.4, 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A preset, improved by a factor, and what is built from it.

    Args:
        name: Name of the preset.
        improvement: Factor for :func:`qnet.improved`; 1 for the values as they are.
        given: Parameters instead of those that the preset has.

    Examples:
        >>> round(Platform(name="trapped-ion").cutoff_s(2), 6)
        0.0124
    """

    name: str
    improvement: float = 1.0
    given: Preset | None = None

    @property
    def preset(self) -> Preset:
        """The parameters."""
        return improved(self.given or preset(self.name), self.improvement)

    @property
    def title(self) -> str:
        """What to call it."""
        factor = "" if self.improvement == 1.0 else f", improved {self.improvement:g} times"
        return HARDWARE[self.name] + factor

    @property
    def optical_modes(self) -> int:
        """Modes of light that one photonic qubit takes: one for single click, else two."""
        return 1 if self.preset.scheme == "single-click" else 2

    @property
    def station(self) -> Station:
        """A station's Bell measurement."""
        node = self.preset.node
        if self.preset.scheme == "midpoint-source":
            return Station(success_probability=0.5 * node.detector.efficiency**2, perfect=True)
        return Station(gates=node.gates)

    def cutoff_s(self, segments: int) -> float:
        """How long a pair usually may wait for the other at a station, in s."""
        return _PATIENCE / segments * self.preset.node.memory.t2_s

    def link(self, length_km: float, segments: int, memory: Memory | None = None) -> Link:
        """A link of a chain of so many segments, compiled from its circuit once per process.

        The memory that waits for the herald is the preset's unless given.
        """
        return _link(self, length_km, segments, memory)

    def chain(
        self,
        strategy: str,
        segments: int,
        length_km: float,
        *,
        cutoff_s: float | None = None,
        storage: bool = True,
        herald_wait: bool = True,
    ) -> Chain:
        """A repeater chain over ``length_km``, all segments equal.

        Args:
            strategy: ``nested`` or ``swap-asap``; with two segments they are the same plan.
            segments: Number of segments.
            length_km: Length of the whole chain.
            cutoff_s: When a pair is given up that waits for the other at a station; None: never.
            storage: Whether qubits decay while they wait for a partner.
            herald_wait: Whether they decay while they wait for the herald.
        """
        memory = None if herald_wait else Memory()
        link = self.link(length_km / segments, segments, memory)
        if not storage:
            link = replace(link, left=Memory(), right=Memory())
        return self.joined("nested" if segments == 2 else strategy, [link] * segments, cutoff_s)

    def joined(self, strategy: str, links: Sequence[Link], cutoff_s: float | None) -> Chain:
        """A chain of these links between two users who measure at once, otherwise as in `chain`."""
        return Chain(
            links=tuple(self.with_users(links)),
            strategy=strategy,
            swap=(self.station,) * (len(links) - 1),
            cutoff=None if cutoff_s is None else Cutoff(kind="difference", time_s=cutoff_s),
            classical_latency=True,
            key=KEY,
        )

    def direct(self, length_km: float) -> Link:
        """One photon after the other through the bare fibre."""
        detector = self.preset.node.detector
        attempt = HeraldedAttempt(
            transmission=detector.efficiency * _DIRECT_FIBRE.of_length(length_km).transmission,
            attempt_time_s=1.0 / CLOCK_HZ,
            dark_count_probability=_DARK_COUNTS_HZ * _GATE_S,
        )
        return Direct(attempt).link()

    def direct_bound(self, length_km: float) -> float:
        """Most bits per mode of the bare fibre (PLOB)."""
        return plob(_DIRECT_FIBRE.of_length(length_km).transmission)

    def chain_bound(self, segments: int, length_km: float) -> float:
        """Capacity of the chain in bits per mode.

        A heralding station counts as a node where single photons interfere at it; where a photon
        must come from either side, a segment is one channel.
        """
        parts = 2 * segments if self.preset.scheme == "single-click" else segments
        return equidistant_chain_capacity(self.preset.channel(length_km).transmission, parts - 1)

    def with_users(self, links: Sequence[Link]) -> list[Link]:
        """The links of a chain whose users measure at once, with the preset's readout errors."""
        readout = readout_transfer(self.preset.node.gates)
        first, *inner = links
        found = [replace(first, state=fano_rows(readout @ first.fano), left=Memory()), *inner]
        last = found[-1]
        found[-1] = replace(last, state=fano_rows(last.fano @ readout), right=Memory())
        return found


def readout_transfer(gates: Gates) -> Array:
    """Pauli transfer matrix of a user whose readout errs, whatever the basis.

    Examples:
        >>> [float(kept) for kept in readout_transfer(Gates(readout_flip_0=0.25)).diagonal()]
        [1.0, 0.75, 0.75, 0.75]
    """
    kept = 1.0 - gates.readout_flip_0 - gates.readout_flip_1
    return np.diag([1.0, kept, kept, kept])


@lru_cache(maxsize=1024)
def _link(hardware: Platform, length_km: float, segments: int, memory: Memory | None) -> Link:
    single_click = hardware.preset.scheme == "single-click"
    options = {"bright_state_population": _BRIGHT / segments} if single_click else {}
    link = scheme_of(hardware.preset, length_km, memory=memory, **options).link()
    # Number of modes is that of the hardware, whatever stores them.
    return replace(link, modes=hardware.preset.node.memory.modes)
