"""Reading of topologies: from a file or a text of any format to sites and fibres."""

from __future__ import annotations

import stat
from os import PathLike
from pathlib import Path

from qnet.errors import ParameterError, check_one_of, check_type
from qnet.network.topologies.formats.base import COORDINATES
from qnet.network.topologies.formats.table import FORMATS
from qnet.network.topologies.topology import Topology

__all__ = ["file_text", "parse_topology", "read_topology"]

#: Most bytes of a topology's file; the largest of the Internet Topology Zoo has 1.2 million.
_LARGEST = 1 << 23


def read_topology(
    path: str | PathLike[str], *, route_factor: float | None = 1.0, coordinates: str = "auto"
) -> Topology:
    """Read a topology from a file, whose format is told by its content.

    Args:
        path: A GraphML file as in the Internet Topology Zoo (S. Knight et al., IEEE J. Sel. Areas
            Commun. 29, 1765 (2011)), a native SNDlib network (S. Orlowski et al., Networks 55, 276
            (2010)), a JSON topology of SeQUeNCe (X. Wu et al., Quantum Sci. Technol. 6, 045027
            (2021)), GML (M. Himsolt, University of Passau (1997)), or GeoJSON (RFC 7946).
        route_factor: Length of a fibre over the straight way between its ends, where the file does
            not say the length; None leaves such a length out.
        coordinates: ``decimal`` degrees, ``degrees.minutes``, or ``auto``: told by the data.

    Raises:
        ParameterError: If it cannot be read, is too large, has no known format, or is malformed;
            the message names the line or the element.
    """
    text = file_text("topology.file", path)
    return parse_topology(text, route_factor=route_factor, coordinates=coordinates)


def file_text(field: str, path: str | PathLike[str]) -> str:
    """The text of a file of a topology, or of another table of sites.

    Args:
        field: Key that names it, for errors.
        path: Where it is.

    Raises:
        ParameterError: If it cannot be read, is no file, is too large, or is no UTF-8.
    """
    try:
        status = Path(path).stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            hint = "it is a device or a pipe, which may have no end: save it as a file"
            raise ParameterError(field, "be a file", str(path), hint)
        if (size := status.st_size) > _LARGEST:
            rule = f"be at most {_LARGEST >> 20} MiB"
            raise ParameterError(field, rule, f"{size:,} bytes", "a topology is smaller")
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = f"{reason}: check its name, which counts from the folder of the scenario"
        raise ParameterError(field, "be a file that can be read", str(path), hint) from None
    except ParameterError:
        raise
    except ValueError as error:  # a name with a null byte
        raise ParameterError(field, "be the name of a file", str(path), str(error)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = f"byte {error.start} is no UTF-8: save it as UTF-8"
        raise ParameterError(field, "be a text in UTF-8", str(path), hint) from None


def parse_topology(
    text: str, *, route_factor: float | None = 1.0, coordinates: str = "auto"
) -> Topology:
    """Read a topology from the text of a file; see `read_topology`.

    Args:
        text: Content of the file.
        route_factor: Length of a fibre over the straight way between its ends; None leaves lengths
            that the file does not give out.
        coordinates: ``decimal`` degrees, ``degrees.minutes``, or ``auto``: told by the data.

    Raises:
        ParameterError: If the text is too large, has no known format, or is malformed.

    Examples:
        >>> text = '''?SNDlib native format; type: network; version: 1.0
        ... NODES ( A ( 9.80 52.39 ) B ( 10.08 53.55 ) )
        ... LINKS ( L1 ( A B ) 0.00 0.00 0.00 0.00 ( ) )
        ... DEMANDS ( )'''
        >>> found = parse_topology(text, route_factor=1.2)
        >>> round(found.spans[0].length_km, 1)
        156.4
    """
    check_type("topology.file", text, str)
    check_one_of("topology.coordinates", coordinates, COORDINATES)
    if len(text) > _LARGEST:
        rule = f"be at most {_LARGEST >> 20} MiB"
        raise ParameterError("topology.file", rule, f"{len(text):,} letters", "take a smaller one")
    if (
        odd := next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
    ) is not None:
        raise ParameterError("topology.file", "be a text in UTF-8", odd, "save it as UTF-8")
    for known in FORMATS:
        if known.looks_like(text):
            raw = known.read(text, coordinates)
            found = raw.topology()
            return found if route_factor is None else found.with_lengths(route_factor)
    names = ", ".join(known.name for known in FORMATS)
    begin = " ".join(text[:200].split())[:40]
    raise ParameterError("topology.file", f"have a known format: {names}", begin, "convert it")
