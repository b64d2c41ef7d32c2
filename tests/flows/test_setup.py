"""Setting up: init, doctor, secrets, the server's refusals, the compose file, and a restore from back-up."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
from contextlib import nullcontext
from datetime import date

import pytest
import yaml
from flow_samples import ROOT

from dfe_returns.config import load_config
from dfe_returns.doctor import BAD, examine, worst
from dfe_returns.errors import UsageError
from dfe_returns.ledger.place import ledger_of
from dfe_returns.secret_files import make_secrets, secret
from flows import server


@pytest.fixture(autouse=True)
def _no_server_of_ours(monkeypatch):
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "DFE_RETURNS_SECRETS", "DFE_RETURNS_PREFECT_DATABASE"):
        monkeypatch.delenv(name, raising=False)


def bad(found):
    return {finding.what: finding.do for finding in found if finding.state == BAD}


class TestInit:
    def test_writes_a_configuration_that_loads_and_never_overwrites(self, cli, tmp_path):
        code, out, _ = cli("init", "--authority", "831", "--name", "Derbyshire", "--folder", tmp_path / "la")
        assert code == 0
        assert "doctor" in out
        config = load_config(tmp_path / "la" / "dfe-returns.toml")
        assert (config.authority, config.authority_name) == ("831", "Derbyshire")
        assert (tmp_path / "la" / "runs").stat().st_mode & 0o777 == 0o700
        code, _, said = cli("init", "--authority", "831", "--folder", tmp_path / "la")
        assert code == 2
        assert "left as it is" in said

    @pytest.mark.parametrize("number", ["83", "8310", "abc", "٨٣١"])
    def test_wrong_number(self, cli, tmp_path, number):
        assert cli("init", "--authority", number, "--folder", tmp_path)[0] == 2

    def test_any_name_gives_a_file_that_loads(self, cli, tmp_path):
        assert cli("init", "--authority", "831", "--name", 'North \\ "South"\n', "--folder", tmp_path)[0] == 0
        assert load_config(tmp_path / "dfe-returns.toml").authority_name == "North / 'South'"

    @pytest.mark.parametrize("option", ["--folder", "--secrets", "--key"])
    def test_place_that_cannot_be_written_to_is_named(self, cli, tmp_path, option):
        (tmp_path / "file").write_text("", encoding="utf-8")
        given = ["--authority", "831"] if option == "--folder" else []
        code, _, said = cli("init", *given, option, tmp_path / "file" / "in")
        assert code == 2
        assert str(tmp_path / "file") in said

    def test_secrets_are_random_private_and_kept(self, cli, tmp_path):
        assert cli("init", "--secrets", tmp_path / "s")[0] == 0
        first = secret(tmp_path / "s", "prefect_auth")
        assert cli("init", "--secrets", tmp_path / "s")[0] == 0
        assert secret(tmp_path / "s", "prefect_auth") == first
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700

    def test_key_of_a_ledger_is_made_once(self, cli, tmp_path):
        key = tmp_path / "apart" / "ledger.key"
        assert cli("init", "--key", key)[0] == 0
        made = key.read_bytes()
        assert cli("init", "--key", key)[0] == 0
        assert (key.read_bytes(), key.stat().st_mode & 0o777) == (made, 0o600)


class TestDoctor:
    def test_names_what_is_missing_and_what_to_do(self, tmp_path, cli):
        cli("init", "--authority", "831", "--name", "Derbyshire", "--folder", tmp_path / "la")
        found = examine(load_config(tmp_path / "la" / "dfe-returns.toml"), date(2026, 5, 1))
        assert worst(found) == 2
        assert bad(found)["source main"] == "put the extract there, or set folder"
        assert "policy" in bad(found)
        assert "cin.specification" in bad(found)

    def test_all_in_place(self, authority, monkeypatch):
        monkeypatch.chdir(authority().parent)
        assert bad(examine(load_config(), date(2026, 5, 1))) == {}

    def test_policy_out_of_date(self, authority):
        assert "policy" in bad(examine(load_config(authority()), date(2099, 4, 1)))

    def test_folders_that_others_can_enter_or_change(self, authority):
        config = authority()
        runs = config.parent / "runs"
        runs.mkdir()
        runs.chmod(0o755)
        config.parent.chmod(0o777)
        found = examine(load_config(config), date(2026, 5, 1))
        assert any(f.what == "runs" and f.do == f"chmod 700 {runs}" for f in found)
        assert "configuration" in bad(found)

    def test_broken_profile_and_missing_files_are_findings_not_failures(self, authority):
        config = authority()
        (config.parent / "p.yaml").write_text("nonsense: [", encoding="utf-8")
        text = config.read_text(encoding="utf-8").replace(
            'folder = "extract"', 'folder = "extract"\nprofile = "p.yaml"'
        )
        config.write_text('postcodes = "none.csv"\n' + text, encoding="utf-8")
        found = examine(load_config(config), date(2026, 5, 1))
        assert {"source main", "postcodes"} <= set(bad(found))
        assert any(
            f.what == "source main" and "files" in f.found for f in found
        )  # the folder is looked at all the same

    def test_key_that_does_not_fit(self, authority):
        config = authority()
        ledger_of(load_config(config), config.parent / "runs" / "run").close()
        key = config.parent / "runs" / "ledger.key"
        key.write_text("0" * 64, encoding="ascii")
        assert "ledger" in bad(examine(load_config(config), date(2026, 5, 1)))

    def test_key_file_that_is_not_there(self, authority):
        config = authority()
        with config.open("a", encoding="utf-8") as file:
            file.write('[ledger]\nurl = "postgresql+psycopg://returns@127.0.0.1:9/ledger"\nkey_file = "ledger.key"\n')
        found = next(f for f in examine(load_config(config), date(2026, 5, 1)) if f.what == "ledger")
        assert found.state == BAD
        assert f"dfe-returns init --key {config.parent / 'ledger.key'}" in found.found

    def test_what_the_environment_sets_and_what_it_only_seems_to(self, authority, monkeypatch):
        monkeypatch.setenv("DFE_RETURNS_REVIEW__SMALL_NUMBER", "10")
        monkeypatch.setenv("DFE_RETURNS_LEDGER_URL", "postgresql://db/ledger")
        found = [f for f in examine(load_config(authority()), date(2026, 5, 1)) if f.what == "environment"]
        assert [f.state for f in found] == ["good", "look"]
        assert "DFE_RETURNS_REVIEW__SMALL_NUMBER" in found[0].found
        assert "DFE_RETURNS_LEDGER_URL is no setting" in found[1].found

    def test_dead_server(self, authority, monkeypatch):
        monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", "a:b")
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
            assert bad(examine(load_config(authority()), date(2026, 5, 1)))["Prefect"] == "start it: make server"

    def test_answers_a_script(self, cli, authority):
        code, out, _ = cli("doctor", "--config", authority(), "--format", "json")
        assert code == 0
        assert {"what", "state", "found", "do"} == set(json.loads(out)[0])


class TestResume:
    given = ("resume", "0" * 32, "--decision", "approve", "--name", "Alex Approver", "--role", "Director")

    @pytest.fixture(autouse=True)
    def _nowhere(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize(
        ("url", "said"), [(None, "Which Prefect server?"), ("http://127.0.0.1:9/api", "not answer")]
    )
    def test_no_server(self, cli, url, said):
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with temporary_settings({PREFECT_API_URL: url}):
            code, _, err = cli(*self.given)
        assert code == 2
        assert said in err

    def test_wrong_password(self, cli, monkeypatch):
        import httpx
        from prefect import flow_runs
        from prefect.exceptions import PrefectHTTPStatusError
        from prefect.settings import PREFECT_API_URL, temporary_settings

        def refused(*given, **more):
            answer = httpx.Response(401, request=httpx.Request("GET", "http://127.0.0.1/api"))
            raise PrefectHTTPStatusError("401", request=answer.request, response=answer)

        monkeypatch.setattr(flow_runs, "resume_flow_run", refused)
        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1/api"}):
            code, _, err = cli(*self.given)
        assert code == 2
        assert "refuses the password" in err


class TestSecrets:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("returns:short", "shorter"),
            ("returns:changeme-changeme-1", "well-known"),
            (":" + "x" * 40, "user:password"),
        ],
    )
    def test_weak_ones_are_refused(self, tmp_path, text, why):
        make_secrets(tmp_path / "s")
        (tmp_path / "s" / "prefect_auth").chmod(0o600)
        (tmp_path / "s" / "prefect_auth").write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=why):
            secret(tmp_path / "s", "prefect_auth")

    def test_open_to_others_is_refused(self, tmp_path):
        make_secrets(tmp_path / "s")
        (tmp_path / "s").chmod(0o755)
        with pytest.raises(UsageError, match="other users"):
            secret(tmp_path / "s", "prefect_auth")


class TestServer:
    def test_refuses_to_start_without_secrets(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("DFE_RETURNS_SECRETS", str(tmp_path / "none"))
        for part in ([], ["--only", "server"], ["--only", "worker"]):
            assert server.main([*part, "--home", str(tmp_path / "home")]) == 2
        assert "dfe-returns init --secrets" in capsys.readouterr().err

    def test_a_worker_that_does_not_answer_is_not_well(self, monkeypatch, capsys):
        monkeypatch.setenv(server.HEALTH_PORT, "9")
        assert server.main(["--only", "worker-health"]) == 2
        assert "does not answer" in capsys.readouterr().err
        assert "--with-healthcheck" in server.commands(server.read_options(["--only", "worker"]))["worker"]
        assert "--with-healthcheck" not in server.commands(server.read_options([]))["worker"]

    def test_workers_are_stopped_together_and_before_the_server(self, monkeypatch):
        said = []

        class Process:
            def __init__(self, name, ends):
                self.name, self.ends = name, ends

            def poll(self):
                return None

            def terminate(self):
                said.append(f"end {self.name}")

            def kill(self):
                self.ends = True
                said.append(f"kill {self.name}")

            def wait(self, seconds=None):
                if not self.ends:
                    raise subprocess.TimeoutExpired(self.name, seconds)

        server.end([Process("server", True), Process("one", False), Process("two", True)], 0)
        assert said == ["end one", "end two", "kill one", "end server"]

    def test_a_server_without_its_database_is_not_well(self, monkeypatch):
        """`/health` answers as long as the process lives; `/ready` asks the database."""

        def answer(asked, timeout):
            if asked.full_url.endswith("/ready"):
                raise urllib.error.HTTPError(asked.full_url, 503, "Database is not available", None, None)
            return nullcontext()

        monkeypatch.setattr(server.urllib.request, "urlopen", answer)
        monkeypatch.setattr(server.time, "sleep", lambda seconds: None)
        with pytest.raises(UsageError, match="does not answer"):
            server.wait_for_server({"PREFECT_API_AUTH_STRING": "a:b", "PREFECT_API_URL": "http://127.0.0.1/api"}, 1)

    def test_browser_pages_ask_the_address_they_came_from_and_lie_where_we_may_write(self, tmp_path, monkeypatch):
        make_secrets(tmp_path / "s")
        monkeypatch.setenv("DFE_RETURNS_SECRETS", str(tmp_path / "s"))
        monkeypatch.setenv("PREFECT_API_URL", "http://server:4200/api")  # what the compose file says
        settings = server.environment(server.read_options(["--home", str(tmp_path / "h"), "--host", "0.0.0.0"]))
        assert settings["PREFECT_SERVER_UI_API_URL"] == "/api"
        assert settings["PREFECT_SERVER_UI_STATIC_DIRECTORY"] == str(tmp_path / "h" / "ui")

    def test_password_goes_into_the_environment_and_never_on_a_command_line(self, tmp_path, monkeypatch):
        make_secrets(tmp_path / "s")
        monkeypatch.setenv("DFE_RETURNS_SECRETS", str(tmp_path / "s"))
        options = server.read_options(
            ["--home", str(tmp_path / "h"), "--database", "postgresql://returns@db:5432/prefect"]
        )
        settings = server.environment(options)
        password = secret(tmp_path / "s", "database_password")
        url = settings["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
        assert url == f"postgresql+asyncpg://returns:{password}@db:5432/prefect"
        assert settings["PREFECT_LOGGING_TO_API_ENABLED"] == "false"
        words = [word for line in server.commands(options).values() for word in line]
        assert not any(password in word for word in words)


class TestDeployments:
    content = yaml.safe_load((ROOT / "flows" / "prefect.yaml").read_text(encoding="utf-8"))

    def test_each_points_at_a_flow_that_takes_its_parameters(self):
        import importlib

        for deployment in self.content["deployments"]:
            path, name = deployment["entrypoint"].split(":")
            flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
            for more in [{}, *(s.get("parameters", {}) for s in deployment.get("schedules", []))]:
                flow.validate_parameters({**_needed(flow), **deployment.get("parameters", {}), **more})

    def test_schedules_are_london_s(self):
        schedules = [s for d in self.content["deployments"] for s in d.get("schedules", [])]
        assert {s["timezone"] for s in schedules} == {"Europe/London"}
        assert len({s["slug"] for s in schedules}) == len(schedules) >= 4

    def test_what_fires_on_many_days_does_its_work_on_one(self):
        for deployment in self.content["deployments"]:
            for schedule in deployment.get("schedules", []):
                if " 1-7 " in schedule["cron"]:
                    assert schedule["parameters"] == {"only_on_first_working_day": True}


def _needed(flow):
    return {"configs": ["a/dfe-returns.toml"]} if "configs" in flow.parameters.required else {}


class TestCompose:
    content = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    def test_parts(self):
        assert set(self.content["services"]) == {"database", "migrate", "server", "setup", "worker", "region-worker"}

    def test_nobody_is_root_and_nothing_gains_rights(self):
        for service in self.content["services"].values():
            assert service["user"] in ("10001:10001", "postgres")
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]

    def test_the_source_is_read_only_and_must_be_named(self):
        for name in ("migrate", "setup", "worker", "region-worker"):
            mount = next(v for v in self.content["services"][name]["volumes"] if isinstance(v, dict))
            assert mount["read_only"] is True
            assert mount["source"].startswith("${AUTHORITY_FOLDER:?")

    def test_long_running_parts_are_watched_and_only_loopback_is_published(self):
        for name in ("database", "server", "worker", "region-worker"):
            assert self.content["services"][name]["healthcheck"]["test"][0] == "CMD"
        published = [port for s in self.content["services"].values() for port in s.get("ports", [])]
        assert published == ["127.0.0.1:4200:4200"]

    def test_no_password_stands_in_it(self):
        text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        assert not re.search(r"PASSWORD:|://[^/\s:]+:[^/\s@]+@", text)
        assert {s["file"] for s in self.content["secrets"].values()} == {
            "./secrets/prefect_auth",
            "./secrets/database_password",
        }
        known = {*server.PARTS}
        commands = [s["command"][1] for s in self.content["services"].values() if "command" in s]
        assert set(commands) <= known

    def test_the_image_is_locked_and_unprivileged(self):
        lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        assert any("--require-hashes" in line for line in lines)
        assert "USER returns" in lines
        assert lines.index("USER returns") < next(n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
