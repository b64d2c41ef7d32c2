"""What must be settled before a live return is signed: policy, specification, new fields, requests (R2, R18, R22,
R32, R52)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.contract.gateways import FieldGateway
from dfe_returns.contract.years import YEARS, year_before
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import disclosed_counts, disclosing
from dfe_returns.evidence.events import events
from dfe_returns.evidence.rights import check_requests

_FIELD_DECISIONS = ("send", "withhold")


def obstacles(result: Any, config: Any, ledger: Any, today: date | None = None) -> list[str]:
    """Why this run may not be signed yet, each with what to do; an empty list when nothing is in the way."""
    day = today or ledger.today()
    found = [*policy_obstacles(config, day), *_specification(result, config), *_new_fields(result, ledger)]
    found += misdirected(result, config, ledger)
    found += adoption_links(result, ledger)
    try:
        check_requests(ledger, result)
    except RefusedError as error:
        found.append(str(error))
    return found


def check_sign_off(result: Any, config: Any, ledger: Any, today: date | None = None) -> None:
    """Raises RefusedError (exit code 5), listing every obstacle, unless the run may be signed."""
    found = obstacles(result, config, ledger, today)
    if found:
        raise RefusedError("This return cannot be signed off yet. " + " ".join(found))


def sign_live(
    ledger: Any,
    folder: Path | str,
    config: Any,
    name: str,
    role: str,
    note: str = "",
    exceptions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Sign a run under all controls, freeze its bytes and enter what it discloses of whom.

    Signature, hashes of the frozen files and disclosures are one transaction of the ledger.
    Answers as ``review.signoff.sign_off`` does, with ``disclosures`` (rows per register). Raises RefusedError
    (exit code 5) naming every obstacle, IntegrityError when the draft is not what was written.
    """
    from dfe_returns.review.signoff import finish_signing, must_be_as_written, run_id_of, sign_off
    from dfe_returns.run_folder import load_run

    answer = finish_signing(ledger, folder)
    if answer is None:
        must_be_as_written(ledger, folder)
        result = load_run(folder)
        enter = disclosing(
            ledger,
            result,
            specification=config.of_return(result.collection.name).specification,
            notice=config.governance.notice_version,
        )
        refusals = obstacles(result, config, ledger)
        answer = sign_off(ledger, folder, name, role, note, exceptions, refusals=refusals, then=enter)
    counts = answer.pop("then") or disclosed_counts(ledger, run_id_of(folder))
    return {**answer, "disclosures": counts}


def policy_obstacles(config: Any, today: date) -> list[str]:
    """Without an appropriate policy document in date nothing is signed (DPA 2018 Schedule 1 paragraphs 39-40)."""
    policy, found = config.policy, []
    if not policy.reference.strip():
        found.append("The appropriate policy document has no reference; set policy.reference.")
    if not policy.owner.strip():
        found.append("The appropriate policy document has no owner; set policy.owner.")
    if policy.review_date is None:
        found.append("The appropriate policy document has no review date; set policy.review_date.")
    elif policy.review_date < today:
        found.append(
            "The review date of the appropriate policy document has passed; have it reviewed, then set the new date."
        )
    return found


def added_fields(return_name: str, year: str, switches: Any = ()) -> list[FieldGateway]:
    """Fields that a year's specification asks for and the year before did not (R22); empty for the first year
    covered."""
    if year == YEARS[0]:
        return []
    now, before = contract(return_name, year), contract(return_name, year_before(year))
    on = set(switches)
    covered = [n for n in now.fields if now.gateways.covers(return_name, n, year, on)[0]]
    return now.gateways.added_fields(return_name, before.fields, covered)


def decide_field(
    ledger: Any, return_name: str, year: str, field: str, decision: str, reason: str, name: str, role: str
) -> int:
    """A named officer's decision on an added field: ``send`` or ``withhold``. Returns the number of the entry.

    Raises UsageError for a field that was not added that year, RefusedError without reason, name and role.
    """
    every = {table.name for table in contract(return_name, year).tables.values()}
    if field not in {law.id for law in added_fields(return_name, year, every)}:
        raise UsageError(
            f"{field} is no added field of {return_name} {year}; `fields list` shows what the year asks for."
        )
    if decision not in _FIELD_DECISIONS:
        raise UsageError(f"'{decision}' is no decision on a field; use {' or '.join(_FIELD_DECISIONS)}.")
    if not (reason.strip() and name.strip() and role.strip()):
        raise RefusedError("A decision on a field needs its reason and the officer's name and role.")
    body = {
        "event": "decided",
        "return": return_name,
        "year": year,
        "field": field,
        "decision": decision,
        "reason": reason,
        "name": name,
        "role": role,
    }
    return int(ledger.entry("field decided", "", body))


