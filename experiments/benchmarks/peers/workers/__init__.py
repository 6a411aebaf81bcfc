"""Programs of the benchmarks that run in a peer's Python, and import nothing of this project."""
