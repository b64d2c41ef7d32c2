"""`disclosures`, `rectify`, `requests`, `holds`, `retention`, `breach-report`, `records`, `notice`, `history`:
what the people who must answer for a return ask of it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dfe_returns.commands.contract import fields
from dfe_returns.commands.show import Format, FormatOption, as_json, note, page, say, table
from dfe_returns.errors import RefusedError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from dfe_returns.config import Config
    from dfe_returns.ledger.ledger import Ledger

requests = typer.Typer(help="Requests of people about the returns: clocks, decisions, release.", no_args_is_help=True)
holds = typer.Typer(help="Legal holds: what may not be deleted, and why.", no_args_is_help=True)
notice = typer.Typer(help="Privacy notices: text from the live register, and a check of yours.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="configuration file; default ./dfe-returns.toml")]
RunsOption = Annotated[Path, typer.Option("--runs", help="folder with ledger.sqlite, where no configuration names one")]
NameOption = Annotated[str, typer.Option("--name", help="who does this")]
RoleOption = Annotated[str, typer.Option("--role", help="in which role")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why; it is recorded")]
ChildArgument = Annotated[str, typer.Argument(metavar="CHILD", help="the child's number as it stands in the returns")]
RequestOption = Annotated[str, typer.Option("--request", help="number of the request, e.g. RQ-0001")]
RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="number of the request, e.g. RQ-0001")]
ReturnArgument = Annotated[str, typer.Argument(metavar="RETURN", help="cin or ssda903")]
YearOption = Annotated[str, typer.Option("--year", help="collection year, e.g. 2025-26")]
OnOption = Annotated[str, typer.Option("--on", help="day, yyyy-mm-dd; default today")]
_HERE = Path()


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for name, command in (
        ("disclosures", disclosures),
        ("rectify", rectify),
        ("retention", retention),
        ("breach-report", breach_report),
        ("records", records),
        ("history", history),
        ("change-key", change_key),
    ):
        app.command(name)(command)
    app.add_typer(requests, name="requests")
    app.add_typer(holds, name="holds")
    app.add_typer(notice, name="notice")
    fields.command("decide")(fields_decide)


def disclosures(
    child: ChildArgument,
    name: NameOption = "",
    reason: ReasonOption = "",
    request: RequestOption = "",
    out: Annotated[Path | None, typer.Option("--out", help="folder for disclosures.html and disclosures.json")] = None,
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """What was sent about one child, in which return, when, to whom, under which law: a draft for the person who
    answers."""
    from dfe_returns.evidence.subject import subject_report, write_subject_report

    _, ledger = _open(config, runs)
    report = subject_report(ledger, child, name, reason, request)
    if out is not None:
        from dfe_returns.files import private_folder

        for path in write_subject_report(report, private_folder(out)):
            note(f"Written: {path}")
    if fmt == Format.json:
        as_json(report)
        return
    say(report["status"].capitalize() + ".")
    columns = ["return", "year", "table", "rows", "fields", "signed_on", "sent_on", "gateways"]
    table(columns, [[s[c] for c in columns] for s in report["seasons"]])
    say()
    columns = ["return", "year", "table", "field", "value", "source", "gateway", "data_class", "flags"]
    table(columns, [[v[c] for c in columns] for v in report["values"]])
    for gap in report["no_longer_held"]:
        say(f"{gap['return']} {gap['year']}: {gap['note']}.")
    for gone in report["no_longer_known"]:
        say(f"{gone['return']} {gone['year']}: deleted on {gone['on']}, at the end of its period.")
    page({flag.capitalize(): text for flag, text in report["flags"].items()}, title="Before anything is released")
    say(report["competence"])


def rectify(
    child: ChildArgument,
    field: Annotated[str, typer.Argument(help="Table.Field or the field's name, of either return")],
    sent: Annotated[str, typer.Option("--sent", help="the value as it was sent")],
    correct: Annotated[str, typer.Option("--correct", help="the right value")],
    out: Annotated[Path, typer.Option("--out", help="folder for the amendment list and the draft notice")],
    request: RequestOption = "",
    name: NameOption = "",
    role: RoleOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Find a wrong value in every return that was sent; list the amendments, draft the notice to the department."""
    from dfe_returns.evidence.rectify import rectify as correct_everywhere

    _, ledger = _open(config, runs)
    answer = correct_everywhere(ledger, request, child, field, sent, correct, out, name, role)
    if fmt == Format.json:
        as_json(answer)
        return
    table(
        ["return", "year", "action", "places"],
        [[p[c] for c in ("return", "year", "action", "places")] for p in answer["places"]],
    )
    for path in answer["files"]:
        say(f"Written: {path}")


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="delete what has expired and is not held")] = False,
    cases: Annotated[
        str, typer.Option("--cases", help="also count when case records are due: a source's name, folder or URL")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="with --cases: a private CSV with a line per record")
    ] = None,
    name: NameOption = "",
    role: RoleOption = "",
    on: OnOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """What is past its retention period, what is held, what lacks a trigger; deletes only with --apply."""
    from dfe_returns.evidence import retention as keeping

    settings, ledger = _open(config, runs)
    day = _day(on) if on else None
    if cases:
        _show(_case_counts(settings, ledger, cases, out, day), fmt)
        return
    if apply:
        if day is not None and day > ledger.today():
            raise RefusedError("--on looks ahead: --apply deletes what is due today, nothing before its day.")
        gone = keeping.apply_retention(ledger, settings, name, role, day)
        note(f"Deleted: {len(gone)} part(s) of run folders; each is entered in the ledger.")
    _show(
        keeping.retention_plan(ledger, settings, day),
        fmt,
        ["run_id", "state", "what", "rule", "due", "status", "holds", "why"],
    )


