"""Satellites seen from the ground: orbits, stations, passes, the sky, and the optical link."""
