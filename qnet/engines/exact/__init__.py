"""The exact engine: delivery time and state of a plan, computed or bracketed."""

from qnet.engines.exact.engine import play_exact
from qnet.engines.exact.result import ExactResult

__all__ = ["ExactResult", "play_exact"]
