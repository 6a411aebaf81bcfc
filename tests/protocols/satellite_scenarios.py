"""Scenarios of passes alone, for tests: the shortest file, changed key by key."""

from qnet.schema import loads

BASE = """
kind = "satellite"

[orbit]
altitude_km = 500.0
inclination_deg = 97.4
node_deg = 10.0
precession = false

[[station]]
name = "OGS"
latitude_deg = 40.649
longitude_deg = 0.0

[period]
start = "2026-06-01T00:00:00Z"
days = 30
"""

TLE = [
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
]


def scenario(changes=None):
    """The shortest scenario with changes."""
    return loads(BASE, kinds=["satellite"], changes=changes or {})
