"""Thirty synthetic authorities through a work pool: one worker against two, on this machine.

Starts a Prefect server of its own (SQLite, loopback), sends one 903 run per authority, and times from the first
start to the last end. One authority's extract is broken on purpose: it must fail alone.
`python -m benchmarks.region [AUTHORITIES]`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.measure import row

CHILDREN = 200


def main(authorities: int = 30) -> None:
    print(row(["workers", "authorities", "finished", "failed", "seconds", "times one worker"]))
    print(row(["---:"] * 6))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = make(place / "authorities", authorities)
        alone = None
        for workers in (1, 2):
            finished, failed, seconds = measure(place / f"server-{workers}", made, workers)
            alone = alone or seconds
            print(row([workers, authorities, finished, failed, f"{seconds:.0f}", f"{alone / seconds:.2f}"]), flush=True)


def make(place: Path, authorities: int) -> list[Path]:
    """Configured synthetic authorities; the last one's extract has no table that can be read."""
    from dfe_returns.config import template
    from dfe_returns.synthetic import synthesise

    made = []
    for number in range(authorities):
        folder = place / f"{100 + number}"
        if number == authorities - 1:
            (folder / "extract").mkdir(parents=True)
            (folder / "extract" / "notes.txt").write_text("no table")
        else:
            synthesise(CHILDREN, number + 1, folder / "extract", layout="ssd", year="2025-26")
        (folder / "dfe-returns.toml").write_text(template(str(100 + number), f"Authority {100 + number}"))
        made.append(folder / "dfe-returns.toml")
    return made


def measure(home: Path, configs: list[Path], workers: int) -> tuple[int, int, float]:
    """Finished runs, failed runs, seconds from the first start to the last end."""
    from dfe_returns.secret_files import make_secrets
    from flows import server

    make_secrets(home / "secrets")
    os.environ["DFE_RETURNS_SECRETS"] = str(home / "secrets")
    os.environ.pop("PREFECT_API_URL", None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = server.read_options(["--home", str(home / "prefect"), "--port", str(port), "--limit", "1"])
    settings = server.environment(options)
    env = {**os.environ, **settings, "PREFECT_WORKER_QUERY_SECONDS": "2"}
    lines = server.commands(options)
    started: list[subprocess.Popen[bytes]] = []

    def start(part: str, *more: str) -> None:
        log = (home / f"{part}-{len(started)}.log").open("wb")
        started.append(subprocess.Popen([*lines[part], *more], env=env, cwd=server.ROOT, stdout=log, stderr=log))

    try:
        start("server")
        server.wait_for_server(settings)
        prepare = [sys.executable, "-c", "from flows.server import set_up; set_up()"]
        subprocess.run(prepare, env=env, cwd=server.ROOT, check=True)
        subprocess.run(lines["deploy"], env=env, cwd=server.ROOT, check=True, capture_output=True)
        for number in range(workers):
            start("worker", "--name", f"worker-{number + 1}")
        return send_and_watch(settings, configs)
    finally:
        server.end(started)


def send_and_watch(settings: dict[str, str], configs: list[Path]) -> tuple[int, int, float]:
    """Ask for all runs at once, by the server's interface, and wait for the last."""
    import httpx

    user, _, password = settings["PREFECT_API_AUTH_STRING"].partition(":")
    with httpx.Client(base_url=settings["PREFECT_API_URL"], auth=(user, password), timeout=60) as client:
        deployment = client.get("/deployments/name/ssda903/authority").raise_for_status().json()["id"]
        ids = []
        for config in configs:
            asked = {"parameters": {"config": str(config), "year": "2025-26"}, "idempotency_key": str(config)}
            answer = client.post(f"/deployments/{deployment}/create_flow_run", json=asked).raise_for_status()
            ids.append(answer.json()["id"])
        while True:
            runs = [client.get(f"/flow_runs/{i}").raise_for_status().json() for i in ids]
            if all(run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") for run in runs):
                break
            time.sleep(2)
    ends = [datetime.fromisoformat(run["end_time"]) for run in runs]
    starts = [datetime.fromisoformat(run["start_time"]) for run in runs]
    finished = sum(run["state_type"] == "COMPLETED" for run in runs)
    return finished, len(runs) - finished, (max(ends) - min(starts)).total_seconds()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *given: sys.exit(1))
    main(*map(int, sys.argv[1:2]))
