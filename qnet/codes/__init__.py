"""Stabilizer codes: encoders, syndromes, decoders, and the logical maps that they make."""
