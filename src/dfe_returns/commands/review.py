"""`review`, `diff`, `answers`, `sign-off`, `reject`, `submitted`, `dfe-errors`: what people do with a finished run."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dfe_returns.commands.show import Format, FormatOption, as_json, note, say, table
from dfe_returns.errors import UsageError

if TYPE_CHECKING:
    from dfe_returns.config import Config
    from dfe_returns.ledger.ledger import Ledger

answers = typer.Typer(help="Answers of the teams, read back from their worklists.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="configuration file; default ./dfe-returns.toml")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="run folder, or run id under ./runs")]
NameOption = Annotated[str, typer.Option("--name", help="who does this")]
RoleOption = Annotated[str, typer.Option("--role", help="in which role")]
NoteOption = Annotated[str, typer.Option("--note", help="a sentence to keep with it")]
_HERE = Path()


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for name, command in (
        ("review", review),
        ("diff", diff),
        ("sign-off", sign_off),
        ("reject", reject),
        ("submitted", submitted),
        ("dfe-errors", dfe_errors),
    ):
        app.command(name)(command)
    app.add_typer(answers, name="answers")


def review(
    run: RunArgument,
    name: Annotated[str, typer.Option("--name", help="preparer: put the run up for review")] = "",
    role: RoleOption = "",
    remark: NoteOption = "",
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """The report's front page in the terminal; with --name the preparer puts the run up for review."""
    from dfe_returns.review.make import around_of
    from dfe_returns.review.signoff import ask_for_review
    from dfe_returns.review.terminal import front_page, front_parts, front_renderable
    from dfe_returns.run_folder import load_run

    settings, folder = _place(run, config)
    if name:
        ask_for_review(_ledger(settings, folder), folder, name, role, remark)
        _report_again(settings, folder)
    result = load_run(folder)
    page = front_page(result, around_of(result, folder, settings), settings.review.small_number)
    if fmt == Format.json:
        as_json(page)
        return
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(front_renderable(page))
        return
    lines, tables = front_parts(page)
    for line in lines:
        say(line)
    for title, heads, rows in tables:
        say(f"\n{title}")
        table(heads, rows)


def diff(
    earlier: RunArgument, later: RunArgument, config: ConfigOption = None, fmt: FormatOption = Format.text
) -> None:
    """What changed between two runs, by content: issues fixed and new, records, children in and out."""
    from dfe_returns.review.compare import by_rule, compare
    from dfe_returns.run_folder import load_run

    found = compare(load_run(_place(earlier, config)[1]), load_run(_place(later, config)[1]))
    if fmt == Format.json:
        frames = {"new": found.new, "fixed": found.fixed, "changes": found.changes, "children": found.children}
        as_json(
            {**found.summary(), "notes": found.notes, "lists": {k: f.to_dict("records") for k, f in frames.items()}}
        )
        return
    say(found.words())
    for remark in found.notes:
        note(remark)
    table(["rule", "fixed", "new", "still open"], by_rule(found).to_numpy().tolist())
    if len(found.changes):
        say()
        kinds = found.changes.groupby(["table", "kind"]).size().reset_index()
        table(["table", "what", "records or values"], kinds.to_numpy().tolist())
    if len(found.children):
        say()
        table(
            ["in or out", "why", "children"],
            found.children.groupby(["direction", "why"]).size().reset_index().to_numpy().tolist(),
        )


