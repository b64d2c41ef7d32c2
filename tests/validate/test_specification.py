"""Drawn tables and examples of rules: how they are read, and how mistakes in them are named."""

import pytest

from dfe_returns.errors import ContractError
from dfe_returns.validate.specification import read_examples, read_table


def written(folder, text):
    (folder / "closure.yaml").write_text(text, encoding="utf-8")
    return read_examples(folder, "cin")


def test_a_drawn_table():
    frame, flagged = read_table(
        """
        LAchildID | Note   | flagged
        A1        | " a "  | LAchildID Note
                  | ""     | -
        A3
        """
    )
    assert list(frame.columns) == ["LAchildID", "Note"]
    assert frame["LAchildID"].isna().tolist() == [False, True, False]
    assert frame["Note"][0] == " a "
    assert frame["Note"][1] == ""
    assert flagged == [(0, "LAchildID"), (0, "Note"), (1, "")]
    assert read_table("")[0].empty


def test_an_example_and_what_it_leaves_open(tmp_path):
    (example,) = written(
        tmp_path,
        """
- rule: "9005"
  examples:
  - name: begun too late
    tables:
      PreProceedings: |
        LAchildID | PPStartDate | flagged
        A1        | 2027-04-01  | PPStartDate
      CINdetails_last: |
        LAchildID
        A1
""",
    )
    assert (str(example), example.year) == ("9005: begun too late", "2026-27")
    assert example.expected == {("PreProceedings", 0, "PPStartDate")}
    assert list(example.previous) == ["CINdetails"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('- rule: "4711"\n  examples: [{name: x, tables: {}}]', "4711: x: there is no such rule"),
        ('- rule: "8630"\n  examples: [{name: x, table: {}}]', "unknown key table"),
        ('- rule: "8630"\n  examples: [{name: x, tables: {Episodes: ""}}]', "Episodes is not a table"),
        ('- rule: "8630"\n  examples: [{name: x, tables: {CINdetails: "A\\n1 | 2"}}]', "row 0 has more cells"),
        ('- rule: "8630"\n  examples: [{name: x, tables: {CINdetails_last: "A|flagged\\n1|A"}}]', "never flagged"),
    ],
)
def test_a_mistake_is_named_by_file_rule_and_example(tmp_path, text, said):
    with pytest.raises(ContractError, match=said) as stopped:
        written(tmp_path, text)
    assert "closure.yaml: rule" in str(stopped.value)
