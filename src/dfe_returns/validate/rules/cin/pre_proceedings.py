"""Pre-proceedings and family group decision making (from 2026-27). Most rules are look-alikes of others."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("9010Q")
def meeting_offered_but_held_or_not_unsaid(c: CinData) -> Flags:
    offered = c.true_flag("PreProceedings", "FGDMMeetingOffer")
    return flag("PreProceedings", offered & c.PreProceedings.FGDMMeetingFac.isna())
