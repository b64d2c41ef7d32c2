"""Deprivation of liberty orders."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    ends_by_start,
    later_than_end,
    not_closed_within_care,
    on_or_before_birth,
    open_record_carried_over,
    outside_year,
    starts_while_another_runs,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.intervals import FAR, touched

rule = rules_for("ssda903")
DATES = ("DoLo", "DOLO_START", "DOLO_END")
EXPECTED = frozenset({"K2", "Z12", "Z13"})
RULED_OUT = frozenset({"K1", "P1", "R5", "K3"})

family("ssda903", ends_by_start, {"702": DATES})
family("ssda903", later_than_end, {"703": ("DoLo", "DOLO_START")})
family("ssda903", outside_year, {"704": ("DoLo", "DOLO_END")})
family("ssda903", starts_while_another_runs, {"705": DATES})
family("ssda903", open_record_carried_over, {"706": DATES})
family("ssda903", not_closed_within_care, {"707": DATES})
family("ssda903", on_or_before_birth, {"708": ("DoLo", "DOLO_START")})


def _placed_during_an_order(c: LookedAfterData, placements: pd.Series) -> Flags:
    """Ended orders, and the chosen episodes that share a day with one; an order still open is not judged."""
    d, e = c.DoLo, c.Episodes
    orders = (c.child("DoLo"), d.DOLO_START, d.DOLO_END)
    episodes = (c.child("Episodes").where(placements, -1), e.DECOM, e.DEC.fillna(FAR))
    return flag("DoLo", touched(*orders, *episodes)) + flag("Episodes", touched(*episodes, *orders))


@rule("709")
def unexpected_placement(c: LookedAfterData) -> Flags:
    return _placed_during_an_order(c, ~c.Episodes.PLACE.isin(EXPECTED))


@rule("710")
def placement_ruled_out(c: LookedAfterData) -> Flags:
    return _placed_during_an_order(c, c.Episodes.PLACE.isin(RULED_OUT))
