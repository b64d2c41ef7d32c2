"""The tree of elements that reader, writer, schema and last check share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfe_returns.contract import contract
from dfe_returns.contract.xml_tree import xml_tree
from dfe_returns.errors import ContractError


def names(element: str, year: str = "2025-26", **options: object) -> list[str]:
    return [part.name for part in xml_tree(contract("cin", year), **options).find(element).children]


def test_containers_and_items_stand_in_file_order():
    assert names("CINdetails") == [
        "CINreferralDate",
        "ReferralSource",
        "PrimaryNeedCode",
        "CINclosureDate",
        "ReasonForClosure",
        "DateOfInitialCPC",
        "Assessments",
        "CINPlanDates",
        "Section47",
        "ReferralNFA",
        "ChildProtectionPlans",
    ]


def test_an_item_is_there_in_its_years_only():
    assert "GenderCurrent" in names("ChildIdentifiers", "2023-24")
    assert "Sex" not in names("ChildIdentifiers", "2023-24")
    assert "Sex" in names("ChildIdentifiers", "2024-25")
    assert {"Sex", "GenderCurrent"} <= set(names("ChildIdentifiers", any_year=True))


@pytest.mark.parametrize(
    ("year", "switched_on", "there"),
    [("2026-27", (), False), ("2026-27", ("PreProceedings",), True), ("2025-26", ("PreProceedings",), False)],
)
def test_a_table_that_is_off_is_there_when_switched_on_in_its_years(year, switched_on, there):
    assert ("PreProceedingsandFGDM" in names("CINdetails", year, switched_on=switched_on)) is there


def test_wrappers_and_groups_are_told_apart():
    tree = xml_tree(contract("cin", "2025-26"))
    listed = {element.name for element in tree.walk() if element.listed}
    assert listed == {"Disabilities", "FactorsIdentifiedAtAssessment", "Reviews"}
    assert tree.find("Assessments").grouped
    assert not tree.find("Children").grouped
    with pytest.raises(KeyError):
        tree.find("Surname")


@pytest.mark.parametrize(
    ("name", "parent", "says"),
    [
        ("Child", "Kinder", "element Child: its parent 'Kinder' is not described"),
        ("Header", None, "exactly one element"),
    ],
)
def test_a_dictionary_whose_elements_do_not_hang_together_is_refused(name, parent, says):
    collection = contract("cin", "2025-26")
    elements = [{**e, "parent": parent} if e["name"] == name else e for e in collection.raw["elements"]]
    with pytest.raises(ContractError, match=says):
        xml_tree(replace(collection, raw={**collection.raw, "elements": elements}))
