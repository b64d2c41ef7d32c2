"""Prefect's server and workers on this machine: `python -m flows.server` starts and watches all of them; `--only PART`
runs one, which is what the containers do. Nothing starts without its secrets.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flows
from dfe_returns.errors import DfeReturnsError, UsageError
from dfe_returns.files import private_folder
from dfe_returns.secret_files import secret, secrets_folder

ROOT = Path(__file__).resolve().parents[1]
POOL, REGION_POOL = "returns", "region"
PARTS = ("migrate", "server", "setup", "deploy", "worker", "region-worker", "health", "worker-health")
HEALTH_PORT = "PREFECT_WORKER_WEBSERVER_PORT"
_CLI = (sys.executable, "-m", "prefect")


def say(text: str, stream: Any = None) -> None:
    """A line for whoever watches the server."""
    print(text, file=stream, flush=True)


def environment(options: argparse.Namespace) -> dict[str, str]:
    """Environment of the server's processes, secrets included. Raises UsageError when a secret is missing or weak."""
    from sqlalchemy.engine import make_url

    folder = secrets_folder()
    auth = secret(folder, "prefect_auth")
    home = private_folder(Path(options.home).absolute())
    database = options.database or f"sqlite+aiosqlite:///{home / 'prefect.db'}"
    url = make_url(database)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+asyncpg")
        if not options.database_trusts_us:
            url = url.set(password=secret(folder, "database_password"))
    api = os.environ.get("PREFECT_API_URL") or f"http://{options.host}:{options.port}/api"
    return {
        **flows.QUIET,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_HOST": options.host,
        "PREFECT_SERVER_API_PORT": str(options.port),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url.render_as_string(hide_password=False),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_UI_API_URL": "/api",  # of the address that the browser has, behind a proxy too
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),  # beside the program nothing can be written
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "DFE_RETURNS_APP": str(ROOT),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """Command line of each part that is a process of Prefect's."""
    worker = [*_CLI, "worker", "start", "--type", "process", "--limit", str(options.limit)]
    if options.only and os.environ.get(HEALTH_PORT):  # of several on one machine only one could have the port
        worker.append("--with-healthcheck")
    return {
        "migrate": [*_CLI, "server", "database", "upgrade", "--yes"],
        "server": [*_CLI, "server", "start", "--host", options.host, "--port", str(options.port)],
        "deploy": [*_CLI, "--no-prompt", "deploy", "--all", "--prefect-file", "flows/prefect.yaml"],
        "worker": [*worker, "--pool", POOL],
        "region-worker": [*worker, "--pool", REGION_POOL],
    }


