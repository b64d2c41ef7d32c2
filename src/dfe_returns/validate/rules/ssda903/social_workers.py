"""Who held the case: completeness, dates and order of the social worker episodes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.validate.cells import day_plus_days, day_plus_years
from dfe_returns.validate.data import in_intervals, take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    all_filled,
    ends_by_start,
    later_than_end,
)
from dfe_returns.validate.rules.ssda903.previous_permanence import earliest_day
from dfe_returns.validate.views.ssda903 import LookedAfterData, same_value
from dfe_returns.validate.views.ssda903.episodes import Positions, in_order, neighbour
from dfe_returns.validate.views.ssda903.intervals import FAR

rule = rules_for("ssda903")

TABLE = "SWEpisodes"
ITEMS = ("SW_ID", "SW_DECOM", "SW_REASON")
COLLECTED_FROM = pd.Timestamp(2023, 4, 1)
FIRST_CONTACT = "FCONTA"

family("ssda903", later_than_end, {"SW06STG2": (TABLE, "SW_DECOM")})
family("ssda903", ends_by_start, {"SW18STG2": (TABLE, "SW_DECOM", "SW_DEC")})


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(number, "D")


def _window_start(c: LookedAfterData) -> pd.Timestamp:
    """First day of the year before the collection year."""
    return day_plus_years(c.start, -1)


# ---- completeness and form ----------------------------------------------------------------------------------------


@rule("SW01aSTG1")
def incomplete_before_2023(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    return flag(TABLE, sw.SW_DECOM.isna() | ((sw.SW_DECOM < COLLECTED_FROM) & sw.SW_ID.isna()))


@rule("SW01bSTG1")
def incomplete_since_2023(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    incomplete = sw.SW_ID.isna() | sw.SW_REASON.isna()
    return flag(TABLE, sw.SW_DECOM.isna() | ((sw.SW_DECOM >= COLLECTED_FROM) & incomplete))


@rule("SW01STG1")
def looked_after_without_social_worker(c: LookedAfterData) -> Flags:
    known = [c.matches("Episodes", TABLE, where=c.filled(TABLE, item)) for item in ITEMS]
    complete = known[0] & known[1] & known[2]
    return flag("Episodes", c.is_latest & c.looked_after_at_end("Episodes") & ~complete)


@rule("SW03STG1")
def incomplete(c: LookedAfterData) -> Flags:
    return flag(TABLE, ~all_filled(c, TABLE, *ITEMS))


@rule("SW04STG1", until="2024-25")
def start_malformed(c: LookedAfterData) -> Flags:
    return _no_date(c, "SW_DECOM")


@rule("SW05STG1", until="2024-25")
def end_malformed(c: LookedAfterData) -> Flags:
    return _no_date(c, "SW_DEC")


def _no_date(c: LookedAfterData, field: str) -> Flags:
    """Unreadable, and no date with unknown parts (ZZ) either."""
    unreadable = c.text(TABLE, field)[c.unreadable(TABLE, field)]
    partial = [text for text in unreadable.unique() if earliest_day(text)[0]]
    return flag(TABLE, unreadable.index[~unreadable.isin(partial)])


@rule("SW13STG1")
def reason_unknown_or_missing(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    needed = sw.SW_DECOM >= COLLECTED_FROM if c.since("2024-25") else True
    unknown = sw.SW_REASON.notna() & ~sw.SW_REASON.isin(c.codeset("SW_REASON"))
    return flag(TABLE, unknown | (sw.SW_REASON.isna() & needed))


@rule("SW15STG2")
def recent_reason_missing(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    return flag(TABLE, sw.SW_REASON.isna() & ~(sw.SW_DECOM < _window_start(c)))


# ---- dates of one row ---------------------------------------------------------------------------------------------


@rule("SW07STG2")
def ended_outside_the_window(c: LookedAfterData) -> Flags:
    end = c.SWEpisodes.SW_DEC
    first = _window_start(c) if c.since("2024-25") else c.start
    return flag(TABLE, (end < first) | (end > c.end))


@rule("SW09STG2")
def too_short(c: LookedAfterData) -> Flags:
    start, end = c.SWEpisodes.SW_DECOM, c.SWEpisodes.SW_DEC
    return flag(TABLE, end < start + _days(3) if c.since("2025-26") else end == start)


# ---- the child's rows in order ------------------------------------------------------------------------------------


@rule("SW08STG2")
def left_open_though_another_started(c: LookedAfterData) -> Flags:
    return flag(TABLE, (c.sw_next_row >= 0) & ~c.ended(TABLE, "SW_DEC"))


@rule("SW14STG2")
def left_open_though_not_the_last(c: LookedAfterData) -> Flags:
    codes = c.codes(TABLE, ("CHILD",))
    following = neighbour(in_order(codes, c.SWEpisodes.SW_DECOM), codes, 1)
    return flag(TABLE, (following >= 0) & ~c.ended(TABLE, "SW_DEC"))


@rule("SW10STG2")
@rule("SW10aSTG2")
def gap_between_workers(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    judged = ~(sw.SW_REASON == FIRST_CONTACT) if c.since("2024-25") else True
    gap = (sw.SW_DECOM - c.sw_previous("SW_DEC")).abs()
    return flag(TABLE, judged & (gap > _days(7)))


@rule("SW10bSTG2")
def first_contact_before_the_last_worker_left(c: LookedAfterData) -> Flags:
    sw = c.SWEpisodes
    return flag(TABLE, (sw.SW_REASON == FIRST_CONTACT) & (sw.SW_DECOM <= c.sw_previous("SW_DEC")))


@rule("SW11aSTG2")
def nobody_took_over_within_days(c: LookedAfterData) -> Flags:
    start, end = c.SWEpisodes.SW_DECOM, c.SWEpisodes.SW_DEC
    child, first, last = c.child(TABLE), end - _days(5), end + _days(5)
    _, near = in_intervals(child, start, child, first, last)
    others = near - ((start >= first) & (start <= last)).to_numpy()
    return flag(TABLE, (child >= 0) & (end <= day_plus_days(c.end, -5)) & (others == 0))


@rule("SW11bSTG2")
def nobody_took_over_in_march(c: LookedAfterData) -> Flags:
    start, end = c.SWEpisodes.SW_DECOM, c.SWEpisodes.SW_DEC
    last = pd.Series(c.sw_latest_by_child[c.child(TABLE)], index=start.index)
    # in order of SW_DECOM the last row starts latest; for the last row itself it is the one before
    latest_other = take(start, last.where(c.sw_next_row >= 0, c.sw_previous_row))
    taken_over = (latest_other > start) | (latest_other >= end)
    at_year_end = (end >= day_plus_days(c.end, -5)) & (end <= c.end)
    return flag(TABLE, (c.child(TABLE) >= 0) & start.notna() & at_year_end & ~taken_over)


@rule("SW17STG2")
def nobody_holds_the_case(c: LookedAfterData) -> Flags:
    return flag(TABLE, c.sw_is_latest & c.filled(TABLE, "SW_DEC"))


@rule("SW19STG2")
def start_repeated(c: LookedAfterData) -> Flags:
    child, start = c.child(TABLE), c.SWEpisodes.SW_DECOM
    repeated = pd.DataFrame({"child": child, "start": start}).duplicated()
    return flag(TABLE, (child >= 0) & start.notna() & repeated)


@rule("SW12STG2")
def earlier_care_not_covered(c: LookedAfterData) -> Flags:
    e, sw, child = c.Episodes, c.SWEpisodes, c.child("Episodes")
    judged = c.looked_after_at_end("Episodes") & ~c.respite
    if c.since("2024-25"):
        judged &= c.open("Episodes") | ((e.DEC >= _window_start(c)) & (e.DEC <= c.end))
    first, last = (take(sw.SW_DECOM, _of_child(edge, child)) for edge in (c.sw_first_by_child, c.sw_latest_by_child))
    running_until = sw.SW_DEC.where(~c.open(TABLE, "SW_DEC"), FAR)
    held, _ = in_intervals(child, e.DECOM, c.child(TABLE), sw.SW_DECOM, running_until)
    end_missed = c.ending_reason & e.DEC.notna() & ~(first <= e.DEC)
    start_missed = (e.RNE == "S") & e.DECOM.notna() & ~((last >= e.DECOM) | (held > 0))
    return flag("Episodes", judged & (end_missed | start_missed))


def _of_child(edge: Positions, child: pd.Series) -> pd.Series:
    return pd.Series(edge[child], index=child.index)


# ---- against last year --------------------------------------------------------------------------------------------


def left_open_last_year_differs(c: LookedAfterData, field: str) -> Flags:
    """The child's first row differs from the last one of last year, where that was left open."""
    last = c.last
    if not isinstance(last, LookedAfterData):
        return []
    size = min(len(c.sw_first_by_child), len(last.sw_latest_by_child)) - 1
    first, latest = c.sw_first_by_child[:size], last.sw_latest_by_child[:size]
    left_open = (last.open(TABLE, "SW_DEC") & last.SWEpisodes.SW_DECOM.notna()).to_numpy(dtype=bool)
    pairs = (first >= 0) & (latest >= 0) & np.append(left_open, False)[latest]
    ours, theirs = pd.Series(first[pairs]), pd.Series(latest[pairs])
    texts = take(c.text(TABLE, field), ours), take(last.text(TABLE, field), theirs)
    days = take(c.SWEpisodes[field], ours), take(last.SWEpisodes[field], theirs)
    same = same_value(*texts, *days) if field == "SW_DECOM" else same_value(*texts)
    return flag(TABLE, pd.Index(ours[~same]))


family(
    "ssda903",
    left_open_last_year_differs,
    {"SW16aSTG2": ("SW_ID",), "SW16bSTG2": ("SW_DECOM",), "SW16cSTG2": ("SW_REASON",)},
)
