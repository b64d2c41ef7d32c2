"""A child's history as bars on lanes: care, legal status and placements; or referrals, assessments and plans.

The frames here are drawn by the report as inline SVG; every bar also stands in words in the records below the
drawing.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dfe_returns.review.facts import CHILD_COLUMN, text_of, uk_dates, words_of

BAR_COLUMNS = ("child", "lane", "from", "to", "open", "code", "label")
_EPOCH = pd.Timestamp("1970-01-01")
_CIN_SPANS = (  # lane, table, start, end, field whose code stands on the bar
    ("Referral", "CINdetails", "CINreferralDate", "CINclosureDate", "PrimaryNeedCode"),
    ("Assessment", "Assessments", "AssessmentActualStartDate", "AssessmentAuthorisationDate", None),
    ("Section 47 enquiry", "Section47", "S47ActualStartDate", "DateOfInitialCPC", None),
    ("Child in need plan", "CINplanDates", "CINPlanStartDate", "CINPlanEndDate", None),
    ("Child protection plan", "ChildProtectionPlans", "CPPstartDate", "CPPendDate", "LatestCategoryOfAbuse"),
    ("Plan review", "Reviews", "CPPreviewDate", "CPPreviewDate", None),
)
_LOOKED_AFTER_SPANS = (
    ("Missing or away", "Missing", "MIS_START", "MIS_END", "MISSING"),
    ("Decision for adoption", "PlacedAdoption", "DATE_PLACED", "DATE_PLACED_CEASED", None),
    ("Review", "Reviews", "REVIEW", "REVIEW", None),
)


def bars_of(result: Any, children: list[str]) -> pd.DataFrame:
    """Bars of the given children: child, lane, from, to (days since 1970), open (1 where no end is known), code, label.

    ``result`` needs ``collection`` and ``tables``; sorted by the order of ``children``, then lane and start.
    """
    spans = _LOOKED_AFTER_SPANS if result.collection.name == "ssda903" else _CIN_SPANS
    parts = _care_history(result) if result.collection.name == "ssda903" else []
    parts += [_spans(result, *span) for span in spans]
    bars = pd.concat([part for part in parts if len(part)] or [_no_bars()], ignore_index=True)
    place = {child: number for number, child in enumerate(children)}
    bars["place"] = bars["child"].map(place)
    bars = bars[bars["place"].notna()].sort_values(
        ["place", "lane_order", "from", "to"], kind="stable", ignore_index=True
    )
    return bars[list(BAR_COLUMNS)]


def marks_of(result: Any, issues: pd.DataFrame, children: list[str]) -> pd.DataFrame:
    """Where issues stand on the time line: child, day (days since 1970), issue (position in ``issues``).

    An issue stands on the day its value names, else on the first day of its row; issues without either are left out.
    """
    place = {child: number for number, child in enumerate(children)}
    marks = issues[["child", "table", "row", "field", "value"]].copy()
    marks["issue"] = range(len(marks))
    marks = marks[marks["child"].isin(place) & marks["row"].notna()]
    starts = (
        {table: start for _, table, start, _, _ in (*_CIN_SPANS, *_LOOKED_AFTER_SPANS)}
        if result.collection.name == "cin"
        else {"Episodes": "DECOM", **{table: start for _, table, start, _, _ in _LOOKED_AFTER_SPANS}}
    )
    day = pd.to_datetime(
        uk_dates(marks["value"]).where(~marks["field"].str.contains("DOB|Birth", regex=True)),
        format="%d/%m/%Y",
        errors="coerce",
    )
    for table, start in starts.items():
        if table in result.tables and start in result.tables[table].columns:
            mine = marks.index[marks["table"] == table]
            first = result.tables[table][start].reset_index(drop=True)
            of_row = pd.Series(first.reindex(marks.loc[mine, "row"].astype("int64")).to_numpy(), index=mine)
            day = day.fillna(of_row)
    marks["day"] = (day - _EPOCH).dt.days
    marks = marks[marks["day"].notna()]
    marks = marks.assign(place=marks["child"].map(place), day=marks["day"].astype("int64"))
    return marks.sort_values(["place", "day", "issue"], ignore_index=True)[["child", "day", "issue"]]


def _no_bars() -> pd.DataFrame:
    columns = {
        "child": "str",
        "lane": "str",
        "from": "int64",
        "to": "int64",
        "open": "int64",
        "code": "str",
        "label": "str",
        "lane_order": "int64",
    }
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _care_history(result: Any) -> list[pd.DataFrame]:
    """Periods of care, legal statuses and placements: neighbouring episodes that say the same are one bar."""
    episodes = result.tables.get("Episodes")
    if episodes is None or not {"CHILD", "DECOM"} <= set(episodes.columns):
        return []
    e = episodes.reindex(columns=["CHILD", "DECOM", "RNE", "LS", "PLACE", "PL_POST", "URN", "DEC", "REC"])
    e = e[e["DECOM"].notna()].sort_values(["CHILD", "DECOM"], kind="stable", ignore_index=True)
    text = {column: text_of(e[column]) for column in ("LS", "PLACE", "PL_POST", "URN", "RNE", "REC")}
    before = e.groupby("CHILD")[["DEC"]].shift()
    joined = e["DECOM"].eq(before["DEC"]) & (text["RNE"] != "S")
    period = (~joined).cumsum()
    same_status = joined & text["LS"].eq(text["LS"].shift())
    same_place = joined & (text["RNE"] == "L") & text["PLACE"].eq(text["PLACE"].shift())
    care = pd.Series("", index=e.index, dtype="str")
    lanes = (
        ("Period of care", period, care),
        ("Legal status", (~same_status).cumsum(), text["LS"]),
        ("Placement", (~same_place).cumsum(), text["PLACE"]),
    )
    labels = {"Legal status": _labels(result, "Episodes", "LS"), "Placement": _labels(result, "Episodes", "PLACE")}
    out = []
    for order, (lane, group, code) in enumerate(lanes):
        first, last = ~group.duplicated(), ~group.duplicated(keep="last")
        bars = _bars(
            result,
            e.loc[first, "CHILD"].array,
            lane,
            order,
            e.loc[first, "DECOM"].array,
            e.loc[last, "DEC"].array,
            code[first].array,
        )
        if lane == "Period of care":
            reasons = text["REC"][last].reset_index(drop=True)
            ending = words_of(reasons, _labels(result, "Episodes", "REC"))
            bars["label"] = (
                "Looked after" + ("; ended: " + ending).where((reasons != "X1") & (ending != ""), "")
            ).astype("str")
        else:
            bars["label"] = words_of(bars["code"], labels[lane])
        out.append(bars)
    return out


def _spans(result: Any, lane: str, table: str, start: str, end: str, code: str | None) -> pd.DataFrame:
    frame = result.tables.get(table)
    if frame is None or not len(frame):
        return _no_bars()
    frame = frame.reindex(
        columns=[CHILD_COLUMN[result.collection.name], *dict.fromkeys((start, end)), *([code] if code else [])]
    )
    order = 3 + [span[0] for span in (*_CIN_SPANS, *_LOOKED_AFTER_SPANS)].index(lane)
    if table == "Section47":
        frame[end] = frame[end].fillna(frame[start])  # an enquiry without a conference is shown by its first day
    frame = frame[frame[start].notna()]
    codes = text_of(frame[code]).array if code else [""] * len(frame)
    bars = _bars(result, frame.iloc[:, 0].array, lane, order, frame[start].array, frame[end].array, codes)
    if code:
        bars["label"] = words_of(bars["code"], _labels(result, table, code))
    return bars


def _bars(result: Any, child: Any, lane: str, order: int, start: Any, end: Any, code: Any) -> pd.DataFrame:
    end = pd.Series(end, dtype="datetime64[us]")
    start = pd.Series(start, dtype="datetime64[us]")
    close = end.fillna(pd.Timestamp(result.collection.end))
    close = close.where(close >= start, start)
    return pd.DataFrame(
        {
            "child": text_of(pd.Series(child)),
            "lane": lane,
            "from": (start - _EPOCH).dt.days.astype("int64"),
            "to": (close - _EPOCH).dt.days.astype("int64"),
            "open": end.isna().astype("int64"),
            "code": pd.Series(code, dtype="str"),
            "label": "",
            "lane_order": order,
        }
    )


def _labels(result: Any, table: str, field: str) -> dict[str, str]:
    known = result.collection.tables.get(table)
    code_set = known.fields[field].code_set if known and field in known.fields else None
    found = result.collection.codesets.get(code_set) if code_set else None
    return {str(code): str(label) for code, label in found.all_codes.items()} if found else {}
