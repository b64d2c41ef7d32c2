"""Retention by record type and trigger; holds beat everything; deletion leaves a trace without values (R36-R40)."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from dfe_returns.config import Config
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import disclosures_of
from dfe_returns.evidence.events import events
from dfe_returns.evidence.holds import active_holds, place_hold, release_hold
from dfe_returns.evidence.retention import (
    anniversary,
    apply_retention,
    case_records,
    deleted_files,
    deleted_seasons,
    due_after,
    people_of,
    retention_plan,
    retention_summary,
    season_end,
)
from dfe_returns.evidence.retention_rules import retention_rules
from dfe_returns.evidence.subject import subject_report
from dfe_returns.review.signoff import check_run

from .kept import Clock, census, keep, ledger_at, sign
from .runs import frame

OFFICER = ("R Ecords", "records manager")
CONFIG = Config()


def day(text):
    return pd.to_datetime(pd.Series([text]))


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        ("2001-05-06", 75, "2076-05-06"),
        ("2004-02-29", 75, "2079-03-01"),  # no 29 February that year: the day after, never a day early
        ("2004-02-29", 4, "2008-02-29"),
        ("2026-02-28", 15, "2041-02-28"),
        (None, 75, None),
    ],
)
def test_anniversaries_and_leap_days(start, years, end):
    found = anniversary(day(start), years).iloc[0]
    assert (None if pd.isna(found) else found.date().isoformat()) == end


def people(**own):
    base = {"child": "C1", "birth": "2010-01-01", "death": None, "adoption_order": None, "adoption_decision": None,
            "closed": None,
            "looked_after": False, "protection": False}  # fmt: skip
    row = pd.DataFrame([{**base, **own}])
    for name in ("birth", "death", "adoption_order", "adoption_decision", "closed"):
        row[name] = pd.to_datetime(row[name])
    return row


@pytest.mark.parametrize(
    ("own", "rule", "trigger", "due", "status", "why"),
    [
        ({"looked_after": True}, "RET-CLA", "2010-01-01", "2085-01-01", "keep", ""),
        ({"looked_after": True, "birth": "1950-01-01"}, "RET-CLA", "1950-01-01", "2025-01-01", "expired", ""),
        # died under 18: 15 years from the death
        ({"looked_after": True, "death": "2020-05-01"}, "RET-CLA", "2020-05-01", "2035-05-01", "keep", ""),
        # died on the 18th birthday: an adult, so the 75th birthday counts
        ({"looked_after": True, "death": "2028-01-01"}, "RET-CLA", "2010-01-01", "2085-01-01", "keep", ""),
        ({"looked_after": True, "birth": None}, "RET-CLA", None, None, "ask", "no birth date"),
        ({"looked_after": True, "birth": "2027-01-01"}, "RET-CLA", "2027-01-01", "2102-01-01", "ask",
         "not yet born on that day"),
        ({}, "RET-CIN", "2010-01-01", "2035-01-01", "keep", ""),
        ({"protection": True, "closed": "2015-06-30"}, "RET-CP", "2015-06-30", "2050-06-30", "keep", ""),
        ({"protection": True}, "RET-CP", None, None, "ask", "never closed: give the day of the last contact"),
        ({"protection": True, "adoption_order": "2012-02-29"}, "RET-ADOPT", "2012-02-29", "2112-02-29", "keep", ""),
        ({"protection": True, "adoption_decision": "2012-05-01"}, "RET-ADOPT-NO-ORDER", "2012-05-01", None, "ask",
         "the agency decides how long"),
    ],
)  # fmt: skip
def test_when_a_case_record_is_due(own, rule, trigger, due, status, why):
    found = case_records(people(**own), date(2026, 7, 1)).set_index("rule").loc[rule]
    dates = [None if pd.isna(d) else d.date().isoformat() for d in (found["trigger"], found["due"])]
    assert [*dates, found["status"], found["why"]] == [trigger, due, status, why]


def test_a_hold_covers_case_records_by_rule_and_child(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2026-07-01"))
    everyone = pd.concat([people(birth="1990-01-01"), people(child="C2", birth="1990-01-01")], ignore_index=True)
    release_hold(ledger, "HOLD-IIGG", "L Awyer", "solicitor", "not in scope")
    release_hold(ledger, "HOLD-IIGG", "D Irector", "director", "agreed")
    place_hold(ledger, "x", "y", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, rules=["RET-CIN"], child="C2")
    found = case_records(everyone, date(2026, 7, 1), holds=active_holds(ledger), key=ledger.key)
    assert found.set_index("child")["status"].to_dict() == {"C1": "expired", "C2": "held"}
    both = case_records(everyone, date(2026, 7, 1), holds=active_holds(None))
    assert set(both["status"]) == {"held"}  # the presumed hold


def test_periods_may_be_longer_but_the_law_sets_the_least():
    assert retention_rules({"RET-CIN": 30})["RET-CIN"].until_age == 30
    assert retention_rules({"RET-RETURN-FILE": 10})["RET-LINEAGE"].span == "10 years"
    assert due_after(retention_rules({"RET-STAGING": 1})["RET-STAGING"], date(2026, 7, 1)) == date(2027, 7, 1)
    assert due_after(retention_rules()["RET-STAGING"], date(2026, 7, 1)) == date(2026, 9, 29)
    assert due_after(retention_rules()["RET-APD"], date(2026, 8, 31)) == date(2027, 2, 28)
    with pytest.raises(UsageError, match="shorter than the law allows"):
        retention_rules({"RET-CLA": 25})
    with pytest.raises(UsageError, match="no retention rule"):
        retention_rules({"RET-ALL": 7})


def test_no_single_period_serves_all_records():
    spans = {rule.span for rule in retention_rules().values()}
    assert len(spans) > 5


def test_people_come_from_the_standard_tables():
    person = """
        pers_person_id | pers_dob   | pers_expected_dob | pers_death_date
        1              | 2010-01-01 |                   |
        2              |            | 2026-09-01        |
    """
    permanence = """
        perm_person_id | perm_adm_decision_date | perm_permanence_order_date | perm_permanence_order_type
        1              | 2015-01-01             | 2016-01-01                 | Adoption
    """
    spells = """
        cine_person_id | cine_close_date
        1              | 2015-01-01
        1              |
        2              | 2020-01-01
    """
    tables = {
        "ssd_person": frame(person, ("pers_dob", "pers_expected_dob", "pers_death_date")),
        "ssd_permanence": frame(permanence, ("perm_adm_decision_date", "perm_permanence_order_date")),
        "ssd_cin_episodes": frame(spells, ("cine_close_date",)),
        "ssd_cla_episodes": frame("clae_person_id\n1"),
        "ssd_cp_plans": frame("cppl_person_id\n2"),
        "ssd_s47_enquiry": frame("s47e_person_id\n9"),
    }
    found = people_of(tables).set_index("child")
    assert found["looked_after"].tolist() == [True, False]
    assert found["protection"].tolist() == [False, True]
    assert found["adoption_order"].notna().tolist() == [True, False]
    assert found["closed"].notna().tolist() == [False, True]  # the first is still open


# ---- run folders


CHILDREN = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"


def kept_runs(tmp_path):
    """A season sent in July 2016, one sent in July 2025, one signed and never sent, and a draft of May 2026."""
    clock = Clock("2016-07-01")
    ledger = ledger_at(tmp_path, clock)
    for year, made, run_id, sent in (
        ("2022-23", "2016-07-01", "old", True),
        ("2023-24", "2025-07-01", "sent", True),
        ("2024-25", "2025-07-02", "signed", False),
    ):
        clock.set(made)
        text = CHILDREN if year >= "2024-25" else CHILDREN.replace("Sex", "GenderCurrent").replace("F", "2")
        sign(ledger, keep(tmp_path / run_id, "cin", year, census(year, text), run_id), sent=sent)
    clock.set("2026-05-01")
    draft = keep(tmp_path / "draft-run", "cin", "2025-26", census("2025-26", CHILDREN), "draft")
    ledger.record_run(draft, prepared_by="P Reparer")
    return ledger, clock


def statuses(plan):
    return {(r["run_id"], r["what"]): r["status"] for r in plan.to_dict("records")}


def free(ledger):
    release_hold(ledger, "HOLD-IIGG", "L Awyer", "solicitor", "not in scope")
    release_hold(ledger, "HOLD-IIGG", "D Irector", "director", "agreed")


def test_the_season_ends_with_the_year_of_the_reference_date():
    assert season_end("2022-23") == date(2023, 12, 31)


def test_the_plan_says_what_is_due_held_and_to_ask_and_deletes_nothing(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    plan = retention_plan(ledger, CONFIG, date(2026, 6, 1))
    assert statuses(plan) == {
        ("old", "working copies"): "expired",
        ("old", "return and lineage"): "held",  # by the presumed hold
        ("sent", "working copies"): "expired",
        ("sent", "return and lineage"): "held",
        ("signed", "signed run"): "held",
        ("draft", "unsent run"): "keep",
    }
    free(ledger)
    plan = retention_plan(ledger, CONFIG, date(2031, 2, 1))
    assert statuses(plan) == {
        ("old", "working copies"): "expired",
        ("old", "return and lineage"): "expired",
        ("sent", "working copies"): "expired",
        ("sent", "return and lineage"): "keep",
        ("signed", "signed run"): "ask",  # nobody noted a submission
        ("draft", "unsent run"): "expired",
    }
    assert (tmp_path / "old" / "draft" / "cin.xml").exists()
    counts = retention_summary(plan, case_records(people(birth=None), date(2031, 2, 1)))
    assert counts.loc[counts["rule"].eq("RET-CIN"), ["status", "count"]].values.tolist() == [["ask", 1]]


def test_the_ledgers_rows_about_children_go_with_the_file(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    free(ledger)
    assert set(disclosures_of(ledger, "A1")["run_id"]) >= {"old", "sent"}
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2031, 2, 1))
    assert "old" not in set(disclosures_of(ledger, "A1")["run_id"])
    assert "sent" in set(disclosures_of(ledger, "A1")["run_id"])
    assert ledger.verify().empty  # an entry says what was taken out
    year = ledger.run("old")["year"]
    assert deleted_seasons(ledger) == [{"return": "cin", "year": year, "on": "2026-05-01"}]
    report = subject_report(ledger, "A1", "R Officer", "request")
    assert report["no_longer_known"] == deleted_seasons(ledger)
    with pytest.raises(UsageError, match=f"their period ended: cin {year}"):
        subject_report(ledger, "A77", "R Officer", "request")
    with ledger.engine.begin() as connection:  # taken out without an entry: found
        connection.execute(text("delete from disclosures where run_id = 'sent'"))
    assert "disclosures of run sent" in ledger.verify()["place"].tolist()


def test_findings_of_a_draft_that_was_replaced_go_in_their_time(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    findings = pd.DataFrame({"code": ["1"], "severity": "error", "child": ["A1"], "key": ["k"]})
    first = keep(tmp_path / "again", "cin", "2025-26", census("2025-26", CHILDREN), "first")
    ledger.record_run(first, prepared_by="P Reparer", findings=findings)
    shutil.rmtree(tmp_path / "again")
    second = keep(tmp_path / "again", "cin", "2025-26", census("2025-26", CHILDREN), "second")
    ledger.record_run(second, prepared_by="P Reparer", findings=findings)
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 6, 1))
    assert len(ledger.findings("first")) == 1  # its days are not over
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 8, 1))
    assert ledger.findings("first").empty
    assert ledger.findings("second").empty
    before = len(events(ledger, "deleted"))
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 8, 1))
    assert len(events(ledger, "deleted")) == before
    assert ledger.verify().empty


def test_the_record_of_adoption_disclosures_stays(tmp_path):
    clock = Clock("2020-07-01")
    ledger = ledger_at(tmp_path, clock)
    tables = {
        "Header": frame("CHILD | SEX | DOB\nB1 | F | 2018-01-01", ("DOB",)),
        "AD1": frame("CHILD | DOB | NB_ADOPTR\nB1 | 2018-01-01 | 2", ("DOB",)),
    }
    findings = pd.DataFrame({"code": ["1"], "severity": "error", "child": ["B1"], "key": ["k"]})
    result = keep(tmp_path / "r", "ssda903", "2022-23", tables, "903")
    sign(ledger, result, findings=findings)
    free(ledger)
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2040, 1, 1))
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2040, 1, 1))
    assert not (tmp_path / "r").exists()
    assert disclosures_of(ledger, "B1")["table"].tolist() == ["AD1"]
    assert ledger.findings("903").empty
    assert ledger.verify().empty


def test_a_hold_on_a_child_covers_a_run_that_no_longer_says_whom_it_is_about(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    free(ledger)
    place_hold(ledger, "court", "legal team", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, child="A1")
    (tmp_path / "old" / "lineage" / "rows.csv").unlink()
    plan = retention_plan(ledger, CONFIG, date(2031, 2, 1))
    assert set(plan.loc[plan["run_id"].eq("old"), "status"]) == {"held"}


def test_the_lineage_goes_with_the_file_it_explains(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    free(ledger)
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 6, 1))
    assert not (tmp_path / "sent" / "draft").exists()
    assert (tmp_path / "sent" / "submission" / "cin.xml").exists()
    assert (tmp_path / "sent" / "lineage" / "rows.csv").exists()
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2031, 2, 1))
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "sent" / "lineage").exists()


def test_after_submission_no_working_copy_with_children_remains(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 6, 1))
    left = {p.name for p in (tmp_path / "sent").iterdir()}
    assert left == {"submission", "lineage", "decisions.csv", "manifest.json"}
    assert deleted_files(ledger, "sent") == {"draft/cin.xml"}
    missed = check_run(ledger, tmp_path / "sent")
    assert not missed["place"].str.startswith("draft/").any()  # what retention deleted is not missed


def test_deletion_is_entered_without_values(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 6, 1))
    entry = next(e for e in events(ledger, "deleted") if e["run_id"] == "sent")
    assert (entry["rule"], entry["count"], entry["name"], entry["role"]) == ("RET-STAGING", 1, *OFFICER)
    assert "2012" not in json.dumps(entry["names"])
    assert len(ledger.verify()) == 0


def test_deleting_needs_a_name(tmp_path):
    with pytest.raises(RefusedError, match="name and role"):
        apply_retention(ledger_at(tmp_path, Clock("2026-07-01")), CONFIG, "", "")


@pytest.mark.parametrize(
    "scope",
    [
        {"rules": ["RET-STAGING"]},
        {"returns": ["cin"], "years": ["2023-24"]},
        {"child": "A1"},
        {"first": date(2023, 1, 1), "last": date(2023, 12, 31)},
    ],
)
def test_a_hold_survives_expiry(tmp_path, scope):
    ledger, _ = kept_runs(tmp_path)
    free(ledger)
    place_hold(ledger, "police request", "legal team", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, **scope)
    gone = apply_retention(ledger, CONFIG, *OFFICER, today=date(2040, 1, 1))
    assert "sent" not in set(gone.loc[gone["what"].eq("working copies"), "run_id"])
    assert (tmp_path / "sent" / "draft" / "cin.xml").exists()


def test_a_hold_elsewhere_does_not_stop_deletion(tmp_path):
    ledger, _ = kept_runs(tmp_path)
    place_hold(ledger, "x", "y", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, returns=["ssda903"])
    place_hold(ledger, "x", "y", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, child="Z9")
    place_hold(
        ledger, "x", "y", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, first=date(1990, 1, 1), last=date(1999, 1, 1)
    )
    gone = apply_retention(ledger, CONFIG, *OFFICER, today=date(2026, 6, 1))
    assert {"old", "sent"} <= set(gone["run_id"])


def test_a_folder_already_gone_is_told(tmp_path):
    import shutil

    ledger, _ = kept_runs(tmp_path)
    shutil.rmtree(tmp_path / "old")
    plan = retention_plan(ledger, CONFIG, date(2026, 6, 1))
    assert statuses(plan)[("old", "return and lineage")] == "gone"


def test_a_draft_that_expires_takes_no_later_run_in_its_folder_with_it(tmp_path):
    ledger, clock = kept_runs(tmp_path)
    free(ledger)
    clock.set("2026-06-20")
    later = keep(tmp_path / "draft-run", "cin", "2025-26", census("2025-26", CHILDREN), "later")  # the same --out
    sign(ledger, later)
    day = date(2026, 8, 1)
    assert statuses(retention_plan(ledger, CONFIG, day))[("draft", "unsent run")] == "gone"
    apply_retention(ledger, CONFIG, *OFFICER, today=day)
    assert (tmp_path / "draft-run" / "submission" / "cin.xml").is_file()
    assert (tmp_path / "draft-run" / "draft" / "cin.xml").is_file()
