"""Planted names, birth dates, postcodes and numbers appear nowhere but in the return and its evidence (R8, R44,
R45, R48)."""

from __future__ import annotations

import csv
import logging
import re
import shutil
import socket
import traceback
from pathlib import Path

import pytest

from dfe_returns import pipeline
from dfe_returns.config import Config
from dfe_returns.errors import DfeReturnsError
from dfe_returns.files import data_folder

# Values no other row of the extract has. NEVER has no path to any output; SENT belongs in the return and its papers.
# The 903 asks for postcodes, the census does not; a census writes dates the one way, the 903 the other.
NEVER = {
    "surname": "Quillfeather",
    "first name": "Zebediah",
    "NHS number": "9434765919",
    "address": "41 Canary Row",
    "postcode": "ZZ98 7QX",
    "free text": "canary told her teacher",
}
SENT = {"birth date": "2011-11-13", "UPN": "W873095386512"}
SENT_903 = {"birth date": "13/11/2011", "UPN": "W873095386512", "postcode": NEVER["postcode"]}
NEVER_903 = {what: word for what, word in NEVER.items() if what != "postcode"}
MARKED = "703606"  # in need and looked after in the year
CHILD_FILES = re.compile(
    r"^(draft/|report/(index\.html|issues\.(csv|xlsx)|worklists/)|lineage/rows\.csv|decisions\.csv|worklist\.csv|people\.csv)"
)


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    """Fernshire's extract cut down to some twenty people, one of them made of canaries."""
    folder = tmp_path_factory.mktemp("extract")
    source = data_folder("sample_extracts") / "fernshire_ssd"
    kept = {}
    for path in sorted(source.glob("*.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            kept[path.name] = list(csv.DictReader(file))
    everyone = kept["ssd_person.csv"]
    marked = next(p for p in everyone if p["pers_person_id"] == MARKED)
    people = [*everyone[:20], marked]
    ids = {p["pers_person_id"] for p in people} | {p["pers_legacy_id"] for p in people}
    for name, rows in kept.items():
        columns = list(rows[0]) if rows else []
        who = [c for c in columns if c.endswith("person_id") or c == "child_id"]
        if who and name != "ssd_linked_identifiers.csv":
            kept[name] = [r for r in rows if all(r[c] in ids or not r[c] for c in who[:1])]
    marked.update(
        pers_dob=f"{SENT['birth date']} 00:00:00.000", pers_upn=SENT["UPN"], pers_single_unique_id=NEVER["NHS number"]
    )
    for row in people:  # columns that no profile maps
        mine = row is marked
        row["pers_surname"] = NEVER["surname"] if mine else "Other"
        row["pers_forename"] = NEVER["first name"] if mine else "Other"
        row["pers_address"] = NEVER["address"] if mine else "Other"
        row["pers_notes"] = NEVER["free text"] if mine else "Other"
    kept["ssd_person.csv"] = people
    for row in kept["ssd_address.csv"]:
        if row["addr_person_id"] == marked["pers_person_id"]:
            row["addr_address_postcode"] = NEVER["postcode"]
    for name, rows in kept.items():
        if not rows:
            shutil.copy(source / name, folder / name)
            text = (folder / name).read_text(encoding="utf-8-sig").splitlines()[0]
            (folder / name).write_text(text + "\n", encoding="utf-8")
            continue
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    shutil.copy(source / "extract.json", folder / "extract.json")
    facts = (folder / "extract.json").read_text()
    (folder / "extract.json").write_text(re.sub(r'"rows":\s*\{[^}]*\}', '"rows": {}', facts))
    return folder


def closed(monkeypatch, scratch):
    """No network, and a temporary folder of our own to look into afterwards."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a network call was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    return scratch


def run(extract, out, return_name="cin"):
    config = Config(authority="999", authority_name="Fernshire", folder=out.parent)
    return pipeline.run(config, return_name, "2025-26", source=extract, out=out)


def bytes_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def holding(files, words):
    return {(name, what) for name, raw in files.items() for what, word in words.items() if word.encode() in raw}


class Told(logging.Handler):
    """Everything that any library logs."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture(scope="module", params=["cin", "ssda903"])
def finished(request, extract, tmp_path_factory):
    """One finished run with sockets closed: its folder, its result, what was logged, its temporary folder."""
    place, told = tmp_path_factory.mktemp("finished"), Told()
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(told)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            scratch = closed(monkeypatch, place / "scratch")
            result = run(extract, place / "run", request.param)
    finally:
        root.removeHandler(told)
        root.setLevel(before)
    return place, result, "\n".join(told.lines), scratch


def words_of(result):
    """What may stand nowhere, and what may stand in the return, for this return."""
    return (NEVER, SENT) if result.collection.name == "cin" else (NEVER_903, SENT_903)


def test_what_has_no_path_to_an_output_is_in_no_file(finished):
    place, result, _, _ = finished
    assert result.children > 0
    assert holding(bytes_of(place), words_of(result)[0]) == set()


def test_what_is_sent_stands_in_the_return_and_its_own_papers_only(finished):
    place, result, *_ = finished
    sent = words_of(result)[1]
    found = holding(bytes_of(place / "run"), sent)
    main = "draft/cin.xml" if result.collection.name == "cin" else "draft/header.csv"
    assert {(main, "birth date"), (main, "UPN")} <= found
    assert {what for _, what in found} == set(sent)
    assert all(CHILD_FILES.match(name) for name, _ in found), found


def test_ledger_log_and_temporary_files_hold_no_canary(finished):
    place, _, told, scratch = finished
    ledger = {p.name: p.read_bytes() for p in place.glob("ledger*")}
    assert ledger
    every = {f"{what}, {i}": word for i, part in enumerate((NEVER, SENT, SENT_903)) for what, word in part.items()}
    assert holding({**ledger, "log": told.encode()}, every) == set()
    assert list(scratch.iterdir()) == []


def test_file_names_never_carry_a_childs_number(finished):
    place, result, *_ = finished
    cin = result.collection.name == "cin"
    numbers = set(result.tables["ChildIdentifiers" if cin else "Header"]["LAchildID" if cin else "CHILD"].astype("str"))
    names = [p.name for p in (place / "run").rglob("*")]
    assert not [n for n in names for number in numbers if number in n]


def test_nothing_a_run_makes_scores_or_ranks_a_child(finished):
    words = re.compile(r"\b(risk score|risk rating|predict(ed|ion)|likelihood of|vulnerability score|ranked?)\b", re.I)
    for path in (finished[0] / "run").rglob("*"):
        if path.suffix in (".csv", ".json", ".ndjson"):
            assert not words.search(path.read_text(encoding="utf-8")), path.name
        if path.suffix == ".csv":
            header = path.read_text(encoding="utf-8").split("\n", 1)[0].lower()
            header = header.replace("sdq_score", "")  # DfE's own field: a questionnaire's result, recorded by people
            assert not re.search(r"score|rank|risk|predict", header), path.name


@pytest.mark.parametrize("spoil", ["a code that nobody mapped", "a date nobody can read"])
def test_a_failing_extract_tells_no_value_and_leaves_nothing(extract, tmp_path, monkeypatch, caplog, capfd, spoil):
    scratch = closed(monkeypatch, tmp_path / "scratch")
    folder = tmp_path / "spoiled"
    shutil.copytree(extract, folder)
    path = folder / "ssd_person.csv"
    old, new = (",APKN,", ",Quillish,") if "code" in spoil else (SENT["birth date"], NEVER["free text"])
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    plan = pipeline.plan_run(
        Config(authority="999", folder=tmp_path), "cin", "2025-26", source=folder, out=tmp_path / "run"
    )
    told = ""
    try:
        with caplog.at_level(logging.DEBUG):
            pipeline.extract(plan)
    except DfeReturnsError as error:
        told = "".join(traceback.format_exception(error))
    assert told or "date" in spoil  # an unmapped code stops; an unreadable date is listed
    told += caplog.text + "".join(capfd.readouterr())
    assert holding({"told": told.encode()}, {**NEVER, **SENT}) == set()
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("stage", ["build", "check", "write"])
def test_a_crash_tells_kind_and_place_only_and_leaves_nothing(extract, tmp_path, monkeypatch, capfd, caplog, stage):
    """A fault of the program itself, with a child's data in its message and in the values around it."""
    from dfe_returns import cli

    scratch = closed(monkeypatch, tmp_path / "scratch")
    words = {**NEVER, **SENT}

    def fail(*_args, **_kwargs):
        raise ValueError(f"cannot do this for {list(words.values())}")

    monkeypatch.setattr(pipeline, stage, fail)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv", ["dfe-returns", "run", "cin", "--year", "2025-26", "--source", str(extract), "--out", "run"]
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 70
    told = caplog.text + "".join(capfd.readouterr())
    assert "internal fault (ValueError at test_canaries.py" in told
    assert holding({"told": told.encode()}, words) == set()
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "run").exists()


def test_everybody_in_the_samples_is_invented():
    """Postcodes of the area ZZ, which does not exist; authority 999; no column for a name, a street or a telephone."""
    samples = data_folder("sample_extracts")
    postcode = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
    for path in [*samples.rglob("*.csv"), *samples.rglob("*.xml")]:
        text = path.read_text(encoding="cp1252" if "vendor" in path.parent.name else "utf-8")
        found = {code[:2] for code in postcode.findall(text)}
        assert found <= {"ZZ"}, path.name
        columns = text.split("\n", 1)[0].lower()
        assert not re.search(r"surname|forename|first_?name|last_?name|street|phone|e-?mail", columns), path.name


def test_no_module_imports_a_network_client():
    package = Path(pipeline.__file__).parent
    banned = re.compile(
        r"^\s*(import|from)\s+(requests|httpx|urllib\.request|http\.client|ftplib|smtplib|paramiko)\b", re.MULTILINE
    )
    found = [p.name for p in package.rglob("*.py") if banned.search(p.read_text(encoding="utf-8"))]
    assert found == []
