"""`rules`, `fields`, `gateways`, `--help`: the contract as people read it."""

import json
import subprocess
import sys

import pytest

from dfe_returns.contract import contract


def test_help_names_only_commands_that_are_there(cli):
    code, out, _ = cli("--help")
    assert code == 0
    assert "validate" in out
    assert cli("--version")[1].startswith("dfe-returns ")


def test_rules_list_tells_the_number_of_rules(cli):
    for year, number in (
        ("2025-26", len(contract("cin", "2025-26").rules)),
        ("2026-27", len(contract("cin", "2026-27").rules)),
    ):
        code, out, _ = cli("rules", "list", "cin", "--year", year)
        assert code == 0
        assert f"{number} department rules" in out


@pytest.mark.parametrize(
    ("year", "number"), [("2022-23", 269), ("2023-24", 288), ("2024-25", 281), ("2025-26", 291), ("2026-27", 302)]
)
def test_rules_of_ssda903_per_year(cli, year, number):
    assert f"{number} department rules" in cli("rules", "list", "ssda903", "--year", year)[1]


def test_rules_explain_shows_doubts(cli):
    code, out, _ = cli("rules", "explain", "8670Q")
    assert code == 0
    assert "In doubt" in out


def test_fields_explain_tells_source_codes_and_law(cli):
    code, out, _ = cli("fields", "explain", "CINdetails.ReasonForClosure")
    assert code == 0
    for word in ("RC9", "ssd_cin_episodes.cine_close_reason", "GW-CA89-S83", "N00103"):
        assert word in out


def test_gateways_explain_tells_what_may_justify_sending(cli):
    assert "Children Act 1989, section 83(3)" in cli("gateways", "explain", "GW-CA89-S83")[1]
    assert "False" in cli("gateways", "explain", "NG-CONSENT")[1]


def test_json_is_for_scripts(cli):
    assert {f["field"] for f in json.loads(cli("fields", "list", "cin", "--format", "json")[1])} == set(
        contract("cin", "2025-26").fields
    )
    assert json.loads(cli("gateways", "list", "--format", "json")[1])


def test_the_package_runs_as_a_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "dfe_returns", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("dfe-returns ")


def test_fields_of_both_returns_are_listed_together(cli):
    code, out, _ = cli("fields", "list", "--format", "json")
    assert code == 0
    assert {f["return"] for f in json.loads(out)} == {"cin", "ssda903"}
    assert "Episodes.DECOM" in cli("fields", "list")[1]


@pytest.mark.parametrize("code", ["8670q", "392A", " 8670Q "])
def test_a_rule_is_found_in_any_case(cli, code):
    assert cli("rules", "explain", code)[0] == 0
