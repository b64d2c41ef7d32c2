"""What was sent of one child across seasons, and the register that says so (R13, R15, R19, R27, R28, R50, R53)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from sqlalchemy import text

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.child import child_lineage
from dfe_returns.evidence.disclosures import disclosing, disclosure_counts, disclosures_of
from dfe_returns.evidence.events import access_history, events
from dfe_returns.evidence.rights import open_request
from dfe_returns.evidence.subject import release, subject_report, write_subject_report

from .kept import Clock, census, keep, ledger_at, sign, three_seasons
from .runs import frame


def made(folder):
    clock = Clock("2026-07-02")
    ledger, runs = three_seasons(folder, clock)
    return ledger, runs, clock


@pytest.fixture(scope="module")
def seasons(tmp_path_factory):
    """Shared by the tests that only read (and note their looks)."""
    return made(tmp_path_factory.mktemp("seasons"))


@pytest.fixture(scope="module")
def answer(seasons):
    """The answer for A1, worked out once."""
    return subject_report(seasons[0], "A1", "R Officer", "subject access RQ-0001")


@pytest.fixture
def spoiled(tmp_path):
    """For the tests that change what was kept."""
    return made(tmp_path)


def test_a_child_is_followed_through_every_season_and_both_returns(seasons):
    ledger, _, _ = seasons
    found = disclosures_of(ledger, "A1")
    assert found.groupby(["return", "year"]).size().to_dict() == {
        ("cin", "2023-24"): 3,
        ("cin", "2024-25"): 3,
        ("cin", "2025-26"): 3,
        ("ssda903", "2025-26"): 2,
    }
    first = found[found["table"].eq("ChildIdentifiers")].iloc[0]
    assert first["fields"] == "LAchildID PersonBirthDate GenderCurrent"
    assert (first["signed_on"], first["sent_on"], first["reference"]) == ("2024-07-01", "2024-07-01", "REF-cin-2023-24")
    assert "Secretary of State" in first["recipient"]
    assert len(first["sha256"]) == 64
    assert set(disclosures_of(ledger, "A2")["return"]) == {"cin"}


def test_one_command_gives_each_value_its_source_law_and_file(seasons, answer):
    report, runs = answer, seasons[1]
    values = pd.DataFrame(report["values"])
    assert set(values["run_id"]) == {run.run_id for run in runs}
    birth = values[values["field"].isin(["PersonBirthDate", "DOB"])]
    assert birth["value"].tolist() == ["2012-03-04", "2012-03-04", "2012-03-04", "04/03/2012"]
    assert set(birth["source"]) == {"ssd_person ssd_person.csv:2"}
    assert values[["gateway", "art6", "transformation", "file", "sha256", "sent_on"]].ne("").all(axis=None)
    assert report["gateways"] == {"GW-CA89-S83": "Children Act 1989, section 83(3), read with section 83(4A) and (9)"}
    assert not values["value"].eq("A2").any()


def test_the_report_is_a_draft_with_flags_for_the_reviewer(answer):
    report = answer
    assert report["status"].startswith("draft")
    values = pd.DataFrame(report["values"])

    def flags(field):
        return set(values.loc[values["field"].eq(field), "flags"])

    assert flags("LS") == {"court; serious harm"}
    assert flags("ReferralSource") == {"third party"}
    assert flags("PrimaryNeedCode") == {"third party; serious harm"}
    assert flags("CINreferralDate") == {""}
    assert set(report["flags"]) == {"third party", "court", "health", "serious harm"}
    assert "understanding, not a fixed age" in report["competence"]


def test_release_needs_a_named_reviewer_and_shows_in_the_report(seasons):
    ledger, _, clock = seasons
    asked = open_request(ledger, "access", "A1", "child", clock.now.date(), "R Officer", "rights officer")
    with pytest.raises(RefusedError, match="reviewer's name and role"):
        release(ledger, "A1", asked["request"], "R Officer", "", "")
    release(ledger, "A1", asked["request"], "R Officer", "rights officer", "referrer redacted")
    report = subject_report(ledger, "A1", "R Officer", "answer", asked["request"])
    assert (report["status"], report["footing"]) == ("released", "child")
    assert report["released_by"] == [{"name": "R Officer", "role": "rights officer", "on": "2026-07-02"}]


def test_a_request_about_another_child_answers_and_releases_nothing(seasons):
    ledger, _, clock = seasons
    asked = open_request(ledger, "access", "A2", "child", clock.now.date(), "R Officer", "rights officer")["request"]
    for request, message in ((asked, "about another child"), ("RQ-9999", "no request RQ-9999")):
        with pytest.raises(UsageError, match=message):
            subject_report(ledger, "A1", "R Officer", "answer", request)
        with pytest.raises(UsageError, match=message):
            release(ledger, "A1", request, "R Officer", "rights officer", "nothing redacted")


def test_the_page_and_the_json_are_private_and_escaped(answer, tmp_path):
    report = {**answer, "child": "<script>"}
    page, data = write_subject_report(report, tmp_path)
    assert "&lt;script&gt;" in page.read_text()
    assert "<script>" not in page.read_text()
    assert json.loads(data.read_text())["seasons"]
    assert {p.stat().st_mode & 0o777 for p in (page, data)} == {0o600}


def test_a_look_is_recorded_with_name_and_reason_and_refused_without(seasons):
    ledger, _, _ = seasons
    with pytest.raises(RefusedError):
        subject_report(ledger, "A1", "R Officer", " ")
    subject_report(ledger, "A1", "R Officer", "request RQ-0009")
    history = access_history(ledger)
    assert history[-1]["what"] == "disclosures of a child"
    assert history[-1]["reason"] == "request RQ-0009"
    assert "child_hash" not in json.dumps(history)
    assert "A1" not in json.dumps(history)


def test_the_register_says_what_was_sent_when_the_files_are_gone(spoiled, tmp_path):
    import shutil

    ledger, _, _ = spoiled
    shutil.rmtree(tmp_path / "2023-24")
    report = subject_report(ledger, "A1", "R Officer", "request")
    assert [gap["run_id"] for gap in report["no_longer_held"]] == ["cin-2023-24"]
    assert len(report["seasons"]) == 11


def test_an_unknown_child_is_told_without_its_number(seasons):
    with pytest.raises(UsageError) as error:
        subject_report(seasons[0], "SECRET77", "R Officer", "request")
    assert "SECRET77" not in str(error.value)


def test_the_ledger_holds_no_number_date_or_value(spoiled, tmp_path):
    ledger, _, _ = spoiled
    ledger.close()
    raw = (tmp_path / "ledger.sqlite").read_bytes()
    for canary in (b"2012-03-04", b"04/03/2012", b'"A1"', b"|A1", b"WBRI"):
        assert canary not in raw


def test_disclosures_come_with_the_signature_and_are_entered_once(tmp_path):
    clock = Clock("2026-07-01")
    ledger = ledger_at(tmp_path, clock)
    result = keep(
        tmp_path / "r",
        "cin",
        "2025-26",
        census("2025-26", "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"),
        "r1",
    )
    ledger.record_run(result, prepared_by="P Reparer")
    assert disclosures_of(ledger, "A1").empty
    sealed = pd.DataFrame({"name": ["cin.xml"], "sha256": ["a" * 64]})

    def signed():
        return ledger.sign_off("r1", "D Irector", "director", then=disclosing(ledger, result)(sealed))["then"]

    counts = signed()
    entered = disclosures_of(ledger, "A1")
    assert counts == {"disclosures": len(entered), "adoption_disclosures": 0}
    with pytest.raises(RefusedError, match="is signed off"):
        signed()
    ledger.reject("r1", "D Irector", "director", "a figure to look at")
    ledger.submit_for_review("r1", "P Reparer", "analyst")
    assert signed() == counts
    assert disclosures_of(ledger, "A1")["rows"].tolist() == entered["rows"].tolist()
    assert ledger.verify().empty


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update disclosures set fields = 'LAchildID' where id = 2", "disclosures of run cin-2023-24"),
        ("delete from disclosures where run_id = 'cin-2024-25'", "disclosures of run cin-2024-25"),
        ("update disclosures set entry = 1 where run_id = 'cin-2025-26'", "disclosures of run cin-2025-26"),
        (
            "update disclosures set run_id = 'cin-2024-25' where run_id > 'cin-2025'",
            "disclosures of run cin-2025-26",
        ),
    ],
)
def test_a_changed_register_row_is_found(spoiled, statement, place):
    ledger, _, _ = spoiled
    assert ledger.verify().empty
    with ledger.engine.begin() as connection:
        connection.execute(text(statement))
    assert place in ledger.verify()["place"].tolist()


def test_a_changed_entry_breaks_the_chain(spoiled):
    ledger, _, _ = spoiled
    with ledger.engine.begin() as connection:
        connection.execute(
            text("update entries set body = replace(body, 'Secretary of State', 'Somebody') where kind = 'disclosed'")
        )
    problems = ledger.verify()
    assert problems["place"].str.contains("disclosed").any()


def adopted(tmp_path):
    """B1 was adopted in 2024-25; the same person is known as C9 in 2025-26."""
    clock = Clock("2025-07-01")
    ledger = ledger_at(tmp_path, clock)
    before = {
        "Header": frame("CHILD | SEX | DOB | ETHNIC | UPN | MOTHER\nB1 | F | 2018-01-01 | WBRI | UN1 |", ("DOB",)),
        "Episodes": frame(
            "CHILD | DECOM | RNE | LS | CIN | PLACE | DEC | REC\nB1 | 2023-02-01 | S | E1 | N1 | A5 | 2024-10-01 | E11",
            ("DECOM", "DEC"),
        ),
        "AD1": frame(
            "CHILD | DOB | DATE_INT | NB_ADOPTR | SEX_ADOPTR\nB1 | 2018-01-01 | 2023-05-05 | 2 | FF",
            ("DOB", "DATE_INT"),
        ),
    }
    sign(ledger, keep(tmp_path / "903", "ssda903", "2024-25", before, "ssda903-2024-25"))
    clock.set("2026-07-01")
    after = census("2025-26", "LAchildID | PersonBirthDate | Sex\nC9 | 2018-01-01 | F")
    sign(ledger, keep(tmp_path / "cin", "cin", "2025-26", after, "cin-2025-26"))
    return ledger


def test_nothing_links_a_child_across_an_adoption(tmp_path):
    ledger = adopted(tmp_path)
    assert set(disclosures_of(ledger, "C9")["return"]) == {"cin"}
    assert set(disclosures_of(ledger, "B1")["return"]) == {"ssda903"}
    with ledger.engine.connect() as connection:
        ordinary = {row[0] for row in connection.execute(text("select child_hash from disclosures"))}
        adoption = {row[0] for row in connection.execute(text("select child_hash from adoption_disclosures"))}
    assert len(ordinary) == 2
    assert len(adoption) == 1
    assert not ordinary & adoption


def test_adoption_is_flagged_in_its_own_tables_and_where_a_code_shows_it(tmp_path):
    report = subject_report(adopted(tmp_path), "B1", "R Officer", "request")
    assert "adoption" in report["flags"]
    values = pd.DataFrame(report["values"])
    flagged = values[values["flags"].str.contains("adoption")]
    assert set(flagged.loc[flagged["table"].eq("Episodes"), "field"]) == {"LS", "PLACE", "REC"}  # E1, A5, E11
    assert set(values.loc[values["table"].eq("AD1"), "flags"].str.contains("adoption")) == {True}
    assert values.set_index("field").loc["SEX_ADOPTR", "flags"] == "third party; adoption; serious harm"


def test_adoption_rows_have_a_disclosure_record_of_their_own(tmp_path):
    ledger = adopted(tmp_path)
    found = disclosures_of(ledger, "B1").set_index("table")
    assert found["register"].to_dict() == {
        "Header": "disclosures",
        "Episodes": "disclosures",
        "AD1": "adoption_disclosures",
    }
    assert found.loc["AD1", "gateways"] == "GW-CA89-S83; GW-AAR05-R42"
    assert found.loc["AD1", "fields"] == "CHILD DOB DATE_INT NB_ADOPTR SEX_ADOPTR"
    entry = events(ledger, "disclosed")[0]
    assert entry["counts"] == {"disclosures": 2, "adoption_disclosures": 1}


def test_counts_per_table_of_a_run(seasons):
    counts = disclosure_counts(seasons[0], "cin-2025-26").set_index("table")
    assert counts["children"].to_dict() == {"CINdetails": 2, "ChildCharacteristics": 2, "ChildIdentifiers": 2}
    assert counts.loc["ChildIdentifiers", "file"] == "cin.xml"


def test_a_run_whose_folder_holds_another_by_now_is_no_source_of_values(tmp_path):
    ledger, runs = three_seasons(tmp_path, Clock("2026-07-02"))
    first = runs[0].folder
    keep(first, "cin", "2025-26", census("2025-26", "LAchildID | PersonBirthDate | Sex\nA1 | 2001-01-01 | M"), "other")
    with pytest.raises(UsageError, match="another run by now"):
        child_lineage(first, "A1", "cin-2023-24")
    assert "2001-01-01" not in str(subject_report(ledger, "A1", "R Officer", "access request", ""))
