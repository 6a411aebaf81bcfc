"""Benchmark of repeater chains in requsim: sources with geometric times, swaps as soon as possible.

requsim has worlds, stations, sources and events; what a chain does is written by its users, here
with its events alone. A pair is dropped when the oldest link in it has waited for the cut-off. Time
counts attempts, so that a pair that comes at the limit meets it exactly.
"""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module
from math import exp
from typing import Any

__all__ = ["PACKAGES", "WORKS", "chain"]

PACKAGES = ("requsim", "numpy")

Settings = dict[str, Any]


class _EventChain:
    """A chain of so many links: it makes one pair from end to end after the other."""

    def __init__(self, settings: Settings) -> None:
        self.events = import_module("requsim.events")
        self.matrix = import_module("requsim.libs.matrix")
        self.numpy = import_module("numpy")
        self.links = int(settings["links"])
        self.settings = settings
        self.world = import_module("requsim.world").World()
        self.stations = self._stations()
        self.sources = [self._source(each) for each in range(self.links)]
        # Pairs that are there, by their left station: right station, pair, when its oldest came.
        self.pairs: dict[int, tuple[int, Any, int]] = {}
        self.began = 0
        self.times: list[float] = []
        self.fidelities: list[float] = []

    def _stations(self) -> list[Any]:
        objects, noise = import_module("requsim.quantum_objects"), import_module("requsim.noise")
        flip = import_module("requsim.tools.noise_channels").z_noise_channel
        coherence = self.settings["coherence_s"] / self.settings["attempt_s"]

        def dephased(rho: Any, t: float) -> Any:
            return flip(rho, epsilon=0.5 * (1.0 - exp(-t / coherence)))

        memory = noise.NoiseChannel(n_qubits=1, channel_function=dephased)
        return [
            objects.Station(self.world, position=each, memory_noise=memory)
            for each in range(self.links + 1)
        ]

    def _source(self, link: int) -> Any:
        chance = self.settings["success_probability"]
        share, matrix = (4.0 * self.settings["fidelity"] - 1.0) / 3.0, self.matrix
        bell = matrix.phiplus @ matrix.H(matrix.phiplus)
        state = share * bell + (1.0 - share) * matrix.I(4) / 4.0
        return import_module("requsim.quantum_objects").SchedulingSource(
            self.world,
            position=link,
            target_stations=self.stations[link : link + 2],
            time_distribution=lambda source: int(self.numpy.random.geometric(chance)),
            state_generation=lambda source: state,
        )

    @property
    def now(self) -> int:
        """Time of the world in attempts."""
        return int(self.world.event_queue.current_time)

    def start(self, left: int, right: int) -> None:
        """Try the links between two stations."""
        for link in range(left, right):
            event = self.sources[link].schedule_event()
            event.add_callback(partial(self._heralded, link))

    def _heralded(self, link: int, answer: dict[str, Any]) -> None:
        self._keep(link, link + 1, answer["output_pair"], self.now)

    def _keep(self, left: int, right: int, pair: Any, born: int) -> None:
        """Store a pair, and join it with a neighbour that is there."""
        if (left, right) == (0, self.links):
            self._deliver(pair)
            return
        for other, (end, neighbour, since) in list(self.pairs.items()):
            if end == left or other == right:
                del self.pairs[other]
                couple = [neighbour, pair] if end == left else [pair, neighbour]
                ends = (min(left, other), max(right, end))
                middle = self.stations[left if end == left else right]
                swap = self.events.EntanglementSwappingEvent(self.now, couple, middle)
                swap.add_callback(partial(self._swapped, *ends, min(born, since)))
                self.world.event_queue.add_event(swap)
                return
        self.pairs[left] = (right, pair, born)
        if self.settings["cutoff_s"] is not None:
            limit = born + round(self.settings["cutoff_s"] / self.settings["attempt_s"])
            drop = self.events.DiscardQubitEvent(max(self.now, limit), pair.qubit1)
            drop.add_callback(partial(self._dropped, pair.qubit1))
            self.world.event_queue.add_event(drop)

    def _swapped(self, left: int, right: int, born: int, answer: dict[str, Any]) -> None:
        self._keep(left, right, answer["output_pair"], born)

    def _dropped(self, qubit: Any, answer: dict[str, Any]) -> None:
        """Forget the pair of a qubit that was dropped, and try its links anew."""
        if not answer["resolve_successful"]:
            return
        # A qubit may have gone on into a longer pair since its drop was planned.
        for left, (right, pair, _) in list(self.pairs.items()):
            if qubit in pair.qubits:
                del self.pairs[left]
                self.start(left, right)

    def _deliver(self, pair: Any) -> None:
        """Note time and fidelity of a pair from end to end, and start anew."""
        pair.update_time()
        phi = self.matrix.phiplus
        self.times.append((self.now - self.began) * self.settings["attempt_s"])
        self.fidelities.append(float((self.matrix.H(phi) @ pair.state @ phi)[0, 0].real))
        for qubit in list(pair.qubits):
            qubit.destroy()
        self.began = self.now
        self.start(0, self.links)


def chain(settings: Settings, seed: int) -> dict[str, Any]:
    """Play a chain, or a single link, until so many pairs have come."""
    import_module("numpy").random.seed(seed)
    played = _EventChain(settings)
    start = time.process_time()
    played.start(0, played.links)
    while len(played.times) < settings["pairs"]:
        played.world.event_queue.resolve_next_event()
    seconds = time.process_time() - start
    figures = {"time to a pair": played.times, "fidelity": played.fidelities}
    return {"seconds": seconds, "count": len(played.times), "figures": figures}


WORKS = {"chain": chain}
