"""Faults in the rows of an extract: people who are no clients, repeated rows, keys that change, history cut short."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.faults import file_fault, some
from dfe_returns.synthetic.faults_values import dates
from dfe_returns.synthetic.pack import Pack, text


def _frame(pack: Pack, ssd: str, vendor: str) -> pd.DataFrame:
    file = pack.files[ssd if pack.layout == "ssd" else vendor]
    file.frame = text(file.frame)
    return file.frame


def _put(pack: Pack, ssd: str, vendor: str, frame: pd.DataFrame) -> None:
    pack.files[ssd if pack.layout == "ssd" else vendor].frame = frame.reset_index(drop=True)


def _with(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, rows.reindex(columns=frame.columns)], ignore_index=True).fillna("")


@file_fault("merged-people", 7, "duplicates, training records and the unknown person stand among the people")
def _merged(pack: Pack, rng: np.random.Generator, share: float) -> None:
    people = _frame(pack, "ssd_person", "01 Persons")
    twins = people[some(rng, np.ones(len(people), dtype=bool), share / 2)].copy()
    spare = [str(95_000_001 + n) for n in range(len(twins))]
    if pack.layout == "ssd":
        twins["pers_legacy_id"] = "DUPLICATE " + twins.pers_legacy_id
        twins["pers_person_id"] = spare
        tests = pd.DataFrame(
            {
                "pers_legacy_id": ["TEST01", "TEST 2", "-1"],
                "pers_person_id": ["96000001", "96000002", "-1"],
                "pers_sex": "U",
                "pers_dob": "2010-01-01 00:00:00.000",
            }
        )
    else:
        twins["Merged Into"] = twins["System ID"]
        twins["System ID"], twins["Case Number"], twins["Record Status"] = spare, spare, "Merged"
        tests = pd.DataFrame(
            {
                "System ID": ["96000001", "96000002", "-1"],
                "Case Number": ["TEST01", "TEST 2", "-1"],
                "Sex": "Not known",
                "Date Of Birth": "01/01/2010",
                "Record Status": "Test",
            }
        )
    _put(pack, "ssd_person", "01 Persons", _with(_with(people, twins), tests))


@file_fault("repeated-rows", 11, "joins multiplied rows: exact repeats, and rows with one key and different content")
def _repeated(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": (
            ("ssd_cla_reviews", None),
            ("ssd_care_leavers", None),
            ("ssd_mother", None),
            ("ssd_address", None),
            ("ssd_cin_plans", "cinp_cin_plan_end_date"),
        ),
        "vendor": (
            ("04 Addresses", None),
            ("09 Care Events", None),
            ("07 Plans And Conferences", None),
            ("05 Referrals", "Closed Date"),
        ),
    }
    for name, differs in places[pack.layout]:
        file = pack.files[name]
        frame = text(file.frame)
        again = frame[some(rng, np.ones(len(frame), dtype=bool), share)].copy()
        if differs is not None:
            again[differs] = again[differs].where(
                again[differs] != "", "2026-05-29 00:00:00.000" if pack.layout == "ssd" else "29/05/2026"
            )
        file.frame = pd.concat([frame, again]).sort_index(kind="stable").reset_index(drop=True)


@file_fault("changed-keys", 12, "row numbers are new after every night although nothing changed")
def _changed_keys(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": (
            ("ssd_care_leavers", "clea_table_id"),
            ("ssd_sdq_scores", "csdq_table_id"),
            ("ssd_disability", "disa_table_id"),
        ),
        "vendor": (("11 Workers", "Worker Code"),),
    }
    for name, key in places[pack.layout]:
        file = pack.files[name]
        frame = text(file.frame)
        fresh = pd.Series(rng.permutation(len(frame)) + 33_000_001, index=frame.index).astype("str").astype(object)
        if pack.layout == "ssd":  # the old rows are still there beside the new ones: the script appends
            older = frame[some(rng, np.ones(len(frame), dtype=bool), share)].copy()
            frame[key] = fresh
            frame = pd.concat([frame, older], ignore_index=True)
        else:
            frame[key] = frame[key] + "-" + fresh.str[-3:]
        file.frame = frame


@file_fault("short-history", 13, "the history is cut, by another date in every table; open cases of long ago are gone")
def _short(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": (
            ("ssd_cin_episodes", "cine_referral_date", "2022-04-01"),
            ("ssd_cp_plans", "cppl_cp_plan_start_date", "2024-04-01"),
            ("ssd_involvements", "invo_involvement_start_date", "2025-04-01"),
            ("ssd_legal_status", "lega_legal_status_start_date", "2023-04-01"),
        ),
        "vendor": (
            ("05 Referrals", "Referral Date", "2022-04-01"),
            ("11 Workers", "From", "2025-04-01"),
            ("08 Care Episodes", "Start", "2023-04-01"),
        ),
    }
    for name, column, since in places[pack.layout]:
        file = pack.files[name]
        frame = text(file.frame)
        file.frame = frame[~(dates(frame[column], pack.layout) < since)].reset_index(drop=True)


@file_fault("stray-legal-statuses", 16, "legal statuses without a care episode, and two open at once", ("ssd",))
def _stray(pack: Pack, rng: np.random.Generator, share: float) -> None:
    frame = _frame(pack, "ssd_legal_status", "")
    people = text(pack.files["ssd_person"].frame)
    outside = people[~people.pers_person_id.isin(frame.lega_person_id)]
    outside = outside[some(rng, np.ones(len(outside), dtype=bool), share / 4)]
    lone = pd.DataFrame(
        {
            "lega_person_id": outside.pers_person_id,
            "lega_legal_status": "Full care order",
            "lega_legal_status_start_date": "2025-06-02 00:00:00.000",
        }
    )
    still_open = frame[(frame.lega_legal_status_end_date == "") & (frame.lega_legal_status != "Care leaver")]
    second = still_open[some(rng, np.ones(len(still_open), dtype=bool), share)].copy()
    second["lega_legal_status"] = np.where(
        second.lega_legal_status == "Interim care order", "Full care order", "Interim care order"
    )
    rows = pd.concat([lone, second], ignore_index=True)
    rows["lega_legal_status_id"] = [str(45_000_001 + n) for n in range(len(rows))]
    _put(pack, "ssd_legal_status", "", _with(frame, rows))


@file_fault("other-number-in-care", 27, "a child has one number in the records of need and another in those of care")
def _other_number(pack: Pack, rng: np.random.Generator, share: float) -> None:
    people = _frame(pack, "ssd_person", "01 Persons")
    key, screen = ("pers_person_id", "pers_legacy_id") if pack.layout == "ssd" else ("System ID", "Case Number")
    care = {
        "ssd": (
            ("ssd_cla_episodes", "clae_person_id"),
            ("ssd_cla_placement", "clap_person_id"),
            ("ssd_legal_status", "lega_person_id"),
            ("ssd_cla_reviews", "clar_cla_person_id"),
        ),
        "vendor": (("08 Care Episodes", "System ID"), ("09 Care Events", "System ID")),
    }[pack.layout]
    first = text(pack.files[care[0][0]].frame)
    children = people[people[key].isin(first[care[0][1]])]
    moved = children[some(rng, np.ones(len(children), dtype=bool), share)].copy()
    numbers = pd.Series([str(97_000_001 + n) for n in range(len(moved))], index=moved[key], dtype=object)
    for name, column in care:
        frame = text(pack.files[name].frame)
        frame[column] = frame[column].replace(numbers.to_dict())
        pack.files[name].frame = frame
    moved[screen] = "C" + moved[screen]
    moved[key] = numbers.to_numpy()
    _put(pack, "ssd_person", "01 Persons", _with(people, moved))


@file_fault("adults-in-people", 29, "parents, foster carers and people over 25 stand among the people")
def _adults(pack: Pack, rng: np.random.Generator, share: float) -> None:
    people = _frame(pack, "ssd_person", "01 Persons")
    n = max(2, int(len(people) * share))
    born = pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.integers(0, 10_000, n), unit="D")
    number, sex = [str(98_000_001 + i) for i in range(n)], rng.choice(["F", "M"], n)
    rows = (
        pd.DataFrame(
            {
                "pers_legacy_id": number,
                "pers_person_id": number,
                "pers_sex": sex,
                "pers_dob": born.strftime("%Y-%m-%d 00:00:00.000"),
                "pers_is_mother": "N",
            }
        )
        if pack.layout == "ssd"
        else pd.DataFrame(
            {
                "System ID": number,
                "Case Number": number,
                "Sex": np.where(sex == "F", "Female", "Male"),
                "Date Of Birth": born.strftime("%d/%m/%Y"),
                "Record Status": "Active",
            }
        )
    )
    _put(pack, "ssd_person", "01 Persons", _with(people, rows))


@file_fault("future-meetings", 30, "meetings and plans that lie in the future carry dates as if they had been held")
def _future(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": (
            ("ssd_cp_reviews", "cppr_cp_review_due", "cppr_cp_review_date"),
            ("ssd_cla_reviews", "clar_cla_review_due_date", "clar_cla_review_date"),
        ),
        "vendor": (("07 Plans And Conferences", "Target", "Start"),),
    }
    for name, due, held in places[pack.layout]:
        file = pack.files[name]
        frame = text(file.frame)
        coming = dates(frame[due], pack.layout) > "2026-06-12"
        frame.loc[coming & (frame[held] == ""), held] = frame[due]
        file.frame = frame


@file_fault(
    "other-workers", 34, "managers, reviewing officers, health visitors and teachers stand among the social workers"
)
def _other_workers(pack: Pack, rng: np.random.Generator, share: float) -> None:
    frame = _frame(pack, "ssd_involvements", "11 Workers")
    more = frame[some(rng, np.ones(len(frame), dtype=bool), share)].copy()
    roles = (
        ["TM", "IRO", "HEALTHVIS", "SCHOOL", "POLICE"]
        if pack.layout == "ssd"
        else ["Team Manager", "Reviewing Officer", "Health Visitor", "Teacher"]
    )
    role, who = (
        ("invo_professional_role_id", "invo_professional_id") if pack.layout == "ssd" else ("Role", "Worker Code")
    )
    more[role] = rng.choice(roles, len(more))
    more[who] = [str(7_900_001 + int(n)) for n in rng.integers(0, 40, len(more))]
    if pack.layout == "ssd":
        more["invo_involvements_id"] = [str(88_000_001 + n) for n in range(len(more))]
    else:
        more["Registration No"] = ""
    _put(pack, "ssd_involvements", "11 Workers", pd.concat([frame, more], ignore_index=True))
