"""Preset of a laboratory's own hardware: numbers of nobody's, to be replaced by measured ones."""

from __future__ import annotations

from qnet.hardware import Detector, Emitter, Fibre, Gates, Memory, Node, Preset

__all__ = ["LAB"]

LAB = Preset(
    name="example-lab",
    title="An example of a laboratory's own hardware, with invented numbers",
    node=Node(
        memory=Memory(t2_s=0.5),
        gates=Gates(two_qubit_depolarizing=0.01, readout_flip_0=0.004, readout_flip_1=0.004),
        emitter=Emitter(collection_efficiency=0.4, preparation_time_s=5e-6, visibility=0.95),
        detector=Detector(efficiency=0.9),
    ),
    fibre=Fibre(loss_db_per_km=0.25),
    scheme="end-station",
    sources={
        "memory.t2_s": "our log book, page 12",
        "emitter.visibility": "our log book, page 31",
    },
)
