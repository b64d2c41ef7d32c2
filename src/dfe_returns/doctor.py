"""`doctor`: is everything in place for a run, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from dfe_returns.config import Config, Source, from_environment
from dfe_returns.errors import DfeReturnsError

GOOD, LOOK, BAD = "good", "look", "bad"
ROOM = 1_000_000_000
"""Bytes that should be free for runs."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its state (good, look = works but look at it, bad = a run or signature will fail)."""

    what: str
    state: str
    found: str
    do: str = ""


def examine(config: Config, today: date) -> list[Finding]:
    """Everything that a run, a signature and the server need. Reads only; never raises for what it finds."""
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("configuration", lambda: _configuration(config)),
        ("environment", _environment),
        ("runs", lambda: _runs(config)),
        *(
            (f"source {name}", lambda name=name, own=own: _source(config, name, own))
            for name, own in config.sources.items()
        ),
        ("reference files", lambda: _files(config)),
        ("ledger", lambda: _ledger(config)),
        ("policy", lambda: _policy(config, today)),
        ("Prefect", _prefect),
    ]
    found: list[Finding] = []
    for what, check in checks:
        try:
            found += check()
        except DfeReturnsError as error:
            found.append(Finding(what, BAD, str(error), "see the message"))
        except Exception as error:  # a check that breaks is itself a finding
            found.append(
                Finding(what, BAD, f"could not be looked at ({type(error).__name__})", "ask whoever runs this machine")
            )
    return found


def _configuration(config: Config) -> Iterator[Finding]:
    if not config.from_file:
        yield Finding(
            "configuration", LOOK, "no dfe-returns.toml here", "dfe-returns init --authority NUMBER --name NAME"
        )
        return
    file = config.folder
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o002:
        yield Finding("configuration", BAD, f"{file} can be changed by anybody", f"chmod o-w {file}")
    yield Finding("configuration", GOOD, f"authority {config.authority} {config.authority_name}".strip())
    if config.authority == "999":
        yield Finding(
            "configuration", LOOK, "authority 999 is the number of the examples", "set authority to your own number"
        )
    if not config.sources:
        yield Finding("configuration", BAD, "no source is configured", "name one under [sources.main]")


def _environment() -> Iterator[Finding]:
    sets, nothing = from_environment()
    if sets:
        yield Finding("environment", GOOD, f"goes before the file: {', '.join(sets)}")
    for name in nothing:
        yield Finding(
            "environment", LOOK, f"{name} is no setting: it does nothing", "correct it (parts are joined by two _)"
        )


