"""Writes life stories as Standard Safeguarding Dataset 1.4.5 files, as a SystemC site dumps them from SQL Server.

One CSV per table with the dataset's columns, `yyyy-mm-dd 00:00:00.000`, wording or lookup numbers where that system has
them, the `la_` companion files for facts the dataset lacks, and `extract.json`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dfe_returns.synthetic import wording
from dfe_returns.synthetic.columns import Frames, plain, stamp, system_number
from dfe_returns.synthetic.facts import Stories
from dfe_returns.synthetic.layout_ssd_care import care_frames, companions_of_care
from dfe_returns.synthetic.pack import File, Pack


def write_ssd(told: Stories, out: Path | str) -> dict[str, int]:
    """Write the folder; returns the number of rows per file (without `.csv`). Same stories, same bytes."""
    return ssd_pack(told).write(out)


def ssd_pack(told: Stories) -> Pack:
    """The extract, ready to be written or to be spoilt first."""
    about = {
        "la_code": "999",
        "system": "systemc",
        "ssd_version": "1.4.5",
        "run_at": str(told.as_at),
        "window_start": str(told.clock.window),
    }
    return Pack("ssd", {name: File(frame) for name, frame in ssd_frames(told).items()}, about)


def ssd_frames(told: Stories) -> Frames:
    """The files as frames of text: every dataset table, and the companions that have rows."""
    kept = in_window(told)
    frames = {**_people(kept), **_need(kept), **_protection(kept), **care_frames(kept), **_staff(kept)}
    return frames | companions(told)


def companions(told: Stories) -> Frames:
    """The companion files that have rows."""
    made = _companions(told, in_window(told)) | companions_of_care(told)
    return {name: frame for name, frame in made.items() if len(frame)}


def in_window(told: Stories) -> Frames:
    """The tables without what ended before the look-back of the case system's reporting copy."""
    since = pd.Timestamp(told.clock.window)
    kept = dict(told.tables)
    referrals = kept["referrals"]
    kept["referrals"] = referrals[(referrals.date >= since) | referrals.closed.isna() | (referrals.closed >= since)]
    for name, begin, end in (
        ("assessments", "start", "authorised"),
        ("cin_plans", "start", "end"),
        ("enquiries", "start", "end"),
        ("conferences", "date", "date"),
        ("protection_plans", "start", "end"),
        ("involvements", "start", "end"),
    ):
        frame = kept[name]
        kept[name] = frame[
            ((frame[begin] >= since) | frame[end].isna() | (frame[end] >= since))
            & frame.referral.isin(kept["referrals"].referral)
        ]
    plans = kept["protection_plans"]
    gone = ~plans.conference.isin(kept["conferences"].conference)
    kept["protection_plans"] = plans.assign(conference=plans.conference.mask(gone))
    for name in ("care_episodes", "placements", "legal_statuses"):
        kept[name] = kept[name][~(kept[name].end < since)]
    kept["protection_reviews"] = kept["protection_reviews"][
        kept["protection_reviews"].plan.isin(kept["protection_plans"].plan)
    ]
    return kept


def _people(t: Frames) -> Frames:
    p, d, a = t["people"], t["disabilities"], t["addresses"]
    estimated = p.estimated == "Y"
    linked = p[p.former_upn_linked.notna()]
    current = d[d.end.isna()]
    return {
        "ssd_person": pd.DataFrame(
            {
                "pers_legacy_id": p.child,
                "pers_person_id": p.system,
                "pers_upn": p.upn,
                "pers_sex": p.sex.where(p.born.notna(), "U"),
                "pers_gender": p.sex.map({"M": "01", "F": "02"}).fillna("00"),
                "pers_ethnicity": p.ethnicity,
                "pers_dob": stamp(p.born.mask(estimated)),
                "pers_single_unique_id": "",
                "pers_upn_unknown": p.upn_reason.where(p.child.isin(t["care_periods"].child) & p.upn.isna()),
                "pers_send_flag": "",
                "pers_expected_dob": stamp(p.due.mask(estimated, p.born)),
                "pers_death_date": stamp(p.died),
                "pers_is_mother": p.mother.fillna("N"),
                "pers_nationality": p.nationality,
            }
        ),
        "ssd_linked_identifiers": pd.DataFrame(
            {
                "link_table_id": 100_000 + linked.child,
                "link_person_id": system_number(t, linked.child),
                "link_identifier_type": "Former Unique Pupil Number",
                "link_identifier_value": linked.former_upn_linked,
                "link_valid_from_date": stamp(linked.born),
                "link_valid_to_date": "",
            }
        ),
        "ssd_address": pd.DataFrame(
            {
                "addr_table_id": np.arange(len(a)) + 200_001,
                "addr_person_id": system_number(t, a.child),
                "addr_address_type": a.type,
                "addr_address_start_date": stamp(a.start),
                "addr_address_end_date": stamp(a.end),
                "addr_address_postcode": a.postcode,
            }
        ),
        "ssd_disability": pd.DataFrame(
            {
                "disa_table_id": np.arange(len(current)) + 250_001,
                "disa_person_id": system_number(t, current.child),
                "disa_disability_code": current.code,
            }
        ),
    }


