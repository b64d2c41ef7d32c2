"""What the report says of a run, as plain frames: cells in words, the source record, whose child it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
import yaml

from dfe_returns.files import data_folder
from dfe_returns.validate.not_run import in_words

CHILD_COLUMN = {"cin": "LAchildID", "ssda903": "CHILD"}
NO_TEAM = "No team recorded"
NO_WORKER = "No worker recorded"
SEVERITIES = ("error", "query")
_SOURCES_SHOWN = 3


def text_of(values: pd.Series) -> pd.Series:
    """Cells as people read them: dates as dd/mm/yyyy, blanks as empty text, codes and numbers as they stand."""
    if pd.api.types.is_datetime64_any_dtype(values):
        codes, days = pd.factorize(values)  # few distinct days, many cells; -1 (blank) takes the last word
        words = [*pd.DatetimeIndex(days).strftime("%d/%m/%Y"), ""]
        return pd.Series(pd.array(words, dtype="str").take(codes), index=values.index)
    if not isinstance(values.dtype, pd.StringDtype):
        blank = values.isna()
        return values.astype("str").where(~blank, "")
    return values.where(values.notna(), "").astype("str")


def texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Frame with every cell as text (see :func:`text_of`)."""
    return pd.DataFrame({column: text_of(frame[column]) for column in frame.columns}, index=frame.index)


def authority_of(result: Any) -> str:
    """Name and number of the authority; the number alone where no name was configured."""
    return f"{result.authority_name} ({result.authority})" if result.authority_name else f"authority {result.authority}"


def uk_dates(values: pd.Series) -> pd.Series:
    """Text with days as dd/mm/yyyy instead of yyyy-mm-dd, for people; files for programs keep the return's form."""
    return values.str.replace(r"\b(\d{4})-(\d{2})-(\d{2})\b", r"\3/\2/\1", regex=True)


def uk_date(text: str) -> str:
    """One day as dd/mm/yyyy instead of yyyy-mm-dd; anything else as it stands."""
    parts = text[:10].split("-")
    return "/".join(reversed(parts)) if len(parts) == 3 else text


def words_of(keys: pd.Series, words: Mapping[str, str] | pd.Series, otherwise: str = "") -> pd.Series:
    """The word each key stands for, as text; ``otherwise`` where there is none. A Series of words has unique keys."""
    codes, found = pd.factorize(keys)
    if isinstance(words, pd.Series):
        held = words.reindex(found).astype(object)
        known = [*held.where(held.notna(), otherwise), otherwise]
    else:
        known = [*(words.get(key, otherwise) for key in found), otherwise]
    return pd.Series(pd.array(known, dtype="str").take(codes), index=keys.index)


def with_columns(frame: pd.DataFrame | None, columns: tuple[str, ...]) -> pd.DataFrame:
    """The named columns of the frame, absent ones as blanks; an absent frame has no rows."""
    if frame is None:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})
    return frame.reindex(columns=list(columns))


def children_of(result: Any, table: str) -> pd.Series:
    """Child of each row of a return table, as text, by row position ('' where the table names none)."""
    frame = result.tables[table]
    column = CHILD_COLUMN[result.collection.name]
    if column not in frame.columns:
        return pd.Series("", index=pd.RangeIndex(len(frame)), dtype="str")
    return text_of(frame[column].reset_index(drop=True))


def people_of(result: Any) -> pd.DataFrame:
    """One row per child with a team or worker: child, team, worker, all text without blanks."""
    people = with_columns(result.people, ("child", "team", "worker")).drop_duplicates("child")
    people = texts(people)
    people["team"] = people["team"].replace("", NO_TEAM)
    people["worker"] = people["worker"].replace("", NO_WORKER)
    return people.reset_index(drop=True)


def add_people(frame: pd.DataFrame, result: Any) -> pd.DataFrame:
    """The frame with ``team`` and ``worker`` of its ``child``."""
    people = people_of(result).set_index("child")
    out = frame.copy()
    out["team"] = words_of(out["child"], people["team"], NO_TEAM)
    out["worker"] = words_of(out["child"], people["worker"], NO_WORKER)
    return out


def sources_of(result: Any, table: str, rows: pd.Series | None = None) -> pd.DataFrame:
    """Source records behind return rows: columns row (int), part (field or 'row'), source ('file line n; file line m').

    ``rows`` limits the answer to those positions. At most three records are named per part; further ones are counted.
    """
    origins = with_columns(result.origins.get(table), ("row", "file", "line", "part"))
    if rows is not None:
        origins = origins[origins["row"].isin(rows.unique())]
    if origins.empty:
        return pd.DataFrame(
            {"row": pd.Series(dtype="int64"), "part": pd.Series(dtype="str"), "source": pd.Series(dtype="str")}
        )
    origins = origins.drop_duplicates(["row", "part", "file", "line"])
    origins = origins.assign(part=text_of(origins["part"]).replace("", "row"))
    line = text_of(origins["line"].astype("Int64"))
    origins["source"] = text_of(origins["file"]) + (" line " + line).where(line != "", "")
    groups = origins.groupby(["row", "part"], sort=False)
    origins["place"] = groups.cumcount()
    wide = (
        origins[origins["place"] < _SOURCES_SHOWN]
        .pivot(index=["row", "part"], columns="place", values="source")
        .fillna("")
    )
    source = wide[0].astype("str")
    for place in [column for column in wide.columns if column != 0]:
        source = source + ("; " + wide[place]).where(wide[place] != "", "")
    more = (groups.size() - _SOURCES_SHOWN).reindex(wide.index)
    source = source + (" and " + more.astype("str") + " more").where(more > 0, "")
    return source.rename("source").reset_index().astype({"row": "int64"})


