"""`init`, `doctor`, `resume`: setting an authority up, looking whether all is in place, answering a flow that waits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dfe_returns.commands.show import Format, FormatOption, as_json, say, table
from dfe_returns.errors import RefusedError, UsageError

ConfigOption = Annotated[Path | None, typer.Option("--config", help="configuration file; default ./dfe-returns.toml")]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for name, command in (("init", init), ("doctor", doctor), ("resume", resume)):
        app.command(name)(command)


def init(
    authority: Annotated[str, typer.Option("--authority", help="three-digit DfE number")] = "",
    name: Annotated[str, typer.Option("--name", help="name of the authority")] = "",
    folder: Annotated[Path, typer.Option("--folder", help="where to write dfe-returns.toml")] = Path(),
    secrets: Annotated[
        Path | None, typer.Option("--secrets", help="also make the servers' random passwords in this folder")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="also make the key file of a new ledger")] = None,
) -> None:
    """A commented dfe-returns.toml for a new authority; nothing that exists is overwritten."""
    if not authority and secrets is None and key is None:
        raise UsageError("Say which authority: --authority NUMBER --name NAME.")
    try:
        if authority:
            _configuration(authority, name, folder)
        if key is not None:
            _key(key)
        if secrets is not None:
            _secrets(secrets)
    except OSError as error:
        place = error.filename or "there"
        raise UsageError(f"Cannot write {place} ({error.strerror}); choose another place or ask for access.") from None


def _configuration(authority: str, name: str, folder: Path) -> None:
    from dfe_returns.config import FILE_NAME, load_config, template
    from dfe_returns.files import private_folder, write_private

    if not (len(authority) == 3 and authority.isascii() and authority.isdigit()):
        raise UsageError(f"--authority {authority!r} should be the three-digit DfE number of the authority.")
    file = folder / FILE_NAME
    if file.exists():
        raise UsageError(f"{file} exists; it is left as it is. Choose another --folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_private(file, template(authority, name))
    config = load_config(file)
    private_folder(config.at(config.runs))
    say(f"Written: {file}. Go through it once; then: dfe-returns doctor --config {file}")


def _key(key: Path) -> None:
    from dfe_returns.ledger.keys import make_key_file

    kept = key.is_file()
    make_key_file(key)
    say(f"Key of the ledger in {key}: {'kept' if kept else 'made'}. Keep a copy apart from the ledger's back-up.")


def _secrets(folder: Path) -> None:
    from dfe_returns.secret_files import make_secrets

    made = make_secrets(folder)
    say(f"Secrets in {folder}: {len(made)} made, the others kept. Keep back-ups of the folder as private as it is.")


def doctor(config: ConfigOption = None, fmt: FormatOption = Format.text) -> None:
    """Checks paths, permissions, database, ledger, key, profile, policy and Prefect; says what to do. Exit code 2 when
    something must be put right."""
    from datetime import date

    from dfe_returns.config import load_config
    from dfe_returns.doctor import examine, worst

    found = examine(load_config(config), date.today())  # noqa: DTZ011 - the officer's own day
    if fmt == Format.json:
        as_json([vars(finding) for finding in found])
    else:
        table(["state", "what", "found", "do"], [[f.state, f.what, f.found, f.do] for f in found])
    raise typer.Exit(worst(found))


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="id of the waiting run, as its folder or Prefect shows it")],
    decision: Annotated[str, typer.Option("--decision", help="approve or reject")],
    name: Annotated[str, typer.Option("--name", help="who decides")],
    role: Annotated[str, typer.Option("--role", help="in which role")],
    remark: Annotated[str, typer.Option("--note", help="a sentence to keep with it; needed to reject")] = "",
    exception: Annotated[
        list[str] | None, typer.Option("--exception", help="CODE=reason, for each rule with errors left")
    ] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Answers a flow that waits for review, as the form in Prefect's pages does; its worker then signs or rejects."""
    from uuid import UUID

    from dfe_returns.secret_files import client_environment

    try:
        flow_run = UUID(Path(run).name.rsplit("-", 1)[-1] if Path(run).name.count("-") != 4 else run)
    except ValueError:
        raise UsageError(f"{run} is no id of a flow run; take it from the run folder's name or from Prefect.") from None
    os.environ.update(client_environment())
    try:
        from prefect.exceptions import FlowPauseTimeout, NotPausedError, ObjectNotFound, PrefectHTTPStatusError
        from prefect.flow_runs import resume_flow_run
        from prefect.settings import PREFECT_API_URL
    except ModuleNotFoundError as error:
        raise UsageError(f"This needs the package {error.name}: install dfe-returns[flows].") from None
    server = PREFECT_API_URL.value()
    if not server:
        raise UsageError(
            "Which Prefect server? Set PREFECT_API_URL and PREFECT_API_AUTH_STRING; see docs/operations.md."
        )
    answer = {"decision": decision, "name": name, "role": role, "note": remark, "exceptions": exception or []}
    try:
        resume_flow_run(flow_run, run_input=answer)
    except ObjectNotFound:
        raise UsageError(f"Prefect knows no flow run {flow_run}.") from None
    except PrefectHTTPStatusError as error:
        code = error.response.status_code
        why = "refuses the password (PREFECT_API_AUTH_STRING)" if code == 401 else f"answers with {code}"
        raise UsageError(f"The Prefect server at {server} {why}; nothing was answered.") from None
    except (NotPausedError, FlowPauseTimeout):
        raise RefusedError(f"Flow run {flow_run} does not wait for an answer (any more).") from None
    except RuntimeError:
        raise UsageError(
            "The answer was not accepted: --decision is approve or reject, --name and --role have two letters or more."
        ) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "httpx":  # Prefect's client, where nobody answers
            raise
        raise UsageError(
            f"The Prefect server at {server} does not answer; is it running, is PREFECT_API_URL its?"
        ) from None
    if fmt == Format.json:
        as_json({"flow_run": str(flow_run), "answered": decision})
        return
    say(f"Answered: {decision}. The run goes on at the next free worker; its page in Prefect tells how it ends.")
