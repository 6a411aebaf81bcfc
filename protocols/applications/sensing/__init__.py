"""Quantum sensors that share entanglement: phases, frequencies, clocks and telescopes."""
