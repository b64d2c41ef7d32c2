"""From a source of case records to a draft return, its report and its evidence: the stages of DESIGN, strung together.

Each stage is a plain function; `flows/` wraps the same functions as Prefect tasks. No network is used.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dfe_returns import __version__
from dfe_returns.config import Config, Source, load_config
from dfe_returns.contract import Collection, contract
from dfe_returns.errors import InputError, UsageError
from dfe_returns.files import open_private, private_folder, sha256_of, write_csv
from dfe_returns.minimise import Minimised, minimise
from dfe_returns.run_folder import (
    CIN_FILE,
    SOURCE_COLUMNS,
    RunResult,
    as_text,
    find_run,
    load_run,
    must_be_free,
    replacing,
)

if TYPE_CHECKING:
    from dfe_returns.build import Built
    from dfe_returns.ledger.ledger import Ledger
    from dfe_returns.sources import Loaded

__all__ = ["Plan", "RunResult", "build", "check", "extract", "load_run", "permit", "plan_run", "run", "write"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Everything a run needs to know before it starts."""

    config: Config
    collection: Collection
    source: str | Path
    profile: Path | None
    companions: Path | None
    previous: Path | None
    postcodes: Path | None
    providers: Path | None
    as_at: date | None
    out: Path
    run_id: str
    started: str
    authority: str
    switches: Mapping[str, str] = field(default_factory=dict)
    keep_ledger: bool = True
    password_file: Path | None = None
    """Holds the password of the source's database; read when it is opened, and never kept."""


def plan_run(
    config: Config | Path | str | None,
    return_name: str,
    year: str,
    source: str | Path | None = None,
    profile: Path | str | None = None,
    authority: str | None = None,
    companions: Path | str | None = None,
    previous: Path | str | None = None,
    postcodes: Path | str | None = None,
    providers: Path | str | None = None,
    as_at: date | str | None = None,
    out: Path | str | None = None,
    keep_ledger: bool = True,
) -> Plan:
    """Settle a run's settings: what is given here goes before the configuration.

    source: name of a configured source, a folder, or a database URL; none = the only configured source.
    Raises UsageError when a setting is missing or wrong.
    """
    settings = config if isinstance(config, Config) else load_config(config)
    collection = contract(return_name, year)
    chosen = _source(settings, source)
    own = settings.of_return(return_name)
    started = datetime.now(UTC).replace(microsecond=0)
    run_id = f"{return_name}-{collection.year}-{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
    try:
        day = date.fromisoformat(as_at) if isinstance(as_at, str) else as_at
    except ValueError:
        raise UsageError(f"--as-at {as_at!r} is not a date; write it as 2025-12-31.") from None
    if day is not None and not collection.start <= day <= collection.end:
        raise UsageError(f"--as-at {day} lies outside {collection.year} ({collection.start} to {collection.end}).")

    if authority is not None and re.fullmatch(r"[0-9]{3}", authority) is None:
        raise UsageError(f"--authority {authority!r} should be the three-digit DfE number of the authority.")

    def path(given: Path | str | None, configured: Path | None) -> Path | None:
        if given is not None:
            return Path(given)
        return settings.at(configured) if configured is not None else None

    return Plan(
        config=settings,
        collection=collection,
        source=settings.at(chosen.folder) if chosen.folder is not None else str(chosen.url),
        profile=path(profile, chosen.profile),
        companions=path(companions, chosen.companions),
        previous=path(previous, own.previous),
        postcodes=path(postcodes, settings.postcodes),
        providers=path(providers, settings.providers),
        as_at=day,
        out=Path(out) if out is not None else settings.at(settings.runs) / f"{return_name}-{collection.year}" / run_id,
        run_id=run_id,
        started=started.isoformat(),
        authority=authority or settings.authority,
        switches=settings.switches,
        keep_ledger=keep_ledger,
        password_file=path(None, chosen.password_file),
    )


def _source(config: Config, source: str | Path | None) -> Source:
    """The configured source of that name, or the given folder or database URL."""
    if source is None:
        if len(config.sources) == 1:
            return next(iter(config.sources.values()))
        named = f" ({', '.join(config.sources)})" if config.sources else ""
        raise UsageError(f"Say where the case records are: --source NAME{named}, a folder or a database URL.")
    if str(source) in config.sources:
        return config.sources[str(source)]
    if "://" in str(source):
        return Source(url=str(source))
    return Source(folder=Path(source).absolute())


