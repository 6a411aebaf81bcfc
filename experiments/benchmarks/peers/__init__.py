"""Benchmarks against other simulators of quantum networks, each in an environment of its own."""
