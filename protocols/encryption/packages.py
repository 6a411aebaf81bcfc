"""Optional package of the encryption devices: ``cryptography``, of the extra ``keys``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qnet.errors import ParameterError

__all__ = ["primitive", "x509"]


def _module(name: str) -> Any:  # noqa: ANN401 - a module of an optional package
    try:
        return import_module(name)
    except ImportError:
        hint = 'pip install "qnet-emulator[keys]"'
        rule = "be installed for encryption devices"
        raise ParameterError("cryptography", rule, "no such package", hint) from None


def primitive(name: str) -> Any:  # noqa: ANN401 - a module of an optional package
    """A module below ``cryptography.hazmat.primitives``.

    Raises:
        ParameterError: If the package is not installed.

    Examples:
        >>> primitive("hashes").SHA256.digest_size
        32
    """
    return _module(f"cryptography.hazmat.primitives.{name}")


def x509() -> Any:  # noqa: ANN401 - a module of an optional package
    """The module for certificates.

    Raises:
        ParameterError: If the package is not installed.

    Examples:
        >>> x509().Version.v3.value
        2
    """
    return _module("cryptography.x509")