def source_of_cells(result: Any, cells: pd.DataFrame) -> pd.Series:
    """Source record of each cell (columns table, row, field): the field's own where it has one, else its row's."""
    out = pd.Series("", index=cells.index, dtype="str")
    for table in sorted(set(cells["table"]) & set(result.origins)):
        mine = cells[(cells["table"] == table) & cells["row"].notna()]
        if mine.empty:
            continue
        sources = sources_of(result, table, mine["row"].astype("int64"))
        by_part = sources.set_index(["row", "part"])["source"]
        row = mine["row"].astype("int64")
        own = by_part.reindex(pd.MultiIndex.from_arrays([row, mine["field"]])).to_numpy()
        whole = by_part.reindex(pd.MultiIndex.from_arrays([row, ["row"] * len(row)])).to_numpy()
        found = pd.Series(own, index=mine.index, dtype="str")
        found = found.where(found.notna(), pd.Series(whole, index=mine.index, dtype="str"))
        out.loc[mine.index] = found.where(found.notna(), "")
    return out


def issue_table(result: Any) -> pd.DataFrame:
    """Every issue with what a person needs to act on it.

    The eight columns of the API first, then line, fix, cause, title, source (file and line), team, worker,
    gateway; one row per issue in the order of ``result.issues``; text columns are never blank-by-NaN.
    """
    issues = result.issues.reset_index(drop=True)
    columns = ("code", "severity", "table", "field", "child", "value", "message", "fix", "cause")
    frame = texts(with_columns(issues, columns))
    frame.insert(3, "row", issues["row"].astype("Int64") if len(issues) else pd.Series(dtype="Int64"))
    line = issues["line"] if "line" in issues else pd.Series(pd.NA, index=issues.index)
    frame.insert(8, "line", line.astype("Int64"))
    rules = result.collection.rules
    titles = {code: str(rules[code].title) for code in frame["code"].unique() if code in rules}
    fixes = {code: str(rules[code].fix or "") for code in frame["code"].unique() if code in rules}
    frame["title"] = words_of(frame["code"], titles)
    frame["fix"] = frame["fix"].where(frame["fix"] != "", words_of(frame["code"], fixes))
    frame["source"] = source_of_cells(result, frame)
    frame = add_people(frame, result)
    fields = with_columns(result.fields, ("table", "field", "gateway"))
    gateways = pd.Series(
        text_of(fields["gateway"]).to_numpy(),
        index=text_of(fields["table"]) + "." + text_of(fields["field"]),
        dtype="str",
    )
    gateways = gateways[~gateways.index.duplicated()]
    frame["gateway"] = words_of(frame["table"] + "." + frame["field"], gateways)
    return frame


def not_run_of(result: Any) -> pd.DataFrame:
    """Rules that could not run: code, title, lacked (plain words), sorted by code."""
    lacked = dict(result.issues.attrs.get("not_run", {}))
    codes = sorted(lacked)
    rules = result.collection.rules
    return pd.DataFrame(
        {
            "code": pd.Series(codes, dtype="str"),
            "title": pd.Series([str(rules[code].title) if code in rules else "" for code in codes], dtype="str"),
            "lacked": pd.Series([", ".join(in_words(what) for what in lacked[code]) for code in codes], dtype="str"),
        }
    )


@cache
def decision_register() -> dict[str, dict[str, str]]:
    """Decision codes in plain words: code -> {title, severity}, from ``schemas/decisions/``."""
    found: dict[str, dict[str, str]] = {}
    folder = data_folder("schemas") / "decisions"
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else []:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            found[str(entry["code"])] = {
                "title": str(entry.get("title", "")),
                "severity": str(entry.get("severity", "info")),
            }
    return found


def decision_table(result: Any) -> pd.DataFrame:
    """Decisions of the run as text, with title and severity (info, look, total) of their code."""
    frame = texts(
        with_columns(result.decisions, ("rule", "table", "record", "child", "field", "old", "new", "note")).reset_index(
            drop=True
        )
    )
    register = decision_register()
    frame["title"] = words_of(frame["rule"], {code: entry["title"] for code, entry in register.items()})
    frame["severity"] = words_of(frame["rule"], {code: entry["severity"] for code, entry in register.items()}, "look")
    return frame


def laws_of(result: Any) -> dict[str, str]:
    """The gateways and bases named in the field lineage, in words: id -> provision."""
    register = getattr(result.collection, "gateways", None)
    named = with_columns(result.fields, ("gateway", "art6", "art9", "art10"))
    ids = sorted(
        {part.strip() for column in named for cell in text_of(named[column]).unique() for part in cell.split(",")}
    )
    words = {}
    for law in ids:
        if register is not None and law in register.gateways:
            words[law] = register.gateways[law].citation
        elif register is not None and law in register.conditions:
            words[law] = str(register.conditions[law].get("citation", ""))
    return words


def readable_decisions(frame: pd.DataFrame) -> pd.DataFrame:
    """Decisions or open items as people read them: UK days, and 'file line 7' as everywhere else in the report."""
    out = frame.copy()
    for column in out.columns.intersection(["old", "new", "value", "note"]):
        out[column] = uk_dates(out[column])
    out["record"] = out["record"].str.replace(r":(\d+)(?=$|[,;] )", r" line \1", regex=True)
    return out


def worklist_table(result: Any) -> pd.DataFrame:
    """Things a person must settle, as text, with title of their code, team and worker."""
    frame = texts(
        with_columns(result.worklist, ("code", "table", "record", "child", "field", "value", "note")).reset_index(
            drop=True
        )
    )
    frame["title"] = words_of(frame["code"], {code: entry["title"] for code, entry in decision_register().items()})
    return add_people(frame, result)
