"""Unaccompanied asylum-seeking children."""

from __future__ import annotations

from dfe_returns.validate.cells import add_years, day_plus_years
from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.rules.ssda903._families import any_filled, child_rows
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.lists import CARE_LEAVER_ITEMS

rule = rules_for("ssda903")


@rule("104")
def end_of_status_no_date_or_before_the_year(c: LookedAfterData) -> Flags:
    return flag("UASC", c.unreadable("UASC", "DUC") | (c.UASC.DUC < c.start))


@rule("205A")
def no_longer_asylum_seeking(c: LookedAfterData) -> Flags:
    first, last = day_plus_years(c.start, -1), day_plus_years(c.end, -1)
    flags: Flags = []
    for table in ("UASC", "Header"):
        then = c.duc_last(table)
        unfit = c.duc_filled(table) | ~((then >= first) & (then <= last))
        flags += flag(table, c.is_child_row(table) & ~c.uasc_flag(table) & c.uasc_flag_last(table) & unfit)
    return flags


@rule("205B")
def asylum_seeking_in_both_years(c: LookedAfterData) -> Flags:
    flags: Flags = []
    for table in ("UASC", "Header"):
        now, then = c.duc(table), c.duc_last(table)
        adult = add_years(c.from_last(table, "UASC", "DOB"), 18)
        not_at_18 = adult.notna() & ~(then == adult)
        elsewhere = ~c.in_period(now) & ~(now == then)
        both = c.uasc_flag(table) & c.uasc_flag_last(table)
        flags += flag(table, c.is_child_row(table) & both & (not_at_18 | elsewhere))
    return flags


@rule("205C")
def end_of_a_status_never_held(c: LookedAfterData) -> Flags:
    flags: Flags = []
    for table in ("UASC", "Header"):
        dated = c.duc(table).notna() | c.duc_last(table).notna()
        flags += flag(table, c.is_child_row(table) & ~c.known_uasc(table) & dated)
    return flags


@rule("205D")
def newly_asylum_seeking(c: LookedAfterData) -> Flags:
    table = "Header" if c.has("Header") else "UASC"
    there_last = c.in_last(table, "Header") | c.in_last(table, "UASC")
    return flag(table, c.is_child_row(table) & there_last & c.uasc_flag(table) & ~c.uasc_flag_last(table))


@rule("231")
def under_11(c: LookedAfterData) -> Flags:
    seeking = c.Header.UASC == "1" if c.flag_in_header else c.uasc_flag("Header")
    return flag("Header", seeking & (add_years(c.Header.DOB, 11) > c.end))


@rule("303")
def end_of_status_without_flag(c: LookedAfterData) -> Flags:
    failing = c.matches("UASC", "Header") & c.filled("UASC", "DUC") & ~c.uasc_flag("UASC")
    return flag("UASC", failing) + flag("Header", child_rows(c, "UASC", "Header", failing))


@rule("304")
def end_of_status_after_18(c: LookedAfterData) -> Flags:
    return flag("UASC", c.UASC.DUC > add_years(c.UASC.DOB, 18))


@rule("1014")
def asylum_data_of_a_care_leaver(c: LookedAfterData) -> Flags:
    items = any_filled(c, "OC3", *CARE_LEAVER_ITEMS).astype("boolean")
    flags: Flags = []
    for table in ("UASC", "OC3"):
        care_leaver = take(items, c.partner(table, "OC3", "child")).fillna(False).astype(bool)
        seeking = c.matches(table, "UASC")
        if c.flag_in_header:
            seeking &= c.uasc_flag(table) | c.duc_filled(table)
        in_care = c.matches(table, "Episodes", where=c.overlaps_year)
        flags += flag(table, c.is_child_row(table) & care_leaver & seeking & ~in_care)
    return flags
