"""The exact engine: the joint distribution of delivery time and state on a time grid."""

from qnet.engines.exact.engine import play_exact
from qnet.engines.exact.result import ExactResult

__all__ = ["ExactResult", "play_exact"]
