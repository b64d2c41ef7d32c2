"""Times when a child was missing or away without authorisation."""

from __future__ import annotations

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.data import in_intervals
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    ends_before_start,
    given_needs_companion,
    later_than_end,
    not_closed_within_care,
    on_or_before_birth,
    open_record_carried_over,
    outside_year,
    starts_while_another_runs,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.intervals import FAR

rule = rules_for("ssda903")
DATES = ("Missing", "MIS_START", "MIS_END")

family(
    "ssda903",
    given_needs_companion,
    {
        "564": ("Missing", "MISSING", "MIS_START", {"M", "A"}),
        "565": ("Missing", "MIS_START", "MISSING"),
        "566": ("Missing", "MIS_END", "MISSING"),
    },
)
family("ssda903", ends_before_start, {"567": DATES})
family("ssda903", later_than_end, {"570": ("Missing", "MIS_START")})
family("ssda903", outside_year, {"571": ("Missing", "MIS_END")})
family("ssda903", starts_while_another_runs, {"574": DATES})
family("ssda903", open_record_carried_over, {"576": DATES})
family("ssda903", not_closed_within_care, {"577": DATES})
family("ssda903", on_or_before_birth, {"586": ("Missing", "MIS_START")})


@rule("575")
def left_open_though_the_episode_ended(c: LookedAfterData) -> Flags:
    m, e = c.Missing, c.Episodes
    held, _ = in_intervals(c.child("Missing"), m.MIS_START, c.child("Episodes"), e.DECOM, e.DEC)
    return flag("Missing", c.open("Missing", "MIS_END") & (held > 0))


@rule("578")
def began_outside_care(c: LookedAfterData) -> Flags:
    starts = c.Missing.MIS_START
    in_care = c.in_care_on("Missing", starts, last_day=False)
    return flag("Missing", starts.notna() & c.has_spell("Missing") & ~in_care)


@rule("580")
def missing_at_18_but_another_reason(c: LookedAfterData) -> Flags:
    m, e = c.Missing, c.Episodes
    until_18 = m.MIS_END.where(m.MIS_END == add_years(m.DOB, 18))
    held, _ = in_intervals(c.child("Episodes"), e.DEC, c.child("Missing"), until_18, until_18)
    return flag("Episodes", (held > 0) & ~(e.REC == "E8"))


@rule("581")
def began_outside_every_episode(c: LookedAfterData) -> Flags:
    starts, e = c.Missing.MIS_START, c.Episodes
    held, _ = in_intervals(c.child("Missing"), starts, c.child("Episodes"), e.DECOM, e.DEC.fillna(FAR))
    return flag("Missing", starts.notna() & c.matches("Missing", "Episodes") & (held == 0))
