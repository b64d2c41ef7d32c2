"""Erasure: what the duty needs is kept and said so; what went beyond the specification is erased, with proof but
no data (R34)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dfe_returns.contract.gateways import register
from dfe_returns.contract.years import YEARS
from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.disclosures import child_hash, child_hashes
from dfe_returns.evidence.events import events
from dfe_returns.evidence.holds import active_holds, holds_on
from dfe_returns.files import sha256_of

RETURNS = ("cin", "ssda903")


def surplus(return_name: str, year: str, names: Iterable[str], switches: Iterable[str] = ()) -> list[str]:
    """Of the given ``Table.Field`` names, those that the year's specification and gateways do not cover."""
    laws, on = register(), set(switches)
    return sorted(name for name in names if not laws.covers(return_name, name, year, on)[0])


def erase(
    ledger: Any,
    request: str,
    child: str,
    files: Iterable[Path | str],
    fields: Iterable[str],
    backups: Iterable[str],
    name: str,
    role: str,
    config: Any = None,
    rule: str = "RET-STAGING",
    return_name: str = "",
    year: str = "",
) -> dict[str, Any]:
    """Delete files that hold surplus data and enter a certificate (counts, names, hashes of what was; no data).

    ``fields``: the surplus ones; with ``return_name`` and ``year`` those that this season did not ask for, without them
    those that no return of any year asks for. ``backups``: where copies lie that people must erase. Raises RefusedError
    under a legal hold, without a decision on the request for that child, or when the duty needs one of the fields;
    UsageError for a missing file or when no field is named.
    """
    if not name.strip() or not role.strip():
        raise RefusedError("Erasing needs the name and role of the officer who decided it.")
    told, plain = [e for e in events(ledger, "rights") if e["request"] == request], child_hashes(ledger, child)
    if not any(e.get("decision") == "surplus erased" for e in told):
        raise RefusedError(f"Decide {request} first (surplus erased, with the reason); nothing was erased.")
    if told[0]["child_hash"] not in plain:
        raise RefusedError(f"{request} is about another child; nothing was erased.")
    named = sorted(fields)
    if not named:
        raise UsageError("Name the surplus fields, so that the proof says what was erased. Nothing was erased.")
    needed = sorted(set(named) - set(_surplus(return_name, year, named)))
    if needed:
        raise RefusedError(
            f"The duty needs {', '.join(needed)}: the right to erasure does not reach it (UK GDPR Article 17(3)(b)). "
            "Nothing was erased."
        )
    hashes = plain | child_hashes(ledger, child, adoption=True)
    held = holds_on(active_holds(ledger, config), rule, children=hashes)
    if held:
        raise RefusedError(
            f"A legal hold covers this ({', '.join(held)}); it beats an erasure request. Nothing was erased."
        )
    paths = [Path(file) for file in files]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise UsageError(f"{len(missing)} of the files are not there; check the list. Nothing was erased.")
    erased = [{"name": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size} for path in paths]
    certificate = {
        "event": "erased",
        "request": request,
        "child_hash": child_hash(ledger, child),
        "fields": named,
        "erased": erased,
        "backups_to_erase": sorted(backups),
        "name": name,
        "role": role,
    }
    for path in paths:
        path.unlink()
    number = ledger.entry("rights", "", certificate)
    shown = {k: v for k, v in certificate.items() if k not in ("child_hash", "event")}
    return {"certificate": number, **shown, "text": "Erased as listed. This proof holds no data of the person."}


def _surplus(return_name: str, year: str, names: list[str]) -> list[str]:
    if return_name and year:
        return surplus(return_name, year, names, {law.switch for law in register().fields.values()})
    seasons = [(name, season) for name in RETURNS for season in YEARS]
    return [name for name in names if all(_surplus(*season, [name]) for season in seasons)]


def refusal_letter(return_name: str) -> str:
    """Draft answer where erasure does not reach the return (UK GDPR Article 17(3)(b))."""
    laws = register()
    law = laws.gateways["GW-CA89-S83"].citation
    return (
        "DRAFT for the officer to check and sign.\n\n"
        f"You asked us to erase what we sent in the {laws.returns[return_name]['title']}. We sent it because "
        f"the law requires it "
        f"({law}). The right to erasure does not reach data that a legal duty needs (UK GDPR Article 17(3)(b)).\n\n"
        "We have looked for anything sent or kept beyond what the year's specification asks for. Anything of that kind "
        "we erase.\n\n"
        "You can complain to us and to the Information Commissioner's Office.\n"
    )
