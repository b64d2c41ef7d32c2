"""Who the people are: the one number the returns carry, merged and excluded records, the legacy number where the
model wants the other,
and the latest worker and team of each child."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dfe_returns.sources.model import FILE, LINE, SsdModel
from dfe_returns.sources.profile import Profile
from dfe_returns.sources.raw import RawFile
from dfe_returns.sources.report import Notes
from dfe_returns.sources.shape import meets
from dfe_returns.sources.words import tidy, uniques

PERSON = "ssd_person"
_CHILD_ID = re.compile(r"^[A-Za-z0-9]{1,20}$")


@dataclass
class Excluded:
    """People left out: their numbers (for dropping their rows), and where and why (for the report)."""

    numbers: pd.Index
    rows: pd.DataFrame


def person_columns(model: SsdModel) -> dict[str, list[str]]:
    """Table -> columns that hold a person's number."""
    return {
        table.name: [name for name, (target, _) in table.links.items() if target == PERSON]
        for table in model.tables.values()
        if any(target == PERSON for target, _ in table.links.values())
    }


def merge_people(
    tables: dict[str, pd.DataFrame], profile: Profile, others: Mapping[str, RawFile], model: SsdModel, notes: Notes
) -> None:
    """Move the records of merged numbers to the number that stayed, where the profile names a file of merges."""
    if not profile.merges:
        return
    raw = others.get(profile.merges["file"])
    if raw is None:
        notes.add(
            "STRUCT-NO-FILE",
            "The file of merged numbers is not there; records of merged numbers stay apart.",
            profile.merges["file"],
        )
        return
    old, new = (_tidy(raw.frame[profile.merges[key]]) for key in ("from", "to"))
    known = old.ne("") & new.ne("") & old.ne(new)
    mapping = dict(zip(old[known], new[known], strict=True))
    mapping = {number: _last(number, mapping) for number in mapping}
    if not mapping:
        return
    moved = 0
    for name, columns in person_columns(model).items():
        for column in columns:
            there = tables[name][column].isin(list(mapping))
            if there.any():
                moved += int(there.sum())
                tables[name][column] = tables[name][column].where(~there, tables[name][column].map(mapping))
    person = tables[PERSON]
    merged = person["pers_person_id"].isin(list(mapping))
    notes.add_lines("STRUCT-MERGED-PERSON", "Records merged into another number; that number was kept", person[merged])
    tables[PERSON] = person[~merged].reset_index(drop=True)
    if moved:
        notes.add(
            "STRUCT-MERGED",
            f"{moved} event row(s) were moved from merged numbers to the number that stayed.",
            raw.name,
            None,
            "",
            moved,
        )


def _last(number: str, mapping: Mapping[str, str]) -> str:
    """Where a chain of merges ends; a circle ends where it began."""
    seen = [number]
    while (after := mapping.get(seen[-1])) and after not in seen:
        seen.append(after)
    return seen[-1]


def _tidy(values: pd.Series) -> pd.Series:
    codes, distinct = uniques(values)
    return pd.Series(np.array([tidy(word) for word in distinct] + [""], dtype=object)[codes], index=values.index)


