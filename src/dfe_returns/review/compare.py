"""Two runs side by side, by content: issues new, fixed, open; records added, gone, changed; children in and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dfe_returns.review.facts import CHILD_COLUMN, decision_table, issue_table, texts, words_of
from dfe_returns.review.keys import JOIN_KEYS, row_keys, things

CHANGE_COLUMNS = ("kind", "table", "child", "record", "field", "old", "new")


@dataclass
class Difference:
    """What changed from the earlier run to the later one."""

    earlier: str
    later: str
    new: pd.DataFrame
    """Issues only in the later run: code, severity, table, field, child, value, message, team, source."""
    fixed: pd.DataFrame
    """Issues only in the earlier run, same columns."""
    still_open: pd.DataFrame
    changes: pd.DataFrame
    """kind (added, gone, changed), table, child, record (its first date), field, old, new."""
    children: pd.DataFrame
    """child, direction (in, out), why."""
    notes: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Counts, for scripts and for the front page."""
        kinds = self.changes["kind"].value_counts()
        return {
            "earlier": self.earlier,
            "later": self.later,
            "issues": {"new": len(self.new), "fixed": len(self.fixed), "still_open": len(self.still_open)},
            "by_rule": by_rule(self).to_dict("records"),
            "children": {way: int((self.children["direction"] == way).sum()) for way in ("in", "out")},
            "records": {kind: int(kinds.get(kind, 0)) for kind in ("added", "gone", "changed")},
        }

    def words(self) -> str:
        """The counts in a sentence or two."""
        s = self.summary()
        moved = (
            f"{s['children']['in']:,} children came in and {s['children']['out']:,} went out"
            if len(self.children)
            else ""
        )
        text = f"{len(self.fixed):,} issues fixed, {len(self.new):,} new, {len(self.still_open):,} still open."
        return f"{text} {moved}." if moved else text


def compare(earlier: Any, later: Any, later_issues: pd.DataFrame | None = None) -> Difference:
    """Compare two runs (RunResults) of one return; nothing depends on the order of rows in either.

    ``later_issues``: facts.issue_table(later), if at hand. Raises UsageError for runs of different returns.
    """
    from dfe_returns.errors import UsageError

    if earlier.collection.name != later.collection.name:
        raise UsageError("The two runs are of different returns; compare two runs of the same one.")
    before = things(earlier, issue_table(earlier))
    after = things(later, issue_table(later) if later_issues is None else later_issues)
    shown = ["code", "severity", "title", "table", "field", "child", "value", "message", "team", "source", "key"]
    changes = record_changes(earlier, later)
    notes = []
    if earlier.collection.year != later.collection.year:
        notes.append(f"The runs are of different years: {earlier.collection.year} and {later.collection.year}.")
    return Difference(
        earlier=earlier.run_id,
        later=later.run_id,
        new=after.loc[~after["key"].isin(before["key"]), shown].reset_index(drop=True),
        fixed=before.loc[~before["key"].isin(after["key"]), shown].reset_index(drop=True),
        still_open=after.loc[after["key"].isin(before["key"]), shown].reset_index(drop=True),
        changes=changes,
        children=children_in_and_out(earlier, later),
        notes=notes,
    )


def by_rule(difference: Difference) -> pd.DataFrame:
    """code, fixed, new, still_open per rule, in code order."""
    parts = {"fixed": difference.fixed, "new": difference.new, "still_open": difference.still_open}
    counts = (
        pd.DataFrame({name: frame["code"].value_counts() for name, frame in parts.items()}).fillna(0).astype("int64")
    )
    return counts.rename_axis("code").sort_index().reset_index()


def record_changes(earlier: Any, later: Any) -> pd.DataFrame:
    """Records added, gone and changed, over all tables but the header of the census."""
    parts = []
    child_column = CHILD_COLUMN[later.collection.name]
    for table in later.tables:
        if table not in earlier.tables or child_column not in later.tables[table].columns:
            continue
        old, new = _by_key(earlier, table), _by_key(later, table)
        parts += [_whole("gone", table, old, new), _whole("added", table, new, old), _cells(table, old, new)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in CHANGE_COLUMNS})
    out = pd.concat(parts, ignore_index=True)
    return out.sort_values(["child", "table", "record", "kind", "field"], kind="stable", ignore_index=True)[
        list(CHANGE_COLUMNS)
    ]


def _by_key(result: Any, table: str) -> pd.DataFrame:
    frame = texts(result.tables[table].reset_index(drop=True))
    frame = frame.drop(columns=[column for column in JOIN_KEYS if column in frame.columns])
    return frame.set_index(pd.Index(row_keys(result, table), dtype="str"))


def _named(keys: pd.Index) -> pd.DataFrame:
    parts = keys.to_series().str.rsplit("|", n=2, expand=True).reindex(columns=[0, 1])
    return pd.DataFrame({"child": parts[0].to_numpy(), "record": parts[1].to_numpy()}, dtype="str")


def _whole(kind: str, table: str, there: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    keys = there.index.difference(other.index)
    return _named(keys).assign(kind=kind, table=table, field="", old="", new="") if len(keys) else pd.DataFrame()


def _cells(table: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    keys = new.index.intersection(old.index)
    columns = [column for column in new.columns if column in old.columns]
    before, after = old.loc[keys, columns], new.loc[keys, columns]
    differs = (before.to_numpy() != after.to_numpy()).nonzero() if len(keys) and columns else ((), ())
    if not len(differs[0]):
        return pd.DataFrame()
    named = _named(keys[differs[0]])
    named["field"] = pd.Index(columns)[differs[1]].to_numpy()
    return named.assign(kind="changed", table=table, old=before.to_numpy()[differs], new=after.to_numpy()[differs])


def children_in_and_out(earlier: Any, later: Any) -> pd.DataFrame:
    """Children only in one of the runs, and why as far as the later run's own records say."""
    before, after = _children(earlier), _children(later)
    came = after[~after["child"].isin(before["child"])].assign(direction="in")
    went = before[~before["child"].isin(after["child"])].assign(direction="out")
    came["why"] = "now has records in " + came["tables"]
    decisions = decision_table(later)
    decisions = decisions[decisions["child"].isin(went["child"])]
    said = decisions["title"].where(decisions["title"] != "", decisions["rule"])
    reasons = said.groupby(decisions["child"]).agg(lambda words: "; ".join(sorted(set(words))))
    went["why"] = words_of(went["child"], reasons, "no record in scope in the later extract")
    out = pd.concat([came, went]).sort_values(["direction", "child"], kind="stable", ignore_index=True)
    return out[["child", "direction", "why"]]


def _children(result: Any) -> pd.DataFrame:
    column = CHILD_COLUMN[result.collection.name]
    parts = [
        pd.DataFrame({"child": frame[column].dropna().astype("str").unique(), "tables": table})
        for table, frame in result.tables.items()
        if column in frame.columns
    ]
    if not parts:
        return pd.DataFrame({"child": pd.Series(dtype="str"), "tables": pd.Series(dtype="str")})
    return pd.concat(parts).groupby("child", sort=True)["tables"].agg(", ".join).reset_index()
