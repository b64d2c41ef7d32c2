"""Rules that compare records with each other, held against comparing every pair by hand on small random returns."""

import random
from itertools import permutations, product

import pandas as pd
import pytest

from dfe_returns.validate.engine import validate

START, END = pd.Timestamp(2025, 4, 1), pd.Timestamp(2026, 3, 31)
NEXT_DAY = END + pd.Timedelta(days=1)
FIELDS = {
    "CINdetails": ("CINreferralDate", "CINclosureDate", "DateOfInitialCPC"),
    "Assessments": ("AssessmentActualStartDate", "AssessmentAuthorisationDate"),
    "Section47": ("S47ActualStartDate", "DateOfInitialCPC"),
    "CINplanDates": ("CINPlanStartDate", "CINPlanEndDate"),
    "ChildProtectionPlans": ("CPPstartDate", "CPPendDate"),
    "Reviews": ("CPPreviewDate",),
}
FLAGS = {"CINdetails": "ReferralNFA", "Section47": "ICPCnotRequired"}


def some_return(chance):
    """Few children, episodes and days, so that rows meet; blanks among keys, days and flags."""
    days = [START + pd.Timedelta(days=d) for d in (-9, -1, 0, 1, 2, 3, 4, 200, 363, 364, 365)]
    tables = {}
    for table, fields in FIELDS.items():
        rows = []
        episodes = list(product("AB", "12")) if table == "CINdetails" else [(None, None)] * 7
        for child, episode in episodes:
            row = {
                "LAchildID": child or chance.choice(["A", "A", "B", "B", None]),
                "CINdetailsID": episode or chance.choice(["1", "1", "2", None]),
                "CPPID": chance.choice(["1", "2"]),
            }
            row |= {field: chance.choice([*days, None]) for field in fields}
            if table in FLAGS:
                row[FLAGS[table]] = chance.choice(["0", "1", "false", "TRUE", None, "x"])
            rows.append(row)
        if table == "ChildProtectionPlans":  # a plan number stands once in an episode
            rows = list({(r["LAchildID"], r["CINdetailsID"], r["CPPID"]): r for r in rows}.values())
        tables[table] = rows
    return tables


def true(cell):
    return cell is not None and cell.lower() in ("1", "true")


def false(cell):
    return cell is not None and cell.lower() in ("0", "false")


def same(a, b, *keys):
    return all(a[key] is not None and a[key] == b[key] for key in keys)


def overlap(table, keys, start, end, upper):
    """Different rows A and B where A starts within B; `upper(B)`: the first day after B, None = B holds nothing."""

    def rule(tables):
        for (i, a), (j, b) in permutations(enumerate(tables[table]), 2):
            if same(a, b, *keys) and a[start] and b[start] and upper(b) and b[start] <= a[start] < upper(b):
                yield from ((table, i, start), (table, j, start), (table, j, end))

    return rule


def closed_or_end(end):
    return lambda b: b[end] + pd.Timedelta(days=1) if b[end] else NEXT_DAY


def during(table, start, others, first, last):
    def rule(tables):
        for (i, a), (j, b) in product(enumerate(tables[table]), enumerate(tables[others])):
            if same(a, b, "LAchildID") and a[start] and b[first] and b[first] <= a[start] < (b[last] or NEXT_DAY):
                yield from ((table, i, start), (others, j, first), (others, j, last))

    return rule


def rule_2884(tables):
    for (i, a), (j, b) in product(enumerate(tables["Section47"]), enumerate(tables["CINdetails"])):
        if same(a, b, "LAchildID") and a["DateOfInitialCPC"] and a["DateOfInitialCPC"] == b["DateOfInitialCPC"]:
            yield from (("Section47", i, "DateOfInitialCPC"), ("CINdetails", j, "DateOfInitialCPC"))


def rule_2885(tables):
    plans = [
        (i, p)
        for i, p in enumerate(tables["ChildProtectionPlans"])
        if p["CPPstartDate"] and START <= p["CPPstartDate"] <= END
    ]
    counted = [(i, s) for i, s in enumerate(tables["Section47"]) if not true(s["ICPCnotRequired"])]
    keys = ("LAchildID", "CINdetailsID")

    def conferences(plan):
        after_enquiry = [("Section47", i, s["DateOfInitialCPC"]) for i, s in counted if same(plan, s, *keys)]
        own = [
            ("CINdetails", i, d["DateOfInitialCPC"]) for i, d in enumerate(tables["CINdetails"]) if same(plan, d, *keys)
        ]
        return after_enquiry or own

    def agrees(plan):
        return any(day == plan["CPPstartDate"] for _, _, day in conferences(plan) if day)

    for i, plan in plans:
        if not agrees(plan):
            yield "ChildProtectionPlans", i, "CPPstartDate"
        if not any(agrees(other) for _, other in plans if same(plan, other, *keys)):
            yield from ((table, row, "DateOfInitialCPC") for table, row, _ in conferences(plan))


