"""Tests of scenarios, the command line, sweeps, the page and the studies."""
