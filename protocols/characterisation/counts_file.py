"""File of counts: tables of what a device counted, and the readout errors of its qubits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocols.characterisation.counts_table import counts_of_csv
from protocols.characterisation.estimators import ESTIMATORS, Estimator, estimator_of
from protocols.characterisation.measured import Characterised, EstimationSettings
from protocols.characterisation.readout import QubitReadout
from qnet.errors import ParameterError
from qnet.schema import advice, read

__all__ = ["CountsFile", "estimate", "parse_counts", "read_counts"]

#: Largest file that is read, in bytes.
_MOST_BYTES = 1 << 24

#: Keys beside the tables of counts.
_BESIDE = ("readout", "chain")

#: Qubits of three stations; B has one on either side.
QUBITS = ("A", "B", "B1", "B2", "C")

_EXAMPLE = '{"pair": {"XX": [n00, n01, n10, n11], "YY": [...], "ZZ": [...]}}'


@dataclass(frozen=True, slots=True)
class CountsFile:
    """What a device counted: tables by name, and the readout by letter of the station.

    Args:
        tables: Name of a table -> its counts.
        readout: Letter -> readout errors.
        chain: Scenario file of the chain that the device is played as, if it is named.
    """

    tables: Mapping[str, Estimator]
    readout: Mapping[str, QubitReadout] = field(default_factory=dict)
    chain: str | None = None

    def characterise(self, *, confidence: float = 0.95, seed: int = 1) -> dict[str, Characterised]:
        """What each table says.

        Args:
            confidence: Confidence of the intervals.
            seed: Seed of the bootstraps.

        Raises:
            ParameterError: If the confidence or the seed is out of range.
        """
        how = EstimationSettings(readout=self.readout, confidence=confidence, seed=seed)
        return {name: table.characterise(how) for name, table in self.tables.items()}

    def as_dict(
        self,
        found: Mapping[str, Characterised] | None = None,
        *,
        confidence: float = 0.95,
        seed: int = 1,
    ) -> dict[str, Any]:
        """What the tables say as JSON types: that of "pair" itself, that of others by name.

        Args:
            found: What `characterise` said, if it was asked already.
            confidence: Confidence of the intervals.
            seed: Seed of the bootstraps.
        """
        if found is None:
            found = self.characterise(confidence=confidence, seed=seed)
        answer: dict[str, Any] = {}
        if "pair" in found:
            answer |= found["pair"].as_dict()
        answer |= {name: each.as_dict() for name, each in found.items() if name != "pair"}
        remarks = [remark for each in found.values() for remark in each.remarks]
        if self.readout:
            answer["readout"] = {
                name: each.as_dict(confidence) for name, each in self.readout.items()
            }
        return {**answer, "confidence": confidence, "seed": seed, "remarks": remarks}


def parse_counts(values: object) -> CountsFile:
    """The counts that a mapping gives.

    Args:
        values: What the file holds; ready tables such as `PairCounts` may stand in it.

    Raises:
        ParameterError: If it is no table, has no table of counts or one of another name, or what
            stands in one breaks a rule.

    Examples:
        >>> parse_counts({"pairs": {}})
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: pairs must be a table of counts (got {}); did you mean pair?
    """
    given = _table("the file of counts", values)
    known = [*ESTIMATORS, *_BESIDE]
    for name, value in given.items():
        if name not in known:
            hint = advice(str(name), known, {})
            raise ParameterError(str(name), "be a table of counts", value, hint)
    readout = {
        str(letter): QubitReadout.of(f"readout.{letter}", value)
        for letter, value in _table("readout", given.get("readout", {})).items()
    }
    tables: dict[str, Estimator] = {}
    for name, value in given.items():
        if name not in _BESIDE:
            cls = estimator_of(name)
            as_dict = getattr(value, "as_dict", None)
            own = as_dict() if as_dict is not None else value
            tables[name] = read(cls, _table(name, own), name)
    _check_qubits(readout, tables)
    if not tables:
        raise ParameterError("pair", "be given, or another table", dict(given), f"write {_EXAMPLE}")
    chain = given.get("chain")
    if chain is not None and not isinstance(chain, str):
        raise ParameterError("chain", "be the name of a file", chain, 'write "chain": "line.toml"')
    return CountsFile(tables, readout, chain)


def _check_qubits(readout: Mapping[str, QubitReadout], tables: Mapping[str, Estimator]) -> None:
    """Refuse the readout of a qubit that no table can speak of."""
    known = [*QUBITS, *(name for each in tables.values() for name in getattr(each, "reads", ()))]
    for name, value in readout.items():
        if name not in known:
            field = f"readout.{name}"
            given = [value.p1_given_0, value.p0_given_1]
            raise ParameterError(field, "be that of a known qubit", given, advice(name, known, {}))


def read_counts(path: Path | str) -> CountsFile:
    """The counts of a JSON file, or of a CSV file as `counts_of_csv` reads it.

    Raises:
        ParameterError: If it cannot be read, is neither, or as of `parse_counts`.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        rule = f"be readable ({reason})"
        raise ParameterError("file of counts", rule, str(path), "check it") from None
    if len(data) > _MOST_BYTES:
        raise ParameterError(
            "file of counts", f"have at most {_MOST_BYTES} bytes", str(path), "counts are few"
        )
    try:
        text = data.decode("utf-8-sig")
        if Path(path).suffix.lower() in (".csv", ".tsv"):
            return parse_counts(counts_of_csv(text))
        values = json.loads(text, object_pairs_hook=_once)
    except ParameterError:
        raise
    except (ValueError, RecursionError) as error:
        rule = f"be JSON ({' '.join(str(error).split())})"
        raise ParameterError("file of counts", rule, str(path), f"write {_EXAMPLE}") from None
    return parse_counts(values)


def estimate(
    values: Mapping[str, Any], *, confidence: float = 0.95, seed: int = 1
) -> dict[str, Any]:
    """What counts say of a device, as ``qnet estimate --json`` prints it.

    Args:
        values: What the file of counts holds.
        confidence: Confidence of the intervals.
        seed: Seed of the bootstraps.

    Raises:
        ParameterError: As of `parse_counts`.

    Examples:
        >>> pair = {"XX": [48, 2, 0, 50], "YY": [1, 49, 50, 0], "ZZ": [52, 0, 0, 48]}
        >>> round(estimate({"pair": pair})["fidelity"]["best"], 6)
        0.985
    """
    return parse_counts(values).as_dict(confidence=confidence, seed=seed)


def _table(field: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        hint = f"write {_EXAMPLE}" if field.startswith("the ") else f'write "{field}": {{...}}'
        raise ParameterError(field, "be a table", value, hint)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ParameterError(name, "be given once", value, "keep one of them")
        found[name] = value
    return found
