"""HTTPS server of a key management entity: faces over one key service, TLS, limits.

Needs ``aiohttp`` and ``cryptography``: ``pip install "qnet-emulator[keys]"``.
"""
