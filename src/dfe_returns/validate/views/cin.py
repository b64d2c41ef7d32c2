"""The CIN census as its rules see it: letter case is kept, and a date that cannot be read counts as missing."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from dfe_returns.contract import Rule
from dfe_returns.validate.cells import EDGES, Column, cin_day, day_plus_days, day_plus_years
from dfe_returns.validate.data import ReturnData


class CinData(ReturnData):
    """Views that several census rules need, in the census's own words."""

    levels: ClassVar = {
        "child": ("LAchildID",),
        "episode": ("LAchildID", "CINdetailsID"),
        "assessment": ("LAchildID", "CINdetailsID", "AssessmentID"),
        "plan": ("LAchildID", "CINdetailsID", "CPPID"),
    }
    date_format = "%Y-%m-%d"

    AFTER_ASSESSMENT = ("RC8", "RC9")
    """Reasons for closure that say the case ended with its assessment."""

    @staticmethod
    def normal(text: str) -> str:
        return text

    @staticmethod
    def day(text: str) -> np.datetime64:
        return cin_day(text)

    def stands_in(self, rule: Rule, table: str) -> bool:
        """The period can be taken from the collection year, and factors from the list in Assessments."""
        if table == "Header":
            return rule.code != "100"
        return table == "AssessmentFactorsList" and self.has_column("Assessments", "AssessmentFactors")

    # ---- period: the header's reference date, else 31 March of its year, else of the year being run -----------------

    def _default_end(self) -> pd.Timestamp:
        header = self.Header
        if len(header):
            if not pd.isna(header.ReferenceDate.iloc[0]):
                return pd.Timestamp(header.ReferenceDate.iloc[0])
            year = header.Year.iloc[0]
            if isinstance(year, str) and len(year) == 4 and year.isascii() and year.isdigit() and year != "0000":
                return pd.Timestamp(int(year), 3, 31)
        return super()._default_end()

    def _default_start(self) -> pd.Timestamp:
        return day_plus_days(day_plus_years(self.end, -1), 1)

    # ---- flags ------------------------------------------------------------------------------------------------------

    def true_flag(self, table: str, field: str) -> pd.Series:
        """The cell is 1 or true, ignoring case."""
        return self.frame(table)[field].str.lower().isin(["1", "true"])

    def false_flag(self, table: str, field: str) -> pd.Series:
        """The cell is 0 or false, ignoring case."""
        return self.frame(table)[field].str.lower().isin(["0", "false"])

    @cached_property
    def no_further_action(self) -> pd.Series:
        """CINdetails rows whose ReferralNFA is a true flag."""
        return self.true_flag("CINdetails", "ReferralNFA")

    @cached_property
    def went_further(self) -> pd.Series:
        """CINdetails rows whose ReferralNFA is a false flag."""
        return self.false_flag("CINdetails", "ReferralNFA")

    # ---- children ---------------------------------------------------------------------------------------------------

    @property
    def sex_field(self) -> tuple[str, str]:
        """The year's item for sex, and its code for unknown."""
        return ("Sex", "U") if self.since("2024-25") else ("GenderCurrent", "0")

    @cached_property
    def disabled_rows(self) -> pd.Series:
        """Disabilities rows that hold a disability: filled and not NONE."""
        code = self.Disabilities.Disability
        return code.notna() & (code.str.upper() != "NONE")

    def of_child(self, table: str, field: str) -> pd.Series:
        """The value of a ChildIdentifiers field of the row's child."""
        return self.look_up(table, "ChildIdentifiers", field, "child")

    def of_episode(self, table: str, field: str) -> pd.Series:
        """The value of a CINdetails field of the row's CIN episode."""
        return self.look_up(table, "CINdetails", field, "episode")

    def child_row(self, table: str, rows: pd.Series) -> pd.Index:
        """Positions in ChildIdentifiers of the children of the chosen rows."""
        return pd.Index(self.partner(table, "ChildIdentifiers", "child")[rows])

    def episode_row(self, table: str, rows: pd.Series) -> pd.Index:
        """Positions in CINdetails of the CIN episodes of the chosen rows."""
        return pd.Index(self.partner(table, "CINdetails", "episode")[rows])

    def of_plan(self, table: str, field: str) -> pd.Series:
        """The value of a ChildProtectionPlans field of the row's plan."""
        return self.look_up(table, "ChildProtectionPlans", field, "plan")

    def plan_row(self, table: str, rows: pd.Series) -> pd.Index:
        """Positions in ChildProtectionPlans of the plans of the chosen rows."""
        return pd.Index(self.partner(table, "ChildProtectionPlans", "plan")[rows])

    # ---- CIN episodes -----------------------------------------------------------------------------------------------

    @cached_property
    def open_episodes(self) -> pd.Series:
        """CINdetails rows without a closure date whose referral went further."""
        return self.CINdetails.CINclosureDate.isna() & self.went_further

    @cached_property
    def closed_after_assessment(self) -> pd.Series:
        """CINdetails rows whose reason for closure is RC8 or RC9."""
        return self.CINdetails.ReasonForClosure.isin(self.AFTER_ASSESSMENT)

    @cached_property
    def latest_referral(self) -> pd.Series:
        """For each dated CINdetails row the position of its child's latest referral (the first of equals); else -1."""
        referred = self.CINdetails.CINreferralDate
        child = self.child("CINdetails")
        known = referred.notna() & (child >= 0)
        dated = pd.DataFrame({"child": child, "referred": referred})[known]
        latest = dated.sort_values("referred", ascending=False, kind="stable").drop_duplicates("child")
        position = pd.Series(latest.index, index=latest.child)
        return child.map(position).where(known, -1).astype("int64")

    def earliest(self, table: str, other: str, field: str, level: str = "episode") -> pd.Series:
        """For each row of `table` the earliest date of a field of `other` in its group; missing where there is none."""
        return self._extreme(table, other, field, level, np.minimum)

    def latest(self, table: str, other: str, field: str, level: str = "episode") -> pd.Series:
        """For each row of `table` the latest date of a field of `other` in its group; missing where there is none."""
        return self._extreme(table, other, field, level, np.maximum)

    def _extreme(self, table: str, other: str, field: str, level: str, choose: np.ufunc) -> pd.Series:
        keys = self.keys(level, table, other)
        ours, theirs = self.codes(table, keys), self.codes(other, keys)
        days = self.frame(other)[field].to_numpy()
        known = (theirs >= 0) & ~np.isnat(days)
        best = np.full(
            max(int(ours.max(initial=-1)), int(theirs.max(initial=-1))) + 2, np.datetime64("NaT"), dtype=days.dtype
        )
        best[theirs[known]] = days[known]
        choose.at(best, theirs[known], days[known])
        return pd.Series(np.where(ours >= 0, best[ours], np.datetime64("NaT")), index=pd.RangeIndex(len(ours)))

    # ---- section 47 enquiries ---------------------------------------------------------------------------------------

    @cached_property
    def open_enquiries(self) -> pd.Series:
        """Section47 rows without a conference date and not flagged as needing none."""
        return self.Section47.DateOfInitialCPC.isna() & ~self.true_flag("Section47", "ICPCnotRequired")

    @cached_property
    def awaiting_conference(self) -> pd.Series:
        """Section47 rows without a conference date that are flagged as needing one."""
        return self.Section47.DateOfInitialCPC.isna() & self.false_flag("Section47", "ICPCnotRequired")

    # ---- factors ----------------------------------------------------------------------------------------------------

    @cached_property
    def factors(self) -> pd.DataFrame:
        """One row per factor of an assessment: `group` (the assessment's number) and `code`; -1 groups are left out.

        From AssessmentFactorsList; where that table was not supplied, from the list in Assessments.AssessmentFactors.
        """
        if self.has("AssessmentFactorsList"):
            keys = self.keys("assessment", "Assessments", "AssessmentFactorsList")
            group, code = self.codes("AssessmentFactorsList", keys), self.AssessmentFactorsList.AssessmentFactor
        else:
            cells = self.text("Assessments", "AssessmentFactors")
            # typed again: without a single filled cell the parts are no longer text to pandas
            parted = cells.str.split(",").explode().astype("str").str.strip(EDGES + "[](){}'\"")
            code = parted.where(parted != "")
            # the comma list hangs on its own row: no key is needed to find it
            group = parted.index.to_numpy()
        frame = pd.DataFrame(
            {"group": np.asarray(group, dtype=np.int64), "code": pd.array(np.asarray(code, dtype=object), dtype="str")}
        )
        return frame[frame.code.notna() & (frame.group >= 0)].reset_index(drop=True)

    @cached_property
    def assessment_group(self) -> pd.Series:
        """The number by which each Assessments row finds its `factors`; -1 = none."""
        if not self.has("AssessmentFactorsList"):
            return pd.Series(np.arange(self.rows("Assessments")), index=pd.RangeIndex(self.rows("Assessments")))
        return self.group("Assessments", "assessment", "AssessmentFactorsList")

    def has_factor(self, chosen: pd.Series) -> pd.Series:
        """Assessments rows that have one of the chosen rows of `factors` (a boolean over `factors`)."""
        return self.assessment_group.isin(self.factors.group[chosen])

    def column(self, table: str, field: str) -> Column:
        """As elsewhere; an assessment's factors become a comma list where the caller gave only their own table."""
        wanted = (table, field) == ("Assessments", "AssessmentFactors")
        if (
            wanted
            and self.has("AssessmentFactorsList")
            and not self.has_column(table, field)
            and (table, field) not in self._columns
        ):
            lists = self.factors.groupby("group", sort=False)["code"].agg(",".join)
            cells = self.assessment_group.map(lists)
            self._columns[table, field] = Column.read(cells, self.normal, self.day, self.date_format)
        return super().column(table, field)

    def extra_columns(self, table: str) -> tuple[str, ...]:
        return ("AssessmentFactors",) if table == "Assessments" else ()
