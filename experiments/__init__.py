"""Scenario files, command line, sweeps, page, studies and benchmarks of the emulator."""
