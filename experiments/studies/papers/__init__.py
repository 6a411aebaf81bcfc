"""Reproductions: a figure or table of one paper in each file, run by ``qnet study papers/NAME``."""
