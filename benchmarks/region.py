"""Thirty synthetic authorities through a work pool: one worker against two, on this machine.

Starts a Prefect server of its own (SQLite, loopback), lets the flow `region` send one 903 run per authority, and times
from the first start to the last end of those. One authority's extract is broken on purpose: it must fail alone, or the
measurement stops. Both rounds begin alike: no run and no ledger is left of the other, and one run goes before the clock
starts, so that neither pays for a cold disk cache.
`python -m benchmarks.region [AUTHORITIES]`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import row

CHILDREN = 200
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def main(authorities: int = 30) -> None:
    print(row(["workers", "authorities", "finished", "failed", "seconds", "times one worker"]))
    print(row(["---:"] * 6))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make(place / "authorities", authorities)
        alone = None
        for workers in (1, 2):
            for runs in place.glob("authorities/*/runs"):
                shutil.rmtree(runs)
            finished, failed, seconds = measure(place / f"server-{workers}", place / "authorities", workers)
            if (finished, failed) != (authorities - 1, 1):
                sys.exit(
                    f"{finished} runs finished and {failed} failed; all but one should finish. Nothing is measured."
                )
            alone = alone or seconds
            print(row([workers, authorities, finished, failed, f"{seconds:.0f}", f"{alone / seconds:.2f}"]), flush=True)


def make(place: Path, authorities: int) -> None:
    """Configured synthetic authorities; the last one's extract has no table that can be read."""
    from dfe_returns.config import template
    from dfe_returns.synthetic import synthesise

    for number in range(authorities):
        folder = place / f"{100 + number}"
        if number == authorities - 1:
            (folder / "extract").mkdir(parents=True)
            (folder / "extract" / "notes.txt").write_text("no table")
        else:
            synthesise(CHILDREN, number + 1, folder / "extract", layout="ssd", year="2025-26")
        (folder / "dfe-returns.toml").write_text(template(str(100 + number), f"Authority {100 + number}"))


def measure(home: Path, authorities: Path, workers: int) -> tuple[int, int, float]:
    """Finished runs, failed runs, seconds from the first start to the last end."""
    from dfe_returns.secret_files import make_secrets
    from flows import server

    make_secrets(home / "secrets")
    os.environ["DFE_RETURNS_SECRETS"] = str(home / "secrets")
    for name in ("PREFECT_API_URL", "DFE_RETURNS_PREFECT_DATABASE"):
        os.environ.pop(name, None)
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
        start("region-worker", "--name", "region-worker")
        return send_and_watch(settings, authorities)
    finally:
        server.end(started)


def send_and_watch(settings: dict[str, str], authorities: Path) -> tuple[int, int, float]:
    """Ask for the region by the server's interface, wait for its end, and look at the runs that it sent."""
    import httpx

    user, _, password = settings["PREFECT_API_AUTH_STRING"].partition(":")
    with httpx.Client(base_url=settings["PREFECT_API_URL"], auth=(user, password), timeout=60) as client:

        def answer(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
            """What the server says; a busy SQLite says 503 and is asked again."""
            while (said := client.request(method, path, json=body)).status_code == 503:
                time.sleep(1)
            return said.raise_for_status().json()

        def run(deployment: str, parameters: dict[str, Any]) -> None:
            """Start a run and wait for its end."""
            found = answer("GET", f"/deployments/name/{deployment}")["id"]
            asked = {"parameters": {**parameters, "year": "2025-26"}, "idempotency_key": deployment}
            made = answer("POST", f"/deployments/{found}/create_flow_run", asked)["id"]
            while answer("GET", f"/flow_runs/{made}")["state_type"] not in ENDED:
                time.sleep(2)

        run("ssda903/authority", {"config": str(min(authorities.glob("*/dfe-returns.toml")))})
        run("region/region", {"configs": [str(authorities)], "returns": ["ssda903"]})
        sent = {"flow_runs": {"tags": {"all_": ["region", "ssda903"]}}, "limit": 200}
        runs = answer("POST", "/flow_runs/filter", sent)
    ends = [datetime.fromisoformat(run["end_time"]) for run in runs]
    starts = [datetime.fromisoformat(run["start_time"]) for run in runs]
    finished = sum(run["state_type"] == "COMPLETED" for run in runs)
    return finished, len(runs) - finished, (max(ends) - min(starts)).total_seconds()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *given: sys.exit(1))
    main(*map(int, sys.argv[1:2]))
