"""The bibliography: every work that models, presets, texts and studies cite, in one BibTeX file.

The file ``qnet/references.bib`` is read by this module, by the site and by programs such as Zotero.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pkgutil import get_data
from typing import NamedTuple

from qnet.errors import ParameterError
from qnet.schema import FrozenMapping

__all__ = ["REFERENCES", "Reference", "bibtex", "read_bibtex"]

_HEAD = re.compile(r"@([a-z]+)\{([A-Za-z][A-Za-z0-9]*),")
_FIELD = re.compile(r"  ([A-Za-z]+) = \{(.+)\}(,?)")

#: TeX accents as Unicode's combining marks.
_ACCENTS = {
    '"': "\u0308",
    "'": "\u0301",
    "`": "\u0300",
    "~": "\u0303",
    "v": "\u030c",
    ".": "\u0307",
}
_LETTERS = {r"\#": "#", r"{\ss}": "ß", r"{\k{e}}": "ę", r"\i": "i", "--": "–", "``": "“", "''": "”"}


class Reference(NamedTuple):
    """One work of the bibliography.

    Args:
        key: By what it is cited.
        kind: ``article``, ``book`` or ``misc``.
        fields: Its BibTeX fields, as they stand.
        text: The whole entry, as it stands.

    Examples:
        >>> REFERENCES["Avis2023"].fields["doi"]
        '10.1038/s41534-023-00765-x'
        >>> print(REFERENCES["Duer1999"])
        Dür, Briegel, Cirac, Zoller: Quantum repeaters based on entanglement purification (1999)
    """

    key: str
    kind: str
    fields: Mapping[str, str]
    text: str

    @property
    def url(self) -> str | None:
        """Where it is on the web: by its DOI, its number at arXiv, or its address."""
        if "doi" in self.fields:
            return f"https://doi.org/{self.fields['doi']}"
        if "eprint" in self.fields:
            return f"https://arxiv.org/abs/{self.fields['eprint']}"
        return self.fields.get("url")

    def __str__(self) -> str:
        people = re.sub(r"^\{(.*)\}$", r"\1", self.fields["author"]).split(" and ")
        names = [_plain(person.partition(", ")[0]) for person in people if person != "others"]
        more = " et al." if people[-1] == "others" else ""
        year = f" ({self.fields['year']})" if "year" in self.fields else ""
        return f"{', '.join(names)}{more}: {_plain(self.fields['title'])}{year}"


def _plain(text: str) -> str:
    r"""The text without TeX.

    Examples:
        >>> _plain(r"L{\"u}tkenhaus and {\.Z}ukowski"), _plain("{Bell's} theorem")
        ('Lütkenhaus and Żukowski', "Bell's theorem")
    """
    from unicodedata import normalize

    for written, letter in _LETTERS.items():
        text = text.replace(written, letter)
    text = re.sub(r"\{?\\([\"'`~v.])\{?(\w)\}?\}?", lambda m: m[2] + _ACCENTS[m[1]], text)
    return normalize("NFC", re.sub(r"[{}$]|\\(?=\w)", "", text))


def read_bibtex(text: str) -> dict[str, Reference]:
    """The entries of a BibTeX file, strictly: what is not understood is refused, never skipped.

    Entries stand between empty lines; each field is a line ``  name = {value}`` with its braces
    in pairs, and a comma but for the last one.

    Args:
        text: The file.

    Returns:
        The works by key, in the order of the file.

    Raises:
        ParameterError: If a line is not of this form, or a key or field comes twice; it names the
            line.

    Examples:
        >>> text = bibtex("Qiskit")
        >>> read_bibtex(text)["Qiskit"].fields["year"]
        '2024'
        >>> read_bibtex(text.replace("{2024},", "{2024}"))
        Traceback (most recent call last):
        qnet.errors.ParameterError: line 4 must end in a comma, but for the last field (got \
'  year = {2024}'); see the other entries
    """
    found: dict[str, Reference] = {}
    number = 1
    for block in text.removesuffix("\n").split("\n\n"):
        lines = block.split("\n")
        entry = _entry(lines, number)
        if entry.key in found:
            raise _wrong(number, "have a new key", lines[0])
        found[entry.key] = entry
        number += len(lines) + 1
    return found


def _entry(lines: list[str], number: int) -> Reference:
    head = _HEAD.fullmatch(lines[0])
    if head is None:
        raise _wrong(number, "open an entry, such as '@article{Avis2023,'", lines[0])
    if lines[-1] != "}" or len(lines) < 3:
        raise _wrong(number + len(lines) - 1, "close the entry with '}'", lines[-1])
    fields: dict[str, str] = {}
    for at, line in enumerate(lines[1:-1], start=1):
        field = _FIELD.fullmatch(line)
        if field is None or not _is_balanced(field[2]):
            raise _wrong(number + at, "be a field, such as '  year = {2023},'", line)
        if (field[3] == ",") == (at == len(lines) - 2):
            raise _wrong(number + at, "end in a comma, but for the last field", line)
        if field[1] in fields:
            raise _wrong(number + at, "be a new field of its entry", line)
        fields[field[1]] = field[2]
    return Reference(head[2], head[1], FrozenMapping(fields), "\n".join(lines))


def _is_balanced(value: str) -> bool:
    depth = 0
    for letter in value:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def _wrong(line: int, rule: str, text: str) -> ParameterError:
    return ParameterError(f"line {line}", rule, text, "see the other entries")


REFERENCES = FrozenMapping(read_bibtex((get_data(__name__, "references.bib") or b"").decode()))
"""Key to work of the whole bibliography; read-only."""


def bibtex(*keys: str) -> str:
    """The BibTeX text of the named works, as it stands in the file; of all of them without keys.

    Args:
        keys: Keys of :data:`REFERENCES`.

    Returns:
        The entries in the order asked for, separated by an empty line.

    Raises:
        ParameterError: If a key does not exist; the hint has the nearest ones.

    Examples:
        >>> print(bibtex("Qiskit"))
        @misc{Qiskit,
          author = {Javadi-Abhari, A. and others},
          title = {Quantum computing with {Qiskit}},
          year = {2024},
          eprint = {2405.08810},
          archivePrefix = {arXiv}
        }
        >>> bibtex("Avis2022")
        Traceback (most recent call last):
        qnet.errors.ParameterError: reference must be a key of the bibliography (got 'Avis2022'); \
did you mean 'Avis2023'?
    """
    for key in keys:
        if key not in REFERENCES:
            within = [each for each in REFERENCES if key.lower() in each.lower()]
            near = within[:3] or difflib.get_close_matches(key, REFERENCES, 3, 0.75)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see 'qnet cite'"
            raise ParameterError("reference", "be a key of the bibliography", key, hint)
    return "\n\n".join(REFERENCES[key].text for key in keys or REFERENCES)
