"""Minimisation: default deny, and everything held back is counted."""

import pandas as pd
import pytest

from dfe_returns.contract import contract
from dfe_returns.errors import ContractError
from dfe_returns.minimise import minimise


def built(**tables):
    base = {
        "ChildIdentifiers": pd.DataFrame({"LAchildID": ["A", "B"], "Sex": ["M", "F"], "GenderCurrent": [None, "2"]}),
        "CINdetails": pd.DataFrame({"LAchildID": ["A"], "CINdetailsID": ["1"], "ReferralNFA": ["0"]}),
    }
    return {**base, **tables}


def test_a_column_nobody_described_stops_the_run():
    surname = built(CINdetails=pd.DataFrame({"LAchildID": ["A"], "CINdetailsID": ["1"], "Surname": ["x"]}))
    with pytest.raises(ContractError, match=r"CINdetails\.Surname"):
        minimise(contract("cin", "2025-26"), surname)


def test_a_table_nobody_described_stops_the_run():
    with pytest.raises(ContractError, match="Notes"):
        minimise(contract("cin", "2025-26"), built(Notes=pd.DataFrame({"LAchildID": ["A"]})))


def test_a_column_of_another_year_stays_behind_and_is_counted():
    out = minimise(contract("cin", "2025-26"), built())
    assert list(out.tables["ChildIdentifiers"]) == ["LAchildID", "Sex"]
    held = out.withheld.set_index("name").loc["GenderCurrent"]
    assert (held["what"], held["count"]) == ("column", 1)


def test_a_child_without_an_episode_stays_behind_and_rows_are_renumbered():
    tables = built(CINdetails=pd.DataFrame({"LAchildID": ["B"], "CINdetailsID": ["1"]}))
    out = minimise(contract("cin", "2025-26"), tables)
    assert out.tables["ChildIdentifiers"]["LAchildID"].tolist() == ["B"]
    assert "child is not in the cohort of the return" in out.withheld["reason"].tolist()
    origins = {
        "ChildIdentifiers": pd.DataFrame(
            {"row": [0, 1], "source": "ssd_person", "file": "f", "line": [2, 3], "part": "row"}
        )
    }
    assert out.origins(origins)["ChildIdentifiers"][["row", "line"]].to_numpy().tolist() == [[0, 3]]


@pytest.mark.parametrize(("switches", "sent"), [((), False), (("PreProceedings",), True)])
def test_pre_proceedings_leave_only_when_switched_on(switches, sent):
    tables = built(PreProceedings=pd.DataFrame({"LAchildID": ["A"], "CINdetailsID": ["1"], "PPOutcome": ["A"]}))
    out = minimise(contract("cin", "2026-27"), tables, switches)
    assert ("PreProceedings" in out.tables) is sent
    assert ("table" in out.withheld["what"].tolist()) is not sent


def test_a_table_of_a_later_year_stays_behind_even_when_switched_on():
    tables = built(PreProceedings=pd.DataFrame({"LAchildID": ["A"], "CINdetailsID": ["1"], "PPOutcome": ["A"]}))
    assert "PreProceedings" not in minimise(contract("cin", "2025-26"), tables, ("PreProceedings",)).tables
