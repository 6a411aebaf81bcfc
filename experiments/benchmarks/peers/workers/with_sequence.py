"""Benchmark of links, chains and BB84 in SeQUeNCe: its routers, its applications, its nodes.

Links are heralded half way with Bell-diagonal states; chains by two rounds of clicks with state
vectors, since release 0.8.5 swaps no Bell-diagonal states. Every message, photon and reservation is
an event of its own.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["PACKAGES", "WORKS", "bb84", "chain", "link"]

PACKAGES = ("sequence", "numpy")

#: Time in ps before an application asks for pairs: its reservation has been made by then.
BEGIN_PS = 100_000_000_000

SECOND_PS = 1_000_000_000_000

Settings = dict[str, Any]


def link(settings: Settings, seed: int) -> dict[str, Any]:
    """Pairs over one link, for so many seconds of the simulated time."""
    _herald_by("single_heralded")
    memory = {
        "fidelity": settings["fidelity"],
        "coherence_time": settings["coherence_s"],
        "cutoff_flag": False,
    }
    middle = {"encoding_type": "single_heralded", "SingleHeraldedBSM": {"detectors": _sharp()}}
    config = _network(settings, seed, 1, memory, middle, "bell_diagonal")
    return _served(config, lambda state: float(state[0]))


def chain(settings: Settings, seed: int) -> dict[str, Any]:
    """Pairs over a chain of so many links."""
    _herald_by("barret_kok")
    memory = {"fidelity": settings["fidelity"], "coherence_time": -1}
    middle = {"encoding_type": "single_atom", "SingleAtomBSM": {"detectors": _sharp()}}
    config = _network(settings, seed, int(settings["links"]), memory, middle, "ket_vector")
    return _served(config, lambda state: float(abs(state[0] + state[3]) ** 2 / 2.0))


def _herald_by(protocol: str) -> None:
    generation = import_module("sequence.entanglement_management.generation")
    generation.EntanglementGenerationA.set_global_type(protocol)
    generation.EntanglementGenerationB.set_global_type(protocol)


def _sharp() -> list[Settings]:
    """Two detectors that see every photon, and nothing else."""
    detector = {"efficiency": 1.0, "dark_count": 0, "time_resolution": 1, "count_rate": 1e12}
    return [detector, dict(detector)]


def _network(
    settings: Settings,
    seed: int,
    links: int,
    memory: Settings,
    middle: Settings,
    formalism: str,
) -> Settings:
    """The configuration of a line of routers, with a station half way in every link."""
    length_m = round(1e3 * settings["length_km"])
    delay_ps = round(length_m / 2e-4)
    names = [f"router{each}" for each in range(links + 1)]
    routers = [
        {
            "name": name,
            "type": "QuantumRouter",
            "seed": 1000 * seed + each,
            "memo_size": 1 if each in (0, links) else 2,
            "template": "router",
        }
        for each, name in enumerate(names)
    ]
    fibres = [
        {
            "node1": names[each],
            "node2": names[each + 1],
            "attenuation": 1e-3 * settings["loss_db_per_km"],
            "distance": length_m,
            "type": "meet_in_the_middle",
            "seed": 1000 * seed + 500 + each,
            "template": "middle",
        }
        for each in range(links)
    ]
    messages = [
        {"node1": names[i], "node2": names[j], "delay": delay_ps * (j - i)}
        for i in range(links + 1)
        for j in range(i + 1, links + 1)
    ]
    return {
        "nodes": routers,
        "qconnections": fibres,
        "cconnections": messages,
        "templates": {"router": {"MemoryArray": memory | {"frequency": 1e9}}, "middle": middle},
        "stop_time": BEGIN_PS + round(settings["duration_s"] * SECOND_PS),
        "formalism": formalism,
    }


def _served(config: Settings, fidelity: Any) -> dict[str, Any]:
    """Ask for pairs from end to end, and note when they came and how good they were."""
    topologies = import_module("sequence.topology.router_net_topo")
    application = import_module("sequence.app.request_app").RequestApp
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        topology = topologies.RouterNetTopo(str(path))
    timeline = topology.get_timeline()
    routers = sorted(topology.get_nodes_by_type("QuantumRouter"), key=lambda each: each.name)
    record = _Record(timeline, fidelity)
    asks, answers = application(routers[0]), application(routers[-1])
    for app, far, reads in ((answers, routers[0], True), (asks, routers[-1], False)):
        app.get_memory = partial(record.noted, app.get_memory, far.name, reads)
    timeline.init()
    asks.start(routers[-1].name, BEGIN_PS, config["stop_time"], 1, 0.1)
    start = time.process_time()
    timeline.run()
    seconds = time.process_time() - start
    came = record.came
    gaps = [later - earlier for earlier, later in itertools.pairwise(came)]
    figures = {"time to a pair": gaps, "fidelity": record.fidelities}
    return {"seconds": seconds, "count": len(came), "figures": figures}


class _Record:
    """When pairs came, and how good they were.

    Either end may be the one that corrects the state, at the same time at which the other is told
    of it. So a pair is read one picosecond later, and only then given back by both ends.
    """

    def __init__(self, timeline: Any, fidelity: Any) -> None:
        self.timeline = timeline
        self.fidelity = fidelity
        self.came: list[float] = []
        self.fidelities: list[float] = []

    def noted(self, take: Any, far: str, reads: bool, info: Any) -> None:
        """Hear of a pair at one end; that of a shorter stretch is none."""
        if info.state != "ENTANGLED" or info.remote_node != far:
            take(info)
            return
        process = import_module("sequence.kernel.process").Process
        event = import_module("sequence.kernel.event").Event
        later = self.timeline.now() + (1 if reads else 2)
        call = process(self, "given_back", [take, info, reads])
        self.timeline.schedule(event(later, call))

    def given_back(self, take: Any, info: Any, reads: bool) -> None:
        """Read the pair at the first end, and let its application have it."""
        if reads:
            self.came.append(self.timeline.now() / SECOND_PS)
            state = self.timeline.quantum_manager.states[info.memory.qstate_key].state
            self.fidelities.append(self.fidelity(state))
        take(info)


def bb84(settings: Settings, seed: int) -> dict[str, Any]:
    """Blocks of pulses from Alice to Bob, and the bits that are left after sifting."""
    import_module("numpy").random.seed(seed)
    block, clock_hz = settings["block"], settings["clock_hz"]
    timeline, alice, bob = _key_nodes(settings, seed)
    ours, theirs = alice.protocol_stack[0], bob.protocol_stack[0]
    timeline.init()
    # A key as long as the block has photons is never reached: all bits are kept to be counted.
    ours.push(round(block * settings["mean_photons"]), 1)
    start = time.process_time()
    timeline.run()
    seconds = time.process_time() - start
    blocks = round(settings["blocks"])
    pairs = list(zip(ours.key_bits, theirs.key_bits, strict=True))
    # Alice keeps the bases of blocks that were sent and not sifted yet.
    sifted_pulses = (blocks + 1 - len(ours.bit_lists)) * block
    wrong = sum(int(mine != yours) for mine, yours in pairs)
    figures = {
        "sifted bits per pulse": {"hits": len(pairs), "of": sifted_pulses},
        "QBER": {"hits": wrong, "of": len(pairs)},
    }
    assert abs(timeline.now() / SECOND_PS - blocks * block / clock_hz) < block / clock_hz
    return {"seconds": seconds, "count": (blocks + 1) * block, "figures": figures}


def _key_nodes(settings: Settings, seed: int) -> tuple[Any, Any, Any]:
    """A timeline, Alice and Bob with a fibre between them."""
    channels = import_module("sequence.components.optical_channel")
    nodes = import_module("sequence.topology.node")
    duration_s = settings["blocks"] * settings["block"] / settings["clock_hz"] + 2e-3
    timeline = import_module("sequence.kernel.timeline").Timeline(round(duration_s * SECOND_PS))
    alice, bob = (nodes.QKDNode(name, timeline, stack_size=1) for name in ("alice", "bob"))
    for number, node in enumerate((alice, bob)):
        node.set_seed(1000 * seed + number)
    protocols = alice.protocol_stack[0], bob.protocol_stack[0]
    import_module("sequence.qkd.BB84").pair_bb84_protocols(*protocols)
    length_m = 1e3 * settings["length_km"]
    for sender, receiver in ((alice, bob), (bob, alice)):
        fibre = channels.QuantumChannel(
            f"fibre of {sender.name}",
            timeline,
            distance=length_m,
            attenuation=1e-3 * settings["loss_db_per_km"],
            polarization_fidelity=1.0 - 2.0 * settings["misalignment"],
        )
        fibre.set_ends(sender, receiver.name)
        messages = channels.ClassicalChannel(f"line of {sender.name}", timeline, distance=length_m)
        messages.set_ends(sender, receiver.name)
    parts = {type(each).__name__: each for each in alice.components.values()}
    laser = parts["LightSource"]
    laser.frequency, laser.mean_photon_num = settings["clock_hz"], settings["mean_photons"]
    analyser = {type(each).__name__: each for each in bob.components.values()}[
        "QSDetectorPolarization"
    ]
    for number in (0, 1):
        analyser.set_detector(
            number,
            efficiency=settings["efficiency"],
            dark_count=settings["dark_hz"],
            count_rate=25e6,
            time_resolution=100,
        )
    return timeline, alice, bob


WORKS = {"link": link, "chain": chain, "bb84": bb84}