def wait_for_server(settings: dict[str, str], seconds: float = 180) -> None:
    """Wait until the server answers and has its database. Raises UsageError when it does not."""
    mark = base64.b64encode(settings["PREFECT_API_AUTH_STRING"].encode()).decode()
    asked = urllib.request.Request(f"{settings['PREFECT_API_URL']}/ready", headers={"Authorization": f"Basic {mark}"})  # noqa: S310
    for _ in range(int(seconds)):
        try:
            with urllib.request.urlopen(asked, timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise UsageError(f"The Prefect server at {settings['PREFECT_API_URL']} does not answer; look at its own messages.")


def worker_is_well() -> None:
    """Whether the worker beside us has asked the server for work lately. Raises UsageError when it has not."""
    asked = f"http://127.0.0.1:{os.environ.get(HEALTH_PORT) or '8080'}/health"
    try:
        with urllib.request.urlopen(asked, timeout=5):
            return
    except OSError:
        raise UsageError("The worker here does not answer, or has not reached the server lately.") from None


def set_up() -> None:
    """Make the work pools and the automation that marks dead runs, where they are missing. Needs the settings in the
    environment."""
    import yaml
    from prefect.automations import Automation
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    with get_client(sync_client=True) as client:
        for pool in (POOL, REGION_POOL):
            try:
                client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
            except ObjectAlreadyExists:
                continue
    wanted = yaml.safe_load((ROOT / "flows" / "crash-zombies.yaml").read_text(encoding="utf-8"))
    automations: Any = Automation  # answers at once here, outside any event loop
    try:
        automations.read(name=wanted["name"])
    except ValueError:
        automations(**wanted).create()


def serve(options: argparse.Namespace, settings: dict[str, str]) -> int:
    """Server, pools and workers, until a signal; a worker that dies is started again, a dead server ends all."""
    started, lines = {}, commands(options)

    def start(name: str, part: str, *more: str) -> None:
        started[name] = subprocess.Popen([*lines[part], *more], env={**os.environ, **settings}, cwd=ROOT)  # noqa: S603

    def stop(*_given: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)  # a shell that started us in the background had it ignored; workers end by it
    workers = [(f"worker-{n + 1}", "worker") for n in range(options.workers)] + [("region-worker", "region-worker")]
    try:
        start("server", "server")
        wait_for_server(settings)
        set_up()
        for name, part in workers:
            start(name, part, "--name", name)
        say(f"Prefect answers on {settings['PREFECT_API_URL']}; {options.workers} workers. Stop with Ctrl-C.")
        while started["server"].poll() is None:
            time.sleep(1)
            for name, part in workers:
                if started[name].poll() is not None:
                    say(f"{name} ended with {started[name].returncode}; it is started again.")
                    time.sleep(2)
                    start(name, part, "--name", name)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end(list(started.values()))


def end(processes: Sequence[subprocess.Popen[bytes]], seconds: float = 20) -> None:
    """Ask the processes to stop, the workers together, then the server (the first); those that do not are killed."""
    for together in (processes[1:], processes[:1]):
        for process in together:
            if process.poll() is None:
                process.terminate()
        last = time.monotonic() + seconds
        for process in together:
            try:
                process.wait(max(0.1, last - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def migrate_ledger() -> None:
    """Bring the tables of a ledger on a database server up to date; make the authority's key where there is none."""
    from dfe_returns.config import load_config
    from dfe_returns.ledger.keys import make_key_file
    from dfe_returns.ledger.place import ledger_of

    config = load_config(os.environ.get("DFE_RETURNS_CONFIG"))
    if config.ledger.url:
        if config.ledger.key_file:
            make_key_file(config.at(config.ledger.key_file))
        ledger_of(config, config.at(config.runs) / "run").close()


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of the command line; each default can come from the environment."""
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m flows.server", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="run one part alone")
    parser.add_argument("--host", default=given("DFE_RETURNS_HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=given("DFE_RETURNS_PORT", "4200"))
    parser.add_argument(
        "--home", default=given("PREFECT_HOME", str(ROOT / ".prefect-home")), help="folder of Prefect's own files"
    )
    parser.add_argument(
        "--database",
        default=given("DFE_RETURNS_PREFECT_DATABASE"),
        help="postgresql://user@host/name; default: SQLite in the home",
    )
    parser.add_argument(
        "--database-trusts-us",
        action="store_true",
        help="PostgreSQL lets this user in without a password (socket, test)",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=2, help="runs at a time per worker")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, or one part. Returns the exit code."""
    options = read_options(arguments)
    try:
        if options.only == "worker-health":
            worker_is_well()
            return 0
        settings = environment(options)
        os.environ.update(settings)
        if options.only is None:
            return serve(options, settings)
        if options.only in ("setup", "deploy", "worker", "region-worker"):
            wait_for_server(settings)
        if options.only == "health":
            wait_for_server(settings, 1)
            return 0
        if options.only == "setup":
            set_up()
            return subprocess.call(commands(options)["deploy"], cwd=ROOT)  # noqa: S603
        if options.only == "migrate":
            migrate_ledger()
        line = commands(options)[options.only]
        os.chdir(ROOT)
        os.execve(line[0], line, {**os.environ})  # noqa: S606
    except DfeReturnsError as error:
        say(f"flows.server: {error}", sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
