"""Topologies of networks: sites and fibres, read from files or made as shapes."""
