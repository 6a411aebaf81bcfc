"""Figures of merit as a data frame of pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dataframe_of"]


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
    try:
        import pandas as pd
    except ImportError:
        hint = 'install it: pip install "qnet-emulator[pandas]"'
        raise ParameterError("pandas", "be installed for a data frame", "not there", hint) from None
    rows = []
    for figure, title, value in rows_of(table):
        found = value if isinstance(value, Estimate) else Estimate.exact(value)
        rows.append({"figure": figure.name, "title": title, **found.as_dict(), "unit": figure.unit})
    columns = ["figure", "title", "low", "best", "high", "n", "unit"]
    return pd.DataFrame(rows, columns=columns).set_index("figure")
