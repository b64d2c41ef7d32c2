"""Templates of the la_* companion files, filled in with just the children (or records) who need them.

A companion holds what the case system has no place for. What an authority has already given is kept in the new
template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.errors import UsageError
from dfe_returns.files import private_folder, write_csv
from dfe_returns.sources.load import Loaded
from dfe_returns.sources.model import FILE, LINE, ssd_model

Tables = Mapping[str, pd.DataFrame]


def companion_rows(loaded: Loaded, year: str) -> dict[str, pd.DataFrame]:
    """Companion name -> its rows for a collection year ("2025-26"): those already given, then the empty ones still
    needed.

    Columns are the companion's own; dates are datetimes. Companions that nobody can be told to need have no new rows.
    """
    collection = contract("cin", year)
    start, end = pd.Timestamp(collection.start), pd.Timestamp(collection.end)
    numbers = loaded.report.id_map.dropna(subset=["pers_person_id", "child"]).drop_duplicates("pers_person_id")
    child = numbers.set_index("pers_person_id")["child"]
    model = ssd_model()
    out = {}
    for name in model.companions:
        given = loaded.tables[name].drop(columns=[FILE, LINE])
        needed = _NEEDS[name](loaded.tables, child, start, end) if name in _NEEDS else pd.DataFrame()
        out[name] = _with_needed(given, needed, list(model.tables[name].key))
    return out


def write_companions(loaded: Loaded, year: str, folder: Path | str, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Write the templates as private CSV files; all, or those named (``la_dolo`` ...).

    Returns file, title, rows, to_fill (rows still to be filled in), needed_by (who is listed). Raises UsageError for
    an unknown
    name or a folder that cannot be written.
    """
    model = ssd_model()
    if unknown := sorted(set(names) - set(model.companions)):
        raise UsageError(f"There is no companion {unknown[0]}; there are {', '.join(model.companions)}.")
    folder = private_folder(folder)
    written = []
    for name, rows in companion_rows(loaded, year).items():
        if names and name not in names:
            continue
        table = model.tables[name]
        write_csv(rows, folder / f"{name}.csv", neutralise=False)
        to_fill = len(rows) - len(loaded.tables[name])
        written.append((f"{name}.csv", table.title, len(rows), to_fill, table.companion))
    return pd.DataFrame(written, columns=["file", "title", "rows", "to_fill", "needed_by"])


