"""Requests: clocks, decisions without default, letters, erasure under hold, rectification (R29-R34, R38)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dfe_returns.config import Config
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence import rights
from dfe_returns.evidence.erasure import erase, refusal_letter, surplus
from dfe_returns.evidence.events import events
from dfe_returns.evidence.holds import active_holds, place_hold, release_hold
from dfe_returns.evidence.rectify import both_versions, find_value, recipient_notice, rectify
from dfe_returns.minimise import minimise

from .kept import Clock, census, keep, ledger_at, new_census, sign

OFFICER = ("R Officer", "rights officer")


@pytest.fixture
def clock():
    return Clock("2026-07-02")


@pytest.fixture
def ledger(tmp_path, clock):
    return ledger_at(tmp_path, clock)


def ask(ledger, kind, child="A1", received=date(2026, 6, 10), footing="child"):
    return rights.open_request(ledger, kind, child, footing, received, *OFFICER)["request"]


@pytest.mark.parametrize(
    ("kind", "received", "paused", "due"),
    [
        ("access", date(2026, 6, 10), 0, date(2026, 7, 10)),  # the same day of the next month
        ("access", date(2026, 1, 31), 0, date(2026, 3, 2)),  # February has no 31st, its last day is a Saturday
        ("access", date(2026, 11, 25), 0, date(2026, 12, 29)),  # Christmas, a weekend and the substitute day
        ("access", date(2026, 6, 10), 14, date(2026, 7, 24)),  # two weeks waiting for proof of identity
        ("complaint", date(2026, 6, 19), 0, date(2026, 7, 19)),  # 30 days, weekend or not
    ],
)
def test_the_day_an_answer_is_due(kind, received, paused, due):
    assert rights.due_day(kind, received, paused) == due


def test_the_clock_stops_and_starts(ledger):
    request = ask(ledger, "access")
    rights.pause(ledger, request, date(2026, 6, 20), *OFFICER, "identity")
    assert rights.requests(ledger, date(2026, 6, 30)).loc[0, ["state", "due"]].tolist() == ["paused", "2026-07-20"]
    rights.resume(ledger, request, date(2026, 6, 25), *OFFICER)
    row = rights.requests(ledger, date(2026, 7, 1)).loc[0]
    assert (row["state"], row["due"], row["days_left"]) == ("open", "2026-07-15", 14)
    with pytest.raises(RefusedError, match="not paused"):
        rights.resume(ledger, request, date(2026, 6, 26), *OFFICER)


def test_a_complaint_is_acknowledged_within_thirty_days_and_never_paused(ledger):
    request = ask(ledger, "complaint")
    with pytest.raises(RefusedError, match="cannot be paused"):
        rights.pause(ledger, request, date(2026, 6, 20), *OFFICER, "waiting")
    rights.acknowledge(ledger, request, date(2026, 6, 21), *OFFICER)
    assert rights.requests(ledger, date(2026, 6, 30)).loc[0, "due"] == "2026-07-10"


@pytest.mark.parametrize("footing", rights.FOOTINGS)
def test_anyone_may_ask_whatever_their_age_and_competence_is_pointed_out(ledger, footing):
    answer = rights.open_request(ledger, "access", "A1", footing, date(2026, 6, 10), *OFFICER)
    assert "not a fixed age" in answer["competence"]


def test_wrong_kinds_footings_and_nameless_acts_are_refused(ledger):
    with pytest.raises(UsageError, match="no kind of request"):
        ask(ledger, "portability")
    with pytest.raises(UsageError, match="no footing"):
        ask(ledger, "access", footing="neighbour")
    with pytest.raises(RefusedError, match="name and role"):
        rights.open_request(ledger, "access", "A1", "child", date(2026, 6, 10), "", "")
    with pytest.raises(UsageError, match="no request RQ-0042"):
        rights.decide(ledger, "RQ-0042", "refused", "why", *OFFICER)


def small_run(folder, run_id="r1"):
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F\nA2 | 2014-05-06 | M"
    return keep(folder, "cin", "2025-26", census("2025-26", children), run_id)


@pytest.mark.parametrize("kind", ["restriction", "objection", "erasure"])
def test_an_undecided_request_stops_the_signing_and_drops_nobody(ledger, tmp_path, kind):
    result = small_run(tmp_path / "r")
    request = ask(ledger, kind)
    assert rights.open_flags(ledger, result)[["request", "child"]].values.tolist() == [[request, "A1"]]
    with pytest.raises(RefusedError, match=request) as error:
        rights.check_requests(ledger, result)
    assert "A1" not in str(error.value)
    assert len(result.tables["ChildIdentifiers"]) == 2


def test_the_officer_may_send_as_required_with_a_reason(ledger, tmp_path):
    result = small_run(tmp_path / "r")
    request = ask(ledger, "restriction")
    with pytest.raises(RefusedError, match="reason"):
        rights.decide(ledger, request, "send as required", " ", *OFFICER, "cin", "2025-26")
    with pytest.raises(RefusedError, match="which return and year"):
        rights.decide(ledger, request, "send as required", "the duty compels", *OFFICER)
    rights.decide(ledger, request, "send as required", "the duty compels", *OFFICER, "cin", "2025-26")
    rights.check_requests(ledger, result)
    assert events(ledger, "rights")[-1]["decision"] == "send as required"


def test_a_decision_holds_for_its_own_season_only(ledger, tmp_path):
    request = ask(ledger, "restriction")
    rights.decide(ledger, request, "send as required", "the duty compels", *OFFICER, "cin", "2024-25")
    with pytest.raises(RefusedError, match="wait for a decision"):
        rights.check_requests(ledger, small_run(tmp_path / "r"))


def test_leaving_out_is_the_officers_act_and_is_counted(ledger, tmp_path):
    result = small_run(tmp_path / "r")
    request = ask(ledger, "restriction")
    rights.decide(ledger, request, "leave out", "court order", *OFFICER, "cin", "2025-26")
    with pytest.raises(RefusedError, match="leave out"):
        rights.check_requests(ledger, result)
    result.tables, withheld = rights.leave_out(ledger, result)
    assert result.tables["ChildIdentifiers"]["LAchildID"].tolist() == ["A2"]
    assert withheld.set_index("table")["count"].to_dict() == {
        "ChildIdentifiers": 1,
        "ChildCharacteristics": 1,
        "CINdetails": 1,
    }
    rights.check_requests(ledger, result)


def test_a_child_left_out_never_reaches_the_return_and_the_loss_is_counted(ledger, tmp_path):
    result = small_run(tmp_path / "r")
    minimised = minimise(result.collection, result.tables)
    assert rights.permitted_children(ledger, result.collection, minimised) is minimised
    request = ask(ledger, "restriction")
    rights.decide(ledger, request, "leave out", "court order", *OFFICER, "cin", "2025-26")
    kept = rights.permitted_children(ledger, result.collection, minimised)
    assert kept.tables["CINdetails"]["LAchildID"].tolist() == ["A2"]
    assert kept.positions["CINdetails"].tolist() == [1]
    assert kept.withheld["reason"].unique().tolist() == ["left out by a named officer after a request"]


def test_the_letter_on_an_objection_depends_on_the_basis():
    duty = rights.objection_letter("ssda903", pd.DataFrame({"table": ["Episodes"], "field": ["LS"]}))
    assert "does not apply" in duty
    assert "opened a decision" not in duty
    leavers = rights.objection_letter("ssda903", pd.DataFrame({"table": ["OC3"], "field": ["ACTIV"]}))
    assert "opened a decision" in leavers
    assert "does not apply" not in leavers


# ---- erasure and holds


def test_surplus_is_what_the_year_does_not_ask_for():
    names = ["ChildIdentifiers.Sex", "ChildIdentifiers.GenderCurrent", "ChildIdentifiers.Surname"]
    assert surplus("cin", "2025-26", names) == ["ChildIdentifiers.GenderCurrent", "ChildIdentifiers.Surname"]


def test_surplus_is_erased_with_a_certificate_that_holds_no_data(ledger, tmp_path):
    file = tmp_path / "staged.csv"
    file.write_text("A1,canary surname")
    request = ask(ledger, "erasure")
    with pytest.raises(RefusedError, match="Decide"):
        erase(ledger, request, "A1", [file], ["Surname"], [], *OFFICER)
    rights.decide(ledger, request, "surplus erased", "a column beyond the specification", *OFFICER)
    certificate = erase(ledger, request, "A1", [file], ["ChildIdentifiers.Surname"], ["nightly back-up"], *OFFICER)
    assert not file.exists()
    assert certificate["backups_to_erase"] == ["nightly back-up"]
    assert certificate["erased"][0]["name"] == "staged.csv"
    assert "canary" not in str(certificate)
    assert "A1" not in str(events(ledger, "rights"))


def test_a_hold_on_the_child_beats_an_erasure_request(ledger, tmp_path):
    file = tmp_path / "staged.csv"
    file.write_text("A1,surplus")
    hold = place_hold(ledger, "local inquiry", "legal team", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, child="A1")
    request = ask(ledger, "erasure")
    rights.decide(ledger, request, "surplus erased", "beyond the specification", *OFFICER)
    with pytest.raises(RefusedError, match=f"{hold}.*beats an erasure request"):
        erase(ledger, request, "A1", [file], ["x"], [], *OFFICER)
    assert file.exists()


def test_a_season_after_which_another_was_sent_is_not_sent_again(corrected, tmp_path, clock):
    clock.set("2027-06-01")
    others = census("2026-27", "LAchildID | PersonBirthDate | Sex\nZ9 | 2014-05-06 | F")
    sign(corrected, keep(tmp_path / "later", "cin", "2026-27", others, "cin-2026-27"))
    found = find_value(corrected, "A1", "PersonBirthDate", "2012-03-04", "2012-03-05")
    assert found[["year", "action"]].values.tolist() == [["2024-25", "next season"], ["2025-26", "next season"]]


def test_what_the_duty_needs_is_not_erased(ledger, tmp_path):
    file = tmp_path / "staged.csv"
    file.write_text("A1,2")
    request = ask(ledger, "erasure")
    rights.decide(ledger, request, "surplus erased", "beyond the specification", *OFFICER)
    with pytest.raises(RefusedError, match=r"duty needs ChildIdentifiers\.UPN.*17\(3\)\(b\)"):
        erase(ledger, request, "A1", [file], ["ChildIdentifiers.UPN", "ChildIdentifiers.Surname"], [], *OFFICER)
    old = ["ChildIdentifiers.GenderCurrent"]
    with pytest.raises(RefusedError, match="duty needs"):  # asked for until 2023-24
        erase(ledger, request, "A1", [file], old, [], *OFFICER)
    with pytest.raises(RefusedError, match="another child"):
        erase(ledger, request, "A2", [file], ["ChildIdentifiers.Surname"], [], *OFFICER)
    with pytest.raises(UsageError, match="Name the surplus fields"):
        erase(ledger, request, "A1", [file], [], [], *OFFICER)
    assert file.exists()
    erase(ledger, request, "A1", [file], old, [], *OFFICER, return_name="cin", year="2025-26")
    assert not file.exists()


def test_a_refusal_names_the_law():
    assert "section 83(3)" in refusal_letter("cin")
    assert "17(3)(b)" in refusal_letter("cin")


def test_a_hold_is_released_by_two_people(ledger):
    hold = place_hold(
        ledger, "inquiry", "legal team", date(2026, 1, 1), date(2027, 1, 1), *OFFICER, rules=["RET-RETURN-FILE"]
    )
    assert release_hold(ledger, hold, "L Awyer", "solicitor", "scope confirmed") == "asked"
    assert hold in {h.id for h in active_holds(ledger)}
    with pytest.raises(RefusedError, match="Two different people"):
        release_hold(ledger, hold, "l awyer ", "solicitor", "again")
    assert release_hold(ledger, hold, "D Irector", "director", "agreed") == "released"
    assert hold not in {h.id for h in active_holds(ledger)}
    with pytest.raises(UsageError, match="no active hold"):
        release_hold(ledger, hold, "D Irector", "director", "agreed")


def test_the_presumed_hold_is_on_until_two_people_release_it(ledger):
    assert [h.id for h in active_holds(ledger)] == ["HOLD-IIGG"]
    release_hold(ledger, "HOLD-IIGG", "L Awyer", "solicitor", "instruction does not reach us")
    release_hold(ledger, "HOLD-IIGG", "D Irector", "director", "agreed")
    assert active_holds(ledger) == []


def test_holds_of_the_configuration_are_on(ledger):
    config = Config(retention={"holds": [{"name": "coroner", "reason": "inquest", "returns": ["cin"]}]})
    assert [h.id for h in active_holds(ledger, config)] == ["HOLD-IIGG", "coroner"]
    with pytest.raises(UsageError, match="stands in the configuration"):
        release_hold(ledger, "coroner", "D Irector", "director", "done", config)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"rules": ["RET-NONE"]}, "no retention rule"), ({"review": date(2025, 1, 1)}, "after its start")],
)
def test_a_wrong_hold_is_refused(ledger, change, message):
    given = {"inquiry": "x", "owner": "y", "start": date(2026, 1, 1), "review": date(2027, 1, 1), **change}
    with pytest.raises(UsageError, match=message):
        place_hold(ledger, name="R Officer", role="rights officer", **given)


# ---- rectification


@pytest.fixture
def corrected(tmp_path, clock):
    """A1's birth date was sent wrongly in two seasons, then corrected in a new run of the second."""
    ledger = ledger_at(tmp_path, clock)
    for year, day in (("2024-25", "2025-07-01"), ("2025-26", "2026-06-01")):
        clock.set(day)
        children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F\nA2 | 2014-05-06 | M"
        sign(ledger, keep(tmp_path / year, "cin", year, census(year, children), f"cin-{year}"))
    clock.set("2026-06-20")
    return ledger