def exclude_people(
    tables: dict[str, pd.DataFrame], profile: Profile, others: Mapping[str, RawFile], extract_date: pd.Timestamp | None
) -> Excluded:
    """Rows of ssd_person that belong in no return: placeholders, test records, people past the age limit."""
    person = tables[PERSON]
    number = person["pers_person_id"].fillna("")
    legacy = person["pers_legacy_id"].fillna("")
    reasons = pd.Series("", index=person.index, dtype="str")

    def because(mask: pd.Series, reason: str) -> None:
        nonlocal reasons
        reasons = reasons.where(~(mask & reasons.eq("")), reason)

    if profile.exclude.get("negative_ids", True):
        because(number.str.startswith("-"), "placeholder person with a negative number")
    for word in profile.exclude.get("words", ()):
        low = str(word).lower()
        inside = number.str.lower().str.contains(low, regex=False) | legacy.str.lower().str.contains(low, regex=False)
        because(inside, f"number holds the word {word}")
    for rule in profile.exclude.get("rows", ()):
        raw = others.get(rule["file"])
        if raw is None or not len(person):
            continue
        hit = np.logical_and.reduce([meets(raw.frame, condition) for condition in rule["where"]])
        lines = raw.frame[LINE][hit]
        because((person[FILE].astype("str") == raw.name) & person[LINE].isin(lines), rule["reason"])
    limit = profile.exclude.get("older_than", 25)
    if limit is not None and extract_date is not None:
        born = person["pers_dob"].fillna(person["pers_expected_dob"])
        because(born < _year_reported(extract_date) - pd.DateOffset(years=int(limit) + 1), f"older than {limit}")
    out = reasons.ne("")
    rows = pd.DataFrame({"file": person[FILE][out].astype("str"), "line": person[LINE][out], "reason": reasons[out]})
    return Excluded(
        pd.Index(number[out].drop_duplicates()).difference(pd.Index(number[~out])), rows.reset_index(drop=True)
    )


def _year_reported(extract_date: pd.Timestamp) -> pd.Timestamp:
    """First day of the collection year before the one the extract was taken in, which is still being returned then: a
    care leaver of 25 in it must not be lost because the extract is some months later."""
    year = extract_date.year - (extract_date < pd.Timestamp(extract_date.year, 4, 1))
    return pd.Timestamp(year - 1, 4, 1)


def drop_people(
    tables: dict[str, pd.DataFrame], excluded: Excluded, model: SsdModel, notes: Notes
) -> list[tuple[str, str, str, int]]:
    """Drop the excluded people and their records; (file, table, reason, rows) for the count of dropped rows."""
    counts = excluded.rows.groupby(["file", "reason"], sort=True).size()
    dropped = [
        (str(file), PERSON, str(reason), int(n))
        for (file, reason), n in zip(counts.index.tolist(), counts, strict=True)
    ]
    for (file, reason), lines in excluded.rows.groupby(["file", "reason"], sort=True)["line"]:
        notes.add("STRUCT-EXCLUDED", f"People left out: {reason}.", str(file), int(lines.min()), "", len(lines))
    if not len(excluded.numbers):
        return dropped
    for name, columns in person_columns(model).items():
        frame = tables[name]
        column = "pers_person_id" if name == PERSON else columns[0]
        gone = frame[column].isin(excluded.numbers)
        if gone.any():
            dropped += [
                (str(f), name, "of a person left out", int(n))
                for f, n in frame[FILE][gone].value_counts(sort=False).items()
                if n
            ]
            tables[name] = frame[~gone].reset_index(drop=True)
    person = tables[PERSON]
    tables[PERSON] = person[~person["pers_person_id"].isin(excluded.numbers)].reset_index(drop=True)
    return dropped


def settle_legacy_numbers(tables: dict[str, pd.DataFrame], profile: Profile, model: SsdModel, notes: Notes) -> None:
    """Where a column may hold the legacy number (ssd_permanence on SystemC), put the person number there.

    The period of care decides; without it, the reading that names a known person; where both do, the profile.
    """
    person = tables[PERSON].dropna(subset=["pers_person_id"]).drop_duplicates("pers_person_id")
    by_legacy = person.dropna(subset=["pers_legacy_id"]).drop_duplicates("pers_legacy_id", keep=False)
    to_person = pd.Series(
        by_legacy["pers_person_id"].to_numpy(), index=by_legacy["pers_legacy_id"].to_numpy(), dtype="str"
    )
    care = tables["ssd_cla_episodes"].dropna(subset=["clae_cla_id"]).drop_duplicates("clae_cla_id")
    carer = pd.Series(care["clae_person_id"].to_numpy(), index=care["clae_cla_id"].to_numpy(), dtype="str")
    for table in model.tables.values():
        for column in table.columns.values():
            frame = tables[table.name]
            if not (column.holds_legacy or column.name in profile.legacy_in) or frame.empty:
                continue
            stored = frame[column.name]
            as_person = stored.where(stored.isin(person["pers_person_id"]))
            as_legacy = stored.map(to_person)
            sure = (
                frame[column.holds_legacy].map(carer)
                if column.holds_legacy
                else pd.Series(np.nan, index=frame.index, dtype="str")
            )
            first, second = (as_legacy, as_person) if column.name in profile.legacy_in else (as_person, as_legacy)
            best = first.where(first.notna(), second)
            best = best.mask(sure.notna() & (sure.eq(as_person) | sure.eq(as_legacy)), sure)
            best = best.where(best.notna(), stored)
            changed = best.ne(stored) & stored.notna()
            notes.add_lines(
                "STRUCT-LEGACY-NUMBER",
                "Legacy number in place of the person number; translated",
                frame[changed],
                column.name,
            )
            tables[table.name] = frame.assign(**{column.name: best.astype("str")})


