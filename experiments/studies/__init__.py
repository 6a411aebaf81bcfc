"""Studies: one research question, one file, each run by ``python -m experiments.studies.NAME``."""