def test_a_wrong_value_is_found_in_every_return_that_has_it(corrected):
    found = find_value(corrected, "A1", "Header.DOB", "04/03/2012", "05/03/2012")
    assert found[["return", "year", "table", "field", "sent", "correct", "action"]].values.tolist() == [
        ["cin", "2024-25", "ChildIdentifiers", "PersonBirthDate", "2012-03-04", "2012-03-05", "next season"],
        ["cin", "2025-26", "ChildIdentifiers", "PersonBirthDate", "2012-03-04", "2012-03-05", "send again"],
    ]
    assert set(found["source"]) == {"ssd_person ssd_person.csv:2"}
    with pytest.raises(UsageError, match="No return that is kept has that value"):
        find_value(corrected, "A1", "DOB", "1999-01-01", "2012-03-05")
    with pytest.raises(UsageError, match="no field"):
        find_value(corrected, "A1", "Header.SHOESIZE", "1", "2")


def test_rectify_lists_amendments_drafts_the_notice_and_keeps_both_versions(corrected, tmp_path, clock):
    request = ask(corrected, "rectification")
    answer = rectify(
        corrected, request, "A1", "PersonBirthDate", "2012-03-04", "2012-03-05", tmp_path / "out", *OFFICER
    )
    assert answer["places"] == [
        {"return": "cin", "year": "2024-25", "action": "next season", "places": 1},
        {"return": "cin", "year": "2025-26", "action": "send again", "places": 1},
    ]
    notice = (tmp_path / "out" / "notice-to-recipient.txt").read_text()
    assert "ChildIdentifiers.PersonBirthDate: sent 2012-03-04, correct 2012-03-05; we send the return again" in notice
    assert (tmp_path / "out" / "amendments.csv").stat().st_mode & 0o777 == 0o600
    assert "2012" not in str([e for e in events(corrected, "rights") if e["event"] == "correction listed"])

    clock.set("2026-06-25")
    sign(corrected, new_census(tmp_path, corrected, "2025-26", "cin-2025-26-again"))
    versions = both_versions(corrected, request, "A1")
    assert versions[["run_id", "signed_on", "value"]].values.tolist() == [
        ["cin-2024-25", "2025-07-01", "2012-03-04"],
        ["cin-2025-26", "2026-06-01", "2012-03-04"],
        ["cin-2025-26-again", "2026-06-25", "2012-03-05"],
    ]
    assert versions["source"].ne("").all()
    assert corrected.state("cin-2025-26") == "superseded"

    later = find_value(corrected, "A1", "PersonBirthDate", "2012-03-04", "2012-03-05")
    assert later[["run_id", "action"]].values.tolist() == [
        ["cin-2024-25", "next season"],
        ["cin-2025-26", "none: replaced or sent back"],  # the run after it has the right value
    ]
    assert "2025-26" not in recipient_notice(later, "A1")


def test_a_correction_listed_without_a_request_does_not_stop_the_next_run(corrected, tmp_path):
    wrong = ("A1", "PersonBirthDate", "2012-03-04", "2012-03-05", tmp_path / "out", *OFFICER)
    rectify(corrected, "", *wrong)
    assert rights.requests(corrected).empty
    assert rights.left_out(corrected, new_census(tmp_path, corrected, "2025-26", "cin-2025-26-again")).empty
    with pytest.raises(UsageError, match="no request RQ-0077"):
        rectify(corrected, "RQ-0077", *wrong)
