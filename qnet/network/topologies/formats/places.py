"""Places of a file's nodes: whether its numbers are degrees, minutes, or points of a drawing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qnet.network.topologies.formats.base import RawTopology, refuse

__all__ = ["place_sites"]

#: So many fractions, all below .60, are no accident: in decimal degrees they all are with a
#: probability of 0.6^14, which is below one in a thousand.
_ENOUGH = 14


def place_sites(
    raw: RawTopology, written: Sequence[tuple[str, str, str, str]], coordinates: str
) -> None:
    """Give the sites of a file their places, and say what was assumed.

    Args:
        raw: What the file gave; its sites are replaced.
        written: Key of each site with a place, its longitude and its latitude as they are written,
            and where that stands.
        coordinates: One of ``COORDINATES``.

    Raises:
        ParameterError: If minutes were said, and a fraction is no number of minutes.
    """
    if not written:
        return
    numbers = [(float(x), float(y)) for _, x, y, _ in written]
    on_earth = all(abs(x) <= 180.0 and abs(y) <= 90.0 for x, y in numbers)
    if coordinates == "auto" and (not on_earth or len(set(numbers)) < min(2, len(numbers))):
        why = "beyond those of the Earth" if not on_earth else "all the same"
        if not on_earth:
            for (key, *_), place in zip(written, numbers, strict=True):
                raw.sites[key] = replace(raw.sites[key], drawn_at=place)
        raw.assumptions.append(f"coordinates are {why}: no places, and no lengths from them")
        return
    minutes, said = _in_minutes(written, coordinates)
    raw.assumptions.append(said)
    for key, x, y, where in written:
        east, north = (_degrees(text, minutes, where) for text in (x, y))
        if abs(east) > 180.0 or abs(north) > 90.0:
            rule, hint = "lie on the Earth", "give longitude and latitude in degrees"
            raise refuse(where, rule, (east, north), hint)
        raw.sites[key] = replace(raw.sites[key], longitude_deg=east, latitude_deg=north)


def _in_minutes(written: Sequence[tuple[str, str, str, str]], coordinates: str) -> tuple[bool, str]:
    """Whether coordinates are degrees.minutes, and a sentence that says why."""
    if coordinates != "auto":
        return coordinates != "decimal", f"coordinates are read as {coordinates}, as was said"
    texts = [text for _, x, y, _ in written for text in (x, y)]
    fractions = [text.partition(".")[2] for text in texts]
    high = next((k for k, digits in enumerate(fractions) if _hundredths(digits) >= 60), None)
    if high is not None:
        return False, (
            f"coordinates are read as decimal degrees: {texts[high]} cannot be degrees and minutes"
        )
    if any(len(digits) != 2 for digits in fractions):
        return False, "coordinates are read as decimal degrees: they do not all have two decimals"
    some = sum(_hundredths(digits) > 0 for digits in fractions)
    if some < _ENOUGH:
        return False, (
            "coordinates are read as decimal degrees: no fraction is .60 or more, but so few may "
            "all be below it"
        )
    return True, (
        f"coordinates are read as degrees.minutes: none of {some} fractions is .60 or more, which "
        "in decimal degrees would be an accident"
    )


def _hundredths(digits: str) -> float:
    return float(f"0.{digits}") * 100.0 if digits.isdigit() else 0.0


def _degrees(text: str, minutes: bool, where: str) -> float:
    if not minutes:
        return float(text)
    found = re.fullmatch(r"([+-]?)(\d+)(?:\.(\d{1,2}))?", text)
    if found is None:
        rule, hint = "have degrees and minutes such as 37.58", 'say coordinates = "decimal"'
        raise refuse(where, rule, text, hint)
    part = _hundredths(found[3] or "")
    if part >= 60.0:
        rule, hint = "have minutes below 60", 'say coordinates = "decimal"'
        raise refuse(where, rule, text, hint)
    return (-1.0 if found[1] == "-" else 1.0) * (float(found[2]) + part / 60.0)
