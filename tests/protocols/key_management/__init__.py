"""Tests of key management: stores, links, relays, services."""
