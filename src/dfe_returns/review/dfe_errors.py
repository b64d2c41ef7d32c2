"""DfE's own error list, held against ours: what both found and what only one of us did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.review.facts import text_of

_NAMES = {
    "code": (
        "rule",
        "rule code",
        "error",
        "error code",
        "error number",
        "error no",
        "errorno",
        "validation rule",
        "query",
        "query number",
        "number",
        "code",
    ),
    "child": ("child", "child id", "childid", "lachildid", "la child id", "child identifier", "child number"),
    "table": ("table", "module", "group", "file", "level"),
    "field": ("field", "item", "data item", "element"),
    "value": ("value", "data value", "found", "field value"),
    "message": ("message", "description", "error message", "error description", "rule description", "error text"),
}
COLUMNS = ("code", "child", "table", "field", "value", "message", "line")


def read_dfe_errors(path: Path | str) -> pd.DataFrame:
    """Read DfE's error list (.csv, .xlsx or .xls): code, child, table, field, value, message, line; text, blanks as ''.

    The header may stand below title lines and its names may differ in case and spacing; a rule code and a child
    number are needed. Raises InputError naming file and what is missing.
    """
    path = Path(path)
    sheets = _sheets(path)
    for sheet in sheets:
        for place in range(min(len(sheet), 30)):
            names = {
                want: column
                for want in _NAMES
                for column, name in enumerate(sheet.iloc[place])
                if _plain(name) in _NAMES[want]
            }
            if {"code", "child"} <= set(names):
                rows = sheet.iloc[place + 1 :]
                held = _first(sheet.iloc[place])
                blank = pd.Series("", index=rows.index, dtype="str")
                columns = {want: rows.iloc[:, held[want]] if want in held else blank for want in COLUMNS}
                out = pd.DataFrame({want: text_of(column).str.strip() for want, column in columns.items()})
                out["line"] = [str(number) for number in range(place + 2, place + 2 + len(out))]
                out["code"] = (
                    out["code"]
                    .str.replace(r"^(?:rule|error|query)\s*", "", case=False, regex=True)
                    .str.replace(r"\.0$", "", regex=True)
                )
                return out[out["code"] != ""].reset_index(drop=True)
    raise InputError(
        f"{path.name} has no line of column names with a rule or error number and a child number; export it again."
    )


def _first(names: pd.Series) -> dict[str, int]:
    """Which column holds what: the name that stands first in our list of names wins."""
    plain = [_plain(name) for name in names]
    found = {}
    for want, known in _NAMES.items():
        at = [plain.index(name) for name in known if name in plain]
        if at:
            found[want] = at[0]
    return found


def _plain(name: object) -> str:
    return " ".join(str(name).replace("_", " ").lower().split())


def _sheets(path: Path) -> list[pd.DataFrame]:
    try:
        if path.suffix.lower() == ".csv":
            lines = path.read_text(encoding="utf-8-sig", errors="strict").splitlines()
            width = max((line.count(",") + 1 for line in lines), default=1)
            return [
                pd.read_csv(
                    path,
                    header=None,
                    names=range(width),
                    dtype="str",
                    keep_default_na=False,
                    encoding="utf-8-sig",
                    skip_blank_lines=False,
                )
            ]
        book = pd.read_excel(path, sheet_name=None, header=None, dtype="str", engine="calamine")
        return [sheet.fillna("") for sheet in book.values()]
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except Exception as error:  # the readers raise classes of their own for damaged files
        raise InputError(
            f"{path.name} cannot be read as a list of errors ({type(error).__name__}); save it as CSV or Excel."
        ) from None


def match_dfe_errors(issues: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Ours and theirs by rule and child: code, child, found_by (both, DfE only, ours only), ours, theirs (counts).

    ``issues`` with columns code and child (issues.csv, say); ``theirs`` from :func:`read_dfe_errors`. Codes
    compare without regard to case.
    """
    sides = []
    for name, frame in (("ours", issues), ("theirs", theirs)):
        code = frame["code"].fillna("").astype("str")
        child = frame["child"].fillna("").astype("str").str.strip()
        sides.append(
            pd.DataFrame({"code": code, "child": child, "key": code.str.upper().str.strip()})
            .groupby(["key", "child"])
            .agg(code=("code", "first"), number=("code", "size"))
            .rename(columns={"code": f"code_{name}", "number": name})
        )
    both = sides[0].join(sides[1], how="outer").reset_index()
    both[["ours", "theirs"]] = both[["ours", "theirs"]].fillna(0).astype("int64")
    both["code"] = both["code_ours"].where(both["code_ours"].notna(), both["code_theirs"]).astype("str")
    both["found_by"] = "both"
    both.loc[both["theirs"] == 0, "found_by"] = "ours only"
    both.loc[both["ours"] == 0, "found_by"] = "DfE only"
    return both.sort_values(["code", "child"], ignore_index=True)[["code", "child", "found_by", "ours", "theirs"]]


def dfe_error_summary(matched: pd.DataFrame, not_run: dict[str, Any] | None = None, known: Any = ()) -> pd.DataFrame:
    """Per rule: code, both, dfe_only, ours_only, and why we may differ (rule not run, rule unknown to this version)."""
    counts = matched.groupby(["code", "found_by"]).size().unstack(fill_value=0)
    counts = (
        counts.reindex(columns=["both", "DfE only", "ours only"], fill_value=0)
        .set_axis(["both", "dfe_only", "ours_only"], axis=1)
        .reset_index()
    )
    lacked = {str(code).upper(): ", ".join(what) for code, what in (not_run or {}).items()}
    codes = {str(code).upper() for code in known}
    upper = counts["code"].str.upper()
    why = (
        upper.map({code: f"not run here: lacked {what}" for code, what in lacked.items()})
        .astype(object)
        .fillna("")
        .astype("str")
    )
    unknown = ~upper.isin(codes) & (why == "") & bool(codes)
    counts["why"] = why.where(~unknown, "not a rule of this year's list")
    return counts