# ---- stages --------------------------------------------------------------------------------------------------------


def extract(plan: Plan) -> Loaded:
    """Source -> SSD tables. Raises InputError for input that cannot be used and for unmapped codes."""
    from dfe_returns.ledger.place import with_password
    from dfe_returns.sources import load

    source = plan.source if isinstance(plan.source, Path) else with_password(plan.source, plan.password_file)
    loaded = load(source, profile=plan.profile, companions=plan.companions)
    _must_have_a_cohort(loaded, plan.collection)
    return loaded


def _must_have_a_cohort(loaded: Loaded, collection: Collection) -> None:
    """Raises InputError when the table that decides who is in the return is missing, which would leave it empty."""
    from dfe_returns.sources.model import ssd_model

    for table in ssd_model().tables.values():
        if table.cohort_of == collection.name and table.name not in set(loaded.sources["table"]):
            raise InputError(
                f"{table.name} is missing ({table.title}): without it nobody would be in the return. "
                "Add it to the extract, or say in the profile where it comes from."
            )


def when(plan: Plan, loaded: Loaded) -> tuple[date, bool]:
    """The day the return describes, and whether this is a dry run (a day before the year's end)."""
    extracted = loaded.report.extract_date
    day = plan.as_at or min(d for d in (extracted, plan.collection.end) if d is not None)
    if day < plan.collection.start:
        raise InputError(
            f"The extract was taken on {extracted}, before {plan.collection.year} began ({plan.collection.start}); "
            "take a newer extract or choose an earlier year with --year."
        )
    return day, day < plan.collection.end


def build(plan: Plan, loaded: Loaded, last: Mapping[str, pd.DataFrame] | None = None) -> Built:
    """SSD tables -> return tables, with origins, decisions and worklist."""
    from dfe_returns.build.settings import BuildSettings

    as_at, _ = when(plan, loaded)
    settings = BuildSettings(
        authority=plan.authority,
        as_at=as_at,
        extract_date=loaded.report.extract_date,
        run_at=str(loaded.extract.get("run_at") or ""),
        serial_no=plan.config.of_return(plan.collection.name).serial_no,
        software_version=__version__,
        switches=frozenset(plan.switches),
    )
    if plan.collection.name == "cin":
        from dfe_returns.build.cin import build_cin

        return build_cin(plan.collection, loaded.tables, loaded.profile.conventions, settings, last)
    from dfe_returns.build.ssda903 import build_ssda903

    return build_ssda903(plan.collection, loaded.tables, loaded.profile.conventions, settings, last)


def permit(plan: Plan, built: Built) -> Minimised:
    """Return tables -> permitted tables, without the children whom a named officer decided to leave out."""
    permitted = minimise(plan.collection, built.tables, plan.switches)
    ledger = known_ledger(plan.config, plan.out) if plan.keep_ledger else None
    if ledger is None:
        return permitted
    from dfe_returns.evidence.rights import permitted_children

    return permitted_children(ledger, plan.collection, permitted)


def known_ledger(config: Config, out: Path) -> Ledger | None:
    """The ledger that a run will be entered in, when there is one already."""
    from dfe_returns.ledger.place import FILE, ledger_of

    place = config.at(config.runs) if config.from_file else out.absolute().parent
    return ledger_of(config, out) if config.ledger.url or (place / FILE).is_file() else None


def last_year(plan: Plan) -> dict[str, pd.DataFrame] | None:
    """Last year's return: a file, a folder of files, or a run folder."""
    if plan.previous is None:
        return None
    return read_previous(plan.collection.name, plan.previous)


