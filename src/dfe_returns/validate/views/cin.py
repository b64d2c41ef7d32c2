"""The CIN census as its rules see it. Reading conventions: letter case kept, a date that cannot be read counts as missing."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from dfe_returns.contract import Rule
from dfe_returns.validate.cells import cin_day, day_plus_years
from dfe_returns.validate.data import ReturnData


class CinData(ReturnData):
    """Views that several census rules need, in the census's own words."""

    levels = {
        "child": ("LAchildID",),
        "episode": ("LAchildID", "CINdetailsID"),
        "assessment": ("LAchildID", "CINdetailsID", "AssessmentID"),
        "plan": ("LAchildID", "CINdetailsID", "CPPID"),
    }
    date_format = "%Y-%m-%d"

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

    # ---- period: the header's reference date, else 31 March of its year, else of the year being run ----------------------

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
        return day_plus_years(self.end, -1) + pd.Timedelta(days=1)

    # ---- flags -----------------------------------------------------------------------------------------------------------

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

    # ---- children --------------------------------------------------------------------------------------------------------

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

    # ---- factors ---------------------------------------------------------------------------------------------------------

    @cached_property
    def factors(self) -> pd.DataFrame:
        """One row per factor of an assessment: `group` (the assessment's number) and `code`; -1 groups are left out.

        From AssessmentFactorsList; where that table was not supplied, from the comma list in Assessments.AssessmentFactors.
        """
        if self.has("AssessmentFactorsList"):
            keys = self.keys("assessment", "Assessments", "AssessmentFactorsList")
            group, code = self.codes("AssessmentFactorsList", keys), self.AssessmentFactorsList.AssessmentFactor
        else:
            cells = self.text("Assessments", "AssessmentFactors")
            parted = cells.str.split(",").explode().str.strip(" \t[](){}'\"")
            code = parted.where(parted != "")
            # the comma list hangs on its own row: no key is needed to find it
            group = parted.index.to_numpy()
        frame = pd.DataFrame({"group": np.asarray(group, dtype=np.int64), "code": pd.array(np.asarray(code, dtype=object), dtype="str")})
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

    def extra_columns(self, table: str) -> tuple[str, ...]:
        return ("AssessmentFactors",) if table == "Assessments" else ()
