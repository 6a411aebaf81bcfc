"""Exact laws of key stores: chains of states, dams, backlogs and streams, where they are known."""
