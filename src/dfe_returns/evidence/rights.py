"""Requests of people about the returns: clocks, flags, decisions by a named officer, letters (R29-R34).

A request is what the ledger's entries say of it, in their order. Nothing is dropped or sent without a decision: an open
restriction, objection or erasure request stops the sign-off of a return that holds the child.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.contract.calendar import is_working_day
from dfe_returns.contract.gateways import register
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import child_hash, disclosures_of, request_of
from dfe_returns.evidence.events import events
from dfe_returns.evidence.lineage import CHILD_COLUMN
from dfe_returns.evidence.subject import COMPETENCE
from dfe_returns.minimise import Minimised

KINDS = ("access", "rectification", "erasure", "restriction", "objection", "complaint")
FOOTINGS = (
    "child",
    "person with parental responsibility",
    "adult formerly in care",
    "adopter",
    "social worker",
    "representative",
)
DECISIONS = {
    "access": ("released", "released in part", "refused"),
    "rectification": ("amend the return", "correct next season", "no change"),
    "erasure": ("refused", "surplus erased"),
    "restriction": ("send as required", "leave out"),
    "objection": ("does not apply", "upheld", "overridden"),
    "complaint": ("answered",),
}
_STOPS_SIGNING = ("restriction", "objection", "erasure")
_LEAVES_OUT = ("leave out", "upheld")
REQUEST_COLUMNS = ["request", "kind", "footing", "received", "due", "state", "days_left", "decision", "officer", "case"]


def open_request(
    ledger: Any, kind: str, child: str, footing: str, received: date, name: str, role: str, case: str = ""
) -> dict[str, Any]:
    """Enter a request and start its clock; answers with its number, due day and what to keep in mind.

    ``footing``: on what footing the person asks; ``case``: the authority's own case reference (never a name). Raises
    UsageError for an unknown kind or footing, RefusedError without the officer's name and role.
    """
    if kind not in KINDS:
        raise UsageError(f"'{kind}' is no kind of request; use one of {', '.join(KINDS)}.")
    if footing not in FOOTINGS:
        raise UsageError(f"'{footing}' is no footing; use one of {', '.join(FOOTINGS)}.")
    _named(name, role)
    number = f"RQ-{len({e['request'] for e in events(ledger, 'rights')}) + 1:04d}"
    body = {
        "event": "opened",
        "request": number,
        "kind": kind,
        "child_hash": child_hash(ledger, child),
        "footing": footing,
        "received": received.isoformat(),
        "name": name,
        "role": role,
        "case": case,
    }
    ledger.entry("rights", "", body)
    due = due_day(kind, received)
    return {"request": number, "kind": kind, "due": due.isoformat(), "competence": COMPETENCE, "next": _NEXT[kind]}


_NEXT = {
    "access": "run `disclosures` for the child, have it reviewed, then release it by name",
    "rectification": "run `rectify` to find each return that holds the value",
    "erasure": "decide: refused (`requests letter` drafts the answer) or surplus erased (then `requests erase`)",
    "restriction": "decide before the next sign-off: send as required, or leave out, with the reason",
    "objection": "`requests letter` drafts the answer, by the basis of each field; then decide",
    "complaint": "acknowledge within 30 days and name who looks into it",
}


def pause(ledger: Any, request: str, on: date, name: str, role: str, why: str) -> None:
    """Stop the clock while needed clarification or proof of identity is awaited (UK GDPR Article 12A)."""
    state = _state(ledger, request)
    if state["state"] != "open":
        raise RefusedError(f"{request} is {state['state']}; only an open request can be paused.")
    if state["kind"] == "complaint":
        raise RefusedError("The 30 days to acknowledge a complaint cannot be paused.")
    _enter(ledger, request, "paused", name, role, on=on.isoformat(), reason=why)


def resume(ledger: Any, request: str, on: date, name: str, role: str) -> None:
    """Start the clock again."""
    if _state(ledger, request)["state"] != "paused":
        raise RefusedError(f"{request} is not paused.")
    _enter(ledger, request, "resumed", name, role, on=on.isoformat())


def acknowledge(ledger: Any, request: str, on: date, name: str, role: str) -> None:
    """Enter the acknowledgement of a complaint (DPA 2018 s.164A)."""
    _enter(ledger, request, "acknowledged", name, role, on=on.isoformat())


def decide(
    ledger: Any, request: str, decision: str, reason: str, name: str, role: str, return_name: str = "", year: str = ""
) -> None:
    """A named officer's decision. For restriction and objection it is about one return and year; there is no default.

    Raises UsageError for a decision that the request's kind does not know, RefusedError without a reason.
    """
    kind = _state(ledger, request)["kind"]
    if decision not in DECISIONS[kind]:
        raise UsageError(
            f"'{decision}' is no decision on a request of {kind}; use one of {', '.join(DECISIONS[kind])}."
        )
    if not reason.strip():
        raise RefusedError("A decision needs its reason.")
    if kind in ("restriction", "objection") and not (return_name and year):
        raise RefusedError("Say for which return and year the decision is (it is taken afresh each season).")
    _enter(
        ledger,
        request,
        "decided",
        name,
        role,
        decision=decision,
        reason=reason,
        **{"return": return_name, "year": year},
    )


def requests(ledger: Any, today: date | None = None) -> pd.DataFrame:
    """All requests with their clocks: columns of ``REQUEST_COLUMNS``; no child, no hash."""
    day = today or ledger.today()
    rows = []
    for request in opened(ledger):
        s = _state(ledger, request, day)
        left = (date.fromisoformat(s["due"]) - day).days if s["state"] in ("open", "paused") else pd.NA
        rows.append(
            (
                request,
                s["kind"],
                s["footing"],
                s["received"],
                s["due"],
                s["state"],
                left,
                s["decision"],
                s["officer"],
                s["case"],
            )
        )
    return pd.DataFrame(rows, columns=REQUEST_COLUMNS).astype({"days_left": "Int64"})


def due_day(kind: str, received: date, paused_days: int = 0) -> date:
    """Day by which a request is to be answered: the same day of the next month (its last day where there is
    none), moved by the days paused and to the next working day; a complaint is acknowledged within 30 days."""
    if kind == "complaint":
        return received + timedelta(days=30)
    due = (pd.Timestamp(received) + pd.DateOffset(months=1)).date() + timedelta(days=paused_days)
    while not bool(np.all(is_working_day(pd.Series([pd.Timestamp(due)])))):
        due += timedelta(days=1)
    return due


def open_flags(ledger: Any, result: Any) -> pd.DataFrame:
    """Children of a run with a restriction, objection or erasure request that nobody decided for this return and year.

    Columns request, kind, child (plain, from the run's own tables).
    """
    return _flagged(ledger, result, undecided=True)


def left_out(ledger: Any, result: Any) -> pd.DataFrame:
    """Children of a run whom a named officer decided to leave out of it: request, kind, child, reason, officer."""
    return _flagged(ledger, result, undecided=False)


def check_requests(ledger: Any, result: Any) -> None:
    """Raises RefusedError when the run holds a child with an undecided request, or one decided to be left out."""
    waiting = open_flags(ledger, result)
    if len(waiting):
        named = ", ".join(sorted(waiting["request"].unique()))
        raise RefusedError(
            f"Requests wait for a decision on this return: {named}. "
            "The officer decides each (send as required, or leave out) first."
        )
    inside = left_out(ledger, result)
    if len(inside):
        named = ", ".join(sorted(inside["request"].unique()))
        raise RefusedError(
            f"The run still holds children whom an officer decided to leave out ({named}); build it again without."
        )


def leave_out(ledger: Any, result: Any) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables without the children decided to be left out, and what that withheld (what, table, name, reason,
    count)."""
    column = CHILD_COLUMN[result.collection.name]
    gone = set(left_out(ledger, result)["child"])
    tables, withheld = {}, []
    for name, frame in result.tables.items():
        drop = frame[column].astype("str").isin(gone) if column in frame else pd.Series(False, index=frame.index)
        tables[name] = frame[~drop].reset_index(drop=True)
        if drop.any():
            withheld.append(("row", name, "", "left out by a named officer after a request", int(drop.sum())))
    return tables, pd.DataFrame(withheld, columns=["what", "table", "name", "reason", "count"])


def permitted_children(ledger: Any, collection: Any, permitted: Minimised) -> Minimised:
    """Minimised tables without the children whom an officer decided to leave out of this return and year (R32).

    Where nobody was left out the same object comes back; otherwise each table's loss is a row of ``withheld``.
    """
    tables, withheld = leave_out(ledger, SimpleNamespace(collection=collection, tables=permitted.tables))
    if not len(withheld):
        return permitted
    column = CHILD_COLUMN[collection.name]
    positions = dict(permitted.positions)
    for name in withheld["table"]:
        stays = permitted.tables[name][column].astype("str").isin(tables[name][column].astype("str")).to_numpy()
        positions[name] = positions[name][stays]
    return replace(
        permitted,
        tables=tables,
        withheld=pd.concat([permitted.withheld, withheld], ignore_index=True),
        positions=positions,
    )


def objection_letter(return_name: str, fields: pd.DataFrame) -> str:
    """Draft answer to an objection, which differs by the basis of the fields sent (UK GDPR Article 21; doubt D03).

    ``fields``: table and field of what was sent of the child.
    """
    laws = register()
    entries = [laws.field(return_name, name) for name in (fields["table"] + "." + fields["field"]).unique()]
    duty = sorted({e.table for e in entries if not e.art6_alternative})
    task = sorted({e.table for e in entries if e.art6_alternative})
    lines = [
        "DRAFT for the officer to check and sign.",
        "",
        "You objected to our use of information in a return to the department.",
    ]
    if duty:
        lines += [
            "",
            f"For these parts the right to object does not apply: {', '.join(duty)}. The law makes us send them "
            "(UK GDPR Article 6(1)(c); " + laws.gateways["GW-CA89-S83"].citation + ").",
        ]
    if task:
        lines += [
            "",
            f"For these parts we may rely on a public task (Article 6(1)(e)): {', '.join(task)}. We have opened a "
            "decision: we stop unless there are compelling grounds to go on, and will tell you which.",
        ]
    lines += ["", "You can complain to us and to the Information Commissioner's Office."]
    return "\n".join(lines) + "\n"


def letter(ledger: Any, request: str, child: str) -> str:
    """Draft answer to an objection or erasure request, from what the register says was sent of the child, a part per
    return.

    Raises UsageError for a request of another kind or about another child, or when nothing was sent.
    """
    from dfe_returns.evidence.erasure import refusal_letter

    state = _state(ledger, request)
    if state["kind"] not in ("objection", "erasure"):
        raise UsageError(f"{request} is a request of {state['kind']}; drafts are made for objection and erasure.")
    request_of(ledger, request, child)
    seasons = disclosures_of(ledger, child)
    if not len(seasons):
        raise UsageError("Nothing was sent about that number, so there is nothing to object to or to erase.")
    parts = []
    for return_name, season in seasons.groupby("return", sort=True):
        sent = season.assign(field=season["fields"].str.split()).explode("field")[["table", "field"]].drop_duplicates()
        drafted = (
            objection_letter(str(return_name), sent)
            if state["kind"] == "objection"
            else refusal_letter(str(return_name))
        )
        parts.append(f"{register().returns[str(return_name)]['title']}\n\n{drafted}")
    return "\n".join(parts)


def _flagged(ledger: Any, result: Any, undecided: bool) -> pd.DataFrame:
    columns = ["request", "kind", "child"] if undecided else ["request", "kind", "child", "reason", "officer"]
    states = [_state(ledger, r) for r in opened(ledger)]
    states = [state for state in states if state["kind"] in _STOPS_SIGNING]
    if not states:
        return pd.DataFrame(columns=columns, dtype="str")
    column = CHILD_COLUMN[result.collection.name]
    names = [t[column] for t in result.tables.values() if column in t]
    children = pd.concat(names).astype("str") if names else pd.Series(dtype="str")
    place = {child: number for number, child in enumerate(children.unique())}
    known = ledger.key.told(children)
    asked = [(known[state["child_hash"]], state) for state in states if state["child_hash"] in known]
    rows: list[tuple[Any, ...]] = []
    for child, state in sorted(asked, key=lambda one: place[one[0]]):
        mine = [d for d in state["decisions"] if _about(d, result)]
        if undecided and not mine:
            rows.append((state["request"], state["kind"], child))
        if not undecided and mine and mine[-1]["decision"] in _LEAVES_OUT:
            rows.append((state["request"], state["kind"], child, mine[-1]["reason"], mine[-1]["name"]))
    return pd.DataFrame(rows, columns=columns)


def _about(decision: dict[str, Any], result: Any) -> bool:
    if not decision.get("return"):
        return True
    return bool(decision["return"] == result.collection.name and decision["year"] == result.collection.year)


def opened(ledger: Any) -> list[str]:
    """Numbers of the requests that were opened; a correction may be listed without one."""
    return [e["request"] for e in events(ledger, "rights") if e["event"] == "opened"]


def must_be_opened(ledger: Any, request: str) -> None:
    """Raises UsageError for the number of a request that nobody opened."""
    if request not in opened(ledger):
        raise UsageError(f"There is no request {request}; `dfe-returns requests list` shows them.")


def _state(ledger: Any, request: str, today: date | None = None) -> dict[str, Any]:
    must_be_opened(ledger, request)
    mine = [e for e in events(ledger, "rights") if e["request"] == request]
    while mine[0]["event"] != "opened":
        mine.pop(0)
    first, paused, since = mine[0], 0, None
    decisions = [e for e in mine if e["event"] == "decided"]
    state = "open"
    for entry in mine[1:]:
        if entry["event"] == "paused":
            since, state = date.fromisoformat(entry["on"]), "paused"
        elif entry["event"] == "resumed" and since is not None:
            paused, since, state = paused + (date.fromisoformat(entry["on"]) - since).days, None, "open"
        elif entry["event"] in ("decided", "released"):
            state = "closed"
    running = (today - since).days if since is not None and today is not None else 0
    due = due_day(first["kind"], date.fromisoformat(first["received"]), paused + max(running, 0))
    last: dict[str, Any] = decisions[-1] if decisions else {}
    return {
        **first,
        "due": due.isoformat(),
        "state": state,
        "decisions": decisions,
        "decision": last.get("decision", ""),
        "officer": last.get("name", ""),
    }


def _enter(ledger: Any, request: str, event: str, name: str, role: str, **more: Any) -> None:
    _named(name, role)
    _state(ledger, request)
    ledger.entry("rights", "", {"event": event, "request": request, "name": name, "role": role, **more})


def _named(name: str, role: str) -> None:
    if not name.strip() or not role.strip():
        raise RefusedError("Give the name and role of the officer who does this.")
