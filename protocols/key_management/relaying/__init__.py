"""Relay of keys over trusted nodes: pads from node to node, shares over disjoint routes."""