def _with_needed(given: pd.DataFrame, needed: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The given rows, and below them the needed ones that are not among them."""
    if needed.empty:
        return given
    shared = [column for column in key if column in needed]
    known = pd.MultiIndex.from_frame(given[shared].astype("object"))
    new = needed.drop_duplicates(shared).sort_values(shared, kind="stable")
    new = new[~pd.MultiIndex.from_frame(new[shared].astype("object")).isin(known)]
    for column in given.columns.difference(new.columns):
        new = new.assign(**{column: pd.Series(index=new.index, dtype=given[column].dtype)})
    return (
        pd.concat([given, new[given.columns]], ignore_index=True)
        if len(given)
        else new[given.columns].reset_index(drop=True)
    )


def _children(people: pd.Series, child: pd.Series) -> pd.DataFrame:
    """Child numbers of people, as the first column of a template."""
    return pd.DataFrame({"child_id": people.map(child)}).dropna().reset_index(drop=True)


def _open_in(frame: pd.DataFrame, begins: str, ends: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame[begins] <= end) & ~(frame[ends] < start)]


def _without_upn(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    referral = _open_in(tables["ssd_cin_episodes"], "cine_referral_date", "cine_close_date", start, end)
    care = _open_in(
        tables["ssd_cla_episodes"], "clae_cla_episode_start_date", "clae_cla_episode_ceased_date", start, end
    )
    returned = pd.concat([referral["cine_person_id"], care["clae_person_id"]])
    person = tables["ssd_person"]
    person = person[
        person["pers_upn"].isna() & person["pers_upn_unknown"].isna() & person["pers_person_id"].isin(returned)
    ]
    return _children(person["pers_person_id"], child)


def _former_upn(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """A number of the right kind is announced and its value is not there."""
    links = tables["ssd_linked_identifiers"]
    kind = links["link_identifier_type"].str.contains("former", case=False, na=False)
    return _children(links.loc[kind & links["link_identifier_value"].isna(), "link_person_id"], child)


def _plans_before(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    plan = _open_in(tables["ssd_cp_plans"], "cppl_cp_plan_start_date", "cppl_cp_plan_end_date", start, end)
    return _children(plan["cppl_person_id"], child)


def _disability_dates(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    rows = tables["ssd_disability"]
    rows = rows[rows["disa_disability_code"].notna() & rows["disa_disability_code"].ne("NONE")]
    out = pd.DataFrame({"child_id": rows["disa_person_id"].map(child), "code": rows["disa_disability_code"]})
    return out.dropna().drop_duplicates().reset_index(drop=True)


def _internal_reviews(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    rows = _open_in(
        tables["ssd_cin_assessments"], "cina_assessment_start_date", "cina_assessment_auth_date", start, end
    )
    return pd.DataFrame({"assessment_id": rows["cina_assessment_id"]}).dropna().reset_index(drop=True)


def _pre_proceedings(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Cases with a protection plan still open at the end of the year."""
    plan = tables["ssd_cp_plans"]
    still = plan[(plan["cppl_cp_plan_start_date"] <= end) & ~(plan["cppl_cp_plan_end_date"] <= end)]
    return pd.DataFrame({"referral_id": still["cppl_referral_id"]}).dropna().drop_duplicates().reset_index(drop=True)


def _looked_after_a_year(tables: Tables, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """People whose period of care began a year before the end of the collection or earlier, and was open on its last
    day.
    """
    care = tables["ssd_cla_episodes"]
    entered = care["clae_entered_care_date"].fillna(care["clae_cla_episode_start_date"])
    first = entered.groupby(care["clae_cla_id"].fillna(care["clae_person_id"])).transform("min")
    open_then = ~(care["clae_cla_episode_ceased_date"] <= end) & (care["clae_cla_episode_start_date"] <= end)
    return care.loc[open_then & (first <= start), "clae_person_id"].drop_duplicates()


def _outcomes(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Of those looked after a year: help not received, offences, no score and no reason, no word on immunisations."""
    people = _looked_after_a_year(tables, start, end)
    misuse, offence = tables["ssd_cla_substance_misuse"], tables["ssd_cla_convictions"]
    in_year = misuse["clas_substance_misuse_date"].between(start, end)
    refused = misuse.loc[in_year & misuse["clas_intervention_received"].ne("Y"), "clas_person_id"]
    offended = offence.loc[offence["clac_cla_conviction_date"].between(start, end), "clac_person_id"]
    person = (
        tables["ssd_person"].drop_duplicates("pers_person_id").set_index("pers_person_id")["pers_dob"].reindex(people)
    )
    of_age = (person <= end - pd.DateOffset(years=4)) & (person > end - pd.DateOffset(years=17))
    scores = tables["ssd_sdq_scores"]
    said = scores[scores["csdq_sdq_completed_date"].between(start, end) | scores["csdq_sdq_reason"].notna()]
    unscored = people[people.isin(person.index[of_age]) & ~people.isin(said["csdq_person_id"])]
    status = tables["ssd_cla_immunisations"]
    vaccinated = status.loc[status["clai_immunisations_status"].notna(), "clai_person_id"]
    needed = pd.concat([refused, offended, unscored, people[~people.isin(vaccinated)]])
    return _children(people[people.isin(needed)], child)


def _status_on_episode(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Episodes of the year with no legal status in force on their first day, or with more than one."""
    care = _open_in(
        tables["ssd_cla_episodes"], "clae_cla_episode_start_date", "clae_cla_episode_ceased_date", start, end
    )
    status = tables["ssd_legal_status"].dropna(subset=["lega_legal_status"])
    pairs = care[["clae_cla_episode_id", "clae_person_id", "clae_cla_episode_start_date"]].merge(
        status, left_on="clae_person_id", right_on="lega_person_id"
    )
    day = pairs["clae_cla_episode_start_date"]
    held = pairs[(pairs["lega_legal_status_start_date"] <= day) & ~(pairs["lega_legal_status_end_date"] <= day)]
    counts = held.groupby("clae_cla_episode_id")["lega_legal_status"].nunique()
    unclear = care.loc[care["clae_cla_episode_id"].map(counts).fillna(0).ne(1), "clae_cla_episode_id"]
    return pd.DataFrame({"episode_id": unclear}).reset_index(drop=True)


def _home_postcodes(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Periods of care open in the year whose first day no address with a postcode covers."""
    care = _open_in(
        tables["ssd_cla_episodes"], "clae_cla_episode_start_date", "clae_cla_episode_ceased_date", start, end
    )
    care = care.assign(entered=care["clae_entered_care_date"].fillna(care["clae_cla_episode_start_date"]))
    entries = care[["clae_person_id", "entered"]].drop_duplicates()
    address = tables["ssd_address"].dropna(subset=["addr_address_postcode"])
    pairs = entries.merge(address, left_on="clae_person_id", right_on="addr_person_id")
    covered = pairs[
        (pairs["addr_address_start_date"] <= pairs["entered"]) & ~(pairs["addr_address_end_date"] < pairs["entered"])
    ]
    known = pd.MultiIndex.from_frame(covered[["clae_person_id", "entered"]])
    lacking = entries[~pd.MultiIndex.from_frame(entries).isin(known)]
    out = pd.DataFrame({"child_id": lacking["clae_person_id"].map(child), "entered_care": lacking["entered"]})
    return out.dropna(subset=["child_id"]).reset_index(drop=True)


def _birthdays(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Care leavers who turned 17 to 21 in the year and have no contact near that birthday (a quarter before to a
    month after).
    """
    leavers = tables["ssd_care_leavers"]
    person = tables["ssd_person"].dropna(subset=["pers_person_id"]).drop_duplicates("pers_person_id")
    born = person.set_index("pers_person_id")["pers_dob"]
    born = born[born.index.isin(leavers["clea_person_id"])].dropna()
    if born.empty:
        return pd.DataFrame()
    found = []
    for age in range(17, 22):
        birthday = born + pd.DateOffset(years=age)
        due = birthday[birthday.between(start, end)]
        contacts = leavers[leavers["clea_person_id"].isin(due.index)]
        on = pd.Series(due.reindex(contacts["clea_person_id"]).to_numpy(), index=contacts.index)
        contact = contacts["clea_care_leaver_latest_contact"]
        near = (contact >= on - pd.DateOffset(months=3)) & (contact <= on + pd.DateOffset(months=1))
        without = due.index.difference(pd.Index(contacts.loc[near, "clea_person_id"]))
        found.append(pd.DataFrame({"child_id": pd.Series(without, dtype="str").map(child), "birthday_age": age}))
    out = pd.concat(found, ignore_index=True).dropna(subset=["child_id"])
    return out.astype({"birthday_age": "Int64"})


def _decisions(tables: Tables, child: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Children with an adoption decision: the system keeps the latest, and an earlier one may still stand."""
    rows = tables["ssd_permanence"].dropna(subset=["perm_adm_decision_date"])
    return _children(rows.loc[rows["perm_adm_decision_date"] <= end, "perm_person_id"], child)


_NEEDS: dict[str, Callable[[Tables, pd.Series, pd.Timestamp, pd.Timestamp], pd.DataFrame]] = {
    "la_oc2_extra": _outcomes,
    "la_legal_status_on_episode": _status_on_episode,
    "la_home_postcode": _home_postcodes,
    "la_previous_plans": _plans_before,
    "la_former_upn": _former_upn,
    "la_upn_unknown": _without_upn,
    "la_care_leaver_birthday": _birthdays,
    "la_adoption_decisions": _decisions,
    "la_assessment_review": _internal_reviews,
    "la_disability_history": _disability_dates,
    "la_pre_proceedings": _pre_proceedings,
}
