"""The care side of the dataset: episodes, placements, outcomes, adoption, care leavers, and its companion files."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic import wording
from dfe_returns.synthetic.columns import Frames, plain, stamp, system_number
from dfe_returns.synthetic.facts import Stories, dates_of

_PLACEHOLDER = "SSD_PH"  # what that system's script writes where it has nothing


def care_frames(t: Frames) -> Frames:
    """All dataset tables about care. `t`: the stories' tables inside the look-back window."""
    return {**_legal(t), **_episodes(t), **_outcomes(t), **_after(t)}


def _legal(t: Frames) -> Frames:
    status, asylum, mothers = t["legal_statuses"], t["immigration"], t["mothers"]
    leavers = t["care_periods"][t["care_periods"].leaving.isin(["E5", "E6", "E17"])]
    rows = pd.concat(
        [
            status.assign(word=status.code.map(wording.LEGAL_STATUS).fillna(status.code))[
                ["row", "child", "word", "start", "end"]
            ],
            pd.DataFrame(
                {
                    "row": leavers.period + 100_000,
                    "child": leavers.child,
                    "word": "Care leaver",
                    "start": leavers.end,
                    "end": pd.NaT,
                }
            ),
        ],
        ignore_index=True,
    ).sort_values(["child", "start"], kind="stable", ignore_index=True)
    return {
        "ssd_immigration_status": pd.DataFrame(
            {
                "immi_immigration_status_id": np.arange(len(asylum)) + 260_001,
                "immi_person_id": system_number(t, asylum.child),
                "immi_immigration_status_start_date": stamp(asylum.start),
                "immi_immigration_status_end_date": stamp(asylum.end),
                "immi_immigration_status": asylum.status.map(wording.IMMIGRATION),
            }
        ),
        "ssd_mother": pd.DataFrame(
            {
                "moth_table_id": np.arange(len(mothers)) + 270_001,
                "moth_person_id": system_number(t, mothers.child),
                "moth_childs_person_id": mothers.baby,
                "moth_childs_dob": stamp(mothers.baby_born),
            }
        ),
        "ssd_legal_status": pd.DataFrame(
            {
                "lega_legal_status_id": rows.row,
                "lega_person_id": system_number(t, rows.child),
                "lega_legal_status": rows.word,
                "lega_legal_status_start_date": stamp(rows.start),
                "lega_legal_status_end_date": stamp(rows.end),
            }
        ),
    }


def _episodes(t: Frames) -> Frames:
    e, p, r = t["care_episodes"], t["placements"], t["care_reviews"]
    period = t["care_periods"].set_index("period")
    kept_by_script = p.urn.str.startswith("SC") | p.urn.eq("XXXXXXX")
    return {
        "ssd_cla_episodes": pd.DataFrame(
            {
                "clae_cla_episode_id": e.episode,
                "clae_person_id": system_number(t, e.child),
                "clae_cla_placement_id": e.placement,
                "clae_cla_episode_start_date": stamp(e.start),
                "clae_cla_episode_start_reason": e.start_reason.map(wording.START_REASON),
                "clae_cla_primary_need_code": e.need,
                "clae_cla_episode_ceased_date": stamp(e.end),
                "clae_cla_episode_ceased_reason": e.end_reason.map(wording.END_REASON),
                "clae_cla_id": e.period,
                "clae_referral_id": e.period.map(period.referral),
                "clae_cla_last_iro_contact_date": "",
                "clae_entered_care_date": stamp(dates_of(e.period, period.start)),
            }
        ),
        "ssd_cla_placement": pd.DataFrame(
            {
                "clap_cla_placement_id": p.placement,
                "clap_cla_id": p.period,
                "clap_person_id": system_number(t, p.child),
                "clap_cla_placement_start_date": stamp(p.start),
                "clap_cla_placement_type": p.type,
                "clap_cla_placement_urn": p.urn.where(kept_by_script),
                "clap_cla_placement_distance": "",
                "clap_cla_placement_provider": p.provider,
                "clap_cla_placement_postcode": p.postcode,
                "clap_cla_placement_end_date": stamp(p.end),
                "clap_cla_placement_change_reason": p.change,
            }
        ),
        "ssd_cla_reviews": pd.DataFrame(
            {
                "clar_cla_review_id": r.review,
                "clar_cla_id": r.period,
                "clar_cla_person_id": system_number(t, r.child),
                "clar_cla_review_due_date": stamp(r.due),
                "clar_cla_review_date": stamp(r.date),
                "clar_cla_review_cancelled": r.cancelled,
                "clar_cla_review_participation": r.participation.map(wording.PARTICIPATION),
            }
        ),
    }