def _need(t: Frames) -> Frames:
    r, a, c, e = t["referrals"], t["assessments"], t["cin_plans"], t["enquiries"]
    listed = a[a.factors.notna()]
    nfa = e.needed.map({"N": "Y", "Y": "N"})
    flags = {
        "Y": '{"NFA_FLAG":"N","LEGAL_ACTION_FLAG":"N","PROV_OF_SERVICES_FLAG":"Y","CP_CONFERENCE_FLAG":"Y"}',
        "N": '{"NFA_FLAG":"Y","LEGAL_ACTION_FLAG":"N","PROV_OF_SERVICES_FLAG":"N","CP_CONFERENCE_FLAG":"N"}',
    }
    return {
        "ssd_cin_episodes": pd.DataFrame(
            {
                "cine_referral_id": r.referral,
                "cine_person_id": system_number(t, r.child),
                "cine_referral_date": stamp(r.date),
                "cine_cin_primary_need_code": r.need,
                "cine_referral_source_code": r.source.map(wording.REFERRAL_SOURCE_NUMBER),
                "cine_referral_source_desc": r.source.map(wording.REFERRAL_SOURCE),
                "cine_referral_nfa": r.nfa,
                "cine_close_reason": r.reason,
                "cine_close_date": stamp(r.closed),
                "cine_referral_team": r.team,
                "cine_referral_worker_id": r.worker,
            }
        ),
        "ssd_cin_assessments": pd.DataFrame(
            {
                "cina_assessment_id": a.assessment,
                "cina_person_id": system_number(t, a.child),
                "cina_referral_id": a.referral,
                "cina_assessment_start_date": stamp(a.start),
                "cina_assessment_child_seen": np.where(a.authorised.notna(), "Y", ""),
                "cina_assessment_auth_date": stamp(a.authorised),
                "cina_assessment_outcome_nfa": a.nfa.where(a.authorised.notna()),
                "cina_assessment_team": a.team,
                "cina_assessment_worker_id": a.worker,
            }
        ),
        "ssd_assessment_factors": pd.DataFrame(
            {
                "cinf_table_id": listed.assessment + 1_000_000,
                "cinf_assessment_id": listed.assessment,
                "cinf_assessment_factors_json": '["' + listed.factors.str.replace(",", '", "', regex=False) + '"]',
            }
        ),
        "ssd_cin_plans": pd.DataFrame(
            {
                "cinp_cin_plan_id": c.plan,
                "cinp_referral_id": c.referral,
                "cinp_person_id": system_number(t, c.child),
                "cinp_cin_plan_start_date": stamp(c.start),
                "cinp_cin_plan_end_date": stamp(c.end),
                "cinp_cin_plan_team": c.team,
                "cinp_cin_plan_worker_id": c.worker,
            }
        ),
        "ssd_s47_enquiry": pd.DataFrame(
            {
                "s47e_s47_enquiry_id": e.enquiry,
                "s47e_referral_id": e.referral,
                "s47e_person_id": system_number(t, e.child),
                "s47e_s47_start_date": stamp(e.start),
                "s47e_s47_end_date": stamp(e.end),
                "s47e_s47_nfa": nfa,
                "s47e_s47_outcome_json": e.needed.map(flags),
            }
        ),
    }


