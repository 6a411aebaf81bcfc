"""Figures: space-time diagrams, animations, circuits, maps and curves; readable in grey."""

from qnet.figures.animation import SpaceTimeAnimation, animate_space_time
from qnet.figures.circuit import draw_circuit
from qnet.figures.curves import bound, curve, log_where_wide, plain_numbers, points, theory
from qnet.figures.network import MapFibre, MapNode, great_circle_km
from qnet.figures.network_map import chain_map, network_map
from qnet.figures.spacetime import space_time_diagram
from qnet.figures.style import style

__all__ = [
    "MapFibre",
    "MapNode",
    "SpaceTimeAnimation",
    "animate_space_time",
    "bound",
    "chain_map",
    "curve",
    "draw_circuit",
    "great_circle_km",
    "log_where_wide",
    "network_map",
    "plain_numbers",
    "points",
    "theory",
    "space_time_diagram",
    "style",
]