def _outcomes(t: Frames) -> Frames:
    prev, offences, checks, jabs = t["previous_permanence"], t["convictions"], t["health_checks"], t["immunisations"]
    misuse, forms, gone = t["substance_misuse"], t["sdq"], t["missing"]
    return {
        "ssd_cla_previous_permanence": pd.DataFrame(
            {
                "lapp_table_id": prev.form,
                "lapp_person_id": system_number(t, prev.child),
                "lapp_previous_permanence_option": prev.option.map(wording.EARLIER_ORDER),
                "lapp_previous_permanence_la": prev.authority,
                "lapp_previous_permanence_order_date": prev.order_date,
            }
        ),
        "ssd_cla_convictions": pd.DataFrame(
            {
                "clac_cla_conviction_id": offences.conviction,
                "clac_person_id": system_number(t, offences.child),
                "clac_cla_conviction_date": stamp(offences.date),
            }
        ),
        "ssd_cla_health": pd.DataFrame(
            {
                "clah_health_check_id": checks.check,
                "clah_person_id": system_number(t, checks.child),
                "clah_health_check_type": checks.type,
                "clah_health_check_date": stamp(checks.date),
                "clah_health_check_status": checks.status,
            }
        ),
        "ssd_cla_immunisations": pd.DataFrame(
            {
                "clai_person_id": system_number(t, jabs.child),
                "clai_immunisations_status": jabs.status,
                "clai_immunisations_status_date": stamp(jabs.date),
            }
        ),
        "ssd_cla_substance_misuse": pd.DataFrame(
            {
                "clas_substance_misuse_id": misuse.misuse,
                "clas_person_id": system_number(t, misuse.child),
                "clas_substance_misuse_date": stamp(misuse.date),
                "clas_substance_misused": misuse.substance,
                "clas_intervention_received": misuse.received,
            }
        ),
        "ssd_sdq_scores": pd.DataFrame(
            {
                "csdq_table_id": forms.form,
                "csdq_person_id": system_number(t, forms.child),
                "csdq_sdq_completed_date": stamp(forms.date),
                "csdq_sdq_score": forms.score,
                "csdq_sdq_reason": _PLACEHOLDER,
            }
        ),
        "ssd_missing": pd.DataFrame(
            {
                "miss_table_id": gone.spell,
                "miss_person_id": system_number(t, gone.child),
                "miss_missing_episode_start_date": stamp(gone.start),
                "miss_missing_episode_type": gone.type.map(wording.ABSENCE),
                "miss_missing_episode_end_date": stamp(gone.end),
            }
        ),
    }


def _after(t: Frames) -> Frames:
    c, a = t["leaver_contacts"], t["adoptions"]
    c, a = c[c.companion.isna()], a[a.companion.isna()]
    service = a.placed.notna().map({True: "SC900001"})
    return {
        "ssd_care_leavers": pd.DataFrame(
            {
                "clea_table_id": c.contact,
                "clea_person_id": system_number(t, c.child),
                "clea_care_leaver_eligibility": c.eligibility,
                "clea_care_leaver_in_touch": c.in_touch,
                "clea_care_leaver_latest_contact": stamp(c.date),
                "clea_care_leaver_accommodation": c.accommodation.map(wording.ACCOMMODATION),
                "clea_care_leaver_accom_suitable": c.suitable.map(wording.SUITABLE),
                "clea_care_leaver_activity": c.activity.map(wording.ACTIVITY),
            }
        ),
        # that system files these rows under the number on screen
        "ssd_permanence": pd.DataFrame(
            {
                "perm_table_id": a.adoption,
                "perm_person_id": a.child,
                "perm_cla_id": a.period,
                "perm_adm_decision_date": stamp(a.decision),
                "perm_placement_order_date": stamp(a.placement_order),
                "perm_matched_date": stamp(a.matched),
                "perm_adopter_sex": a.sexes,
                "perm_adopter_legal_status": a.adopter_status,
                "perm_number_of_adopters": a.adopters,
                "perm_placed_for_adoption_date": stamp(a.placed),
                "perm_adopted_by_carer_flag": a.by_carer,
                "perm_placement_provider_urn": service,
                "perm_decision_reversed_date": stamp(a.reversed),
                "perm_decision_reversed_reason": a.reversed_reason,
                "perm_permanence_order_date": stamp(a.order),
                "perm_permanence_order_type": a.order_type,
            }
        ),
    }


def companions_of_care(told: Stories) -> Frames:
    """Companion files for what the dataset lacks about care: only the children who need them."""
    contacts, decisions, dolo = told.leaver_contacts, told.adoptions, told.dolo
    contacts = contacts[contacts.companion.notna()]
    decisions = decisions[decisions.child.duplicated(keep=False)]
    return {
        "la_dolo": pd.DataFrame({"child_id": dolo.child, "dolo_start": plain(dolo.start), "dolo_end": plain(dolo.end)}),
        "la_oc2_extra": _oc2_extra(told),
        "la_care_leaver_birthday": pd.DataFrame(
            {
                "child_id": contacts.child,
                "birthday_age": contacts.age,
                "contact_date": plain(contacts.date),
                "in_touch": contacts.in_touch,
                "activity": contacts.activity,
                "accommodation": contacts.accommodation,
                "suitable": contacts.suitable,
            }
        ),
        "la_adoption_decisions": pd.DataFrame(
            {
                "child_id": decisions.child,
                "decision_date": plain(decisions.decision),
                "reversed_date": plain(decisions.reversed),
                "reversed_reason": decisions.reversed_reason,
            }
        ),
    }


def _oc2_extra(told: Stories) -> pd.DataFrame:
    """Of the collection year: help offered, offences that led to a conviction, why no questionnaire was made."""
    first, last = pd.Timestamp(told.clock.start), pd.Timestamp(told.clock.end)

    def latest(table: pd.DataFrame, column: str) -> pd.Series:
        within = table[table.date.between(first, last) & table[column].notna()]
        return within.drop_duplicates("child", keep="last").set_index("child")[column]

    convicted = told.convictions.sort_values(["child", "convicted"], kind="stable")
    out = pd.DataFrame(
        {
            "intervention_offered": latest(told.substance_misuse, "offered"),
            "convicted": latest(convicted, "convicted"),
            "sdq_reason": latest(told.sdq, "reason"),
        }
    ).rename_axis("child_id")
    return out.assign(immunisations_at_31_march=pd.Series(dtype="str")).reset_index()