def fill_absent_people(tables: dict[str, pd.DataFrame], notes: Notes) -> None:
    """Placements and involvements without a person (Mosaic): taken from the period of care, the episode, or the
    referral.
    """
    care = tables["ssd_cla_episodes"]
    referral = tables["ssd_cin_episodes"]
    routes = [
        ("ssd_cla_placement", "clap_person_id", "clap_cla_id", care, "clae_cla_id", "clae_person_id"),
        (
            "ssd_cla_placement",
            "clap_person_id",
            "clap_cla_placement_id",
            care,
            "clae_cla_placement_id",
            "clae_person_id",
        ),
        ("ssd_cla_reviews", "clar_cla_person_id", "clar_cla_id", care, "clae_cla_id", "clae_person_id"),
        ("ssd_involvements", "invo_person_id", "invo_referral_id", referral, "cine_referral_id", "cine_person_id"),
    ]
    for name, column, through, other, key, value in routes:
        frame = tables[name]
        blank = frame[column].isna()
        if not blank.any():
            continue
        known = other.dropna(subset=[key, value]).drop_duplicates([key, value]).drop_duplicates(key, keep=False)
        found = frame[through].map(pd.Series(known[value].to_numpy(), index=known[key].to_numpy(), dtype="str"))
        filled = blank & found.notna()
        notes.add_lines(
            "STRUCT-PERSON-FILLED", f"{column} is blank; the person was taken from {key}", frame[filled], column
        )
        tables[name] = frame.assign(**{column: frame[column].where(~filled, found).astype("str")})


def unlink_strangers(tables: dict[str, pd.DataFrame], notes: Notes) -> None:
    """A placement of another person is never an episode's (Eclipse: an address number); the dates decide instead."""
    care, placement = tables["ssd_cla_episodes"], tables["ssd_cla_placement"].dropna(subset=["clap_person_id"])
    known = placement.drop_duplicates("clap_cla_placement_id")
    whose = care["clae_cla_placement_id"].map(known.set_index("clap_cla_placement_id")["clap_person_id"])
    strange = whose.notna() & care["clae_person_id"].notna() & whose.ne(care["clae_person_id"])
    if strange.any():
        message = "The placement named is another person's; the link was dropped"
        notes.add_lines("STRUCT-LINK-STRANGER", message, care[strange], "clae_cla_placement_id")
        tables["ssd_cla_episodes"] = care.assign(clae_cla_placement_id=care["clae_cla_placement_id"].mask(strange))


