"""Figures of merit as a data frame of pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dataframe_of", "dataframe_of_several"]


def dataframe_of(table: Mapping[Figure, Value]) -> pd.DataFrame:
    """A table of figures as a data frame: a row each, with title, interval, unit and samples.

    Args:
        table: As a result gives it.

    Raises:
        ParameterError: If pandas is not installed.

    Examples:
        >>> from qnet.metrics.figures import FIGURES
        >>> found = dataframe_of({FIGURES["rate_hz"]: Estimate(1.0, 2.0, 4.0, 9)})
        >>> float(found.loc["rate_hz", "best"])
        2.0
    """
    pd = _pandas()
    rows = []
    for figure, title, value in rows_of(table):
        found = value if isinstance(value, Estimate) else Estimate.exact(value)
        rows.append({"figure": figure.name, "title": title, **found.as_dict(), "unit": figure.unit})
    columns = ["figure", "title", "low", "best", "high", "n", "unit"]
    return pd.DataFrame(rows, columns=columns).set_index("figure")


def dataframe_of_several(
    tables: Sequence[tuple[str, Mapping[Figure, Value]]], by: str
) -> pd.DataFrame:
    """Tables of figures as one data frame: a row for each name and figure.

    Args:
        tables: What each belongs to, such as the ends of a demand, and its table.
        by: What these names are names of.

    Raises:
        ParameterError: If pandas is not installed.

    Examples:
        >>> from qnet.metrics.figures import FIGURES
        >>> rates = {FIGURES["rate_hz"]: Estimate(1.0, 2.0, 4.0, 9)}
        >>> found = dataframe_of_several([("A - B", rates), ("A - C", rates)], "demand")
        >>> float(found.loc[("A - C", "rate_hz"), "high"])
        4.0
    """
    pd = _pandas()
    if not tables:
        return dataframe_of({})
    frames = [dataframe_of(table) for _, table in tables]
    return pd.concat(frames, keys=[name for name, _ in tables], names=[by])


def _pandas() -> Any:  # noqa: ANN401 - the module
    try:
        import pandas as pd
    except ImportError:
        hint = 'install it: pip install "qnet-emulator[pandas]"'
        raise ParameterError("pandas", "be installed for a data frame", "not there", hint) from None
    return pd
