"""Chains of each generation as a scenario file has them, by the name of their table."""

import tomllib

from protocols.repeaters import Chain
from qnet.schema import read
from qnet.schema.paths import override

FILES = {
    "encode": """
[chain]
segments = 8
length_km = 200
[encode]
code = "steane"
coupling = 0.9
attempts = 10
""",
    "one_way": """
[chain]
length_km = 200
[one_way]
code = "qpc"
n = 7
m = 4
spacing_km = 1.0
coupling = 0.98
""",
    "all_photonic": """
[chain]
length_km = 200
[all_photonic]
n = 9
m = 14
branching = [10, 5]
""",
}


def chain_of(table, changes=None):
    """The chain of a table, with other values by their paths in the file."""
    return read(Chain, override(tomllib.loads(FILES[table]), changes or {}), name=table)
