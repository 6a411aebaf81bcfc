"""Table of the formats of topologies: the first whose look a text has reads it."""

from __future__ import annotations

from qnet.network.topologies.formats.base import FileFormat
from qnet.network.topologies.formats.geojson import looks_like_geojson, read_geojson
from qnet.network.topologies.formats.gml import looks_like_gml, read_gml
from qnet.network.topologies.formats.graphml import looks_like_graphml, read_graphml
from qnet.network.topologies.formats.sequence_json import looks_like_json, read_sequence_json
from qnet.network.topologies.formats.sndlib import looks_like_sndlib, read_sndlib

__all__ = ["FORMATS"]

#: Every format, in the order in which they are tried; a new one is a file and a line.
FORMATS = [
    FileFormat("GraphML", looks_like_graphml, read_graphml),
    FileFormat("SNDlib's native format", looks_like_sndlib, read_sndlib),
    FileFormat("GML", looks_like_gml, read_gml),
    FileFormat("GeoJSON", looks_like_geojson, read_geojson),
    FileFormat("SeQUeNCe's JSON", looks_like_json, read_sequence_json),
]
