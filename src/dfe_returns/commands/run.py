"""`run`, `validate`, `demo`, `report`, `verify`, `lineage`, `synthesise`: making and checking a return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dfe_returns.commands.show import Format, FormatOption, as_json, note, say, table
from dfe_returns.errors import InputError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from dfe_returns.config import Config
    from dfe_returns.pipeline import RunResult

ReturnName = Annotated[str, typer.Argument(metavar="RETURN", help="cin or ssda903")]
YearOption = Annotated[str, typer.Option("--year", help="collection year, e.g. 2025-26")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="configuration file; default ./dfe-returns.toml")]
PreviousOption = Annotated[
    Path | None, typer.Option("--previous", readable=False, help="last year's return: file, folder or run folder")
]
PostcodesOption = Annotated[
    Path | None, typer.Option("--postcodes", readable=False, help="postcode directory (ONSPD or NSPL CSV)")
]
ProvidersOption = Annotated[
    Path | None, typer.Option("--providers", readable=False, help="provider list (Excel or CSV)")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="run folder or run id")]
DEMO_FOLDER = "dfe-returns-demo"


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for name, command in (
        ("demo", demo),
        ("run", run),
        ("validate", validate),
        ("report", report),
        ("verify", verify),
        ("lineage", lineage),
        ("synthesise", synthesise),
    ):
        app.command(name)(command)


def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for the runs")] = Path(DEMO_FOLDER),
    fmt: FormatOption = Format.text,
) -> None:
    """Both returns for the fictional authority Fernshire, from its bundled extract. Everything in it is synthetic."""
    from dfe_returns import pipeline
    from dfe_returns.config import Config
    from dfe_returns.files import data_folder

    samples = data_folder("sample_extracts")
    config = Config(authority="999", authority_name="Fernshire County Council", folder=Path.cwd())
    last = samples / "last_year"
    previous = {"cin": last / "cin-2024-25.xml", "ssda903": last / "ssda903-2024-25"}
    results = []
    for name in ("cin", "ssda903"):
        result = pipeline.run(
            config,
            name,
            "2025-26",
            source=samples / "fernshire_ssd",
            previous=previous[name],
            postcodes=samples / "postcodes.csv",
            providers=samples / "providers.csv",
            out=out / f"{name}-2025-26",
            progress=note if fmt == Format.text else None,
        )
        results.append(result)
    # now that both are there, the first one's page about the other return can be filled
    pipeline.rebuild_report(results[0].folder, config)
    if fmt == Format.json:
        as_json([_facts(r) for r in results])
        return
    for result in results:
        say()
        _tell(result)
    say()
    say("Fernshire does not exist: every child, date and place in these files is made up.")


def run(
    return_name: ReturnName,
    year: YearOption,
    source: Annotated[
        str | None, typer.Option("--source", help="name of a configured source, a folder, or a database URL")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", readable=False, help="profile of your exports (YAML)")
    ] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="three-digit DfE number")] = None,
    previous: PreviousOption = None,
    postcodes: PostcodesOption = None,
    providers: ProvidersOption = None,
    companions: Annotated[
        Path | None, typer.Option("--companions", readable=False, help="folder of la_* files")
    ] = None,
    as_at: Annotated[
        str | None, typer.Option("--as-at", help="dry run: the return as it stood on this day (yyyy-mm-dd)")
    ] = None,
    config: ConfigOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder of the run; default runs/RETURN-YEAR/RUNID")] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Extract, build, minimise, check and report. The run then waits, unsigned, for review."""
    from dfe_returns import pipeline

    result = pipeline.run(
        config,
        return_name,
        year,
        source=source,
        profile=profile,
        authority=authority,
        previous=previous,
        postcodes=postcodes,
        providers=providers,
        companions=companions,
        as_at=as_at,
        out=out,
        progress=note if fmt == Format.text else None,
    )
    if fmt == Format.json:
        as_json(_facts(result))
    else:
        _tell(result)
    raise typer.Exit(1 if result.errors else 0)


