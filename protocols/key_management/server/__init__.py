"""HTTPS server of a key management entity: faces over one key service, TLS, limits.

Needs ``aiohttp`` and ``cryptography``: ``pip install "qnet-emulator[keys]"``.
"""

from __future__ import annotations

from qnet.errors import ParameterError

try:
    import aiohttp  # noqa: F401
except ImportError:
    hint = 'pip install "qnet-emulator[keys]"'
    raise ParameterError("aiohttp", "be installed", "no such package", hint) from None
