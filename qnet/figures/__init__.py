"""Figures: space-time diagrams and circuits, in one style that is readable in black and white."""

from qnet.figures.animation import SpaceTimeAnimation, animate_space_time
from qnet.figures.circuit import draw_circuit
from qnet.figures.curves import bound, curve, log_where_wide, points, theory
from qnet.figures.spacetime import space_time_diagram
from qnet.figures.style import style

__all__ = [
    "SpaceTimeAnimation",
    "animate_space_time",
    "bound",
    "curve",
    "draw_circuit",
    "log_where_wide",
    "points",
    "theory",
    "space_time_diagram",
    "style",
]
