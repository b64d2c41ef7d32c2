"""`profile new|check|codes` and `companions`: bringing an authority's own exports, without Python."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfe_returns.commands.show import Format, FormatOption, as_json, say, table
from dfe_returns.errors import UsageError

profile = typer.Typer(
    help="A profile for your own exports: draft it, check it, finish its codes.", no_args_is_help=True
)

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="folder of exports, or a database URL")]
ProfileOption = Annotated[
    Path | None, typer.Option("--profile", help="profile (YAML); none = the shipped one of the system")
]
CompanionsOption = Annotated[Path | None, typer.Option("--companions", help="folder of la_* files")]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.add_typer(profile, name="profile")
    app.command("companions")(companions)


@profile.command("new")
def new(
    source: SourceArgument,
    out: Annotated[Path, typer.Option("--out", help="the profile to write")] = Path("profile.yaml"),
    name: Annotated[str, typer.Option("--name", help="name of the profile")] = "mine",
) -> None:
    """Look into a folder or database and write a commented draft of its profile, guesses marked."""
    from dfe_returns.files import write_private
    from dfe_returns.sources.profile_draft import new_profile

    if out.exists():
        raise UsageError(f"{out} is there already; name another file with --out.")
    draft = new_profile(source, name)
    write_private(out, draft.text)
    say(f"{out}: a draft by the layout {draft.layout}.")
    if draft.answers_needed:
        say(f"Points that ask for your answer: {draft.answers_needed} (marked in the file too)")
        table(list(draft.questions.columns), draft.questions.astype("str").to_numpy().tolist())
    say(f"Next: dfe-returns profile check {source} --profile {out}")


@profile.command("check")
def check(
    source: SourceArgument,
    profile_file: ProfileOption = None,
    companions_folder: CompanionsOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """What a profile makes of an extract: coverage, codes seen and how each was read, rows dropped, repeated keys."""
    from dfe_returns.sources.profile_tools import check_source, summary

    found = check_source(source, profile_file, companions_folder)
    if fmt == Format.json:
        frames = {n: getattr(found, n) for n in ("files", "coverage", "values", "unmapped", "dropped", "structure")}
        listed = {n: f.astype("object").where(f.notna(), None).to_dict("records") for n, f in frames.items()}
        as_json({**summary(found), **listed, "stops": found.stops})
    else:
        for title, frame in (
            ("Files", found.files),
            ("Coverage: each column of the standard model", found.coverage),
            ("Codes seen, and how each was read", found.values),
            ("Rows left out, and why", found.dropped),
            ("Repeated keys and rows", found.repeats),
        ):
            if len(frame):
                say(title)
                table(list(frame.columns), frame.astype("object").where(frame.notna(), "").to_numpy().tolist())
                say()
        for stop in found.stops:
            say(f"To settle: {stop}")
        say("Ready for a run." if found.ready else "Not ready: settle the points above, then check again.")
    raise typer.Exit(0 if found.ready else 3)


@profile.command("codes")
def codes(
    source: SourceArgument,
    profile_file: ProfileOption = None,
    companions_folder: CompanionsOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Excel or CSV file to finish, a line per code")] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Codes without a national meaning, as a list to finish in Excel; the profile then names it under `code_files`."""
    from dfe_returns.sources.code_lists import write_codes
    from dfe_returns.sources.profile_tools import check_source, unmapped_codes

    left = unmapped_codes(check_source(source, profile_file, companions_folder))
    if out is not None:
        say(f"{write_codes(left, out)}: {len(left)} codes to finish.")
        say("Then name the file in the profile, under code_files.")
    elif fmt == Format.json:
        as_json(left.to_dict("records"))
    elif len(left):
        table(list(left.columns), left.to_numpy().tolist())
    else:
        say("Every code has a national meaning.")


def companions(
    source: SourceArgument,
    year: Annotated[str, typer.Option("--year", help="collection year, e.g. 2025-26")],
    out: Annotated[Path, typer.Option("--out", help="folder to write to")] = Path("companions"),
    profile_file: ProfileOption = None,
    companions_folder: CompanionsOption = None,
    only: Annotated[str, typer.Option("--only", help="names parted by comma, e.g. la_dolo,la_oc2_extra")] = "",
    fmt: FormatOption = Format.text,
) -> None:
    """Templates of facts the case system lacks, filled in with just the children who need them."""
    from dfe_returns.sources import load
    from dfe_returns.sources.companions import write_companions

    loaded = load(source, profile_file, companions_folder)
    written = write_companions(loaded, year, out, tuple(n.strip() for n in only.split(",") if n.strip()))
    if fmt == Format.json:
        as_json(written.to_dict("records"))
        return
    table(list(written.columns), written.to_numpy().tolist())
    say(f"Fill them in under {out}, then run with --companions {out}.")