def validate(
    return_name: ReturnName,
    path: Annotated[Path, typer.Argument(readable=False, help="census XML file, or folder of 903 files")],
    year: YearOption,
    previous: PreviousOption = None,
    postcodes: PostcodesOption = None,
    providers: ProvidersOption = None,
    authority: Annotated[str | None, typer.Option("--authority", help="ONS code or three-digit DfE number")] = None,
    rules: Annotated[
        str | None, typer.Option("--rules", help="codes parted by comma, INT (integrity checks) or all")
    ] = None,
    rules_of: Annotated[
        str | None, typer.Option("--rules-of", help="forward look: the rules of another year over this file")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="write every issue to this CSV file (private)")
    ] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Check any existing census file or folder of 903 files, whoever made it."""
    from dfe_returns.contract import contract
    from dfe_returns.files import write_csv
    from dfe_returns.pipeline import read_previous, read_references
    from dfe_returns.sources.return_files import read_return
    from dfe_returns.validate import validate as check

    own = contract(return_name, year)
    tables = read_return(return_name, path)
    if rules_of is None:
        _refuse_other_year(own, tables)
    period = None
    if rules_of is not None:
        # Next year's rules over this year's data: the data keep their own year end.
        period = {"collection_start": own.start, "collection_end": own.end}
    last = read_previous(return_name, previous) if previous else None
    issues = check(
        return_name,
        rules_of or year,
        tables,
        previous=last,
        rules=rules,
        reference=read_references(postcodes, providers, tables, last),
        period=period,
        authority=authority,
    )
    if output is not None:
        write_csv(issues, output)
    errors = int((issues["severity"] == "error").sum())
    if fmt == Format.json:
        as_json(_summary(issues, tables.structure))
    else:
        _tell_issues(issues, tables.structure, own.title, rules_of or own.year, output)
    raise typer.Exit(1 if errors else 0)


def _refuse_other_year(collection: Any, tables: Any) -> None:
    """A census whose header names another covered year in both places was given with the wrong --year."""
    header = tables.get("Header") if collection.name == "cin" else None
    if header is None or not len(header):
        return
    from dfe_returns.contract import YEARS

    year, reference = (str(header[c].iloc[0]).strip() if c in header else "" for c in ("Year", "ReferenceDate"))
    for other in YEARS:
        ends = str(int(other[:4]) + 1)
        if other != collection.year and year == ends and reference[:10] == f"{ends}-03-31":
            raise InputError(
                f"The header of this file says Year {year} and ReferenceDate {reference[:10]}: it is a census of "
                f"{other}, not of {collection.year}. Use --year {other}, or --rules-of {collection.year} to try "
                "another year's rules on it."
            )


def report(run: RunArgument, config: ConfigOption = None, fmt: FormatOption = Format.text) -> None:
    """Build the report of a run again from its folder."""
    from dfe_returns.config import load_config
    from dfe_returns.pipeline import rebuild_report

    result = rebuild_report(run, load_config(config))
    page = result.folder / "report" / "index.html"
    if fmt == Format.json:
        as_json({"report": str(page)})
    else:
        say(f"Open {page}")


def verify(run: RunArgument, config: ConfigOption = None, fmt: FormatOption = Format.text) -> None:
    """Recompute every hash of a run and its ledger entries; say what was touched."""
    from dfe_returns.config import load_config
    from dfe_returns.errors import IntegrityError
    from dfe_returns.ledger.place import ledger_of
    from dfe_returns.review.signoff import check_run
    from dfe_returns.run_folder import find_run

    settings = load_config(config)
    folder = find_run(run, settings.at(settings.runs))
    broken = check_run(ledger_of(settings, folder), folder)
    problems = list(broken["place"] + " " + broken["problem"])
    if fmt == Format.json:
        as_json({"folder": str(folder), "problems": problems})
    if problems:
        raise IntegrityError(f"{folder} is not what was written:\n  " + "\n  ".join(problems))
    if fmt == Format.text:
        say(f"{folder}: every file and ledger entry is as it was written.")


def lineage(
    run: RunArgument,
    field: Annotated[str | None, typer.Option("--field", help="one field, e.g. CINdetails.CINreferralDate")] = None,
    child: Annotated[
        str | None, typer.Option("--child", help="one child's number: every value with its source record")
    ] = None,
    reveal: Annotated[
        str | None,
        typer.Option("--reveal", help="show sensitive values (tiers T3 and T4) too; give the reason, it is recorded"),
    ] = None,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Where a field's or a child's values came from, and under which gateway they leave."""
    from dfe_returns.config import load_config
    from dfe_returns.run_folder import find_run, load_run

    settings = load_config(config)
    folder = find_run(run, settings.at(settings.runs))
    if child is not None:
        from dfe_returns.evidence.child import child_lineage, hidden

        found = child_lineage(folder, child)
        if reveal is None:
            found = hidden(found)
        elif len(found):
            _note_look(settings, folder, child, reveal)
        if field is not None:
            found = found[(found["table"] + "." + found["field"]) == field]
        if not len(found):
            raise UsageError("No value of that child is in this run; check the number as it stands in the return.")
        shown = ["table", "row", "field", "value", "source", "transformation", "gateway", "data_class"]
        shown += ["by_hand"] if found["by_hand"].ne("").any() else []
    else:
        found = load_run(folder).fields
        if field is not None:
            found = found[(found["table"] + "." + found["field"]) == field]
            if not len(found):
                raise UsageError(f"There is no field {field} in this run; `dfe-returns lineage {run}` lists them.")
            if fmt == Format.text:
                from dfe_returns.commands.show import page

                page({str(name): value for name, value in found.iloc[0].items()}, title=field)
                return
        shown = ["table", "field", "sent", "blank", "source_columns", "transformation", "gateway", "data_class"]
    if fmt == Format.json:
        as_json(found.astype("object").where(found.notna(), None).to_dict("records"))
        return
    columns = [c for c in shown if c in found]
    table(columns, found[columns].astype("object").where(found[columns].notna(), "").to_numpy().tolist())


