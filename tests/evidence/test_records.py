"""Records from the live register: Article 30, DPIA evidence, breach facts, and what stops a signature (R2,
R16-R22, R51, R52)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from dfe_returns.config import Config
from dfe_returns.contract import contract
from dfe_returns.contract.gateways import register
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence import controls
from dfe_returns.evidence.breach import breach_report, breach_text
from dfe_returns.evidence.events import events
from dfe_returns.evidence.lineage import field_lineage
from dfe_returns.evidence.mapping import mapping_of
from dfe_returns.evidence.records import article30, article30_text, dpia, field_register, write_pack
from dfe_returns.files import sha256_of

from .kept import Clock, census, keep, ledger_at, sign
from .runs import NO_WITHHELD, frame

TODAY = date(2026, 7, 1)
BARE = Config(authority_name="Fernshire County Council")
READY = Config(
    authority="999",
    authority_name="Fernshire County Council",
    policy={"reference": "APD-7", "owner": "head of service", "review_date": "2027-03-31"},
    governance={"processors": ["Fernshire Trust: runs the service"], "art6": "A6-1C", "art9": "A9-2G-P6",
                "bases_decided": "data protection officer, 1 May 2026", "dpo_contact": "the data protection officer",
                "notice_version": "3"},
    cin={"specification": "CIN census 2025 to 2026, 1 November 2024"},
    ssda903={"specification": "CLA return 2025 to 2026, 16 October 2024"},
)  # fmt: skip


def test_the_article_30_entry_lists_exactly_what_was_sent(looked_after_run):
    entry = article30(looked_after_run, READY)
    listed = {name for part in entry["data"] for name in part["fields"]}
    sent = looked_after_run.fields.query("sent > 0")
    assert listed == set(sent["table"] + "." + sent["field"])
    assert entry["gateways"].keys() == {"GW-CA89-S83", "GW-AAR05-R42"}
    assert "Secretary of State" in entry["recipient"]
    assert "adopters" in entry["people"]
    assert entry["transfers_abroad"].startswith("none")
    assert "7 years" in str(entry["retention"])
    assert "does not apply to a disclosure that the law requires" in entry["national_data_opt_out"]


def test_a_trust_is_a_processor_and_never_the_sender(looked_after_run):
    entry = article30(looked_after_run, READY)
    assert entry["controller"] == "Fernshire County Council"
    assert entry["processors"] == ["Fernshire Trust: runs the service"]


def test_paragraph_41_names_condition_basis_and_erasure_for_each_sensitive_group(looked_after_run):
    rows = article30(looked_after_run, READY)["paragraph_41"]
    by_group = {(r["group"], r["condition"].split(":")[0].split(" ")[-1]) for r in rows}
    assert ("personal information and characteristics", "A9-2G-P6") in by_group
    assert ("time in care and placements", "A10-P6") in by_group
    for row in rows:
        assert row["article_6_met_by"].startswith("UK GDPR Article 6(1)(c)")
        assert "APD-7" in row["retention_and_erasure"]
        assert row["if_not_why"]


def test_what_the_authority_has_not_recorded_is_never_filled_in(looked_after_run):
    entry = article30(looked_after_run, BARE)
    assert entry["article_6"].startswith("not recorded yet; the register proposes A6-1C")
    assert entry["appropriate_policy_document"]["reference"] == "not recorded yet"
    assert "not recorded yet" in dpia(looked_after_run, BARE)
    assert "not recorded yet" in article30_text(entry)


def test_the_dpia_evidence_has_a_line_of_need_per_field_risks_and_doubts(looked_after_run):
    fields = field_register(looked_after_run)
    assert len(fields) == len(looked_after_run.fields.query("sent > 0"))
    assert fields["needed_for"].ne("").all()
    text = dpia(looked_after_run, READY)
    for part in ("Risks and controls", "Doubts that remain", "| D02 |", "| D09 |", "What the authority must decide",
                 "Article 35(3)(b)",
                 "Article 6 basis for sending (D03): A6-1C"):  # fmt: skip
        assert part in text, part
    assert "| Article 9: racial or ethnic origin | fewer than 6 | T3 |" in text
    for doubt in register().doubts:  # all of them, also those that no field sent here carries
        assert f"\n| {doubt} | " in text, doubt
    assert text.split("\n| D18 | ")[1].split("\n")[0].endswith("| none |")


def test_what_the_authority_decided_stands_in_the_evidence(looked_after_run):
    own = READY.governance.model_copy(update={"decisions": {"D02": "sent as the guide asks; monitoring officer"}})
    text = dpia(looked_after_run, READY.model_copy(update={"governance": own}))
    assert "are sent (D02): sent as the guide asks; monitoring officer" in text
    assert "need advice first (D13): not recorded yet" in text


def test_the_pack_is_made_of_private_files_without_values(looked_after_run, cin_run, tmp_path):
    made = write_pack([cin_run, looked_after_run], READY, tmp_path / "pack")
    names = {p.name for p in made}
    assert {"article-30-cin.md", "dpia-evidence-ssda903.md", "fields-cin.csv", "gateways-ssda903.csv",
            "notice-cin-family.md",
            "notice-cin-young.md", "notice-ssda903-adopter.md"} <= names  # fmt: skip
    assert "notice-ssda903-staff.md" not in names  # no social worker rows were sent
    for path in made:
        assert path.stat().st_mode & 0o777 == 0o600
        for value in ("A123456789012", "2015-02-03", "01/04/2025", "B1"):
            assert value not in path.read_text()
    json.loads((tmp_path / "pack" / "article-30-cin.json").read_text())


def test_the_same_run_gives_the_same_pack(looked_after_run, tmp_path):
    for name in ("one", "two"):
        write_pack([looked_after_run], READY, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


# ---- what stops a signature


@pytest.fixture
def draft(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2026-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    result = keep(tmp_path / "r", "cin", "2025-26", census("2025-26", children), "r1")
    ledger.record_run(result, prepared_by="P Reparer")
    return result, ledger


def test_nothing_stands_in_the_way_when_all_is_recorded(draft):
    result, ledger = draft
    assert controls.obstacles(result, READY, ledger, TODAY) == []
    controls.check_sign_off(result, READY, ledger, TODAY)


def test_a_live_run_is_signed_under_all_controls_and_its_disclosures_entered(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2026-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    result = keep(tmp_path / "r", "cin", "2025-26", census("2025-26", children), "r1")
    file = tmp_path / "r" / "draft" / "cin.xml"
    ledger.record_run(
        result,
        prepared_by="P Reparer",
        files=[{"role": "draft", "name": "cin.xml", "sha256": sha256_of(file), "bytes": file.stat().st_size}],
    )
    with pytest.raises(RefusedError, match="no reference") as error:
        controls.sign_live(ledger, tmp_path / "r", BARE, "D Irector", "director")
    assert error.value.exit_code == 5
    assert not (tmp_path / "r" / "submission").exists()
    answer = controls.sign_live(ledger, tmp_path / "r", READY, "D Irector", "director")
    assert answer["state"] == "signed off"
    assert answer["disclosures"] == {"disclosures": 3, "adoption_disclosures": 0}
    entry = events(ledger, "disclosed")[0]
    assert entry["specification"] == "CIN census 2025 to 2026, 1 November 2024"
    assert entry["notice"] == "3"
    assert (tmp_path / "r" / "submission" / "cin.xml").read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"reference": ""}, "no reference"),
        ({"owner": " "}, "no owner"),
        ({"review_date": None}, "no review date"),
        ({"review_date": "2026-06-30"}, "has passed"),
    ],
)
def test_without_a_policy_document_in_date_nothing_is_signed(draft, policy, message):
    result, ledger = draft
    config = READY.model_copy(update={"policy": type(READY.policy)(**{**READY.policy.model_dump(), **policy})})
    with pytest.raises(RefusedError, match=message) as error:
        controls.check_sign_off(result, config, ledger, TODAY)
    assert error.value.exit_code == 5


def test_the_last_day_of_the_policy_still_counts():
    policy = Config(policy={"reference": "x", "owner": "y", "review_date": "2026-07-01"})
    assert controls.policy_obstacles(policy, TODAY) == []


def test_without_a_recorded_specification_nothing_is_signed(draft):
    result, ledger = draft
    config = READY.model_copy(update={"cin": BARE.cin})
    with pytest.raises(RefusedError, match=r"set cin\.specification"):
        controls.check_sign_off(result, config, ledger, TODAY)


def switched_on(tmp_path):
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    pre = frame("LAchildID | CINdetailsID | PPStartDate | PPOutcome\nA1 | 1 | 2026-06-01 | A", ("PPStartDate",))
    tables = census("2026-27", children, PreProceedings=pre)
    result = keep(tmp_path / "new", "cin", "2026-27", census("2026-27", children), "new")
    result.tables, result.switches = tables, {"PreProceedings": "specification 1.1"}
    result.fields = field_lineage(contract("cin", "2026-27"), mapping_of("cin"), tables, NO_WITHHELD)
    return result


def test_each_new_field_waits_for_a_named_decision(tmp_path):
    result, ledger = switched_on(tmp_path), ledger_at(tmp_path, Clock("2027-07-01"))
    ledger.record_run(result, prepared_by="P Reparer")
    with pytest.raises(RefusedError, match=r"Fields new this year wait.*PreProceedings\.PPOutcome"):
        controls.check_sign_off(result, READY, ledger, TODAY)
    added = [law.id for law in controls.added_fields("cin", "2026-27", {"PreProceedings"})]
    assert len(added) == 10
    officer = ("D Ataprotection", "data protection officer")
    with pytest.raises(RefusedError, match="reason"):
        controls.decide_field(ledger, "cin", "2026-27", added[0], "send", "", *officer)
    with pytest.raises(UsageError, match="no added field"):
        controls.decide_field(ledger, "cin", "2026-27", "ChildIdentifiers.UPN", "send", "asked for", *officer)
    for field in added:
        controls.decide_field(ledger, "cin", "2026-27", field, "send", "in the specification", *officer)
    controls.check_sign_off(result, READY, ledger, TODAY)
    controls.decide_field(
        ledger, "cin", "2026-27", "PreProceedings.PPOutcome", "withhold", "labels unconfirmed", *officer
    )
    with pytest.raises(RefusedError, match=r"withhold PreProceedings\.PPOutcome"):
        controls.check_sign_off(result, READY, ledger, TODAY)


def test_a_table_that_is_off_adds_no_field():
    assert controls.added_fields("cin", "2026-27") == []
    assert controls.added_fields("cin", "2022-23") == []
    assert {law.id for law in controls.added_fields("cin", "2024-25")} == {"ChildIdentifiers.Sex"}


def test_another_authoritys_run_is_stopped(draft):
    result, ledger = draft
    other = READY.model_copy(update={"authority": "831"})
    with pytest.raises(RefusedError, match="another authority"):
        controls.check_sign_off(result, other, ledger, TODAY)


def test_last_years_file_under_this_years_name_is_stopped(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2025-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    old = keep(tmp_path / "old", "cin", "2024-25", census("2024-25", children), "old")
    sign(ledger, old)
    new = keep(tmp_path / "new", "cin", "2025-26", census("2025-26", children), "new")
    same = [{"role": "draft", "name": "cin.xml", "sha256": ledger.files("old", "submission")["sha256"][0], "bytes": 1}]
    ledger.record_run(new, prepared_by="P Reparer", files=same)
    with pytest.raises(RefusedError, match="byte for byte that of cin 2024-25"):
        controls.check_sign_off(new, READY, ledger, TODAY)


def test_two_seasons_with_the_same_empty_file_are_no_sign_of_last_years(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2025-07-01"))

    def season(year, start):
        tables = {
            "Header": frame("CHILD | SEX | DOB\nB1 | F | 2018-01-01", ("DOB",)),
            "Episodes": frame(f"CHILD | DECOM | RNE | LS\nB1 | {start} | S | V2", ("DECOM",)),
            "UASC": frame("CHILD | SEX | DOB | DUC"),
        }
        return keep(tmp_path / year / start, "ssda903", year, tables, start)

    sign(ledger, season("2024-25", "2024-06-01"))
    for start, found in (("2025-06-01", 0), ("2024-06-01", 1)):
        new = season("2025-26", start)
        new.run_id = f"new-{start}"
        files = [
            {"role": "draft", "name": p.name, "sha256": sha256_of(p), "bytes": p.stat().st_size}
            for p in sorted((new.folder / "draft").iterdir())
        ]
        ledger.record_run(new, prepared_by="P Reparer", files=files)
        assert len(controls.misdirected(new, READY, ledger)) == found, start


def test_a_former_pupil_number_from_before_an_adoption_is_stopped(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2025-07-01"))
    before = {
        "Header": frame("CHILD | SEX | DOB | UPN\nB1 | F | 2018-01-01 | A873000000011", ("DOB",)),
        "AD1": frame("CHILD | DOB | NB_ADOPTR\nB1 | 2018-01-01 | 2", ("DOB",)),
    }
    sign(ledger, keep(tmp_path / "903", "ssda903", "2024-25", before, "ssda903-2024-25"))
    for number, stopped in (("A873000000011", 1), ("B873000000012", 0)):
        children = f"LAchildID | UPN | FormerUPN | PersonBirthDate | Sex\nC9 | | {number} | 2018-01-01 | F"
        after = keep(tmp_path / number, "cin", "2025-26", census("2025-26", children), number)
        found = controls.adoption_links(after, ledger)
        assert len(found) == stopped
        assert number not in str(found)


# ---- breach


def test_the_first_hour_facts_of_a_lost_file(looked_after_run):
    looked_after_run.folder = "nowhere"
    report = breach_report(looked_after_run, aware_at=datetime(2026, 7, 1, 9, 0, tzinfo=UTC))
    assert report["people"] == {"children and young people": 3, "adopters": 2}
    kinds = {c["class"]: c["tier"] for c in report["classes"]}
    assert kinds["criminal_offence"] == "T4"
    assert kinds["special_sexual_orientation"] == "T4"
    assert report["highest_tier"] == "T4"
    assert report["notify_the_commissioner_by"] == "2026-07-04T09:00:00+00:00"
    text = breach_text(report)
    for value in ("B1", "2009-01-01", "01/01/2009"):
        assert value not in text


def test_one_lost_table_counts_its_own_people_only(looked_after_run):
    looked_after_run.folder = "nowhere"
    report = breach_report(looked_after_run, tables=["AD1"])
    assert report["people"] == {"children and young people": 1, "adopters": 2}
    assert all(name.startswith("AD1.") for name in report["fields"])


def test_a_sent_run_tells_to_whom_and_who_looked(tmp_path):
    ledger = ledger_at(tmp_path, Clock("2026-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    result = keep(tmp_path / "r", "cin", "2025-26", census("2025-26", children), "r1")
    sign(ledger, result)
    report = breach_report(tmp_path / "r", ledger)
    assert report["sent"] == "2026-07-01T09:00:00Z, reference REF-r1"
    assert report["sent_to"].startswith("Secretary of State for Education")
    assert "Sent to: Secretary of State for Education" in breach_text(report)
    assert report["last_looked_at"] == "no look recorded"
    assert {f["name"] for f in report["files"]} == {"submission/cin.xml", "draft/cin.xml"}
    assert report["entered_in_register"][0]["children"] == 1


def test_every_risk_and_decision_points_at_a_doubt_that_exists():
    from dfe_returns.evidence.records import _risks

    assert {d["doubt"] for d in _risks()["decisions"]} <= set(register().doubts)


def test_a_breach_report_of_a_table_that_the_run_does_not_have_is_refused(looked_after_run):
    with pytest.raises(UsageError, match="no table Epsiodes"):
        breach_report(looked_after_run, tables=["Epsiodes"])
