"""The folder of the tests is on the path: what several of them share is imported by its name."""
