"""Notebooks for a course, in order, and what checks the answers to their exercises."""