def _runs(config: Config) -> Iterator[Finding]:
    runs = config.at(config.runs).absolute()
    place = runs if runs.exists() else next(parent for parent in runs.parents if parent.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield Finding("runs", BAD, f"{place} cannot be written to", "ask for access, or set runs to another folder")
        return
    if runs.exists() and os.name == "posix" and stat.S_IMODE(runs.stat().st_mode) & 0o077:
        yield Finding("runs", LOOK, f"{runs} can be entered by other users", f"chmod 700 {runs}")
    else:
        yield Finding("runs", GOOD, f"{runs}" + ("" if runs.exists() else " (made with the first run)"))
    free = shutil.disk_usage(place).free
    if free < ROOM:
        yield Finding(
            "runs", LOOK, f"{free // 1_000_000} MB are free", "make room: a run keeps draft, report and lineage"
        )


def _source(config: Config, name: str, own: Source) -> Iterator[Finding]:
    what = f"source {name}"
    if own.profile is not None:
        from dfe_returns.sources.profile import load_profile

        try:
            load_profile(config.at(own.profile))
        except DfeReturnsError as error:
            yield Finding(what, BAD, str(error), "see the message")
        else:
            yield Finding(what, GOOD, f"profile {own.profile} is in order")
    if own.companions is not None and not config.at(own.companions).is_dir():
        yield Finding(what, BAD, f"there is no folder {config.at(own.companions)}", "make it, or take companions out")
    if own.folder is not None:
        folder = config.at(own.folder)
        if not folder.is_dir():
            yield Finding(what, BAD, f"there is no folder {folder}", "put the extract there, or set folder")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Finding(what, BAD, f"{folder} cannot be read", "ask for read access")
        elif not any(folder.iterdir()):
            yield Finding(what, BAD, f"{folder} is empty", "put the extract there")
        else:
            yield Finding(what, GOOD, f"{folder} holds {sum(1 for _ in folder.iterdir())} files")
    elif own.url:
        from dfe_returns.ledger.place import with_password
        from dfe_returns.sources.database import DatabaseReader

        url = with_password(own.url, config.at(own.password_file) if own.password_file else None)
        try:
            DatabaseReader(url).close()
        except DfeReturnsError as error:
            yield Finding(what, BAD, str(error), "check address, user, password file, firewall")
        else:
            yield Finding(what, GOOD, "the database answers")
    else:
        yield Finding(what, BAD, "neither folder nor url", f"set one under [sources.{name}]")


def _files(config: Config) -> Iterator[Finding]:
    named = {
        "postcodes": config.postcodes,
        "providers": config.providers,
        "cin.previous": config.cin.previous,
        "ssda903.previous": config.ssda903.previous,
    }
    for setting, path in named.items():
        if path is None:
            yield Finding(setting, LOOK, "not set", f"rules that need it are not run; set {setting}")
        elif not config.at(path).exists():
            yield Finding(setting, BAD, f"there is no {config.at(path)}", f"put it there, or correct {setting}")
        else:
            yield Finding(setting, GOOD, str(config.at(path)))


def _ledger(config: Config) -> Iterator[Finding]:
    from dfe_returns.ledger.place import FILE, ledger_of

    place = config.at(config.runs) / FILE
    if not config.ledger.url and not place.exists():
        yield Finding("ledger", GOOD, f"{place} is made with the first run")
        return
    ledger = ledger_of(config, config.at(config.runs) / "run")
    broken = ledger.verify()
    count = len(ledger.states())
    ledger.close()
    if len(broken):
        yield Finding(
            "ledger",
            BAD,
            f"its chain is broken at {len(broken)} places",
            "stop; restore from back-up, tell the data protection officer",
        )
    else:
        yield Finding("ledger", GOOD, f"{count} runs, chain whole, key fits")
    yield Finding(
        "key",
        LOOK,
        "the ledger cannot be read without its key",
        "keep a copy of the key file apart from the ledger's back-up",
    )


def _policy(config: Config, today: date) -> Iterator[Finding]:
    from dfe_returns.evidence.controls import policy_obstacles

    obstacles = policy_obstacles(config, today)
    for text in obstacles:
        yield Finding("policy", BAD, text, "runs work; nothing is signed until this is set")
    if not obstacles:
        yield Finding("policy", GOOD, f"{config.policy.reference}, to be reviewed by {config.policy.review_date}")
    for name in ("cin", "ssda903"):
        if not config.of_return(name).specification.strip():
            yield Finding(
                f"{name}.specification",
                BAD,
                "not recorded",
                "set title, version and date; nothing is signed without it",
            )


def _prefect() -> Iterator[Finding]:
    """The server that the environment or the secrets folder names; none is needed for runs at the command line."""
    from dfe_returns.secret_files import client_environment

    found = client_environment()
    url = found.get("PREFECT_API_URL") or os.environ.get("PREFECT_API_URL")
    if not url:
        yield Finding("Prefect", GOOD, "not used: no PREFECT_API_URL and no secrets folder")
        return
    os.environ.update(found)
    try:
        from prefect.client.orchestration import get_client
        from prefect.exceptions import PrefectHTTPStatusError
    except ModuleNotFoundError:
        yield Finding("Prefect", BAD, "not installed", "install dfe-returns[flows]")
        return
    with get_client(sync_client=True) as client:
        trouble = client.api_healthcheck()
        if trouble:
            yield Finding("Prefect", BAD, f"{url} does not answer ({type(trouble).__name__})", "start it: make server")
            return
        try:
            pools = {pool.name for pool in client.read_work_pools()}
        except PrefectHTTPStatusError as error:
            said = f"{url} answers with {error.response.status_code}"
            yield Finding("Prefect", BAD, said, "401: use the password that the server was started with (prefect_auth)")
            return
        yield Finding("Prefect", GOOD, f"{url} answers")
        for pool in ("returns", "region"):
            if pool not in pools:
                yield Finding("Prefect", BAD, f"there is no work pool '{pool}'", "start the server with make server")
            elif not any(one.status == "ONLINE" for one in client.read_workers_for_work_pool(pool)):
                state = BAD if pool == "returns" else LOOK  # the other is for regions alone
                yield Finding("Prefect", state, f"no worker of the pool '{pool}' is at work", "start one: make server")
        if not client.read_deployments():
            yield Finding("Prefect", BAD, "no flow is deployed", "make deploy")


def worst(found: list[Finding]) -> int:
    """Exit code for what was found: 0, or 2 when something is bad."""
    return 2 if any(finding.state == BAD for finding in found) else 0
