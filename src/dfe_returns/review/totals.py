"""Totals of a return the way DfE's own reports show them, beside last year's, with large changes marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dfe_returns.review.facts import text_of

COLUMNS = ("section", "key", "label", "kind", "value", "of", "rank")
SMALLEST_LARGE = 10
"""A count must move by at least this many to be called a large change, whatever the percentage."""
LARGE_POINTS = 5.0
"""A percentage is a large change from this many points on."""


class Tally:
    """Collects totals: section, key, label, kind (count or percent), value, of (what a percentage is taken from),
    rank (place of a code in its code set, else 0)."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], codes: Callable[[str, str], Mapping[str, str]]) -> None:
        self.tables, self._codes = tables, codes
        self._rows: list[tuple[str, str, str, str, float, float, int]] = []

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """The table with at least these columns (blank where absent), fresh row numbers."""
        found = self.tables.get(name)
        if found is None:
            return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})
        extra = [column for column in columns if column not in found.columns]
        return found.reset_index(drop=True).reindex(columns=[*found.columns, *extra])

    def count(self, section: str, key: str, label: str, number: float, rank: int = 0) -> None:
        self._rows.append((section, key, label, "count", float(number), float("nan"), rank))

    def percent(self, section: str, key: str, label: str, part: float, whole: float) -> None:
        """A share in percent; not a number when there is nothing to take it from."""
        share = 100 * part / whole if whole else float("nan")
        self._rows.append((section, key, label, "percent", share, float(whole), 0))

    def by_code(self, section: str, key: str, table: str, field: str, values: pd.Series) -> None:
        """One count per code in use, in the order of the code set."""
        labels = self._codes(table, field)
        text = text_of(values)
        counts = text[text != ""].value_counts()
        order = [*labels, *sorted(set(counts.index) - set(labels))]
        for rank, code in enumerate(order):
            if code in counts.index:
                self.count(section, f"{key}.{code}", f"{code} {labels.get(code, '')}".strip(), counts[code], rank)

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows, columns=list(COLUMNS))


YEAR_END = "31 March"


def totals_of(result: Any, tables: Mapping[str, pd.DataFrame] | None = None, years_back: int = 0) -> pd.DataFrame:
    """Totals of the run's tables, or of last year's (``years_back=1`` with typed ``tables``).

    Both are counted to the day of the run, so that a dry run in December stands beside last December. Returns the
    columns of :class:`Tally`. The definitions stand in the labels; they follow DfE's statistics
    ("Characteristics of children in need", "Children looked after in England including adoptions").
    """
    from dfe_returns.review.totals_cin import cin_totals
    from dfe_returns.review.totals_ssda903 import ssda903_totals

    def codes(table: str, field: str) -> Mapping[str, str]:
        known = result.collection.tables.get(table)
        code_set = known.fields[field].code_set if known is not None and field in known.fields else None
        return result.collection.codesets[code_set].all_codes if code_set in result.collection.codesets else {}

    back = pd.DateOffset(years=years_back)
    start = pd.Timestamp(result.collection.start) - back
    end = min(pd.Timestamp(result.collection.end), pd.Timestamp(result.as_at)) - back
    tally = Tally(result.tables if tables is None else tables, codes)
    (cin_totals if result.collection.name == "cin" else ssda903_totals)(tally, start, end)
    found = tally.frame()
    for words in ("section", "label"):
        found[words] = found[words].str.replace(YEAR_END, last_day(result), regex=False)
    return found


def last_day(result: Any) -> str:
    """The day the totals are counted to, in words: '31 March', or the earlier day of a dry run."""
    day = min(result.collection.end, result.as_at)
    return f"{day.day} {day:%B}"


def typed_previous(result: Any) -> dict[str, pd.DataFrame] | None:
    """Last year's tables with dates as dates, whatever form they were read in. None without last year's return."""
    if not result.previous:
        return None
    out = {}
    for name, frame in result.previous.items():
        like = result.tables.get(name)
        frame = frame.reset_index(drop=True)
        for column in frame.columns:
            wanted = like is not None and column in like.columns and pd.api.types.is_datetime64_any_dtype(like[column])
            if wanted and not pd.api.types.is_datetime64_any_dtype(frame[column]):
                text = frame[column].astype("str").str.slice(0, 10)
                day = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
                frame[column] = day.fillna(pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")).astype(
                    "datetime64[us]"
                )
        out[name] = frame
    return out


def beside_last_year(this: pd.DataFrame, last: pd.DataFrame | None, large_percent: float = 10.0) -> pd.DataFrame:
    """Totals of two years side by side: section, key, label, kind, this_number, last_number, large, this, last, change.

    A total that only one year has counts as 0 in the other. ``large``: a count that moved by ``large_percent`` or
    more and by at least 10, or a percentage that moved by 5 points or more.
    """
    out = this.rename(columns={"value": "this_number"}).drop(columns="of")
    if last is None:
        out["last_number"] = float("nan")
    else:
        only_last = last[~last["key"].isin(this["key"])].rename(columns={"value": "last_number"}).drop(columns="of")
        out["last_number"] = out["key"].map(last.set_index("key")["value"])
        out.loc[(out["kind"] == "count") & out["last_number"].isna(), "last_number"] = 0.0
        only_last["this_number"] = 0.0
        out = pd.concat([out, only_last[only_last["kind"] == "count"]], ignore_index=True)
        sections = {section: place for place, section in enumerate(dict.fromkeys([*this["section"], *last["section"]]))}
        out["place"] = out["section"].map(sections)
        out = out.sort_values(["place", "rank"], kind="stable", ignore_index=True).drop(columns="place")
    out = out.drop(columns="rank")
    counts = out["kind"] == "count"
    # shares are taken from each other as they are shown, so that the line adds up
    move = (out["this_number"].round(1) - out["last_number"].round(1)).round(1)
    share = 100 * move.abs() / out["last_number"].where(out["last_number"] > 0)
    big_count = (move.abs() >= SMALLEST_LARGE) & ((share >= large_percent) | (out["last_number"] == 0))
    out["large"] = (counts & big_count) | (~counts & (move.abs() >= LARGE_POINTS))
    out["this"], out["last"] = _written(out["this_number"], counts), _written(out["last_number"], counts)
    sign = _written(move.abs(), counts)
    sign = sign.str.replace("%", " points", regex=False)  # 40% to 50% is 10 points, and not a growth of 10%
    out["change"] = (move.map(lambda m: "+" if m > 0 else "-" if m < 0 else "") + sign).where(move.notna(), "")
    return out


def _written(numbers: pd.Series, counts: pd.Series) -> pd.Series:
    whole = numbers.map(lambda n: f"{n:,.0f}" if n == n else "")
    return whole.where(counts, numbers.map(lambda n: f"{n:.1f}%" if n == n else "")).astype("str")
