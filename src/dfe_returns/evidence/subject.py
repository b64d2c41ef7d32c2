"""`disclosures CHILD`: all that was sent about one child, as a draft for the person who answers the request (R27,
R28)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dfe_returns.contract.gateways import register
from dfe_returns.errors import DfeReturnsError, RefusedError, UsageError
from dfe_returns.evidence.child import child_lineage
from dfe_returns.evidence.disclosures import child_hash, disclosures_of, request_of
from dfe_returns.evidence.events import events, note_access
from dfe_returns.evidence.retention import deleted_seasons
from dfe_returns.files import write_private

FLAGS = {
    "third party": "about somebody else too: decide on redaction (DPA 2018 Schedule 2 Part 3)",
    "adoption": "adoption record: other law restricts access (DPA 2018 Schedule 4; SI 2005/389 regulation 41)",
    "court": "from court proceedings: check what may be told (DPA 2018 Schedule 3; Family Procedure Rules)",
    "health": "health data: ask the health professional first (DPA 2018 Schedule 3 Part 2)",
    "serious harm": "think of serious harm to the child or others before release (DPA 2018 Schedule 3)",
}
VALUE_COLUMNS = [
    "return",
    "year",
    "run_id",
    "sent_on",
    "recipient",
    "table",
    "row",
    "field",
    "value",
    "source",
    "source_columns",
    "transformation",
    "gateway",
    "art6",
    "art9",
    "art10",
    "data_class",
    "tier",
    "flags",
    "file",
    "sha256",
]
COMPETENCE = (
    "A child's own right is exercised by the child who understands it: judge understanding, not a fixed age. "
    "A parent's request is answered for the child, not for the parent."
)
_OTHERS = {
    "mother",
    "parent",
    "birth_parent",
    "household_member",
    "carer",
    "adopter",
    "family_network",
    "referrer",
    "social_worker",
    "third_child",
}
_COURT_TABLES = {"PreProceedings", "DoLo"}
_ADOPTION_TABLES = {"AD1", "PlacedAdoption", "PrevPerm"}
_HARM_TABLES = {"Section47", "ChildProtectionPlans"}


def subject_report(ledger: Any, child: str, name: str, reason: str, request: str = "") -> dict[str, Any]:
    """Everything sent about a child: ``seasons`` (per run and table), ``values`` (per value) and what the reader
    must know.

    The look is entered in the ledger under ``name`` and ``reason``. Where a run folder is no longer kept the
    register still says which tables and fields were sent. Raises UsageError when the register has nothing of that
    number or the request is about another child, RefusedError without a name and a reason.
    """
    if not name.strip() or not reason.strip():
        raise RefusedError("Say who asks and why (--name, --reason); looking at a child's data is recorded.")
    asked = request_of(ledger, request, child) if request else {}
    seasons = disclosures_of(ledger, child)
    deleted = deleted_seasons(ledger)
    if not len(seasons):
        older = ", ".join(f"{one['return']} {one['year']}" for one in deleted)
        raise UsageError(
            "Nothing was sent about that number. After an adoption a child has another number, kept apart."
            + (f" No longer known, because their period ended: {older}." if older else "")
        )
    note_access(ledger, "disclosures of a child", name, reason, child_hash(ledger, child))
    values, missing = _values(seasons, child)
    released = [e for e in events(ledger, "rights") if e.get("event") == "released" and e.get("request") == request]
    return {
        "status": "released" if request and released else "draft for a person to review; not for release",
        "released_by": [{"name": e["name"], "role": e["role"], "on": e["at"][:10]} for e in released]
        if request
        else [],
        "child": child,
        "request": request,
        "footing": asked.get("footing", ""),
        "competence": COMPETENCE,
        "seasons": seasons.drop(columns="folder").to_dict("records"),
        "values": values.to_dict("records"),
        "no_longer_held": missing,
        "no_longer_known": deleted,
        "flags": {flag: FLAGS[flag] for flag in FLAGS if values["flags"].str.contains(flag, regex=False).any()},
        "gateways": _laws(seasons),
        "rights": [dict(row) for row in register().rights],
    }


def flags_of(values: pd.DataFrame, return_name: str) -> pd.Series:
    """Flags of each value (R28), parted by ``; ``: third party, adoption, court, health, serious harm.

    ``values``: the answer of ``child_lineage``.
    """
    laws = register()
    names = values["table"] + "." + values["field"]
    court = [f for f in laws.fields.values() if f.return_name == return_name and "D13" in f.doubts]
    always, by_code = {f.id for f in court if not f.sensitive_codes}, {f.id for f in court if f.sensitive_codes}
    about = values["about"].str.split("; ").map(set)
    checks = {
        "third party": about.map(lambda who: bool(who & _OTHERS)),
        "adoption": values["table"].isin(_ADOPTION_TABLES) | values["why"].str.contains("adopt", regex=False),
        "court": values["table"].isin(_COURT_TABLES)
        | names.isin(always)
        | (names.isin(by_code) & values["why"].ne("")),
        "health": values["data_class"].str.contains("special_health", regex=False),
        "serious harm": values["tier"].eq("T4") | values["table"].isin(_HARM_TABLES),
    }
    out = pd.Series("", index=values.index, dtype="str")
    for flag, raised in checks.items():
        out = out.where(~raised, out + flag + "; ")
    return out.str.removesuffix("; ")


def release(ledger: Any, child: str, request: str, name: str, role: str, note: str) -> int:
    """Enter that a named reviewer released the answer to a request. Raises RefusedError without name, role and note."""
    if not (name.strip() and role.strip() and note.strip()):
        raise RefusedError("A release needs the reviewer's name and role, and a note on what was redacted.")
    request_of(ledger, request, child)
    body = {
        "event": "released",
        "request": request,
        "child_hash": child_hash(ledger, child),
        "name": name,
        "role": role,
        "note": note,
    }
    return int(ledger.entry("rights", "", body))


def write_subject_report(report: dict[str, Any], folder: Path | str) -> list[Path]:
    """Write ``disclosures.html`` and ``disclosures.json`` (private files) into the folder."""
    folder = Path(folder)
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
    page = _template().render(report=report, explained=FLAGS)
    return [write_private(folder / "disclosures.html", page), write_private(folder / "disclosures.json", text)]


def _values(seasons: pd.DataFrame, child: str) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    parts, missing = [], []
    for run_id, season in seasons.groupby("run_id", sort=False):
        facts = season.iloc[0]
        try:
            found = child_lineage(Path(facts["folder"]), child, str(run_id))
        except (DfeReturnsError, OSError):
            missing.append(
                {
                    "run_id": str(run_id),
                    "return": facts["return"],
                    "year": facts["year"],
                    "note": "the files are no longer kept; the register says which tables and fields were sent",
                }
            )
            continue
        found = found.drop(columns="return").merge(season[["table", "file", "sha256"]], on="table", how="inner")
        found["flags"] = flags_of(found, facts["return"])
        parts.append(found.assign(**{k: facts[k] for k in ("return", "year", "run_id", "sent_on", "recipient")}))
    if not parts:
        return pd.DataFrame(columns=VALUE_COLUMNS, dtype="str"), missing
    return pd.concat(parts, ignore_index=True)[VALUE_COLUMNS], missing


def _laws(seasons: pd.DataFrame) -> dict[str, str]:
    laws = register()
    used = dict.fromkeys(g for text in seasons["gateways"] for g in text.split("; ") if g)
    return {g: laws.gateways[g].citation for g in used}


@cache
def _template() -> Any:
    place = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(place), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    ).get_template("disclosures.html.j2")