def _note_look(settings: Config, folder: Path, child: str, reason: str) -> None:
    """Enter in the ledger who looked at a child's sensitive values, and why; the child only as keyed hash."""
    import getpass

    from dfe_returns.evidence.disclosures import child_hash
    from dfe_returns.evidence.events import note_access
    from dfe_returns.ledger.place import ledger_of
    from dfe_returns.review.signoff import run_id_of

    if not reason.strip():
        raise UsageError("--reveal needs the reason for looking; it is recorded.")
    ledger = ledger_of(settings, folder)
    note_access(ledger, "lineage of a child", getpass.getuser(), reason, child_hash(ledger, child), run_id_of(folder))


def synthesise(
    out: Annotated[Path, typer.Option("--out", help="folder to write to")],
    children: Annotated[int, typer.Option("--children", min=1, help="how many children")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="the same seed gives the same bytes")] = 1,
    layout: Annotated[str, typer.Option("--layout", help="ssd or vendor")] = "ssd",
    year: YearOption = "2025-26",
    faults: Annotated[
        str, typer.Option("--faults", help="names of faults to plant, parted by comma; 'list' shows them")
    ] = "",
    fault_share: Annotated[
        float, typer.Option("--fault-share", min=0, max=1, help="share of the rows that a fault can touch")
    ] = 0.1,
) -> None:
    """Synthetic extracts at any size, for trials, training and benchmarks. No child in them exists."""
    from dfe_returns import synthetic

    if faults == "list":
        table(["fault", "what it plants"], sorted(synthetic.FAULTS.items()))
        return
    chosen = tuple(f.strip() for f in faults.split(",") if f.strip())
    counts = synthetic.synthesise(children, seed, out, layout=layout, year=year, faults=chosen, fault_share=fault_share)
    table(["file", "rows"], sorted(counts.items()))


# ---- words ---------------------------------------------------------------------------------------------------------


