"""`retention`: what is past its period, what is held, what lacks a trigger; deletion only when asked (R36-R40).

Two kinds of record: what dfe-returns itself holds (run folders), which it can delete, and the authority's case
records, of which it only reports when they are due. Source: the rules of ``schemas/gateways/retention.yaml``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import disclosure_counts
from dfe_returns.evidence.events import events
from dfe_returns.evidence.holds import Hold, active_holds, holds_on
from dfe_returns.evidence.retention_rules import RetentionRule, retention_rules
from dfe_returns.files import data_folder, sha256_of
from dfe_returns.run_folder import another_run

WORKING = ("draft", "report", "previous", "worklist.csv", "people.csv")
"""What a submitted run no longer needs: the sealed file, lineage, decisions and manifest stay."""
_FORGOTTEN = {
    "return and lineage": ("findings", "disclosures"),
    "unsent run": ("findings", "disclosures", "adoption_disclosures"),
}
"""Rows of the ledger about single children that go with a run's folder (R40). What was sent under regulation 42 of the
Adoption Agencies Regulations 2005 stays in its own register: that record belongs to the adoption case record."""
PLAN_COLUMNS = [
    "run_id",
    "return",
    "year",
    "state",
    "what",
    "rule",
    "trigger",
    "due",
    "status",
    "holds",
    "why",
    "folder",
]
CASE_COLUMNS = ["child", "rule", "trigger", "due", "status", "holds", "why"]
_UNSENT = ("draft", "in review", "rejected", "superseded")


def retention_plan(ledger: Any, config: Any, today: date | None = None) -> pd.DataFrame:
    """What each run folder holds and when that is due: columns of ``PLAN_COLUMNS``. Deletes nothing.

    ``status``: keep, expired, held (by ``holds``), ask (no trigger: a person decides), gone (the folder is not there,
    or a later run's by now).
    """
    day = today or ledger.today()
    rules, holds = retention_rules(config.retention.years), active_holds(ledger, config)
    rows = []
    for run in ledger.states().itertuples(index=False):
        facts = ledger.run(run.run_id)
        for what, rule, trigger, due, why in _parts(ledger, facts, run.state, rules, config, day):
            folder = Path(facts["folder"])
            record = {"return_name": run.collection, "year": run.year, **_span(run.year)}
            if any(h.child_hash for h in holds):
                record["children"] = _children(ledger, folder)
            held = holds_on(holds, rule, **record)
            if rule == "RET-RETURN-FILE" and _still_there(folder, "working copies"):
                held = sorted({*held, *holds_on(holds, "RET-STAGING", **record)})  # they lie in the same folder
            there = _still_there(folder, what) and not another_run(folder, run.run_id)
            status = _status(due, held, day) if there else "gone"
            rows.append((run.run_id, run.collection, run.year, run.state, what, rule, trigger, due, status,
                         " ".join(held), why, str(folder)))  # fmt: skip
    return pd.DataFrame(rows, columns=PLAN_COLUMNS)


def apply_retention(ledger: Any, config: Any, name: str, role: str, today: date | None = None) -> pd.DataFrame:
    """Delete what has expired and is not held; answers with the lines of the plan that were deleted.

    Each deletion is entered in the ledger with counts and names of files, never with values; with a whole run go the
    ledger's own rows about its children. The plan is made
    afresh, so a hold entered a moment ago counts. Raises RefusedError without name and role, IntegrityError when the
    ledger was changed: a hold might be missing from it.
    """
    if not name.strip() or not role.strip():
        raise RefusedError("Deleting needs the name and role of the officer who decides it (--name, --role).")
    ledger.must_hold()
    plan = retention_plan(ledger, config, today)
    gone = plan[plan["status"].eq("expired")].reset_index(drop=True)
    for line in gone.to_dict("records"):
        folder = Path(str(line["folder"]))
        targets = _targets(folder, str(line["what"]))
        files = sorted(f for t in targets for f in ([t] if t.is_file() else t.rglob("*")) if f.is_file())
        seal = folder / "manifest.json"
        body = {
            "event": "deleted",
            "rule": line["rule"],
            "what": line["what"],
            "due": line["due"],
            "count": len(files),
            "names": [f.relative_to(folder).as_posix() for f in files],
            "bytes": sum(f.stat().st_size for f in files),
            "manifest": sha256_of(seal) if seal.is_file() else "",
            "name": name,
            "role": role,
        }
        ledger.forget(str(line["run_id"]), "deleted", body, _FORGOTTEN.get(str(line["what"]), ()))
        for target in targets:
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    _forget_replaced(ledger, plan, (today or ledger.today()).isoformat(), {"name": name, "role": role})
    return gone


def _forget_replaced(ledger: Any, plan: pd.DataFrame, day: str, officer: Mapping[str, str]) -> None:
    """The ledger's rows about children of runs whose folder is a later run's by now, once their time is over."""
    over = plan["status"].eq("gone") & plan["due"].ne("") & plan["due"].lt(day) & plan["holds"].eq("")
    for line in plan[over].to_dict("records"):
        run_id, tables = str(line["run_id"]), _FORGOTTEN.get(str(line["what"]), ())
        if tables and (
            len(ledger.findings(run_id)) or len(disclosure_counts(ledger, run_id).query("register in @tables"))
        ):
            facts = {part: line[part] for part in ("rule", "what", "due")}
            ledger.forget(run_id, "deleted", {"event": "deleted", **facts, "count": 0, "names": [], **officer}, tables)


def deleted_files(ledger: Any, run_id: str) -> set[str]:
    """Names of the files of a run that retention deleted: `verify` does not miss these."""
    return {name for e in events(ledger, "deleted", run_id) for name in e.get("names", ())}


def retention_summary(plan: pd.DataFrame, cases: pd.DataFrame | None = None) -> pd.DataFrame:
    """Counts of the expiry report (R39) by rule and status: rule, what, status, count."""
    parts = [plan[["rule", "status"]]]
    if cases is not None:
        parts.append(cases[["rule", "status"]])
    every = pd.concat(parts, ignore_index=True)
    counted = every.groupby(["rule", "status"], as_index=False).size().rename(columns={"size": "count"})
    names = {name: rule.what for name, rule in retention_rules().items()}
    counted.insert(1, "what", counted["rule"].map(names).fillna("unsent drafts"))
    return counted


def case_records(
    people: pd.DataFrame, today: date, own: Mapping[str, int] | None = None, holds: Iterable[Hold] = (), key: Any = None
) -> pd.DataFrame:
    """When the case records of children are due: columns of ``CASE_COLUMNS``, one row per child and rule that
    applies.

    ``people``: child, birth, death, adoption_order, adoption_decision, closed (dates), looked_after, protection
    (flags). ``status``: keep, expired, held, ask. Ask where the trigger is missing: no birth date, not yet born,
    never closed, an agency to decide. ``key``: the ledger's key, needed for holds on single children.
    """
    rules, day = retention_rules(own), pd.Timestamp(today)
    born = people["birth"].notna() & people["birth"].le(day)
    eighteenth = anniversary(people["birth"], 18)
    young = people["death"].notna() & (people["death"] < eighteenth)
    cla, adult = rules["RET-CLA"], anniversary(people["birth"], rules["RET-CLA"].until_age or 75)
    after_death = anniversary(people["death"], cla.died_under_18_years or 15)
    protection = rules["RET-CP"].years or 35
    closed, order, decision = people["closed"], people["adoption_order"], people["adoption_decision"]
    neither = ~people["looked_after"] & ~people["protection"]
    since, until = people["birth"].mask(young, people["death"]), adult.mask(young, after_death)
    grown = anniversary(people["birth"], rules["RET-CIN"].until_age or 25)
    century = anniversary(order, rules["RET-ADOPT"].years or 100)
    cases = [
        ("RET-CLA", people["looked_after"], since, until, born),
        ("RET-CIN", neither, people["birth"], grown, born),
        ("RET-CP", people["protection"], closed, anniversary(closed, protection), closed.notna()),
        ("RET-ADOPT", order.notna(), order, century, order.notna()),
        (
            "RET-ADOPT-NO-ORDER",
            decision.notna() & order.isna(),
            decision,
            decision.where(decision.isna()),
            decision.isna(),
        ),
    ]
    parts = []
    for rule, applies, trigger, due, known in cases:
        part = pd.DataFrame({"child": people["child"], "rule": rule, "trigger": trigger, "due": due, "known": known})[
            applies
        ]
        part["why"] = _why(rule, people.loc[part.index], part["known"], day)
        parts.append(part)
    every = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    held = _held_cases(every, people, list(holds), key)
    status = pd.Series("keep", index=every.index, dtype="str").mask(every["due"].lt(day), "expired")
    status = status.mask(~every["known"], "ask").mask(held.ne(""), "held")
    return every.assign(status=status, holds=held)[CASE_COLUMNS]


def people_of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The people of the standard tables as ``case_records`` asks for them."""
    person = tables["ssd_person"]
    ids = person["pers_person_id"]

    def last(table: str, who: str, day: str) -> pd.Series:
        return ids.map(tables[table].groupby(who)[day].max())

    order = tables["ssd_permanence"]
    adopted = order[order["perm_permanence_order_type"].astype("str").str.contains("adopt", case=False, na=False)]
    spells = tables["ssd_cin_episodes"]
    still_open = spells.loc[spells["cine_close_date"].isna(), "cine_person_id"]
    closed = last("ssd_cin_episodes", "cine_person_id", "cine_close_date").mask(ids.isin(still_open))
    return pd.DataFrame(
        {
            "child": ids,
            "birth": person["pers_dob"].fillna(person["pers_expected_dob"]),
            "death": person["pers_death_date"],
            "adoption_order": ids.map(adopted.groupby("perm_person_id")["perm_permanence_order_date"].max()),
            "adoption_decision": last("ssd_permanence", "perm_person_id", "perm_adm_decision_date"),
            "closed": closed,
            "looked_after": ids.isin(tables["ssd_cla_episodes"]["clae_person_id"]),
            "protection": ids.isin(tables["ssd_cp_plans"]["cppl_person_id"])
            | ids.isin(tables["ssd_s47_enquiry"]["s47e_person_id"]),
        }
    )


def anniversary(dates: pd.Series, years: int) -> pd.Series:
    """The same day so many years later; 29 February falls on 1 March in a common year, so nothing is due a day
    early."""
    given = pd.to_datetime(dates)
    later = given + pd.DateOffset(years=years)
    moved = given.dt.day.eq(29) & given.dt.month.eq(2) & later.dt.day.eq(28)
    return later.mask(moved, later + pd.Timedelta(days=1))


def due_after(rule: RetentionRule, start: date) -> date:
    """The day on which a record of this rule is due, counted from a day."""
    if rule.days is not None:
        return start + timedelta(days=rule.days)
    if rule.months is not None:
        return (pd.Timestamp(start) + pd.DateOffset(months=rule.months)).date()
    years = rule.years if rule.years is not None else rule.until_age
    return anniversary(pd.Series([pd.Timestamp(start)]), years or 0).iloc[0].date()


def season_end(year: str) -> date:
    """Day on which the season of a collection year counts as over."""
    end = _season()
    return date(int(year[:4]) + 1, end["month"], end["day"])


@cache
def _season() -> dict[str, int]:
    path = data_folder("schemas") / "gateways" / "retention.yaml"
    found: dict[str, int] = yaml.safe_load(path.read_text(encoding="utf-8"))["season_end"]
    return found


def _parts(
    ledger: Any, facts: Mapping[str, Any], state: str, rules: Mapping[str, RetentionRule], config: Any, today: date
) -> list[tuple[str, str, str, str, str]]:
    """What a run's folder holds: what, rule, trigger, due, why. Dates are ISO text, blank where there is no trigger."""
    sent = next((e["at"][:10] for e in ledger.history(facts["run_id"]) if e["kind"] == "submitted"), "")
    if sent:
        staging = due_after(rules["RET-STAGING"], date.fromisoformat(sent)).isoformat()
        end = season_end(facts["year"])
        kept = due_after(rules["RET-RETURN-FILE"], end).isoformat()
        return [
            ("working copies", "RET-STAGING", sent, staging, "the return was submitted"),
            (
                "return and lineage",
                "RET-RETURN-FILE",
                end.isoformat(),
                kept,
                "kept together: lineage as long as its file",
            ),
        ]
    if state in _UNSENT:
        made = facts["made_at"][:10]
        due = (date.fromisoformat(made) + timedelta(days=config.retention.draft_days)).isoformat()
        return [("unsent run", "RET-STAGING", made, due, f"{state}, never submitted")]
    return [("signed run", "RET-RETURN-FILE", "", "", "signed off, but nobody noted a submission: was it sent?")]


def _status(due: str, held: list[str], today: date) -> str:
    if not due:
        return "held" if held else "ask"
    if held:
        return "held"
    return "expired" if due < today.isoformat() else "keep"


def _targets(folder: Path, what: str) -> list[Path]:
    if what == "working copies":
        return [folder / name for name in WORKING if (folder / name).exists()]
    if not (folder / "manifest.json").is_file():
        raise UsageError(f"{folder} is no run folder (it has no manifest.json); nothing was deleted in it.")
    return [folder]


def _still_there(folder: Path, what: str) -> bool:
    if what == "working copies":
        return any((folder / name).exists() for name in WORKING)
    return (folder / "manifest.json").is_file()


def deleted_seasons(ledger: Any) -> list[dict[str, str]]:
    """Returns whose register was deleted at the end of their period: return, year, on. What they said of single
    children is no longer known here."""
    gone = [e for e in events(ledger, "deleted") if "disclosures" in e.get("ledger_rows", {})]
    told = [(ledger.run(e["run_id"]), e["at"][:10]) for e in gone if e["what"] == "return and lineage"]
    return [{"return": run["collection"], "year": run["year"], "on": on} for run, on in told]


def _children(ledger: Any, folder: Path) -> set[str] | None:
    """Keyed hashes of the children of a run folder; None where the folder no longer says."""
    rows = folder / "lineage" / "rows.csv"
    if not rows.is_file():
        return None
    children = pd.read_csv(rows, usecols=["child"], dtype="str", keep_default_na=False)["child"]
    return set(ledger.key.told(children))


def _span(year: str) -> dict[str, str]:
    return {"first": f"{year[:4]}-04-01", "last": f"{int(year[:4]) + 1}-03-31"}


def _why(rule: str, people: pd.DataFrame, known: pd.Series, day: pd.Timestamp) -> pd.Series:
    out = pd.Series("", index=people.index, dtype="str")
    if rule == "RET-CP":
        return out.mask(~known, "never closed: give the day of the last contact")
    if rule == "RET-ADOPT-NO-ORDER":
        return out.mask(~known, "the agency decides how long")
    if rule in ("RET-CLA", "RET-CIN"):
        out = out.mask(people["birth"].isna(), "no birth date")
        return out.mask(people["birth"].gt(day), "not yet born on that day")
    return out


def _held_cases(every: pd.DataFrame, people: pd.DataFrame, holds: list[Hold], key: Any) -> pd.Series:
    out = pd.Series("", index=every.index, dtype="str")
    children = every["child"].astype("str")
    known = key.told(children) if key is not None and any(h.child_hash for h in holds) else None
    first = every["child"].map(people.set_index("child")["birth"])
    for hold in holds:
        covered = pd.Series(True, index=every.index)
        if hold.rules:
            covered &= every["rule"].isin(hold.rules)
        if hold.child_hash and known is not None:
            covered &= children.eq(known.get(hold.child_hash, "")) & children.ne("")
        if hold.last:
            covered &= ~first.gt(pd.Timestamp(hold.last))
        out = out.where(~covered, (out + " " + hold.id).str.strip())
    return out
