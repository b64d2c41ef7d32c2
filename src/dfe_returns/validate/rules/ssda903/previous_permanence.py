"""Whether a child who comes into care had left care for a permanent home before."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.rules.ssda903._families import any_filled
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.episodes import at

rule = rules_for("ssda903")
COLLECTED_FROM = pd.Timestamp(2016, 4, 1)
NO_EARLIER_ORDER = "Z1"
ITEMS = ("PREV_PERM", "LA_PERM", "DATE_PERM")
_PARTIAL = re.compile(r"(\d\d|ZZ)/(\d\d|ZZ)/(\d{4}|ZZZZ)", re.ASCII)
_LEAP_YEAR = "2000"


def earliest_day(text: str) -> tuple[bool, np.datetime64]:
    """Whether a date with unknown parts (ZZ) is well formed, and its earliest day (NaT: year unknown)."""
    no_day = np.datetime64("NaT", "us")
    match = _PARTIAL.fullmatch(text)
    if not match:
        return False, no_day
    day, month, year = (part.replace("ZZZZ", "").replace("ZZ", "") for part in match.groups())
    try:
        # an unknown month is read as January, which has every day a month can have
        earliest = dt.date(int(year or _LEAP_YEAR), int(month or "01"), int(day or "01"))
    except ValueError:
        return False, no_day
    return True, np.datetime64(earliest, "us") if year else no_day


@rule("630")
def started_without_previous_permanence(c: LookedAfterData) -> Flags:
    perm, details = c.PrevPerm.PREV_PERM, c.blank("PrevPerm", "LA_PERM") | c.blank("PrevPerm", "DATE_PERM")
    incomplete = perm.isna() | ((perm != NO_EARLIER_ORDER) & details)
    started = (c.Episodes.RNE == "S") & (c.Episodes.DECOM >= c.start)
    missing = ~c.matches("Episodes", "PrevPerm") | c.matches("Episodes", "PrevPerm", where=incomplete)
    return flag("Episodes", started & missing)


@rule("632")
def order_malformed_or_after_entry_to_care(c: LookedAfterData) -> Flags:
    texts = c.PrevPerm.DATE_PERM
    read = {text: earliest_day(text) for text in texts.dropna().unique()}
    malformed = texts.isin([text for text, (well_formed, _) in read.items() if not well_formed])
    earliest = pd.Series({text: day for text, (_, day) in read.items()}, dtype="datetime64[us]")
    failing = malformed | (at(earliest, texts) >= c.first_episode("PrevPerm", "DECOM"))
    return flag("PrevPerm", failing) + flag("Episodes", pd.Index(c.first_row_of("PrevPerm")[failing]))


@rule("634")
def previous_permanence_of_care_before_2016(c: LookedAfterData) -> Flags:
    starts = c.Episodes.DECOM
    dated = c.matches("PrevPerm", "Episodes", where=starts.notna())
    recent = c.matches("PrevPerm", "Episodes", where=starts >= COLLECTED_FROM)
    failing = any_filled(c, "PrevPerm", *ITEMS) & dated & ~recent
    return flag("PrevPerm", failing) + flag("Episodes", c.matches("Episodes", "PrevPerm", where=failing))


@rule("635")
def details_without_an_order(c: LookedAfterData) -> Flags:
    none = c.PrevPerm.PREV_PERM.isna() | (c.PrevPerm.PREV_PERM == NO_EARLIER_ORDER)
    return flag("PrevPerm", none & any_filled(c, "PrevPerm", "LA_PERM", "DATE_PERM"))
