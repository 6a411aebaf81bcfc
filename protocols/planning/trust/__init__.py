"""Trust in a planned network: who learns which keys, and who is noticed when he listens."""
