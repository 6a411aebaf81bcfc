"""Consumers of delivered keys that exist: WireGuard, IPsec, OpenSSL; one file and one line each."""
