"""Studies: one research question, one file, each run by ``qnet study NAME``."""
