"""`breach-report`: the facts of the first hour after a file went astray (R51; UK GDPR Articles 33 and 34)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import UsageError
from dfe_returns.evidence.disclosures import disclosure_counts
from dfe_returns.evidence.events import events
from dfe_returns.evidence.lineage import CHILD_COLUMN, classes_sent
from dfe_returns.files import sha256_of

NOTIFY_WITHIN = timedelta(hours=72)
_UNKNOWN = "not known to this program: ask who runs the storage"


def breach_report(
    run: Any,
    ledger: Any = None,
    tables: list[str] | None = None,
    aware_at: datetime | None = None,
) -> dict[str, Any]:
    """What a lost copy of a run's files would tell, about how many people of which kinds, and where the files
    went.

    ``run``: a RunResult or run folder; ``tables``: only these (one 903 file, say); ``aware_at``: when the
    authority became aware, to count the 72 hours from. Counts, codes and file names only. Raises UsageError for a
    table that the run does not have.
    """
    result = _loaded(run)
    collection = result.collection
    if unknown := [n for n in tables or () if n not in result.tables]:
        raise UsageError(f"The run has no table {', '.join(unknown)}; it has {', '.join(result.tables)}.")
    chosen = [n for n in collection.tables if n in result.tables and (not tables or n in tables)]
    kept = {name: result.tables[name] for name in chosen}
    classes = classes_sent(collection, kept)
    fields = classes.assign(field=classes["table"] + "." + classes["field"])
    report = {
        "run": result.run_id,
        "return": f"{collection.title} {collection.year}",
        "authority": f"{result.authority} {result.authority_name}".strip(),
        "files": _files(result, chosen),
        "people": _people(collection, kept),
        "tables": [{"table": n, "rows": len(f), "children": _children(collection, f)} for n, f in kept.items()],
        "fields": sorted(fields["field"].unique()),
        "classes": _classes(classes),
        "highest_tier": classes["tier"].max() if len(classes) else "T0",
        "identifiable": "yes: local number, birth date and pupil number, without a name; combination identifies",
        "encryption": _UNKNOWN,
        "processors_and_storage": _UNKNOWN,
    }
    if ledger is not None:
        report.update(_known_to_ledger(ledger, result.run_id))
    if aware_at is not None:
        report["notify_the_commissioner_by"] = (aware_at + NOTIFY_WITHIN).isoformat()
    report["to_settle"] = [
        "how it happened, when, and whether it goes on",
        "who may have had access, and whether copies can be recalled",
        "likely consequences for children at risk (addresses, adoption, enquiries) and who protects them now",
        "whether to notify the Information Commissioner (72 hours) and the people concerned",
    ]
    return report


def breach_text(report: dict[str, Any]) -> str:
    """The report as plain text, for a first e-mail or a form."""
    lines = [f"FIRST REPORT: {report['return']}, authority {report['authority']}, run {report['run']}", ""]
    lines += ["People:"] + [f"- {kind}: {count}" for kind, count in report["people"].items()]
    lines += ["", "Files:"] + [f"- {f['name']}: {f['bytes']} bytes, SHA-256 {f['sha256']}" for f in report["files"]]
    lines += ["", "Kinds of data:"] + [
        f"- {c['class']} ({c['values']} values, tier {c['tier']})" for c in report["classes"]
    ]
    lines += ["", f"Fields: {', '.join(report['fields'])}"]
    for key, label in (
        ("state", "State"),
        ("sent", "Sent"),
        ("sent_to", "Sent to"),
        ("signed_by", "Signed by"),
        ("last_looked_at", "Last looked at"),
        ("notify_the_commissioner_by", "Commissioner by"),
        ("encryption", "Encryption"),
    ):
        if report.get(key):
            told = report[key]
            lines.append(f"{label}: {'; '.join(told) if isinstance(told, list) else told}")
    return "\n".join([*lines, "", "To settle:", *[f"- {item}" for item in report["to_settle"]]]) + "\n"


def _loaded(run: Any) -> Any:
    if isinstance(run, (str, Path)):
        from dfe_returns.run_folder import load_run

        return load_run(run)
    return run


def _children(collection: Any, frame: pd.DataFrame) -> int:
    column = CHILD_COLUMN[collection.name]
    return int(frame[column].nunique()) if column in frame else 0


def _people(collection: Any, tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    column = CHILD_COLUMN[collection.name]
    names = [frame[column].astype("str") for frame in tables.values() if column in frame]
    people = {"children and young people": int(pd.concat(names).nunique()) if names else 0}
    unborn = tables.get("ChildIdentifiers", pd.DataFrame()).get("ExpectedPersonBirthDate")
    if unborn is not None and unborn.notna().any():
        people["of them not yet born"] = int(unborn.notna().sum())
    adopters = tables.get("AD1", pd.DataFrame()).get("NB_ADOPTR")
    if adopters is not None:
        people["adopters"] = int(pd.to_numeric(adopters, errors="coerce").fillna(0).sum())
    workers = tables.get("SWEpisodes", pd.DataFrame()).get("SW_ID")
    if workers is not None:
        people["social workers"] = int(workers.nunique())
    mothers = tables.get("Header", pd.DataFrame()).get("MC_DOB")
    if mothers is not None and mothers.notna().any():
        people["children of young mothers"] = int(mothers.notna().sum())
    return people


def _classes(classes: pd.DataFrame) -> list[dict[str, Any]]:
    if not len(classes):
        return []
    parted = classes.assign(data_class=classes["data_class"].str.split("; ")).explode("data_class")
    counted = parted.groupby("data_class", as_index=False).agg(values=("values", "sum"), tier=("tier", "max"))
    counted = counted[counted["data_class"].ne("none")]
    return [{"class": c, "values": int(v), "tier": t} for c, v, t in counted.itertuples(index=False, name=None)]


def _files(result: Any, tables: list[str]) -> list[dict[str, Any]]:
    found = []
    names = {str(result.collection.tables[t].file_name).lower() for t in tables}
    for part in ("submission", "draft"):
        folder = Path(result.folder) / part
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            if path.suffix.lower() == ".xml" or path.name.lower() in names:
                facts = {"name": f"{part}/{path.name}", "bytes": path.stat().st_size, "sha256": sha256_of(path)}
                mode = oct(path.stat().st_mode & 0o777)
                found.append({**facts, "mode": mode})
    return found


def _known_to_ledger(ledger: Any, run_id: str) -> dict[str, Any]:
    history = ledger.history(run_id)
    sent = [h for h in history if h["kind"] == "submitted"]
    looks = [e for e in events(ledger, "looked at") if e["run_id"] in ("", run_id)]
    entered = disclosure_counts(ledger, run_id)
    recipients = [e["recipient"] for e in events(ledger, "disclosed", run_id) if e.get("recipient")]
    return {
        "state": ledger.state(run_id),
        "sent": f"{sent[-1]['at']}, reference {sent[-1]['reference']}" if sent else "not noted as sent",
        "sent_to": recipients[-1] if sent and recipients else "nobody that this program knows of",
        "signed_by": [f"{h['name']}, {h['role']}, {h['at']}" for h in history if h["kind"] == "signed off"],
        "last_looked_at": f"{looks[-1]['at']} by {looks[-1]['name']}" if looks else "no look recorded",
        "entered_in_register": entered[["table", "register", "children", "tier"]].to_dict("records"),
    }
