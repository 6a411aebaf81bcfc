"""Texts of small topologies in the formats that are read, made up; places of published ones."""

from pathlib import Path

import pytest

#: Five nodes in decimal degrees (9.80 cannot be degrees and minutes), with a demand both ways.
SNDLIB = """?SNDlib native format; type: network; version: 1.0
# a comment ( with ) parentheses

NODES (
  Hannover ( 9.80 52.39 )
  Bremen ( 8.80 53.08 )
  Hamburg ( 10.08 53.55 )
  Berlin ( 13.48 52.52 )
)

LINKS (
  L1 ( Hannover Bremen ) 0.00 0.00 0.00 0.00 ( 20.00 3580.00 40.00 4580.00 )
  L2 ( Bremen Hamburg ) 0.00 0.00 0.00 0.00 ( )
  L3 ( Hamburg Berlin ) 0.00 0.00 0.00 0.00 ( 20.00 3580.00 )
  L4 ( Berlin Hannover ) 0.00 0.00 0.00 0.00 ( 20.00 3580.00 )
)

DEMANDS (
  D1 ( Hannover Hamburg ) 1 4.00 UNLIMITED
  D2 ( Hamburg Hannover ) 1 2.00 UNLIMITED
  D3 ( Bremen Berlin ) 1 6.00 3
)

ADMISSIBLE_PATHS (
  D1 ( P_0 ( L1 L2 ) P_1 ( L4 L3 ) )
)
"""

#: Eight cities in degrees.minutes: no fraction is .60 or more.
MINUTES = """?SNDlib native format; type: network; version: 1.0
NODES (
  Athens ( 23.42 37.58 )
  Dublin ( -6.15 53.21 )
  London ( -0.07 51.30 )
  Oslo ( 10.45 59.54 )
  Paris ( 2.20 48.51 )
  Rome ( 12.29 41.53 )
  Vienna ( 16.21 48.12 )
  Warsaw ( 20.59 52.14 )
)
LINKS (
  L1 ( London Dublin ) 0 0 0 0 ( )
)
DEMANDS ( )
"""

#: As the Internet Topology Zoo publishes them: ids that run backwards, a name that is there twice,
#: a node without a place, two parallel edges, and keys that are no part of a topology.
GRAPHML = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:y="http://www.yworks.com/xml/graphml">
  <key attr.name="label" attr.type="string" for="node" id="d33" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d32" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d29" />
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d37" />
  <key attr.name="length_km" attr.type="double" for="edge" id="d38" />
  <graph edgedefault="undirected">
    <data key="d0">made up</data>
    <node id="9">
      <data key="d29">0.0</data><data key="d32">10.0</data><data key="d33">West</data>
    </node>
    <node id="7">
      <data key="d29">0.0</data><data key="d32">11.0</data><data key="d33">East</data>
    </node>
    <node id="8"><data key="d33"><![CDATA[None]]></data></node>
    <node id="2">
      <data key="d29">1.0</data><data key="d32">11.0</data><data key="d33">East</data>
    </node>
    <edge source="9" target="7"><data key="d37">OC-48</data></edge>
    <edge source="7" target="9" />
    <edge source="7" target="8" />
    <edge source="2" target="7"><data key="d38">200.5</data></edge>
  </graph>
</graphml>
"""

#: As the editor yEd writes them: no places on the Earth, but labels and points of a drawing.
YED = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:y="http://www.yworks.com/xml/graphml">
  <key for="node" id="d9" yfiles.type="nodegraphics"/>
  <key attr.name="geocode_name" attr.type="string" for="node" id="d5"/>
  <graph edgedefault="directed" id="G">
    <node id="n0"><data key="d5">Town</data><data key="d9"><y:ShapeNode>
      <y:Geometry height="10.0" width="10.0" x="300.0" y="-20.0"/>
      <y:NodeLabel>Den
        Haag</y:NodeLabel></y:ShapeNode></data></node>
    <node id="n1"><data key="d5">Delft</data><data key="d9"><y:ShapeNode>
      <y:Geometry height="10.0" width="10.0" x="310.0" y="80.0"/>
      <y:NodeLabel/></y:ShapeNode></data></node>
    <node id="n2"/>
    <edge id="e0" source="n0" target="n1"/>
    <edge id="e1" source="n1" target="n2"/>
  </graph>
</graphml>
"""

#: Both ways in which SeQUeNCe joins nodes, and a channel that is there in both directions.
SEQUENCE = """{
  "templates": {"perfect": {"MemoryArray": {"fidelity": 1.0}}},
  "stop_time": 1000000000000,
  "nodes": [
    {"name": "r0", "type": "QuantumRouter", "seed": 0, "memo_size": 5, "template": "perfect"},
    {"name": "r1", "type": "QuantumRouter", "seed": 1, "memo_size": 5},
    {"name": "r2", "type": "QuantumRouter", "seed": 2, "memo_size": 5},
    {"name": "alice", "type": "QKDNode", "seed": 3},
    {"name": "BSM_0_1", "type": "BSMNode", "seed": 0}
  ],
  "qchannels": [
    {"source": "r0", "destination": "BSM_0_1", "distance": 2500.0, "attenuation": 0.0002},
    {"source": "r1", "destination": "BSM_0_1", "distance": 1500, "attenuation": 0.0002},
    {"source": "alice", "destination": "r2", "distance": 3e3, "attenuation": 1e-5},
    {"source": "r2", "destination": "alice", "distance": 3e3, "attenuation": 1e-5}
  ],
  "qconnections": [
    {"node1": "r1", "node2": "r2", "distance": 20000, "attenuation": 1e-5,
     "type": "meet_in_the_middle"}
  ],
  "cchannels": [{"source": "r0", "destination": "r1", "delay": 0}]
}
"""


def published(name: str) -> Path:
    """A published file, where a folder above the project has a copy; the test is skipped else."""
    for folder in Path(__file__).parents:
        path = folder / "shared" / "data" / "topologies" / name
        if path.is_file():
            return path
    pytest.skip("the published files are not here")
