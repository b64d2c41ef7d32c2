"""Closure of a CIN episode."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("8630")
def closed_before_referral(c: CinData) -> Flags:
    return flag("CINdetails", c.CINdetails.CINclosureDate < c.CINdetails.CINreferralDate)
