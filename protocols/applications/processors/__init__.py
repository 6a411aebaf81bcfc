"""Quantum processors that share gates: remote gates, fused states, divided circuits."""