def rule_4003(tables):
    for i, review in enumerate(tables["Reviews"]):
        day = review["CPPreviewDate"]
        own = [
            (j, p)
            for j, p in enumerate(tables["ChildProtectionPlans"])
            if same(review, p, "LAchildID", "CINdetailsID", "CPPID")
        ]
        if not day or any(p["CPPendDate"] == day for _, p in own):
            continue
        for k, plan in enumerate(tables["CINplanDates"]):
            first, last = plan["CINPlanStartDate"], plan["CINPlanEndDate"]
            if same(review, plan, "LAchildID", "CINdetailsID") and first and last and first <= day < last:
                yield "Reviews", i, "CPPreviewDate"
                yield from (("CINplanDates", k, "CINPlanStartDate"), ("CINplanDates", k, "CINPlanEndDate"))
                yield from (("ChildProtectionPlans", j, "CPPendDate") for j, _ in own)


def rule_8565(tables):
    for i, episode in enumerate(tables["CINdetails"]):
        closed = episode["CINclosureDate"]
        for table, fields in FIELDS.items():
            for (j, row), field in product(enumerate(tables[table]), fields):
                mine = i == j if table == "CINdetails" else same(row, episode, "LAchildID", "CINdetailsID")
                left_out = field in ("CPPstartDate", "CPPreviewDate", "CINreferralDate", "CINclosureDate")
                if mine and not left_out and closed and row[field] and row[field] > closed:
                    yield from (("CINdetails", i, "CINclosureDate"), (table, j, field))


def rule_8816(tables):
    rows = [(i, r) for i, r in enumerate(tables["CINdetails"]) if r["LAchildID"] and r["CINreferralDate"]]
    for i, row in rows:
        family = [(j, r) for j, r in rows if r["LAchildID"] == row["LAchildID"]]
        latest = max(family, key=lambda place: (place[1]["CINreferralDate"], -place[0]))[0]
        if row["CINclosureDate"] is None and false(row["ReferralNFA"]) and i != latest:
            yield from (("CINdetails", i, "CINreferralDate"), ("CINdetails", latest, "CINreferralDate"))


RULES = {
    "2884": rule_2884,
    "2885": rule_2885,
    "4003": rule_4003,
    "4014": overlap(
        "CINplanDates", ["LAchildID"], "CINPlanStartDate", "CINPlanEndDate", closed_or_end("CINPlanEndDate")
    ),
    "4016": during("CINplanDates", "CINPlanStartDate", "ChildProtectionPlans", "CPPstartDate", "CPPendDate"),
    "4017": during("ChildProtectionPlans", "CPPstartDate", "CINplanDates", "CINPlanStartDate", "CINPlanEndDate"),
    "8565": rule_8565,
    "8816": rule_8816,
    "8820": overlap(
        "CINdetails",
        ["LAchildID"],
        "CINreferralDate",
        "CINclosureDate",
        lambda b: b["CINclosureDate"] or (END if false(b["ReferralNFA"]) else None),
    ),
    "8863Q": overlap(
        "Assessments",
        ["LAchildID", "CINdetailsID"],
        "AssessmentActualStartDate",
        "AssessmentAuthorisationDate",
        closed_or_end("AssessmentAuthorisationDate"),
    ),
    "8890": overlap(
        "Section47",
        ["LAchildID", "CINdetailsID"],
        "S47ActualStartDate",
        "DateOfInitialCPC",
        lambda b: (
            None
            if b["DateOfInitialCPC"] is None and true(b["ICPCnotRequired"])
            else closed_or_end("DateOfInitialCPC")(b)
        ),
    ),
    "8940": overlap("ChildProtectionPlans", ["LAchildID"], "CPPstartDate", "CPPendDate", closed_or_end("CPPendDate")),
}


@pytest.mark.parametrize("seed", range(25))
def test_as_if_every_pair_were_compared(seed):
    chance = random.Random(seed)
    tables = some_return(chance)
    frames = {
        name: pd.DataFrame(rows).drop(columns=[] if name in ("ChildProtectionPlans", "Reviews") else "CPPID")
        for name, rows in tables.items()
    }
    issues = validate("cin", "2025-26", frames, rules=list(RULES), timings={"strict": 0.0})
    for code, rule in RULES.items():
        mine = issues[issues["code"] == code]
        assert set(zip(mine["table"], mine["row"], mine["field"], strict=True)) == set(rule(tables)), code
