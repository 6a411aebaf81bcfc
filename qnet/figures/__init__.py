"""Figures: space-time diagrams and circuits, in one style that is readable in black and white."""

from qnet.figures.circuit import draw_circuit
from qnet.figures.spacetime import space_time_diagram
from qnet.figures.style import style

__all__ = ["draw_circuit", "space_time_diagram", "style"]
