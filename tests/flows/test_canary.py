"""Nothing of a child is in Prefect: values planted in the records are looked for in its whole database and storage."""

from __future__ import annotations

import base64
import csv
import pickle
import re
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("prefect_home")

PLANTED = {"pers_forename": "Zzforename", "pers_surname": "Zzsurname", "pers_upn": "Q998877665544"}
CHILD = "CANARY4711"
TELLING = {"pers_dob", "pers_expected_dob", "addr_address_postcode", "address_postcode", "pers_upn"}


def everything_in(home: Path) -> str:
    """The server's database, every cell of it, and every file under its home, with base64 and pickles undone."""
    texts = []
    connection = sqlite3.connect(home / "prefect.db")
    for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
        for row in connection.execute(f'select * from "{table}"'):
            texts += [readable(cell) for cell in row if cell is not None]
    connection.close()
    texts += [readable(path.read_bytes()) for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    return "\n".join(texts)


def readable(cell: object, depth: int = 3) -> str:
    """A cell as text, followed by what its base64 parts and pickles say."""
    raw = cell if isinstance(cell, bytes) else str(cell).encode()
    said = [raw.decode("utf-8", "replace")]
    if raw[:1] == b"\x80":
        try:
            held = pickle.loads(raw)
            said.append(f"{held!r} {getattr(held, 'args', '')} {getattr(held, '__dict__', '')}")
        except Exception as error:
            said.append(f"unreadable pickle {type(error).__name__}")
    if depth:
        for part in re.findall(rb"[A-Za-z0-9+/]{16,}={0,2}", raw):
            try:
                said.append(readable(base64.b64decode(part + b"=" * (-len(part) % 4)), depth - 1))
            except ValueError:
                continue
    return "\n".join(said)


@pytest.fixture(scope="module")
def planted(extract, stages_done, tmp_path_factory):
    """The small authority with a child whose number and names occur nowhere else; and all that must not leak."""
    folder = tmp_path_factory.mktemp("planted") / "extract"
    shutil.copytree(extract, folder)
    old = stages_done[2].tables["Header"]["CHILD"].iloc[0]
    secrets = {CHILD, *PLANTED.values()}
    for path in folder.glob("*.csv"):
        frame = pd.read_csv(path, dtype="str", keep_default_na=False)
        frame = frame.replace({old: CHILD})
        if path.name == "ssd_person.csv":
            child = frame["pers_legacy_id"] == CHILD
            for column, value in PLANTED.items():
                if column in frame:
                    frame.loc[child, column] = value
        for column in TELLING & set(frame):
            cells = {cell for cell in frame[column] if len(cell) > 6}
            days = pd.to_datetime(pd.Series(sorted(cells)), errors="coerce", format="ISO8601").dropna()
            secrets |= cells | set(days.dt.strftime("%Y-%m-%d")) | set(days.dt.strftime("%d/%m/%Y"))
        frame.to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
    return folder, secrets


def test_the_search_finds_what_is_hidden_in_base64_and_pickles(prefect_home):
    inner = base64.b64encode(pickle.dumps(ValueError("Zzsurname born 2011-02-03"))).decode()
    assert "Zzsurname born 2011-02-03" in readable(f'{{"data": "{inner}"}}')


def test_nothing_of_a_child_reaches_prefect_whatever_happens(
    prefect_home, planted, authority, monkeypatch, capfd, caplog
):
    from dfe_returns import pipeline
    from flows.ssda903 import ssda903

    folder, secrets = planted
    well = authority("Well", "999", source=folder)
    assert ssda903(year="2025-26", config=str(well), return_state=True).is_completed()
    draft = next(well.parent.glob("runs/*/*/draft/header.csv")).read_text(encoding="utf-8")
    assert CHILD in draft  # the child is in the return, so that its absence below says something

    bad = well.parent.parent / "bad"
    shutil.copytree(folder, bad)
    people = (bad / "ssd_cla_episodes.csv").read_text(encoding="utf-8").splitlines()
    people = [line.replace("E1", f"{CHILD}-code").replace("C2", f"{CHILD}-law") for line in people]
    (bad / "ssd_cla_episodes.csv").write_text("\n".join(people), encoding="utf-8")
    ill = authority("Ill", "998", source=bad)
    ssda903(year="2025-26", config=str(ill), return_state=True)

    said = f"{CHILD} born on 2011-02-03 lives at {PLANTED['pers_surname']}"
    stages = ("extract", "build", "permit", "check", "write")
    for number, stage in enumerate(stages):
        with monkeypatch.context() as patched:

            def fail(*given, **more):
                raise ValueError(said, pd.DataFrame({"child": [CHILD]}))

            patched.setattr(pipeline, stage, fail)
            mine = authority(f"Fails{number}", f"{800 + number}", source=folder)
            others_answer_at_once(patched, stage)
            assert ssda903(year="2025-26", config=str(mine), return_state=True).is_failed()

    seen = capfd.readouterr()
    places = {
        "Prefect's database and storage": everything_in(prefect_home),
        "console": seen.out + seen.err,
        "log": "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records),
    }
    assert "ValueError" in places["Prefect's database and storage"]  # the failures were seen there, without their text
    for place, text in places.items():
        leaked = sum(value in text for value in secrets)
        assert leaked == 0, f"{leaked} planted values are in {place}"


def others_answer_at_once(patched, failing):
    """Only the failing stage counts."""
    from dfe_returns import pipeline

    for stage in {"extract", "build", "permit", "check"} - {failing}:
        patched.setattr(pipeline, stage, lambda *given: None)
    patched.setattr(pipeline, "when", lambda plan, loaded: (plan.collection.end, False))
    patched.setattr(pipeline, "references", lambda plan: {})
