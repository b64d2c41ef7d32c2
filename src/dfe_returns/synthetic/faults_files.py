"""Faults of whole files: encodings, separators, workbooks, headings, notes, days of extraction, files left out."""

from __future__ import annotations

import numpy as np

from dfe_returns.synthetic.faults import file_fault, some
from dfe_returns.synthetic.pack import Pack, text


@file_fault(
    "free-text",
    21,
    "notes with tabs, quotes and line breaks in columns nobody asked for; tabs behind keys",
)
def _free_text(pack: Pack, rng: np.random.Generator, share: float) -> None:
    names = {
        "ssd": ("ssd_cin_plans", "ssd_missing", "ssd_cin_assessments"),
        "vendor": ("05 Referrals", "07 Plans And Conferences", "09 Care Events"),
    }
    notes = [
        'He said "no",\nthen left',
        "See file;\tcalled twice",
        "line one\r\nline two",
        "plain note, with a comma",
        "{'comment': 'n/a',}",
    ]
    for name in names[pack.layout]:
        file = pack.files[name]
        frame = text(file.frame)
        frame["notes" if pack.layout == "ssd" else "Comments"] = rng.choice(notes, len(frame))
        key = frame.columns[0]
        picked = some(rng, np.ones(len(frame), dtype=bool), share)
        frame.loc[picked, key] = frame.loc[picked, key] + "\t"
        file.frame = frame


@file_fault(
    "workbooks",
    22,
    "Excel files with title rows, merged headings, a hidden sheet, a filter saved on and totals at the foot",
)
def _workbooks(pack: Pack, rng: np.random.Generator, share: float) -> None:
    names = {"ssd": ("ssd_department", "ssd_disability", "ssd_cin_plans"), "vendor": ("02 Disability", "05 Referrals")}
    for name in names[pack.layout]:
        file = pack.files[name]
        file.frame, file.excel = text(file.frame), True
        file.title = (f"Report: {name}", "Run by performance team", "")
    last = pack.files[names[pack.layout][-1]]
    last.foot = ("", f"Total: {len(last.frame)}")


@file_fault("encodings", 23, "files in UTF-8 with mark, UTF-16 and Windows-1252, parted by semicolons or tabs")
def _encodings(pack: Pack, rng: np.random.Generator, share: float) -> None:
    names = {
        "ssd": ("ssd_person", "ssd_cin_episodes", "ssd_department", "ssd_cin_assessments"),
        "vendor": ("01 Persons", "02 Disability", "05 Referrals", "08 Care Episodes"),
    }
    forms = (("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", "|"))
    for name, (encoding, separator) in zip(names[pack.layout], forms, strict=True):
        pack.files[name].encoding, pack.files[name].separator = encoding, separator


@file_fault("renamed-columns", 24, "column names that differ between deployments")
def _renamed(pack: Pack, rng: np.random.Generator, share: float) -> None:
    names = {
        "ssd": {
            "ssd_cin_plans": {"cinp_cin_plan_id": "cin_plan_id"},
            "ssd_cin_episodes": {"cine_referral_nfa": "cin_referral_nfa"},
            "ssd_cp_reviews": {"cppr_cp_plan_id": "registration_id", "cppr_cp_review_date": "actual_date"},
        },
        "vendor": {
            "05 Referrals": {"Episode No": "Episode Number", "Closed Date": "Date Closed"},
            "01 Persons": {"Case Number": "Person Number"},
        },
    }
    for name, new in names[pack.layout].items():
        pack.files[name].frame = pack.files[name].frame.rename(columns=new)


@file_fault("different-days", 31, "the files of one pack were taken on different days")
def _days(pack: Pack, rng: np.random.Generator, share: float) -> None:
    if pack.about is not None:
        pack.about["files"] = {
            "ssd_person": "2026-06-10",
            "ssd_cla_episodes": "2026-06-02",
            "ssd_cin_plans": "2026-05-29",
        }
        return
    file = pack.files["01 Persons"]
    frame = text(file.frame)
    earlier = some(rng, np.ones(len(frame), dtype=bool), share)
    frame["Report Run Date"] = np.where(earlier, "02/06/2026", frame["Report Run Date"])
    file.frame = frame


@file_fault("missing-file", 32, "one file is not there at all")
def _missing_file(pack: Pack, rng: np.random.Generator, share: float) -> None:
    del pack.files["ssd_assessment_factors" if pack.layout == "ssd" else "02 Disability"]
