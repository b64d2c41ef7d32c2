"""Run folders and ledgers as they stand after sign-off, made small: one return, a few rows, the real files."""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.evidence.disclosures import disclosing
from dfe_returns.evidence.lineage import row_lineage
from dfe_returns.files import private_folder, sha256_of, write_csv, write_private
from dfe_returns.ledger import open_ledger
from dfe_returns.publish.cin_xml import write_cin
from dfe_returns.publish.manifest import write_manifest
from dfe_returns.run_folder import as_text

from .runs import frame, run_of

KEY = b"a key for tests, long enough to use"


class Clock:
    """A clock that a test sets."""

    def __init__(self, day: str) -> None:
        self.set(day)

    def set(self, day: str) -> None:
        self.now = dt.datetime.fromisoformat(f"{day}T09:00:00+00:00")

    def __call__(self) -> dt.datetime:
        return self.now


@cache
def _empty_ledger() -> bytes:
    """An empty ledger, migrated once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        open_ledger(Path(folder) / "ledger.sqlite", KEY).close()
        return (Path(folder) / "ledger.sqlite").read_bytes()


def ledger_at(folder, clock):
    place = folder / "ledger.sqlite"
    if not place.exists():
        write_private(place, _empty_ledger())
    return open_ledger(folder / "ledger.sqlite", KEY, now=clock)


def header(year):
    end = f"{int(year[:4]) + 1}-03-31"
    text = "Collection | Year | ReferenceDate | SourceLevel | LEA | SoftwareCode | SerialNo | DateTime\n"
    row = f"CIN | {end[:4]} | {end} | L | 999 | dfe-returns | 001 | {end}"
    return frame(text + row, ("ReferenceDate", "DateTime"))


def census(year, children, **more):
    """Census tables of a year: ``children`` is the table ChildIdentifiers as text; one referral each."""
    people = frame(children, ("PersonBirthDate",))
    details = pd.DataFrame({"LAchildID": people["LAchildID"], "CINdetailsID": "1"}, dtype="str")
    details["CINreferralDate"] = pd.Timestamp(f"{year[:4]}-05-01")
    details["ReferralSource"], details["PrimaryNeedCode"], details["ReferralNFA"] = "1A", "N1", "0"
    details["CINclosureDate"], details["ReasonForClosure"], details["DateOfInitialCPC"] = pd.NaT, None, pd.NaT
    ethnic = people[["LAchildID"]].assign(Ethnicity="WBRI")
    tables = {"Header": header(year), "ChildIdentifiers": people, "ChildCharacteristics": ethnic, "CINdetails": details}
    return {**tables, **more}


def origins_of(tables, column):
    """Each row made of the row of the same place in one source file."""
    found = {}
    for name, table in tables.items():
        if column in table:
            rows = pd.DataFrame(
                {"row": range(len(table)), "source": "ssd_person", "file": "ssd_person.csv", "part": "row"}
            )
            found[name] = rows.assign(line=(rows["row"] + 2).astype("Int64"))
    return found


def keep(folder, return_name, year, tables, run_id, part="draft", **more):
    """Write a run folder with its real files and give back the run."""
    column = "LAchildID" if return_name == "cin" else "CHILD"
    result = run_of(return_name, year, tables, origins_of(tables, column), folder=folder, run_id=run_id, **more)
    private_folder(folder)
    write_tables(result, private_folder(folder / part))
    lineage = private_folder(folder / "lineage")
    write_csv(row_lineage(result), lineage / "rows.csv")
    write_csv(result.fields, lineage / "fields.csv")
    write_csv(result.decisions, folder / "decisions.csv")
    about = {"run_id": run_id, "return": return_name, "year": year, "authority": "999", "authority_name": "Fernshire",
             "as_at": result.as_at.isoformat()}  # fmt: skip
    write_manifest(folder, about)
    return result


def write_tables(result, folder):
    collection = result.collection
    if collection.name == "cin":
        with (folder / "cin.xml").open("wb") as stream:
            write_cin(result.tables, collection, stream)
        return
    for name, table in collection.tables.items():
        if name in result.tables:
            text = as_text(result.tables[name], collection).reindex(columns=list(table.columns))
            text.to_csv(folder / table.file_name, index=False, lineterminator="\r\n")


def sign(ledger, result, sent=True, findings=None):
    """Record, sign, enter the disclosures and (unless not sent) note the submission."""
    files = [
        {"role": "draft", "name": p.name, "sha256": sha256_of(p), "bytes": p.stat().st_size}
        for p in sorted((result.folder / "draft").glob("*"))
    ]
    ledger.record_run(result, prepared_by="P Reparer", files=files, findings=findings)
    sealed = private_folder(result.folder / "submission")
    for path in sorted((result.folder / "draft").glob("*")):
        (sealed / path.name).write_bytes(path.read_bytes())
    files = [{**f, "role": "submission"} for f in files]
    enter = disclosing(ledger, result)(pd.DataFrame(files))
    counts = ledger.sign_off(result.run_id, "D Irector", "director", "checked", files=files, then=enter)["then"]
    if sent:
        ledger.submitted(result.run_id, f"REF-{result.run_id}", "P Reparer", "analyst")
    return counts


def three_seasons(folder, clock):
    """One child A1 in three seasons of the census and one of the 903; A2 beside them. Returns ledger and runs."""
    ledger = ledger_at(folder, clock)
    runs = []
    for year, day, ethnic in (
        ("2023-24", "2024-07-01", ""),
        ("2024-25", "2025-07-01", ""),
        ("2025-26", "2026-07-01", ""),
    ):
        clock.set(day)
        sex = "Sex" if year > "2023-24" else "GenderCurrent"
        gender = "F" if year > "2023-24" else "2"
        children = f"LAchildID | UPN | PersonBirthDate | {sex}\nA1 | {ethnic} | 2012-03-04 | {gender}\n"
        children += f"A2 | | 2014-05-06 | {gender}"
        result = keep(folder / year, "cin", year, census(year, children), f"cin-{year}")
        sign(ledger, result)
        runs.append(result)
    clock.set("2026-07-02")
    tables = {
        "Header": frame("CHILD | SEX | DOB | ETHNIC | UPN | MOTHER\nA1 | F | 2012-03-04 | WBRI | UN3 | 0", ("DOB",)),
        "Episodes": frame(
            "CHILD | DECOM | RNE | LS | CIN | PLACE | DEC | REC\nA1 | 2025-06-01 | S | J1 | N1 | K1 | |",
            ("DECOM", "DEC"),
        ),
    }
    result = keep(folder / "903", "ssda903", "2025-26", tables, "ssda903-2025-26")
    sign(ledger, result)
    runs.append(result)
    return ledger, runs


def new_census(folder, ledger, year, run_id, birth="2012-03-05"):
    """The same child again in a later run, with the birth date corrected."""
    sex = "Sex" if year > "2023-24" else "GenderCurrent"
    children = f"LAchildID | UPN | PersonBirthDate | {sex}\nA1 | | {birth} | F\nA2 | | 2014-05-06 | F"
    return keep(folder / run_id, "cin", year, census(year, children), run_id)


__all__ = ["Clock", "census", "contract", "keep", "ledger_at", "new_census", "sign", "three_seasons"]
