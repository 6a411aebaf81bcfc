"""GraphML, as in the Internet Topology Zoo: places from its keys, or drawings of the yEd editor.

The format is that of http://graphml.graphdrawing.org; the keys ``label``, ``Latitude`` and
``Longitude`` are those of the Internet Topology Zoo (S. Knight et al., IEEE J. Sel. Areas Commun.
29, 1765 (2011), doi:10.1109/JSAC.2011.111002). Its sources, drawn with yEd, have no places but
labels and points of a drawing. An edge's key ``length_km`` gives a length that is known.
"""

from __future__ import annotations

from dataclasses import replace

from qnet.network.topologies.formats.base import (
    RawTopology,
    number_of,
    refuse,
    site_named,
    with_population,
)
from qnet.network.topologies.formats.places import place_sites
from qnet.network.topologies.formats.xml_elements import XmlElement, parse_xml

__all__ = ["looks_like_graphml", "read_graphml"]

#: Keys of a node that hold its place, in small letters.
_LATITUDE, _LONGITUDE = ("latitude", "lat"), ("longitude", "lon", "long", "lng")


def looks_like_graphml(text: str) -> bool:
    """Whether a text begins as an XML document."""
    return text.lstrip().startswith("<")


def read_graphml(text: str, coordinates: str = "auto") -> RawTopology:
    """Nodes and edges of the first graph of a GraphML file.

    Args:
        text: Content of the file.
        coordinates: How coordinates are written, one of ``COORDINATES``.

    Raises:
        ParameterError: If it is no GraphML, or has nested graphs, hyperedges, two nodes of one id,
            or an edge to a node that is not there.
    """
    root = parse_xml(text)
    if root.name != "graphml":
        raise refuse(root.where, "be GraphML", root.name, "its root element is <graphml>")
    names = _keys(root)
    graphs = list(root.named("graph"))
    if not graphs:
        raise refuse(root.where, "have a graph", "no <graph>", "add <graph> with its nodes")
    raw = RawTopology()
    if len(graphs) > 1:
        raw.assumptions.append(f"the file has {len(graphs)} graphs, of which the first was read")
    graph = graphs[0]
    for name in ("graph", "hyperedge"):
        if (found := next(graph.all_named(name), None)) is not None:
            hint = "draw nodes and edges in one graph"
            raise refuse(found.where, "have plain nodes and edges", f"<{name}>", hint)
    _read_nodes(graph, names, raw, coordinates)
    for edge in graph.named("edge"):
        one, other = (_attribute(edge, name) for name in ("source", "target"))
        data = _data(edge, names)
        length = None
        if data.get("length_km"):
            length = number_of(data["length_km"], edge.where)
            if length < 0.0:
                raise refuse(edge.where, "have no negative length", length, "mend length_km")
        raw.add_span(one, other, length, edge.where)
    return raw


def _read_nodes(
    graph: XmlElement, names: dict[str, str], raw: RawTopology, coordinates: str
) -> None:
    written, drawn = [], {}
    for node in graph.named("node"):
        key = _attribute(node, "id")
        if key in raw.sites:
            raise refuse(node.where, "have an id of its own", key, "rename one of them")
        data = _data(node, names)
        site = site_named(_name(node, data) or key, node.where)
        raw.sites[key] = with_population(site, data.get("population"), node.where)
        places = [
            next((data[name] for name in known if data.get(name)), None)
            for known in (_LONGITUDE, _LATITUDE)
        ]
        x, y = places
        if x is not None and y is not None:
            for each in (x, y):
                number_of(each, node.where)
            written.append((key, x, y, node.where))
        elif x is not None or y is not None:
            hint = "give both, or neither"
            raise refuse(node.where, "have latitude and longitude", x or y, hint)
        else:
            drawn[key] = _drawn_at(node)
    if not raw.sites:
        raise refuse(graph.where, "have a node or more", 0, "add its nodes")
    place_sites(raw, written, coordinates)
    if drawn and written:
        raw.assumptions.append(f"{len(drawn)} of {len(raw.sites)} nodes have no place in the file")
    for key, place in drawn.items():
        if place is not None:
            raw.sites[key] = replace(raw.sites[key], drawn_at=place)


def _keys(root: XmlElement) -> dict[str, str]:
    """Name of each key, in small letters, by its id."""
    return {
        key.attributes["id"]: key.attributes["attr.name"].strip().lower()
        for key in root.named("key")
        if "id" in key.attributes and "attr.name" in key.attributes
    }


def _data(element: XmlElement, names: dict[str, str]) -> dict[str, str]:
    """Texts of an element's data by the names of their keys."""
    found = {}
    for data in element.named("data"):
        key = data.attributes.get("key", "")
        found[names.get(key, key)] = data.text
    return found


def _attribute(element: XmlElement, name: str) -> str:
    if not element.attributes.get(name, "").strip():
        raise refuse(
            element.where, f"have the attribute {name!r}", "nothing", f'write {name}="..."'
        )
    return element.attributes[name].strip()


def _name(node: XmlElement, data: dict[str, str]) -> str:
    """Its label: of a key, as it is drawn, or of a place; empty where there is none."""
    drawn = next(node.all_named("NodeLabel"), None)
    texts = (data.get("label"), data.get("name"), drawn.text if drawn else "")
    found = next((text for text in (*texts, data.get("geocode_name")) if text), "")
    return " ".join(found.split())


def _drawn_at(node: XmlElement) -> tuple[float, float] | None:
    """Where the editor yEd has drawn it; its vertical axis points down."""
    for geometry in node.all_named("Geometry"):
        x, y = (geometry.attributes.get(name) for name in ("x", "y"))
        if x is not None and y is not None:
            return number_of(x, geometry.where), -number_of(y, geometry.where)
    return None