def published_in(path: Path) -> Path:
    """Where the return lies: the sealed files or the draft of a run folder, else the path itself. Raises InputError."""
    try:
        if path.is_dir() and (path / "manifest.json").is_file():
            return next((path / name for name in ("submission", "draft") if (path / name).is_dir()), path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Ask for access to it.") from None
    return path


def read_previous(return_name: str, path: Path) -> dict[str, pd.DataFrame]:
    """A return of last year given as file, folder or run folder. Raises InputError when it cannot be read."""
    from dfe_returns.sources.return_files import read_return

    folder = published_in(path)
    if return_name == "cin" and folder.is_dir():
        files = sorted(folder.glob("*.xml"))
        if len(files) != 1:
            raise InputError(f"{folder} should hold one census XML file, it has {len(files)}; name the file itself.")
        folder = files[0]
    return read_return(return_name, folder)


def references(
    plan: Plan, tables: Mapping[str, pd.DataFrame] | None = None, last: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, pd.DataFrame]:
    """The postcode directory and provider register that were named, as `validate` takes them."""
    return read_references(plan.postcodes, plan.providers, tables, last)


def read_references(
    postcodes: Path | None,
    providers: Path | None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    last: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """Reference frames for `validate`; a file not named is left out. Raises InputError when one cannot be read.

    tables, last: this and last year's tables; of the directory only the postcodes in their Episodes are read then.
    """
    out = {}
    if postcodes is not None:
        from dfe_returns.sources.reference import read_postcodes

        spells = [part["Episodes"] for part in (tables, last) if part is not None and "Episodes" in part]
        wanted = {
            code for frame in spells for name in ("HOME_POST", "PL_POST") if name in frame for code in frame[name]
        }
        found = read_postcodes(postcodes, wanted)
        # a directory that knows none of them is still a directory: rules that need one run
        out["postcodes"] = read_postcodes(postcodes) if tables is None or found.empty else found
    if providers is not None:
        from dfe_returns.sources.reference import read_providers

        out["providers"] = read_providers(providers)
    return out


def check(
    plan: Plan,
    permitted: Minimised,
    as_at: date,
    last: Mapping[str, pd.DataFrame] | None,
    reference: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Permitted tables -> issues of the department's rules."""
    from dfe_returns.validate import validate

    period = None
    if as_at < plan.collection.end:
        period = {"collection_start": plan.collection.start, "collection_end": as_at}
    return validate(
        plan.collection.name,
        plan.collection.year,
        permitted.tables,
        previous=last,
        reference=reference,
        period=period,
        authority=plan.config.ons_code or plan.authority,
    )


# ---- the whole run -------------------------------------------------------------------------------------------------


def run(
    config: Config | Path | str | None,
    return_name: str,
    year: str,
    source: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> RunResult:
    """Extract, build, minimise, check, and write draft, report and evidence. Settings as in `plan_run`.

    Returns the run; nothing is left behind when it fails. Raises the errors of `dfe_returns.errors`.
    """
    return run_plan(plan_run(config, return_name, year, source, **settings), progress)


def run_plan(plan: Plan, progress: Progress | None = None) -> RunResult:
    """As `run`, for settled settings."""
    tell = progress or (lambda _text: None)
    must_be_free(plan.out)
    tell("Reading the extract")
    loaded = extract(plan)
    last = last_year(plan)
    tell(f"Building {plan.collection.title} {plan.collection.year}")
    built = build(plan, loaded, last)
    permitted = permit(plan, built)
    tell("Checking against the department's rules")
    as_at, _ = when(plan, loaded)
    issues = check(plan, permitted, as_at, last, references(plan, permitted.tables, last))
    tell("Writing draft, report and lineage")
    return write(plan, loaded, built, permitted, issues, last)


def write(
    plan: Plan,
    loaded: Loaded,
    built: Built,
    permitted: Minimised,
    issues: pd.DataFrame,
    last: Mapping[str, pd.DataFrame] | None = None,
) -> RunResult:
    """Write the run folder, whole or not at all, and enter the run in the ledger."""
    from dfe_returns.evidence.lineage import field_lineage
    from dfe_returns.evidence.mapping import mapping_of
    from dfe_returns.ledger.place import ledger_of

    as_at, dry_run = when(plan, loaded)
    withheld = pd.concat([loaded_withheld(loaded), built.withheld, permitted.withheld], ignore_index=True).astype(
        {"count": "int64"}
    )
    with replacing(plan.out) as folder:
        result = RunResult(
            collection=plan.collection,
            authority=plan.authority,
            authority_name=plan.config.authority_name,
            run_id=plan.run_id,
            folder=folder,
            as_at=as_at,
            dry_run=dry_run,
            tables=permitted.tables,
            issues=issues,
            origins=permitted.origins(built.origins),
            sources=pd.concat([loaded.sources, other_inputs(plan)], ignore_index=True).astype(
                {"rows": "Int64", "read": "Int64"}
            ),
            structure=loaded.report.structure,
            decisions=built.decisions,
            worklist=built.worklist,
            withheld=withheld,
            people=loaded.report.people[["child", "team", "worker"]],
            previous=dict(last) if last is not None else None,
            switches=plan.switches,
            versions=versions(),
            specification=plan.config.of_return(plan.collection.name).specification,
            started=plan.started,
        )
        result.fields = field_lineage(plan.collection, mapping_of(plan.collection.name), result.tables, withheld)
        looked_at = publish(result, folder / "draft")
        if len(looked_at):
            result.structure = pd.concat([result.structure, looked_at.astype({"line": "Int64"})], ignore_index=True)
        write_evidence(result, folder)
        if last is not None:
            keep_previous(last, plan, folder / "previous")
        write_report(result, folder / "report", plan.config)
        write_manifest(result, folder)
        if plan.keep_ledger:
            ledger_of(plan.config, plan.out).close()  # one that cannot be used stops the run before it is in place
    result = replace(result, folder=plan.out)
    if plan.keep_ledger:
        record(result, plan)
    return result


def other_inputs(plan: Plan) -> pd.DataFrame:
    """What a run read beside the case records, for the manifest: extract.json, profile, reference lists."""
    found = [(plan.profile, "profile"), (plan.postcodes, "postcode directory"), (plan.providers, "provider list")]
    if isinstance(plan.source, Path):
        found.insert(0, (plan.source / "extract.json", "about the extract"))
    rows = [(p.name, what, sha256_of(p)) for p, what in found if p is not None and p.is_file()]
    return pd.DataFrame(rows, columns=["file", "note", "sha256"]).reindex(columns=SOURCE_COLUMNS)


def loaded_withheld(loaded: Loaded) -> pd.DataFrame:
    """What was left behind on reading: columns never read, rows dropped."""
    dropped = loaded.report.dropped
    return pd.DataFrame(
        {"what": "row", "table": dropped["table"], "name": "", "reason": dropped["reason"], "count": dropped["count"]}
    )


def publish(result: RunResult, folder: Path) -> pd.DataFrame:
    """Write the return itself, then read the finished bytes again and hold every name and value against the contract
    (R5). Returns what that last check found worth a look (in the form of structural notes).

    Raises RefusedError when the files hold anything that the contract does not allow.
    """
    private_folder(folder)
    if result.collection.name == "cin":
        from dfe_returns.publish.check import check_cin
        from dfe_returns.publish.cin_xml import write_cin

        with open_private(folder / CIN_FILE) as stream:
            write_cin(result.tables, result.collection, stream, result.switches)
        return check_cin(folder / CIN_FILE, result.collection, result.switches)
    from dfe_returns.publish.check_903 import check_ssda903
    from dfe_returns.publish.ssda903_csv import write_ssda903

    write_ssda903(result.tables, result.collection, folder)
    return check_ssda903(folder, result.collection, result.switches)


def keep_previous(last: Mapping[str, pd.DataFrame], plan: Plan, folder: Path) -> None:
    """Keep last year's tables with the run, so that its report can be built again."""
    from dfe_returns.sources.folder import EXCEL_ENDINGS, TEXT_ENDINGS

    private_folder(folder)
    assert plan.previous is not None
    path = published_in(plan.previous)
    census = plan.collection.name == "cin"
    endings = (".xml",) if census else TEXT_ENDINGS + EXCEL_ENDINGS
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix.lower() in endings)
    for file in files:
        target = folder / (CIN_FILE if census else file.name)
        shutil.copyfile(file, target)
        target.chmod(0o600)


def write_evidence(result: RunResult, folder: Path) -> None:
    """lineage/, decisions.csv, withheld.csv, worklist.csv, people.csv."""
    from dfe_returns.evidence.lineage import gateways_used, row_lineage
    from dfe_returns.evidence.openlineage import write_openlineage

    lineage = private_folder(folder / "lineage")
    write_csv(result.fields, lineage / "fields.csv")
    write_csv(row_lineage(result), lineage / "rows.csv")
    write_csv(gateways_used(result.collection, result.tables), lineage / "gateways.csv")
    write_csv(as_text(result.decisions, result.collection), folder / "decisions.csv")
    write_csv(result.withheld, folder / "withheld.csv")
    write_csv(as_text(result.worklist, result.collection), folder / "worklist.csv")
    write_csv(result.people, folder / "people.csv")
    write_openlineage(result, lineage / "openlineage.ndjson")


def write_report(result: RunResult, folder: Path, config: Config) -> None:
    """The report folder: pages for people, issues for scripts."""
    from dfe_returns.review.make import make_report

    make_report(result, private_folder(folder), config)


def write_manifest(result: RunResult, folder: Path) -> None:
    """manifest.json: what went in, what came out, with which versions."""
    from dfe_returns.publish.manifest import write_manifest as write_file

    write_file(
        folder,
        {
            "run_id": result.run_id,
            "return": result.collection.name,
            "year": result.collection.year,
            "title": result.collection.title,
            "authority": result.authority,
            "authority_name": result.authority_name,
            "as_at": result.as_at.isoformat(),
            "dry_run": result.dry_run,
            "started": result.started,
            "switches": dict(result.switches),
            "versions": result.versions,
            "specification": {**result.collection.edition, "adopted": result.specification},
            "inputs": result.sources.astype("object").where(result.sources.notna(), None).to_dict("records"),
            "rows": {name: len(frame) for name, frame in result.tables.items()},
            "children": result.children,
            "errors": result.errors,
            "queries": result.queries,
            "not_run": {code: list(lacks) for code, lacks in result.issues.attrs.get("not_run", {}).items()},
        },
    )


def versions() -> dict[str, str]:
    """Versions of the product, its contract and what it stands on."""
    from dfe_returns.files import data_folder

    schemas = data_folder("schemas")
    digest = hashlib.sha256()
    for path in sorted(schemas.rglob("*.yaml")):
        digest.update(path.relative_to(schemas).as_posix().encode())
        digest.update(sha256_of(path).encode())
    libraries = {name: version(name) for name in ("pandas", "pandera", "lxml")}
    return {
        "dfe_returns": __version__,
        "contract": digest.hexdigest()[:16],
        "python": platform.python_version(),
        **libraries,
    }


def record(result: RunResult, plan: Plan) -> None:
    """Enter the run in the ledger: counts, file hashes, and the issues by keyed hash of their content."""
    from dfe_returns.ledger.place import ledger_of
    from dfe_returns.publish.manifest import MANIFEST, statement_of
    from dfe_returns.review.keys import finding_rows
    from dfe_returns.review.pages import counts_for_ledger

    drafts = sorted((result.folder / "draft").iterdir())
    files = [{"role": "draft", "name": f.name, "sha256": sha256_of(f), "bytes": f.stat().st_size} for f in drafts]
    said = statement_of(result.folder)
    files.append({"role": "manifest", "name": MANIFEST, "sha256": hashlib.sha256(said).hexdigest(), "bytes": len(said)})
    ledger_of(plan.config, result.folder).record_run(
        replace(result, folder=result.folder.absolute()),  # the ledger is asked from other working folders, too
        counts=counts_for_ledger(result, plan.config.review.large_change_percent),
        files=files,
        findings=finding_rows(result),
    )


def rebuild_report(run_folder: str | Path, config: Config | None = None) -> RunResult:
    """Build the report of a run again from its folder."""
    from dfe_returns.review.make import seal_report

    settings = config or load_config()
    folder = find_run(run_folder, settings.at(settings.runs))
    result = load_run(folder)
    write_report(result, folder / "report", settings)
    seal_report(folder)
    return result


def report_after_act(folder: Path, config: Config) -> str:
    """Build the report again after a signature or the like, because it says the state it was made in.

    The act stands whatever happens here: answers with the kind of what went wrong, '' when nothing did.
    """
    from dfe_returns.errors import DfeReturnsError

    try:
        rebuild_report(folder, config)
    except (DfeReturnsError, OSError) as error:
        return type(error).__name__
    return ""