def field_decisions(ledger: Any, return_name: str, year: str) -> dict[str, dict[str, Any]]:
    """The last decision on each added field."""
    told = events(ledger, "field decided")
    return {e["field"]: e for e in told if e["return"] == return_name and e["year"] == year}


def misdirected(result: Any, config: Any, ledger: Any) -> list[str]:
    """Signs that a file is about to go wrong (R52): another authority, the same return sent already, last year's
    file again."""
    found = []
    if str(result.authority) != str(config.authority):
        found.append("The run is for another authority than the configuration; check which one is meant.")
    mine = _main_file(ledger, result.run_id, "draft")
    for run in ledger.states().to_dict("records"):
        same = run["collection"] == result.collection.name and run["year"] == result.collection.year
        if run["run_id"] == result.run_id or run["state"] not in ("submitted", "superseded") or same:
            continue
        if mine & _main_file(ledger, run["run_id"], "submission"):
            found.append(
                f"A file of this run is byte for byte that of {run['collection']} {run['year']}; check the year."
            )
    return found


def _main_file(ledger: Any, run_id: str, role: str) -> set[str]:
    """Hash of the file that differs from year to year: the census, or the episodes. Others (no row, or children whose
    history did not change) may well be the same again."""
    files = ledger.files(run_id, role)
    return set(files.loc[files["name"].isin(["cin.xml", "episodes.csv"]), "sha256"])


def adoption_links(result: Any, ledger: Any) -> list[str]:
    """A former pupil number that is the number of a child adopted from care would link two identities (R50; doubt D15).

    Looks at the census only, against the sealed 903 runs with adoptions whose folders are kept. Counts, never numbers.
    """
    former = result.tables.get("ChildIdentifiers", pd.DataFrame()).get("FormerUPN")
    if former is None or not former.notna().any():
        return []
    adopted: set[str] = set()
    for run in ledger.states("ssda903").query("state in ('signed off', 'submitted', 'superseded')")["run_id"]:
        folder = Path(ledger.run(run)["folder"]) / "submission"
        if (folder / "header.csv").is_file() and (folder / "ad1.csv").is_file():
            children = pd.read_csv(folder / "ad1.csv", dtype="str", usecols=["CHILD"])["CHILD"]
            header = pd.read_csv(folder / "header.csv", dtype="str", usecols=["CHILD", "UPN"])
            adopted |= set(header.loc[header["CHILD"].isin(children), "UPN"].dropna())
    linked = int(former.isin(adopted).sum())
    if not linked:
        return []
    return [
        f"{linked} former pupil number(s) belong to a child adopted from care; take them out, they link two identities."
    ]


def _specification(result: Any, config: Any) -> list[str]:
    if config.of_return(result.collection.name).specification.strip():
        return []
    name = result.collection.name
    return [
        f"No specification is recorded as the department's direction; set {name}.specification (title, version, date)."
    ]


def _new_fields(result: Any, ledger: Any) -> list[str]:
    collection = result.collection
    decided = field_decisions(ledger, collection.name, collection.year)
    sent = result.fields[pd.to_numeric(result.fields["sent"]).gt(0)]
    leaving = set(sent["table"] + "." + sent["field"])
    added = [law.id for law in added_fields(collection.name, collection.year, result.switches)]
    waiting = sorted(name for name in added if name not in decided)
    against = sorted(name for name in added if decided.get(name, {}).get("decision") == "withhold" and name in leaving)
    found = []
    if waiting:
        found.append(f"Fields new this year wait for the data protection officer's decision: {', '.join(waiting)}.")
    if against:
        found.append(
            f"The officer decided to withhold {', '.join(against)}, but the run sends it; switch it off and run again."
        )
    return found
