"""Siting questions: which sites, which spans and how many nodes on a line."""