@answers.command("import")
def answers_import(
    file: Annotated[Path, typer.Argument(help="worklist that a team filled in (.xlsx, or .csv saved from it)")],
    runs: Annotated[
        Path, typer.Option("--runs", help="folder with ledger.sqlite, where no configuration names one")
    ] = _HERE,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Keep the answers of a worklist: notes, promises, and queries accepted until a day."""
    from dfe_returns.config import load_config
    from dfe_returns.review.answers import import_answers
    from dfe_returns.review.make import ledger_if_any

    settings = load_config(config)
    ledger = _beside(file, settings) or ledger_if_any(settings, runs / "run")
    if ledger is None:
        raise UsageError(
            "No ledger was found for these answers; name its folder with --runs, or a configuration with --config."
        )
    kept = import_answers(file, ledger, settings.review.answer_days)
    if fmt == Format.json:
        as_json(kept)
        return
    words = ", ".join(f"{number} {answer}" for answer, number in kept["answers"].items() if number)
    say(f"{kept['file']}: {kept['kept']} answers kept ({words or 'none'}); {kept['unanswered']} lines are unanswered.")


def sign_off(
    run: RunArgument,
    name: NameOption,
    role: RoleOption,
    remark: NoteOption = "",
    exception: Annotated[
        list[str] | None, typer.Option("--exception", help="CODE=reason, for each rule with errors left")
    ] = None,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Approve a run: freezes its exact bytes in submission/, enters it in the ledger, writes the certificate."""
    from dfe_returns.evidence.controls import sign_live

    settings, folder = _place(run, config)
    granted = dict(_exception(text) for text in exception or ())
    done = sign_live(_ledger(settings, folder), folder, settings, name, role, remark, granted)
    _report_again(settings, folder)
    if fmt == Format.json:
        as_json(done)
        return
    say(f"Signed off: {done['run']}, entry {done['entry']} of the ledger.")
    say(f"  files        {done['submission']}")
    say(f"  certificate  {done['certificate']}")
    say("A person now loads the files into DfE's collection system, then: dfe-returns submitted RUN --reference ...")


def _exception(text: str) -> tuple[str, str]:
    code, mark, reason = text.partition("=")
    if not mark or not code.strip() or not reason.strip():
        raise UsageError(f"--exception {text!r} should read CODE=reason.")
    return code.strip(), reason.strip()


def reject(
    run: RunArgument,
    reason: Annotated[str, typer.Option("--reason", help="why; it is recorded")],
    name: NameOption = "",
    role: RoleOption = "",
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Send a run back, or note that DfE turned it down; frozen files are kept apart."""
    from dfe_returns.review.signoff import reject as rejected

    settings, folder = _place(run, config)
    done = rejected(_ledger(settings, folder), folder, reason, name or getpass.getuser(), role)
    _report_again(settings, folder)
    _told(done, fmt)


def submitted(
    run: RunArgument,
    reference: Annotated[str, typer.Option("--reference", help="what DfE's collection system showed")],
    name: NameOption = "",
    role: RoleOption = "",
    remark: NoteOption = "",
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Note that a person loaded the signed files, with the reference they got."""
    from dfe_returns.review.signoff import submitted as noted

    settings, folder = _place(run, config)
    done = noted(_ledger(settings, folder), folder, reference, name or getpass.getuser(), role, remark)
    _report_again(settings, folder)
    _told(done, fmt)


def dfe_errors(
    run: RunArgument,
    file: Annotated[Path, typer.Argument(help="DfE's own error list (.csv or .xlsx)")],
    output: Annotated[
        Path | None, typer.Option("--output", help="write every match to this CSV file (private)")
    ] = None,
    config: ConfigOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Hold DfE's own error list against ours: what both found, what only one of us did."""
    from dfe_returns.files import write_csv
    from dfe_returns.review.dfe_errors import dfe_error_summary, match_dfe_errors, read_dfe_errors
    from dfe_returns.run_folder import load_run

    result = load_run(_place(run, config)[1])
    matched = match_dfe_errors(result.issues, read_dfe_errors(file))
    counts = dfe_error_summary(matched, result.issues.attrs.get("not_run"), result.collection.rules)
    if output is not None:
        write_csv(matched, output)
        note(f"Written: {output}")
    if fmt == Format.json:
        as_json(counts.to_dict("records"))
        return
    table(["rule", "both", "DfE only", "ours only", "why we may differ"], counts.to_numpy().tolist())


def _report_again(settings: Config, folder: Path) -> None:
    from dfe_returns.pipeline import report_after_act

    if failed := report_after_act(folder, settings):
        note(f"The report could not be built again ({failed}); dfe-returns report {folder} does it.")


def _told(done: dict[str, Any], fmt: Format) -> None:
    if fmt == Format.json:
        as_json(done)
    else:
        say(f"Run {done['run']} is now {done['state']}.")


def _place(run: str, config: Path | None) -> tuple[Config, Path]:
    from dfe_returns.config import load_config
    from dfe_returns.run_folder import find_run

    settings = load_config(config)
    return settings, find_run(run, settings.at(settings.runs))


def _ledger(settings: Config, folder: Path) -> Ledger:
    from dfe_returns.ledger.place import ledger_of

    return ledger_of(settings, folder)


def _beside(file: Path, settings: Config) -> Ledger | None:
    """The ledger of the run whose worklists folder the file still lies in."""
    from dfe_returns.review.make import ledger_if_any

    folder = file.absolute().parents[2] if len(file.absolute().parents) > 2 else None
    return ledger_if_any(settings, folder) if folder is not None and (folder / "manifest.json").is_file() else None