def _facts(result: RunResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "return": result.collection.name,
        "year": result.collection.year,
        "folder": str(result.folder),
        "report": str(result.folder / "report" / "index.html"),
        "draft": str(result.folder / "draft"),
        "as_at": result.as_at.isoformat(),
        "dry_run": result.dry_run,
        "children": result.children,
        "rows": {name: len(frame) for name, frame in result.tables.items()},
        "errors": result.errors,
        "queries": result.queries,
        "decisions": len(result.decisions),
        "to_settle": len(result.worklist),
        "not_run": {code: list(v) for code, v in result.issues.attrs.get("not_run", {}).items()},
    }


def _tell(result: RunResult) -> None:
    facts = _facts(result)
    with_errors = result.issues.loc[
        (result.issues["severity"] == "error") & (result.issues["child"] != ""), "child"
    ].nunique()
    say(
        f"{result.collection.title} {result.collection.year}"
        + (f" - DRY RUN as at {result.as_at:%d/%m/%Y}" if result.dry_run else "")
    )
    rows = ", ".join(f"{n} {name}" for name, n in facts["rows"].items() if name not in ("Header",) and n)
    say(f"  made     {facts['children']} children ({rows})")
    say(
        f"  found    {facts['errors']} errors on {with_errors} children, {facts['queries']} queries; "
        f"{len(facts['not_run'])} rules not run"
    )
    say(
        f"  decided  {facts['decisions']} values derived, cut or left out; "
        f"{facts['to_settle']} things for a person to settle"
    )
    say(f"  draft    {facts['draft']}")
    say(f"  lineage  {result.folder / 'lineage'}")
    say(f"  open     {facts['report']}")


def _summary(issues: pd.DataFrame, structure: pd.DataFrame) -> dict[str, Any]:
    return {
        "errors": int((issues["severity"] == "error").sum()),
        "queries": int((issues["severity"] == "query").sum()),
        "rules": {str(code): int(n) for code, n in issues.groupby("code").size().items()},
        "not_run": {code: list(v) for code, v in issues.attrs["not_run"].items()},
        "structure": structure.astype("object").where(structure.notna(), None).to_dict("records"),
    }


def _tell_issues(issues: pd.DataFrame, structure: pd.DataFrame, title: str, year: str, output: Path | None) -> None:
    from dfe_returns.validate.not_run import reason

    say(f"{title} {year}")
    if len(issues):
        rows = issues.drop_duplicates(["code", "table", "row"])
        counted = rows.groupby(["severity", "code", "message"], sort=True).size().reset_index(name="rows")
        table(
            ["severity", "code", "rows", "what was found"],
            counted[["severity", "code", "rows", "message"]].to_numpy().tolist(),
        )
    else:
        say("  no errors and no queries")
    errors = int((issues["severity"] == "error").sum())
    say()
    say(f"{errors} errors, {int((issues['severity'] == 'query').sum())} queries (one for each row and field).")
    if len(structure):
        say(f"{len(structure)} remarks about the file itself:")
        shown = structure.head(20)
        place = shown["file"] + (", line " + shown["line"].astype("str")).where(shown["line"].notna(), "")
        times = (" (" + shown["count"].astype("str") + " times)").where(shown["count"] > 1, "")
        for line in ("  " + shown["code"] + "  " + place + ": " + shown["message"] + times).tolist():
            say(line)
    not_run = issues.attrs["not_run"]
    if not_run:
        count = "1 rule was" if len(not_run) == 1 else f"{len(not_run)} rules were"
        say(f"{count} not run (not run is not passed):")
        by_reason: dict[str, list[str]] = {}
        for code, lacks in not_run.items():
            by_reason.setdefault(reason(lacks, year), []).append(code)
        for why, codes in by_reason.items():
            say(f"  {why}: {', '.join(codes)}")
    if output is not None:
        say(f"Every issue, line by line: {output}")
    elif len(issues):
        say("Use --output issues.csv for every issue, line by line.")
