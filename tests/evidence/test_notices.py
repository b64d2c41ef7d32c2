"""Notices: the lint finds what is wrong, and our own text has none of it (R23-R26, R35)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dfe_returns.config import Config
from dfe_returns.contract import contract
from dfe_returns.contract.gateways import register
from dfe_returns.errors import InputError, UsageError
from dfe_returns.evidence.lint import lint_file, lint_rules, lint_text
from dfe_returns.evidence.notice import groups_sent, notice_text, notice_words, reading_grade

EXAMPLES = yaml.safe_load((Path(__file__).parent / "notices.yaml").read_text())
CONFIG = Config(
    authority_name="Fernshire County Council",
    policy={"reference": "APD-7", "owner": "head of service", "review_date": "2027-03-31"},
    governance={"dpo_contact": "the data protection officer", "notice_version": "3", "notice_published": "2026-04-01"},
)
TEXTS = [
    ("cin", "family"),
    ("cin", "young"),
    ("ssda903", "family"),
    ("ssda903", "young"),
    ("ssda903", "adopter"),
    ("ssda903", "staff"),
]


def found(text):
    return set(lint_text(text).query("state == 'finding'")["id"])


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_each_finding_is_found_and_goes_when_put_right(rule):
    assert rule in found(EXAMPLES[rule]["wrong"])
    assert rule not in found(EXAMPLES[rule]["right"])


def test_there_is_an_example_for_every_rule_that_a_text_can_show():
    manual = {name for name, rule in lint_rules().items() if rule["kind"] == "manual"}
    assert set(EXAMPLES) | manual == set(lint_rules())
    assert manual == {"L05", "L21"}


def test_what_a_person_must_judge_is_asked_every_time():
    assert lint_text("").query("state == 'ask'")["id"].tolist() == ["L05", "L21"]


def test_a_neighbour_too_far_away_does_not_count():
    far = "explicit consent " + "word " * 60 + "Article 9"
    assert "L01" not in found(far)


def test_the_line_is_that_of_the_file_even_where_the_wording_is_broken():
    finding = lint_text("First line.\n\nUnder the Equalities\n   Act 2010.").set_index("id").loc["L15"]
    assert (finding["line"], finding["found"]) == (3, "Equalities Act 2010")


def test_html_is_read_without_its_markup(tmp_path):
    page = tmp_path / "notice.html"
    page.write_text("<p>We share with <b>NHS</b> Digital</p><script>Portability</script>")
    ids = set(lint_file(page).query("state == 'finding'")["id"])
    assert "L12" in ids
    assert "L18" not in ids


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"PK\x03\x04", b"a\0b"])
def test_a_file_that_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "notice.pdf").write_bytes(content)
    with pytest.raises(InputError, match="save the notice as text"):
        lint_file(tmp_path / "notice.pdf")
    with pytest.raises(InputError, match="cannot be read"):
        lint_file(tmp_path / "none.txt")


@pytest.mark.parametrize(("return_name", "reader"), TEXTS)
def test_our_own_text_is_clean_and_easy_to_read(return_name, reader):
    text = notice_text(contract(return_name, "2025-26"), CONFIG, reader)
    assert found(text) == set()
    assert reading_grade(text) < (8 if reader == "young" else 9)
    assert "consent" not in text.lower()
    assert "section 83(3)" in text


@pytest.mark.parametrize("return_name", ["cin", "ssda903"])
def test_the_words_cover_exactly_the_groups_of_the_register(return_name):
    groups = {spec["notice"] for (name, _), spec in register().tables.items() if name == return_name and spec["notice"]}
    assert set(notice_words()["groups"][return_name]) == groups
    for choice in notice_words()["choices"]:
        for field in choice["fields"]:
            assert register().find(choice["return"], field), field


def test_the_text_lists_exactly_the_groups_that_were_sent(looked_after_run):
    text = notice_text(looked_after_run.collection, CONFIG, "family", looked_after_run.fields)
    words = notice_words()["groups"]["ssda903"]
    sent = groups_sent(looked_after_run.collection, looked_after_run.fields)
    assert sent == [
        "personal information and characteristics",
        "time in care and placements",
        "care leavers",
        "adoption",
    ]
    assert words["earlier permanence"]["family"] not in text  # a group of its own: adoption alone was sent
    for group, item in words.items():
        assert (item["family"] in text) == (group in sent), group


def test_groups_of_the_year_without_a_run_follow_the_switches():
    collection = contract("cin", "2026-27")
    assert "steps before court and family meetings" not in groups_sent(collection)
    assert "steps before court and family meetings" in groups_sent(collection, switches={"PreProceedings"})


def test_mandatory_and_voluntary_stand_apart(looked_after_run):
    text = notice_text(looked_after_run.collection, CONFIG, "young", looked_after_run.fields)
    required, voluntary = text.split("## What you may choose not to answer")
    assert "your legal status" in required
    assert "your ethnic group\n" in voluntary
    assert "form about your feelings" not in voluntary  # no OC2 was sent


def test_the_text_has_what_the_law_asks_for():
    text = notice_text(contract("ssda903", "2025-26"), CONFIG, "family")
    for part in (
        "Secretary of State for Education", "national pupil database", "Home Office", "appropriate policy document",
        "APD-7",
        "Article 9(2)(g)", "Article 10", "7 years", "75th birthday", "within 30 days", "Information Commissioner",
        "national data opt-out", "No computer makes decisions", "Notice version 3, 2026-04-01", "regulation 42(1)(b)",
        "15 years if a child dies before 18", "while an inquiry or a court may need them",
    ):  # fmt: skip
        assert part in text, part


def test_every_gateway_and_sensitive_class_has_words():
    laws = register()
    assert set(notice_words()["laws"]) == {g.id for g in laws.gateways.values() if g.discloses}
    assert set(notice_words()["sensitive"]) == {c for c in laws.classes if c.startswith("special_")}


def test_a_notice_for_adopters_or_staff_says_nothing_that_is_true_of_children_only():
    adopter, staff = (notice_text(contract("ssda903", "2025-26"), CONFIG, reader) for reader in ("adopter", "staff"))
    for text in (adopter, staff):
        for words in (
            "national pupil database",
            "Article 10",
            "ethnic group",
            "children-young-people-and-care-leavers",
        ):
            assert words not in text, words
    assert "For what can show sexual orientation we rely on Article 9(2)(g)." in adopter
    assert "regulation 42(1)(b)" in adopter
    assert "100 years" in adopter
    assert "For health, such as a long absence from work we rely on" in staff
    assert "Adoption Agencies" not in staff
    assert "opted out" not in staff


def test_parents_and_young_mothers_are_told_of_facts_about_others():
    assert "adults at home" in notice_text(contract("cin", "2025-26"), CONFIG, "family")
    assert "your baby's date of birth" in notice_text(contract("ssda903", "2025-26"), CONFIG, "young")


def test_the_authoritys_own_decisions_show():
    own = Config(
        governance={"art9": "A9-2H-P2", "complaints_contact": "complaints@fernshire.example"},
        retention={"years": {"RET-RETURN-FILE": 10}},
    )
    text = notice_text(contract("cin", "2025-26"), own, "family")
    assert "Article 9(2)(h)" in text
    assert "complaints@fernshire.example" in text
    assert "10 years" in text


def test_adopters_and_staff_have_a_text_only_where_they_are_in_the_return(looked_after_run):
    assert "the number of adopters" in notice_text(
        looked_after_run.collection, CONFIG, "adopter", looked_after_run.fields
    )
    with pytest.raises(UsageError, match="says nothing about this reader"):
        notice_text(looked_after_run.collection, CONFIG, "staff", looked_after_run.fields)
    with pytest.raises(UsageError, match="says nothing about this reader"):
        notice_text(contract("cin", "2025-26"), CONFIG, "adopter")
    with pytest.raises(UsageError, match="choose one of"):
        notice_text(contract("cin", "2025-26"), CONFIG, "teacher")
