"""Legal holds: what they cover, who owns them, and their release by two people. A hold beats every rule and
request (R38)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import child_hash
from dfe_returns.evidence.events import events
from dfe_returns.evidence.retention_rules import retention_rules, shipped_holds


@dataclass(frozen=True)
class Hold:
    """One hold. An empty part of the scope means all: rules, returns, years, children (by keyed hash), dates."""

    id: str
    inquiry: str
    owner: str
    origin: str
    rules: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    child_hash: str = ""
    first: str = ""
    last: str = ""
    start: str = ""
    review: str = ""

    def covers(
        self,
        rule: str,
        return_name: str = "",
        year: str = "",
        children: Iterable[str] | None = (),
        first: str = "",
        last: str = "",
    ) -> bool:
        """Whether a record falls under the hold. ``children`` are keyed hashes, None = unknown; dates are ISO text,
        blank = unknown.

        What is unknown of a record never takes it out of a hold.
        """
        if self.rules and rule not in self.rules:
            return False
        if self.returns and return_name and return_name not in self.returns:
            return False
        if self.years and year and year not in self.years:
            return False
        if self.child_hash and children is not None and self.child_hash not in set(children):
            return False
        before = self.first and last and last < self.first
        after = self.last and first and first > self.last
        return not (before or after)


def place_hold(
    ledger: Any,
    inquiry: str,
    owner: str,
    start: date,
    review: date,
    name: str,
    role: str,
    rules: Iterable[str] = (),
    returns: Iterable[str] = (),
    years: Iterable[str] = (),
    child: str = "",
    first: date | None = None,
    last: date | None = None,
) -> str:
    """Enter a hold and answer with its id. Scope: retention rules, returns, years, one child, a range of dates.

    Raises UsageError for an unknown rule or a review day before the start, RefusedError without owner, name and role.
    """
    unknown = sorted(set(rules) - set(retention_rules()))
    if unknown:
        raise UsageError(f"'{unknown[0]}' is no retention rule; use some of {', '.join(retention_rules())}.")
    if review <= start:
        raise UsageError("The review day of a hold lies after its start.")
    if not (inquiry.strip() and owner.strip() and name.strip() and role.strip()):
        raise RefusedError("A hold needs the inquiry, its owner, and the name and role of who enters it.")
    number = f"HOLD-{len({e['hold'] for e in events(ledger, 'hold') if e['event'] == 'placed'}) + 1:03d}"
    body = {
        "event": "placed",
        "hold": number,
        "inquiry": inquiry,
        "owner": owner,
        "start": start.isoformat(),
        "review": review.isoformat(),
        "rules": sorted(rules),
        "returns": sorted(returns),
        "years": sorted(years),
        "child_hash": child_hash(ledger, child) if child else "",
        "first": first.isoformat() if first else "",
        "last": last.isoformat() if last else "",
        "name": name,
        "role": role,
    }
    ledger.entry("hold", "", body)
    return number


def release_hold(ledger: Any, hold: str, name: str, role: str, reason: str, config: Any = None) -> str:
    """One of the two acts that end a hold; answers ``asked`` for the first and ``released`` for the second.

    Also for the holds that are on from the start; one in the configuration is ended there. Raises RefusedError when the
    same person acts twice or the reason is missing, UsageError for a hold that is not on.
    """
    if not (name.strip() and role.strip() and reason.strip()):
        raise RefusedError("To release a hold give name, role and reason.")
    on = {h.id: h for h in active_holds(ledger, config)}
    if hold not in on:
        raise UsageError(f"There is no active hold {hold}; active are {', '.join(on) or 'none'}.")
    if on[hold].origin == "configuration":
        raise UsageError(f"Hold {hold} stands in the configuration; two people change it there.")
    asked = [e for e in events(ledger, "hold") if e["hold"] == hold and e["event"] == "release asked"]
    body = {"hold": hold, "name": name, "role": role, "reason": reason}
    if not asked:
        ledger.entry("hold", "", {"event": "release asked", **body})
        return "asked"
    if " ".join(asked[-1]["name"].casefold().split()) == " ".join(name.casefold().split()):
        raise RefusedError("Two different people release a hold; the first was the same person.")
    ledger.entry("hold", "", {"event": "released", **body})
    return "released"


def active_holds(ledger: Any, config: Any = None) -> list[Hold]:
    """Holds that are on: those presumed from the start, those of the configuration, those entered; not the
    released ones."""
    told = events(ledger, "hold") if ledger is not None else []
    released = {e["hold"] for e in told if e["event"] == "released"}
    found = [
        Hold(h.id, h.inquiry, "the authority's lawyer to confirm", "presumed", rules=h.rules)
        for h in shipped_holds().values()
        if h.status == "presumed"
    ]
    for h in config.retention.holds if config is not None else ():
        found.append(Hold(h.name, h.reason, "configuration", "configuration", returns=h.returns, years=h.years))
    for e in told:
        if e["event"] == "placed":
            found.append(
                Hold(
                    e["hold"],
                    e["inquiry"],
                    e["owner"],
                    "ledger",
                    tuple(e["rules"]),
                    tuple(e["returns"]),
                    tuple(e["years"]),
                    e["child_hash"],
                    e["first"],
                    e["last"],
                    e["start"],
                    e["review"],
                )
            )
    return [h for h in found if h.id not in released]


def holds_on(holds: Iterable[Hold], rule: str, **record: Any) -> list[str]:
    """Ids of the holds that cover a record (see ``Hold.covers``)."""
    return [h.id for h in holds if h.covers(rule, **record)]
