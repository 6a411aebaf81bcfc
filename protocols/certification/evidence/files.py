"""Files of evidence: written, read and verified, with the digests of the files they name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from protocols.certification.evidence.canonical import digest, document
from protocols.certification.evidence.signature import is_envelope, opened, sign
from protocols.certification.evidence.statement import SuiteRun, statement_of
from protocols.certification.evidence.verify import findings, parsed
from qnet.errors import ParameterError
from qnet.versions import versions

__all__ = [
    "Verification",
    "code_digests",
    "file_digest",
    "read_evidence",
    "sign_evidence",
    "verify_evidence",
    "write_evidence",
]

#: Packages whose code makes results.
_PACKAGES = ("qnet", "protocols", "experiments")

#: Ends of the names of files that are code, or data that code reads.
_CODE = {".py", ".json", ".bib", ".toml", ".csv", ".graphml", ".html", ".css", ".js", ".ipynb"}


class Verification(NamedTuple):
    """What is wrong with a file of evidence.

    Attributes:
        findings: A sentence each; none where everything is as it was written.
        signed: Whether it is an envelope whose signature was read.
    """

    findings: list[str]
    signed: bool

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digests() -> dict[str, str]:
    """SHA-256 of the code of each installed package of this project: of its files and their names.

    Examples:
        >>> sorted(code_digests())
        ['experiments', 'protocols', 'qnet']
    """
    found = {}
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        files = sorted(path for path in folder.rglob("*") if path.suffix in _CODE)
        names = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
        found[package] = digest(
            {name: each for name, each in names.items() if "__pycache__" not in name}
        )
    return found


def write_evidence(
    path: str | os.PathLike[str],
    run: SuiteRun,
    inputs: Iterable[str | os.PathLike[str]] = (),
    *,
    code: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the evidence of a run; returns the statement.

    Args:
        path: Of the file.
        run: What was done and found; its configuration names inputs as they are given here. If it
            does not say when it ended, that was now.
        inputs: Files that the run read: scenarios, counts.
        code: SHA-256 of the code by package; that of the installed packages when None.

    Raises:
        ParameterError: If an input is no file.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = write_evidence(f"{folder}/evidence.json", SuiteRun(checks=()))
        ...     verify_evidence(f"{folder}/evidence.json").is_unchanged
        True
    """
    place = Path(path)
    names = {os.fspath(each): _seen_from(place, Path(each)) for each in inputs}
    digests = {name: file_digest(place.parent / name) for name in names.values()}
    configuration = tuple(names.get(each, each) for each in run.configuration)
    finished = run.finished or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = statement_of(
        replace(run, configuration=configuration, finished=finished),
        inputs=digests,
        code=code_digests() if code is None else code,
        versions=versions(),
    )
    place.write_bytes(document(made))
    return made


def _seen_from(place: Path, path: Path) -> str:
    """The name of a file as seen from where the evidence will lie."""
    if not path.is_file():
        raise ParameterError("inputs", "be files", str(path), "check the path")
    try:
        return Path(os.path.relpath(path.resolve(), place.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _bytes(path: Path, field: str = "evidence") -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise ParameterError(field, "be a file", str(path), reason) from None


def read_evidence(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The statement of a file, or of the envelope that it holds; nothing is verified.

    Raises:
        ParameterError: If there is no such file, or no statement in it.
    """
    data = _bytes(Path(path))
    if is_envelope(data):
        data, wrong = opened(data, None)
        if not data:
            raise ParameterError("evidence", "hold a statement", str(path), wrong[0])
    found = parsed(data)
    if not isinstance(found.get("predicate"), dict) or "qnet" not in found["predicate"]:
        hint = "give a file that qnet certify wrote"
        raise ParameterError("evidence", "hold a statement of qnet", str(path), hint)
    return found


def verify_evidence(
    path: str | os.PathLike[str],
    *,
    key: str | os.PathLike[str] | None = None,
    any_code: bool = False,
) -> Verification:
    """What is wrong with a file of evidence, and with what it names.

    Args:
        path: Of the file: a statement, or an envelope with one.
        key: File of a public or private key; needed for an envelope.
        any_code: Whether the installed code may be another one than that of the evidence.

    Raises:
        ParameterError: If there is no such file, or a key is missing or wrong.
    """
    place = Path(path)
    data = _bytes(place)
    wrong: list[str] = []
    signed = is_envelope(data)
    if signed and key is None:
        hint = "give the signer's public key, from a source you trust"
        raise ParameterError("--key", "be given: the evidence is signed", None, hint)
    if signed and key is not None:
        data, wrong = opened(data, _bytes(Path(key), "--key"))
    elif key is not None:
        wrong = ["the file is not signed"]

    def digest_of(name: str) -> str | None:
        try:
            return file_digest(place.parent / name)
        except (OSError, ValueError):
            return None

    if data:
        wrong = wrong + findings(data, digest_of, None if any_code else code_digests())
    elif not wrong:
        wrong = ["the file is empty"]
    return Verification(wrong, signed)


def sign_evidence(
    path: str | os.PathLike[str], key: str | os.PathLike[str], out: str | os.PathLike[str]
) -> None:
    """Write the signed envelope of a file of evidence, which must be unchanged.

    Raises:
        ParameterError: If something is wrong with the file, or the key is none.
    """
    verified = verify_evidence(path)
    if not verified.is_unchanged:
        raise ParameterError("evidence", "be unchanged", str(path), verified.findings[0])
    Path(out).write_bytes(sign(_bytes(Path(path)), _bytes(Path(key), "--key")))
