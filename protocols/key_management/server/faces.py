"""Faces that a key service has: each one file, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocols.key_management.server.face import Face
from protocols.key_management.service import KeyService
from qnet.errors import UnknownNameError
from qnet.lazy import loaded

__all__ = ["FACES", "faces_of"]

#: Name of a face -> the function that makes it from a key service.
FACES: dict[str, str | Callable[[KeyService], Face]] = {
    "etsi014": "protocols.key_management.server.etsi014:etsi014_face",
    "skip": "protocols.key_management.server.skip:skip_face",
}


def faces_of(service: KeyService, names: Sequence[str] | None = None) -> list[Face]:
    """Faces of a key service by their names; all in `FACES` unless given.

    Raises:
        UnknownNameError: If there is none of a name.
    """
    made = []
    for name in FACES if names is None else names:
        if name not in FACES:
            raise UnknownNameError("face", name, FACES)
        make: Callable[[KeyService], Face] = loaded(FACES[name])
        made.append(make(service))
    return made