def id_map(person: pd.DataFrame, source: str, notes: Notes) -> pd.DataFrame:
    """pers_person_id, pers_legacy_id, child (the number the returns carry); faults of that number are noted, none is
    mended.
    """
    out = person[["pers_person_id", "pers_legacy_id"]].copy()
    out["child"] = person[source]
    blank = person[out["child"].isna()]
    notes.add_lines(
        "STRUCT-NO-CHILD-ID",
        f"No number in {source}, which the returns carry; these children cannot be sent",
        blank,
        source,
    )
    filled = out["child"].dropna()
    bad = ~filled.str.fullmatch(_CHILD_ID.pattern)
    notes.add_lines(
        "STRUCT-CHILD-ID",
        "The child number has other signs than letters and digits, or over 20 of them",
        person.loc[filled.index[bad]],
        source,
    )
    twice = out["child"].notna() & out["child"].duplicated(keep=False)
    notes.add_lines("STRUCT-ID-SHARED", "One child number is borne by several people", person[twice], source)
    pupil = person["pers_upn"].notna() & person["pers_upn"].duplicated(keep=False)
    notes.add_lines(
        "STRUCT-SAME-UPN", "One UPN is borne by several people: perhaps one child under two numbers", person[pupil]
    )
    return out.reset_index(drop=True)


def reasons_on_new_workers(involved: pd.DataFrame) -> pd.DataFrame:
    """ssd_involvements with each reason for a change of worker on the row of the worker who comes.

    For case systems that store it on the row of the one who leaves: whoever it was (a duty worker, say) that left on
    the day the new one came, else the one before in the same role.
    """
    who, start, end = "invo_person_id", "invo_involvement_start_date", "invo_involvement_end_date"
    why = "invo_worker_change_reason"
    rows = involved.sort_values([who, start, end], kind="stable", na_position="last")
    leaving = rows.dropna(subset=[who, end, why]).drop_duplicates([who, end], keep="last")
    by_day = pd.Series(
        leaving[why].to_numpy(), index=pd.MultiIndex.from_frame(leaving[[who, end]].set_axis(["who", "day"], axis=1))
    )
    came = pd.MultiIndex.from_frame(rows[[who, start]].set_axis(["who", "day"], axis=1))
    same_day = pd.Series(by_day.reindex(came).to_numpy(), index=rows.index, dtype="str")
    before = rows.groupby([who, "invo_professional_role_id"], dropna=False)[why].shift()
    reason = same_day.where(same_day.notna(), before).mask(rows[start].eq(rows[end]))
    return involved.assign(**{why: reason.reindex(involved.index).astype("str")})


def latest_workers(tables: dict[str, pd.DataFrame], numbers: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """pers_person_id, child, team, worker: the open (else latest) involvement of a social worker, else the team of
    the last referral.
    """
    involved = tables["ssd_involvements"].dropna(subset=["invo_person_id"])
    roles = {str(role).lower() for role in profile.conventions["social_worker_roles"]}
    if roles and involved["invo_professional_role_id"].notna().any():
        involved = involved[involved["invo_professional_role_id"].str.lower().isin(roles)]
    involved = involved.assign(_open=involved["invo_involvement_end_date"].isna())
    involved = involved.sort_values(
        ["_open", "invo_involvement_start_date", "invo_involvements_id"], kind="stable", na_position="first"
    )
    last = involved.drop_duplicates("invo_person_id", keep="last").set_index("invo_person_id")
    columns = [
        "cine_person_id",
        "cine_referral_date",
        "cine_referral_id",
        "cine_referral_team",
        "cine_referral_worker_id",
    ]
    referred = tables["ssd_cin_episodes"][columns].dropna(subset=["cine_person_id"])
    referred = referred.sort_values(["cine_referral_date", "cine_referral_id"], kind="stable", na_position="first")
    referral = referred.drop_duplicates("cine_person_id", keep="last").set_index("cine_person_id")
    out = numbers[["pers_person_id", "child"]].copy()
    who = out["pers_person_id"]
    team = who.map(last["invo_professional_team"])
    team = team.where(team.notna(), who.map(referral["cine_referral_team"]))
    teams = tables["ssd_department"].dropna(subset=["dept_team_id"]).drop_duplicates("dept_team_id")
    names = pd.Series(teams["dept_team_name"].to_numpy(), index=teams["dept_team_id"].to_numpy(), dtype="str")
    named = team.map(names)
    out["team"] = named.where(named.notna(), team).astype("str")
    worker = who.map(last["invo_professional_id"])
    out["worker"] = worker.where(worker.notna(), who.map(referral["cine_referral_worker_id"])).astype("str")
    return out