def _protection(t: Frames) -> Frames:
    c, p, r = t["conferences"], t["protection_plans"], t["protection_reviews"]
    words = wording.CATEGORY_OF_ABUSE
    return {
        "ssd_initial_cp_conference": pd.DataFrame(
            {
                "icpc_icpc_id": c.conference,
                "icpc_icpc_meeting_id": c.meeting,
                "icpc_s47_enquiry_id": c.enquiry,
                "icpc_person_id": system_number(t, c.child),
                "icpc_cp_plan_id": c.plan,
                "icpc_referral_id": c.referral,
                "icpc_icpc_transfer_in": c.transfer_in,
                "icpc_icpc_target_date": stamp(c.target),
                "icpc_icpc_date": stamp(c.date),
                "icpc_icpc_outcome_cp_flag": c.agreed,
            }
        ),
        "ssd_cp_plans": pd.DataFrame(
            {
                "cppl_cp_plan_id": p.plan,
                "cppl_referral_id": p.referral,
                "cppl_icpc_id": p.conference,
                "cppl_person_id": system_number(t, p.child),
                "cppl_cp_plan_start_date": stamp(p.start),
                "cppl_cp_plan_end_date": stamp(p.end),
                "cppl_cp_plan_ola": p.other_la,
                "cppl_cp_plan_initial_category": p.initial.map(words),
                "cppl_cp_plan_latest_category": p.latest.map(words),
            }
        ),
        "ssd_cp_reviews": pd.DataFrame(
            {
                "cppr_cp_review_id": r.review,
                "cppr_person_id": system_number(t, r.child),
                "cppr_cp_plan_id": r.plan,
                "cppr_cp_review_due": stamp(r.due),
                "cppr_cp_review_date": stamp(r.date),
                "cppr_cp_review_meeting_id": r.meeting.where(r.date.notna()),
                "cppr_cp_review_outcome_continue_cp": r.continues,
            }
        ),
    }


def _staff(t: Frames) -> Frames:
    i, w, d = t["involvements"], t["workers"], t["teams"]
    return {
        "ssd_involvements": pd.DataFrame(
            {
                "invo_involvements_id": i.involvement,
                "invo_professional_id": i.worker,
                "invo_professional_role_id": i.role,
                "invo_professional_team": i.team,
                "invo_person_id": system_number(t, i.child),
                "invo_involvement_start_date": stamp(i.start),
                "invo_involvement_end_date": stamp(i.end),
                "invo_worker_change_reason": i.reason,
                "invo_referral_id": i.referral,
            }
        ),
        "ssd_professionals": pd.DataFrame(
            {
                "prof_professional_id": w.worker,
                "prof_staff_id": w.staff,
                "prof_social_worker_registration_no": w.registration,
                "prof_professional_job_title": w.title,
            }
        ),
        "ssd_department": pd.DataFrame(
            {
                "dept_team_id": d.team,
                "dept_team_name": d.name,
                "dept_team_parent_id": d.parent,
                "dept_team_parent_name": d.parent_name,
            }
        ),
    }


def _companions(told: Stories, kept: Frames) -> Frames:
    """What the dataset has no place for. `child_id` is the number on screen."""
    p, d, a = told.people, told.disabilities, told.assessments
    former, unknown, ended = (
        p[p.former_upn.notna()],
        p[p.upn_reason.notna() & p.upn.isna() & ~p.child.isin(told.care_periods.child)],
        d[d.end.notna()],
    )
    point, plans = a[a.review_point.notna()], told.protection_plans
    gone = plans[~plans.plan.isin(kept["protection_plans"].plan)].groupby("child").size()
    earlier = told.earlier_plans.set_index("child").plans.add(gone, fill_value=0).astype("Int64")
    pre = told.pre_proceedings
    days = {
        "PPStartDate",
        "LBPSentDate",
        "InitialPPMeetingDate",
        "StepDecisionDate",
        "CourtAppDate",
        "LetterInitCPDate",
    }
    return {
        "la_previous_plans": pd.DataFrame({"child_id": earlier.index, "plans_before_window": earlier.to_numpy()}),
        "la_former_upn": pd.DataFrame({"child_id": former.child, "former_upn": former.former_upn}),
        "la_upn_unknown": pd.DataFrame(
            {
                "child_id": unknown.child,
                "reason": unknown.upn_reason,
                "decided_by_role": "Data manager",
                "decided_on": str(told.clock.end),
            }
        ),
        "la_assessment_review": pd.DataFrame(
            {"assessment_id": point.assessment, "internal_review_date": plain(point.review_point)}
        ),
        "la_disability_history": pd.DataFrame(
            {"child_id": ended.child, "code": ended.code, "start": plain(ended.start), "end": plain(ended.end)}
        ),
        "la_pre_proceedings": pre.assign(**{c: plain(pre[c]) for c in days}).rename(
            columns={"referral": "referral_id"}
        ),
    }
