"""The real thing: PostgreSQL, Prefect's server, two workers on one pool, one of them killed at work. Runs where
DFE_RETURNS_TEST_POSTGRES names a PostgreSQL (see .ci/run), and must run in continuous integration.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from flow_samples import ROOT, TOML

pytestmark = pytest.mark.server
POSTGRES = os.environ.get("DFE_RETURNS_TEST_POSTGRES", "")
AUTHORITIES = 4


def sql(database: str, statement: str, *values) -> list:
    import psycopg

    url = POSTGRES.replace("+psycopg", "") + f"/{database}"
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(statement, values)
        return answer.fetchall() if answer.description else []


def with_children(pid: int) -> list[int]:
    """The process and everything it started, youngest last."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until(what: str, look, seconds: float = 150):
    """Ask again until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} seconds: {what}")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Server, pools, deployments; ``start_worker(name)`` gives a worker's process."""
    if not POSTGRES:
        if os.environ.get("DFE_RETURNS_CI"):
            pytest.fail("continuous integration needs DFE_RETURNS_TEST_POSTGRES")
        pytest.skip("needs a PostgreSQL: set DFE_RETURNS_TEST_POSTGRES")
    from dfe_returns.secret_files import make_secrets
    from flows import server

    place = tmp_path_factory.mktemp("server")
    make_secrets(place / "secrets")
    mark = uuid.uuid4().hex[:8]
    names = {"prefect": f"prefect_{mark}", "ledger": f"ledger_{mark}"}
    for name in names.values():
        sql("postgres", f'create database "{name}"')
    port = free_port()
    database = f"{POSTGRES.replace('+psycopg', '')}/{names['prefect']}"
    where = ["--port", str(port), "--home", str(place / "home"), "--database", database, "--database-trusts-us"]
    options = server.read_options(where)
    before = dict(os.environ)
    os.environ["DFE_RETURNS_SECRETS"] = str(place / "secrets")
    os.environ.pop("PREFECT_API_URL", None)
    settings = server.environment(options)
    env = {**os.environ, **settings, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    lines, started = server.commands(options), []

    def start(part: str, *more: str) -> subprocess.Popen:
        log = (place / f"{part}-{len(started)}.log").open("wb")
        started.append(
            subprocess.Popen([*lines[part], *more], env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        )
        return started[-1]

    try:
        start("server")
        server.wait_for_server(settings)
        subprocess.run(
            [sys.executable, "-c", "from flows.server import set_up; set_up()"],
            env=env,
            cwd=ROOT,
            check=True,
            timeout=120,
        )
        subprocess.run(lines["deploy"], env=env, cwd=ROOT, check=True, timeout=120, capture_output=True)
        yield place, names, env, lambda name, part="worker": start(part, "--name", name)
    finally:
        for process in reversed(started):
            if process.poll() is None:
                for one in with_children(process.pid):
                    os.kill(one, signal.SIGKILL)
                process.wait()
        os.environ.clear()
        os.environ.update(before)
        for name in names.values():
            sql("postgres", f'drop database if exists "{name}" with (force)')


class Api:
    """The server's interface, as any program would use it."""

    def __init__(self, env):
        import httpx

        user, password = env["PREFECT_API_AUTH_STRING"].split(":")
        self.client = httpx.Client(base_url=env["PREFECT_API_URL"], auth=(user, password), timeout=30)

    def deployment(self, name: str) -> str:
        return self.client.get(f"/deployments/name/{name}").raise_for_status().json()["id"]

    def trigger(self, deployment: str, parameters: dict, key: str) -> str:
        asked = {"parameters": parameters, "idempotency_key": key}
        return (
            self.client.post(f"/deployments/{deployment}/create_flow_run", json=asked).raise_for_status().json()["id"]
        )

    def run(self, flow_run: str) -> dict:
        return self.client.get(f"/flow_runs/{flow_run}").raise_for_status().json()


def configured(place: Path, number: int, ledger: str) -> Path:
    from dfe_returns.ledger.keys import make_key_file
    from dfe_returns.synthetic import synthesise

    folder, key = place / f"authority-{number}", place / "ledger.key"
    make_key_file(key)
    synthesise(8, number, folder / "extract", layout="ssd", year="2025-26")
    text = TOML.format(name=f"Authority {number}", number=number)
    text += f'[ledger]\nurl = "{POSTGRES}/{ledger}"\nkey_file = "{key}"\n'
    (folder / "dfe-returns.toml").write_text(text, encoding="utf-8")
    return folder / "dfe-returns.toml"


def test_server_refuses_a_stranger(servers):
    import httpx

    _, _, env, _ = servers
    assert httpx.get(env["PREFECT_API_URL"] + "/admin/version").status_code == 401


def test_pages_work_at_any_address_and_tell_nobody(servers):
    """The newer pages of Prefect's ask a statistics service even with analytics off: they are not the first choice."""
    import httpx

    _, _, env, _ = servers
    told = httpx.get(env["PREFECT_API_URL"].removesuffix("/api") + "/ui-settings").raise_for_status().json()
    assert (told["api_url"], told["default_ui"]) == ("/api", "v1")


def test_schedules_really_make_runs(servers):
    """A server can seem well and never schedule anything: look for the runs themselves."""
    _, names, _, _ = servers
    found = until(
        "scheduled runs", lambda: sql(names["prefect"], "select count(*) from flow_run where auto_scheduled")[0][0], 90
    )
    assert found >= 1


def test_two_workers_share_the_pool_one_is_killed_and_each_run_is_done_once(servers):
    place, names, env, start_worker = servers
    configs = [configured(place, 101 + number, names["ledger"]) for number in range(AUTHORITIES)]
    api = Api(env)
    deployment = api.deployment("ssda903/authority")
    ids = {}
    for config in configs:
        parameters = {"config": str(config), "year": "2025-26"}
        ids[config] = api.trigger(deployment, parameters, config.parent.name)
        assert api.trigger(deployment, parameters, config.parent.name) == ids[config]  # asked twice, one run

    one, _other = start_worker("one"), start_worker("two")
    running = until("a run at work", lambda: [c for c in configs if api.run(ids[c])["state_type"] == "RUNNING"])
    for process in with_children(one.pid):  # the worker and whatever it was running
        os.kill(process, signal.SIGKILL)

    def settled():
        states = {c: api.run(ids[c])["state_type"] for c in configs}
        return states if sum(s == "COMPLETED" for s in states.values()) >= AUTHORITIES - 2 and running else None

    until("the other worker to do the rest", settled)
    lost = [c for c in configs if api.run(ids[c])["state_type"] != "COMPLETED"]
    assert len(lost) <= 2
    for config in lost:  # an operator, or the automation that marks silent runs, gives them back
        state = {"state": {"type": "CRASHED", "message": "no heartbeat of its worker"}, "force": True}
        api.client.post(f"/flow_runs/{ids[config]}/set_state", json=state).raise_for_status()
        again = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        api.client.post(f"/flow_runs/{ids[config]}/set_state", json=again).raise_for_status()
    until("every run", lambda: all(api.run(i)["state_type"] == "COMPLETED" for i in ids.values()))

    recorded = sql(names["ledger"], "select run_id, authority from runs order by authority")
    assert [authority for _, authority in recorded] == [str(101 + n) for n in range(AUTHORITIES)]
    for config in configs:
        folders = list((config.parent / "runs" / "ssda903-2025-26").glob("ssda903-*"))
        assert [f.name for f in folders] == [f"ssda903-2025-26-{ids[config].replace('-', '')}"]
        assert (folders[0] / "manifest.json").is_file()


def test_region_sends_its_runs_through_the_pool_and_a_broken_one_fails_alone(servers):
    import json

    place, names, env, start_worker = servers
    well, ill = (configured(place, number, names["ledger"]) for number in (201, 202))
    for file in (ill.parent / "extract").iterdir():
        file.unlink()
    start_worker("three")
    start_worker("region", "region-worker")
    api = Api(env)
    parameters = {"configs": [str(well), str(ill)], "year": "2025-26", "returns": ["ssda903"]}
    region = api.trigger(api.deployment("region/region"), parameters, "region")
    end = until(
        "the region", lambda: api.run(region) if api.run(region)["state_type"] in ("FAILED", "COMPLETED") else None
    )
    assert "1 of 2 runs failed" in end["state"]["message"]
    found = api.client.post("/artifacts/latest/filter", json={"artifacts": {"key": {"any_": ["region"]}}}).json()
    rows = {row["authority"]: row["state"] for row in json.loads(found[0]["data"])}
    assert rows == {"Authority 201": "finished", "Authority 202": "failed"}
