"""What Fernshire sent for the year before: the 903 return as CSV files, and a CIN census file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree

from dfe_returns.contract import contract
from dfe_returns.contract.years import year_before
from dfe_returns.files import private_folder, write_private
from dfe_returns.synthetic.facts import Clock, Stories
from dfe_returns.synthetic.true_return import ssda903_return

Rows = list[dict[str, Any]]


def write_last_year(told: Stories, folder: Path | str) -> None:
    """Write `ssda903-YEAR/*.csv` and `cin-YEAR.xml` of the year before the stories' year."""
    year = year_before(told.year)
    place = private_folder(Path(folder) / f"ssda903-{year}")
    names = contract("ssda903", year).tables
    for name, frame in ssda903_return(told, year).items():
        write_private(place / str(names[name].file_name), frame.to_csv(index=False, lineterminator="\r\n"))
    write_private(Path(folder) / f"cin-{year}.xml", cin_file(told, year))


def cin_file(told: Stories, year: str) -> bytes:
    """The census of `year` from the stories: cases open in it with assessments, plans, enquiries, protection plans."""
    clock = Clock(year)
    first, last = pd.Timestamp(clock.start), pd.Timestamp(clock.end)
    known = told.known_on(clock.end.astype(object)).tables
    spells = known["referrals"]
    spells = spells[(spells.nfa.eq("N") & ~(spells.closed < first)) | spells.date.between(first, last)]
    message = etree.Element("Message")
    _header(message, year, clock)
    children = etree.SubElement(message, "Children")
    by_child: dict[Any, Any] = {
        key: rows.to_dict("records") for key, rows in spells.sort_values(["child", "date"]).groupby("child")
    }
    people = known["people"].set_index("child")
    codes = (
        known["disabilities"]
        .groupby("child")
        .code.agg(lambda found: sorted(set(found) - {"NONE"}) or ["NONE"])
        .to_dict()
    )
    parts = {
        name: _by_spell(known[name])
        for name in ("assessments", "cin_plans", "enquiries", "conferences", "protection_plans")
    }
    held = known["protection_reviews"]
    held = held[held.date.between(first, last)].sort_values(["plan", "date"])
    reviews: dict[Any, Any] = held.groupby("plan").date.agg(list).to_dict()
    for child in sorted(by_child):
        _child(children, child, people.loc[child], codes.get(child, []), by_child[child], parts, reviews, first)
    body: bytes = etree.tostring(message, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return body


def _by_spell(table: pd.DataFrame) -> dict[Any, Any]:
    return {key: rows.to_dict("records") for key, rows in table.groupby("referral")}


def _add(parent: Any, **values: Any) -> None:
    for name, value in values.items():
        if value is not None and not pd.isna(value):
            etree.SubElement(parent, name).text = (
                value.strftime("%Y-%m-%d") if isinstance(value, pd.Timestamp) else str(value)
            )


def _header(message: Any, year: str, clock: Clock) -> None:
    header = etree.SubElement(message, "Header")
    _add(
        etree.SubElement(header, "CollectionDetails"),
        Collection="CIN",
        Year=str(clock.end)[:4],
        ReferenceDate=str(clock.end),
    )
    _add(
        etree.SubElement(header, "Source"),
        SourceLevel="L",
        LEA="999",
        SoftwareCode="Fernshire",
        Release="1",
        SerialNo="001",
        DateTime=f"{str(clock.end)[:4]}-06-20T00:00:00",
    )


def _child(
    children: Any,
    child: int,
    person: Any,
    codes: list[str],
    spells: Rows,
    parts: dict[str, dict[int, Rows]],
    reviews: dict[int, list[pd.Timestamp]],
    first: pd.Timestamp,
) -> None:
    element = etree.SubElement(children, "Child")
    born = pd.notna(person.born)
    upn = person.upn if born and isinstance(person.upn, str) and len(person.upn) == 13 else None
    nfa_only = all(s["nfa"] == "Y" for s in spells)
    reason = None if upn or not born else person.upn_reason
    _add(
        etree.SubElement(element, "ChildIdentifiers"),
        LAchildID=child,
        UPN=upn,
        UPNunknown=reason if reason != "UN7" or nfa_only else "UN4",
        PersonBirthDate=person.born,
        ExpectedPersonBirthDate=None if born else person.due,
        Sex=person.sex if born else "U",
        PersonDeathDate=person.died,
    )
    character = etree.SubElement(element, "ChildCharacteristics")
    _add(character, Ethnicity=person.ethnicity if isinstance(person.ethnicity, str) else "NOBT")
    if born and codes:
        block = etree.SubElement(character, "Disabilities")
        for code in codes:
            _add(block, Disability=code)
    for spell in spells:
        of_spell = {name: rows.get(int(spell["referral"]), []) for name, rows in parts.items()}
        _spell(element, spell, of_spell, reviews, first)


def _spell(
    child: Any,
    spell: dict[str, Any],
    parts: dict[str, Rows],
    reviews: dict[int, list[pd.Timestamp]],
    first: pd.Timestamp,
) -> None:
    details, nfa = etree.SubElement(child, "CINdetails"), spell["nfa"] == "Y"
    arrived = [c["date"] for c in parts["conferences"] if c["transfer_in"] == "Y" and c["date"] >= first]
    _add(
        details,
        CINreferralDate=spell["date"],
        ReferralSource=spell["source"],
        PrimaryNeedCode=None if nfa else spell["need"],
        CINclosureDate=None if nfa else spell["closed"],
        ReasonForClosure=None if nfa else spell["reason"],
        DateOfInitialCPC=arrived[0] if arrived else None,
    )
    for record in parts["assessments"]:
        if pd.isna(record["authorised"]) or record["authorised"] >= first:
            work = etree.SubElement(details, "Assessments")
            _add(work, AssessmentActualStartDate=record["start"], AssessmentAuthorisationDate=record["authorised"])
            if isinstance(record["factors"], str) and pd.notna(record["authorised"]):
                block = etree.SubElement(work, "FactorsIdentifiedAtAssessment")
                for code in record["factors"].split(","):
                    _add(block, AssessmentFactors=code)
    for record in parts["cin_plans"]:
        if not record["end"] < first:
            _add(
                etree.SubElement(details, "CINPlanDates"),
                CINPlanStartDate=record["start"],
                CINPlanEndDate=record["end"],
            )
    held = {c["enquiry"]: c for c in parts["conferences"]}
    for record in parts["enquiries"]:
        conference = held.get(record["enquiry"])
        if record["start"] >= first or (conference and conference["date"] >= first):
            needless = record["needed"] == "N"
            _add(
                etree.SubElement(details, "Section47"),
                S47ActualStartDate=record["start"],
                InitialCPCtarget=conference["target"] if conference else None,
                DateOfInitialCPC=conference["date"] if conference else None,
                ICPCnotRequired=int(needless),
            )
    _add(details, ReferralNFA=int(nfa))
    for record in parts["protection_plans"]:
        if not record["end"] < first and record["other_la"] != "Y":
            plan = etree.SubElement(details, "ChildProtectionPlans")
            _add(
                plan,
                CPPstartDate=record["start"],
                CPPendDate=record["end"],
                InitialCategoryOfAbuse=record["initial"],
                LatestCategoryOfAbuse=record["latest"],
                NumberOfPreviousCPP=0,
            )
            if record["plan"] in reviews:
                block = etree.SubElement(plan, "Reviews")
                for day in reviews[record["plan"]]:
                    _add(block, CPPreviewDate=day)