def breach_report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="run folder or run id")],
    only: Annotated[list[str] | None, typer.Option("--table", help="only this table (several times for more)")] = None,
    aware: Annotated[str, typer.Option("--aware", help="when the authority became aware, e.g. 2026-07-01T09:00")] = "",
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """The facts of the first hour after a file of this run went astray: people, fields, kinds, files, recipients."""
    from dfe_returns.evidence.breach import breach_report as facts_of
    from dfe_returns.evidence.breach import breach_text

    settings, folder = _found(run, config)
    try:
        when = datetime.fromisoformat(aware).astimezone() if aware else None
    except ValueError:
        raise UsageError(f"--aware {aware!r} is no time; write it as 2026-07-01T09:00.") from None
    facts = facts_of(folder, _ledger_beside(settings, folder), only or None, when)
    as_json(facts) if fmt == Format.json else say(breach_text(facts))


def records(
    run: Annotated[list[str], typer.Argument(metavar="RUN...", help="run folders or run ids, one per return")],
    out: Annotated[Path, typer.Option("--out", help="folder for the pack")] = Path("records"),
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Article 30 entry, DPIA evidence, field register and notices, from what these runs really sent."""
    from dfe_returns.evidence.records import write_pack
    from dfe_returns.run_folder import load_run

    found = [_found(one, config) for one in run]
    made = write_pack([load_run(folder) for _, folder in found], found[0][0], out)
    if fmt == Format.json:
        as_json([str(path) for path in made])
        return
    for path in made:
        say(f"Written: {path}")


def history(runs: RunsOption = _HERE, config: ConfigOption = None, fmt: FormatOption = Format.text) -> None:
    """Who recorded, looked, decided, signed, released and deleted, and when: for an auditor, without any child's
    data. As JSON with the hash of each entry, to hold a later ledger against."""
    from dfe_returns.evidence.events import access_history

    _, ledger = _open(config, runs, whole=False)
    told = access_history(ledger)
    if fmt == Format.json:
        as_json(told)
    else:
        columns = ["number", "at", "entry", "run_id", "name", "role", "event", "what", "reason"]
        table(columns, [[entry.get(c, "") for c in columns] for entry in told])
    ledger.must_hold()


def change_key(
    name: NameOption,
    role: RoleOption,
    reason: ReasonOption,
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """Goes on under a new key for the ledger's keyed hashes; what was entered before is found as before."""
    _, ledger = _open(config, runs)
    ledger.change_key(name, role, reason)
    say(f"The key of the ledger was changed. The new one was added to {ledger.key_file}; the earlier ones stay in it,")
    say("because without them nothing older can be read. Copy the file to where its copies lie, and nowhere else.")


# ---- requests


@requests.command("list")
def requests_list(
    on: OnOption = "", runs: RunsOption = _HERE, config: ConfigOption = None, fmt: FormatOption = Format.text
) -> None:
    """All requests with their clocks."""
    from dfe_returns.evidence.rights import requests as every

    _, ledger = _open(config, runs)
    _show(every(ledger, _day(on) if on else None), fmt)


@requests.command("open")
def requests_open(
    kind: Annotated[str, typer.Argument(help="access, rectification, erasure, restriction, objection or complaint")],
    child: ChildArgument,
    footing: Annotated[str, typer.Option("--footing", help="on what footing the person asks, e.g. child")],
    name: NameOption = "",
    role: RoleOption = "",
    received: Annotated[str, typer.Option("--received", help="day it came in; default today")] = "",
    case: Annotated[str, typer.Option("--case", help="your own reference, never a name")] = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Enter a request and start its clock."""
    from dfe_returns.evidence.rights import open_request

    _, ledger = _open(config, runs)
    day = _day(received) if received else ledger.today()
    answer = open_request(ledger, kind, child, footing, day, name, role, case)
    as_json(answer) if fmt == Format.json else page(answer)


@requests.command("decide")
def requests_decide(
    request: RequestArgument,
    decision: Annotated[str, typer.Argument(help="e.g. 'send as required' or 'leave out'")],
    reason: ReasonOption = "",
    name: NameOption = "",
    role: RoleOption = "",
    return_name: Annotated[str, typer.Option("--return", help="cin or ssda903, for restriction and objection")] = "",
    year: YearOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """A named officer's decision. There is no default."""
    from dfe_returns.evidence.rights import decide

    _, ledger = _open(config, runs)
    decide(ledger, request, decision, reason, name, role, return_name, year)
    say(f"{request}: {decision}.")


@requests.command("clock")
def requests_clock(
    request: RequestArgument,
    act: Annotated[str, typer.Argument(help="pause, resume or acknowledge")],
    name: NameOption = "",
    role: RoleOption = "",
    reason: ReasonOption = "",
    on: OnOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """Stop or start a request's clock, or enter that a complaint was acknowledged."""
    from dfe_returns.evidence import rights

    _, ledger = _open(config, runs)
    day = _day(on) if on else ledger.today()
    if act == "pause":
        rights.pause(ledger, request, day, name, role, reason)
    elif act in ("resume", "acknowledge"):
        {"resume": rights.resume, "acknowledge": rights.acknowledge}[act](ledger, request, day, name, role)
    else:
        raise UsageError(f"'{act}' is not pause, resume or acknowledge.")
    say(f"{request}: {act}, {day}.")


@requests.command("release")
def requests_release(
    request: RequestArgument,
    child: ChildArgument,
    name: NameOption = "",
    role: RoleOption = "",
    what: Annotated[str, typer.Option("--note", help="what was redacted")] = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """Enter that a named reviewer released the answer to a request."""
    from dfe_returns.evidence.subject import release

    _, ledger = _open(config, runs)
    release(ledger, child, request, name, role, what)
    say(f"{request}: released by {name}.")


@requests.command("letter")
def requests_letter(
    request: RequestArgument, child: ChildArgument, runs: RunsOption = _HERE, config: ConfigOption = None
) -> None:
    """A draft answer to an objection or erasure request, by the basis of what was sent."""
    from dfe_returns.evidence.rights import letter

    _, ledger = _open(config, runs)
    say(letter(ledger, request, child))


@requests.command("erase")
def requests_erase(
    request: RequestArgument,
    child: ChildArgument,
    file: Annotated[list[Path], typer.Option("--file", help="file that holds surplus data (several times for more)")],
    field: Annotated[list[str], typer.Option("--field", help="surplus Table.Field (several times for more)")],
    name: NameOption = "",
    role: RoleOption = "",
    backup: Annotated[
        list[str] | None, typer.Option("--backup", help="where a copy lies that people must erase")
    ] = None,
    return_name: Annotated[str, typer.Option("--return", help="return that the field was surplus to")] = "",
    year: Annotated[str, typer.Option("--year", help="season that did not ask for the field")] = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """Delete files that hold what went beyond the specification; enters a proof that holds no data."""
    from dfe_returns.evidence.erasure import erase

    settings, ledger = _open(config, runs)
    as_json(
        erase(
            ledger, request, child, file, field, backup or (), name, role, settings, return_name=return_name, year=year
        )
    )


# ---- holds


@holds.command("list")
def holds_list(runs: RunsOption = _HERE, config: ConfigOption = None, fmt: FormatOption = Format.text) -> None:
    """Holds that are on."""
    from dfe_returns.evidence.holds import active_holds

    settings, ledger = _open(config, runs)
    rows = [
        {
            "hold": h.id,
            "inquiry": h.inquiry,
            "owner": h.owner,
            "rules": " ".join(h.rules) or "all",
            "review": h.review,
            "scope": "one child"
            if h.child_hash
            else " ".join([*h.returns, *h.years, h.first, h.last]).strip() or "all",
        }
        for h in active_holds(ledger, settings)
    ]
    if fmt == Format.json:
        as_json(rows)
        return
    columns = ["hold", "inquiry", "owner", "rules", "scope", "review"]
    table(columns, [[r[c] for c in columns] for r in rows])


@holds.command("place")
def holds_place(
    inquiry: Annotated[str, typer.Argument(help="inquiry, litigation or request that asks for it")],
    owner: Annotated[str, typer.Option("--owner", help="who owns the hold")],
    review: Annotated[str, typer.Option("--review", help="day of the next review")],
    name: NameOption = "",
    role: RoleOption = "",
    rule: Annotated[list[str] | None, typer.Option("--rule", help="retention rule; none = all")] = None,
    return_name: Annotated[list[str] | None, typer.Option("--return", help="cin or ssda903; none = both")] = None,
    year: Annotated[list[str] | None, typer.Option("--year", help="collection year; none = all")] = None,
    child: Annotated[str, typer.Option("--child", help="one child's number")] = "",
    first: Annotated[str, typer.Option("--from", help="records from this day")] = "",
    last: Annotated[str, typer.Option("--to", help="records to this day")] = "",
    start: OnOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """Enter a legal hold."""
    from dfe_returns.evidence.holds import place_hold

    _, ledger = _open(config, runs)
    begins = _day(start) if start else ledger.today()
    span = [_day(d) if d else None for d in (first, last)]
    hold = place_hold(
        ledger,
        inquiry,
        owner,
        begins,
        _day(review),
        name,
        role,
        rule or (),
        return_name or (),
        year or (),
        child,
        *span,
    )
    say(f"{hold} is on.")


@holds.command("release")
def holds_release(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="e.g. HOLD-001")],
    name: NameOption = "",
    role: RoleOption = "",
    reason: ReasonOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """One of the two acts, by two people, that end a hold."""
    from dfe_returns.evidence.holds import release_hold

    settings, ledger = _open(config, runs)
    state = release_hold(ledger, hold, name, role, reason, settings)
    say(f"{hold}: " + ("released." if state == "released" else "release asked for; a second person must do the same."))


# ---- notices and fields


@notice.command("text")
def notice_text(
    return_name: ReturnArgument,
    year: YearOption = "2025-26",
    reader: Annotated[str, typer.Option("--reader", help="family, young, adopter or staff")] = "family",
    run: Annotated[str, typer.Option("--run", help="list the groups that this run sent, not those of the year")] = "",
    config: ConfigOption = None,
) -> None:
    """Notice text for one return and reader, from the live register."""
    from dfe_returns.config import load_config
    from dfe_returns.contract import contract
    from dfe_returns.evidence.notice import notice_text as text_of

    settings, sent = load_config(config), None
    collection = contract(return_name, year)
    if run:
        from dfe_returns.run_folder import load_run

        result = load_run(_found(run, config)[1])
        collection, sent = result.collection, result.fields
    say(text_of(collection, settings, reader, sent))


@notice.command("lint")
def notice_lint(
    file: Annotated[Path, typer.Argument(help="a notice as text, Markdown or HTML")], fmt: FormatOption = Format.text
) -> int:
    """What a privacy notice about these returns says wrongly or leaves out; exit code 1 when something is plainly
    wrong."""
    from dfe_returns.evidence.lint import lint_file

    found = lint_file(file)
    if fmt == Format.json:
        as_json(found.astype("object").where(found.notna(), None).to_dict("records"))
    else:
        for f in found.astype("object").where(found.notna(), "").to_dict("records"):
            where = f"line {f['line']}: " if f["line"] != "" else ""
            say(f"{f['id']} {'ask' if f['state'] == 'ask' else f['severity']}: {where}{f['wrong']}")
            say(f"    {f['right']}")
        say(
            f"{int(found['state'].eq('finding').sum())} findings, "
            f"{int(found['state'].eq('ask').sum())} questions for a person."
        )
    wrong = found["state"].eq("finding") & found["severity"].eq("error")
    return 1 if wrong.any() else 0


def fields_decide(
    return_name: ReturnArgument,
    field: Annotated[str, typer.Argument(help="Table.Field that the year added")],
    decision: Annotated[str, typer.Argument(help="send or withhold")],
    year: YearOption,
    reason: ReasonOption = "",
    name: NameOption = "",
    role: RoleOption = "",
    runs: RunsOption = _HERE,
    config: ConfigOption = None,
) -> None:
    """A named officer's decision on a field that is new this year; without it the first live return is not signed."""
    from dfe_returns.evidence.controls import decide_field

    _, ledger = _open(config, runs)
    decide_field(ledger, return_name, year, field, decision, reason, name, role)
    say(f"{return_name} {year} {field}: {decision}.")


# ---- what the commands share


def _open(config: Path | None, runs: Path, whole: bool = True) -> tuple[Config, Ledger]:
    """Configuration and ledger. A ledger that is not there is never made here: these commands only ask and add to
    one. Nobody is answered, and nothing deleted, by a ledger that was changed (unless not ``whole``)."""
    from dfe_returns.config import load_config
    from dfe_returns.ledger.place import FILE, ledger_of

    settings = load_config(config)
    place = settings.at(settings.runs) if settings.from_file else runs
    if not settings.ledger.url and not (place / FILE).is_file():
        raise UsageError(
            f"There is no ledger {place / FILE}; name its folder with --runs, or the configuration with --config."
        )
    ledger = ledger_of(settings, runs / "run")
    if whole:
        ledger.must_hold()
    return settings, ledger


def _case_counts(settings: Config, ledger: Ledger, source: str, out: Path | None, day: date | None) -> pd.DataFrame:
    """Counts of case records by rule and status, from a source; the lines themselves only into a private file."""
    from dfe_returns.evidence import retention as keeping
    from dfe_returns.evidence.holds import active_holds
    from dfe_returns.files import write_csv
    from dfe_returns.pipeline import extract, plan_run

    loaded = extract(plan_run(settings, "cin", "2025-26", source=source))
    found = keeping.case_records(
        keeping.people_of(loaded.tables),
        day or ledger.today(),
        settings.retention.years,
        active_holds(ledger, settings),
        ledger.key,
    )
    if out is not None:
        note(f"Written: {write_csv(found, out)}")
    return found.groupby(["rule", "status", "why"], as_index=False).size().rename(columns={"size": "count"})


def _ledger_beside(settings: Config, folder: Path) -> Ledger | None:
    from dfe_returns.ledger.place import FILE, ledger_of

    place = settings.at(settings.runs) if settings.from_file else folder.absolute().parent
    if not settings.ledger.url and not (place / FILE).is_file():
        return None
    return ledger_of(settings, folder)


def _found(run: str, config: Path | None) -> tuple[Config, Path]:
    from dfe_returns.config import load_config
    from dfe_returns.run_folder import find_run

    settings = load_config(config)
    return settings, find_run(run, settings.at(settings.runs))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day; write it as 2026-07-01.") from None


def _show(frame: pd.DataFrame, fmt: Format, columns: list[str] | None = None) -> None:
    shown: Any = frame.astype("object").where(frame.notna(), None)
    if fmt == Format.json:
        as_json(shown.to_dict("records"))
        return
    names = columns or list(frame.columns)
    table(names, shown[names].to_numpy().tolist())
