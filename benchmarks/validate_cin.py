"""The census rules by themselves: all of them over a made-up return held in memory, and the ten that take longest.

Days and codes are drawn at random and one cell in ten is spoilt besides: nearly every record has issues, so this is
about the worst that a file can ask of the rules.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from benchmarks.measure import row
from dfe_returns.contract import contract
from dfe_returns.validate.engine import validate

YEAR = "2025-26"
FIRST_DAY = np.datetime64("2025-04-01")
FAULTS = ("", "unreadable", "2031-01-01", "1999-12-31")


def main(children: int, share: float) -> None:
    tables = census(children, share)
    timings: dict[str, float] = {}
    began = time.perf_counter()
    issues = validate("cin", YEAR, tables, timings=timings)
    seconds = time.perf_counter() - began
    rows = sum(len(frame) for frame in tables.values())
    print(f"{children:,} children, {rows:,} rows, {len(timings)} rules, {len(issues):,} issues: {seconds:.1f} s")
    print()
    print(row(["slowest rules", "seconds", "title"]))
    print(row(["---", "---:", "---"]))
    rules = contract("cin", YEAR).rules
    for code in sorted(timings, key=lambda c: -timings[c])[:10]:
        print(row([code, f"{timings[code]:.3f}", rules[code].title]))


def census(children: int, share: float, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Return tables as a reader gives them: text, one frame per module, with `share` of the cells at fault."""
    chance = np.random.default_rng(seed)

    def spoilt(cells: np.ndarray) -> np.ndarray:
        cells = cells.astype(object)
        at = chance.random(len(cells)) < share
        cells[at] = chance.choice(np.array(FAULTS, dtype=object), at.sum())
        return cells

    def days(number: int, first: int, last: int) -> np.ndarray:
        return spoilt((FIRST_DAY + chance.integers(first, last, number)).astype(str))

    def codes(name: str, number: int) -> np.ndarray:
        return spoilt(chance.choice(np.array(list(contract("cin", YEAR).codesets[name].codes), dtype=object), number))

    def part(keys: pd.DataFrame, per_row: float, number: str = "") -> pd.DataFrame:
        chosen = keys.iloc[np.sort(chance.integers(0, len(keys), int(len(keys) * per_row)))].reset_index(drop=True)
        if number:
            chosen[number] = (chosen.groupby(list(chosen.columns)).cumcount() + 1).astype(str)
        return chosen

    child = pd.DataFrame({"LAchildID": np.char.add("C", np.arange(children).astype(str)).astype(object)})
    episode = part(child, 1.2, "CINdetailsID")
    assessment = part(episode, 0.8, "AssessmentID")
    plan = part(episode, 0.2, "CPPID")
    factor, review, enquiry, need, disability = (
        part(assessment, 2.0), part(plan, 1.5), part(episode, 0.4), part(episode, 0.5), part(child, 1.0)
    )  # fmt: skip
    n = len(child)
    return {
        "Header": pd.DataFrame({"Collection": ["CIN"], "Year": ["2026"], "ReferenceDate": ["2026-03-31"]}),
        "ChildIdentifiers": child.assign(
            UPN=spoilt(np.char.add("A", chance.integers(10**11, 10**12, n).astype(str))),
            PersonBirthDate=days(n, -6000, 300),
            ExpectedPersonBirthDate=np.where(chance.random(n) < 0.02, "2026-06-01", ""),
            PersonDeathDate=np.where(chance.random(n) < 0.01, "2025-09-01", ""),
            Sex=codes("sex", n),
        ),
        "ChildCharacteristics": child.assign(Ethnicity=codes("ethnicity", n)),
        "Disabilities": disability.assign(Disability=codes("disability", len(disability))),
        "CINdetails": episode.assign(
            CINreferralDate=days(len(episode), -400, 360),
            ReferralSource=codes("referral_source", len(episode)),
            PrimaryNeedCode=codes("primary_need", len(episode)),
            CINclosureDate=np.where(chance.random(len(episode)) < 0.5, days(len(episode), 0, 365), ""),
            ReasonForClosure=np.where(chance.random(len(episode)) < 0.5, codes("reason_for_closure", len(episode)), ""),
            DateOfInitialCPC=np.where(chance.random(len(episode)) < 0.02, days(len(episode), 0, 365), ""),
            ReferralNFA=spoilt(chance.choice(np.array(["0", "0", "0", "1"], dtype=object), len(episode))),
        ),
        "Assessments": assessment.assign(
            AssessmentActualStartDate=days(len(assessment), -100, 365),
            AssessmentAuthorisationDate=days(len(assessment), 0, 365),
        ),
        "AssessmentFactorsList": factor.assign(AssessmentFactor=codes("assessment_factors", len(factor))),
        "CINplanDates": need.assign(
            CINPlanStartDate=days(len(need), -400, 365), CINPlanEndDate=days(len(need), 0, 365)
        ),
        "Section47": enquiry.assign(
            S47ActualStartDate=days(len(enquiry), -20, 365),
            InitialCPCtarget=days(len(enquiry), 0, 365),
            DateOfInitialCPC=days(len(enquiry), 0, 365),
            ICPCnotRequired=spoilt(chance.choice(np.array(["0", "1"], dtype=object), len(enquiry))),
        ),
        "ChildProtectionPlans": plan.assign(
            CPPstartDate=days(len(plan), -400, 365),
            CPPendDate=days(len(plan), 0, 365),
            InitialCategoryOfAbuse=codes("category_of_abuse", len(plan)),
            LatestCategoryOfAbuse=codes("category_of_abuse", len(plan)),
            NumberOfPreviousCPP=spoilt(chance.integers(0, 4, len(plan)).astype(str)),
        ),
        "Reviews": review.assign(CPPreviewDate=days(len(review), 0, 365)),
        "PreProceedings": pd.DataFrame({"LAchildID": [], "CINdetailsID": []}, dtype="str"),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=100_000)
    parser.add_argument("--fault-share", type=float, default=0.1)
    given = parser.parse_args()
    main(given.children, given.fault_share)
