"""The manifest: everything that came out is sealed, and any change to it is found."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from dfe_returns.errors import IntegrityError
from dfe_returns.files import sha256_of
from dfe_returns.publish.manifest import MANIFEST, read_manifest, verify, write_manifest


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    (folder / "draft").mkdir(parents=True)
    (folder / "draft" / "cin.xml").write_text("<Message/>")
    (folder / "decisions.csv").write_text("rule\n")
    source = tmp_path / "ssd_person.csv"
    source.write_text("id\n1\n")
    inputs = [{"file": "ssd_person.csv", "rows": np.int64(1), "sha256": sha256_of(source)}]
    write_manifest(folder, {"run_id": "r1", "as_at": date(2026, 3, 31), "children": np.int64(3), "inputs": inputs})
    return folder


def differences(folder, inputs=None) -> list[str]:
    return [str(difference) for difference in verify(folder, inputs)]


def test_every_file_is_listed_with_its_hash_and_size(run):
    content = read_manifest(run)
    assert [(o["file"], o["bytes"]) for o in content["outputs"]] == [("decisions.csv", 5), ("draft/cin.xml", 10)]
    assert content["outputs"][1]["sha256"] == sha256_of(run / "draft" / "cin.xml")
    assert content["run_id"] == "r1"
    assert content["as_at"] == "2026-03-31"
    assert content["children"] == 3
    assert content["inputs"][0]["rows"] == 1
    assert (run / MANIFEST).stat().st_mode & 0o777 == 0o600


def test_a_folder_as_sealed_has_no_differences(run):
    assert verify(run) == []


def test_the_same_folder_gives_the_same_manifest(run):
    before = (run / MANIFEST).read_bytes()
    about = {k: v for k, v in read_manifest(run).items() if k not in ("format", "outputs")}
    write_manifest(run, about)
    assert (run / MANIFEST).read_bytes() == before


def test_changed_missing_and_extra_files_are_found(run):
    (run / "draft" / "cin.xml").write_text("<message/>")
    (run / "decisions.csv").unlink()
    (run / "draft" / "notes.txt").write_text("")
    assert differences(run) == ["decisions.csv: missing", "draft/cin.xml: changed", "draft/notes.txt: extra"]


def test_a_file_swapped_for_a_link_to_the_same_content_is_found(run, tmp_path):
    copy = tmp_path / "copy.xml"
    copy.write_bytes((run / "draft" / "cin.xml").read_bytes())
    (run / "draft" / "cin.xml").unlink()
    (run / "draft" / "cin.xml").symlink_to(copy)
    assert differences(run) == ["draft/cin.xml: changed"]


def test_inputs_are_checked_where_they_lie_now(run, tmp_path):
    source = tmp_path / "ssd_person.csv"
    assert differences(run, {"ssd_person.csv": source}) == []
    source.write_text("id\n2\n")
    other = {"ssd_person.csv": source, "ssd_more.csv": run / "decisions.csv", "gone.csv": tmp_path / "gone.csv"}
    assert differences(run, other) == ["gone.csv: missing", "ssd_more.csv: extra", "ssd_person.csv: changed"]


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"format": 1, "outputs": [{"file": "a"}]}', '{"outputs": []}'])
def test_a_manifest_that_is_gone_or_damaged_is_an_integrity_error(run, text):
    (run / MANIFEST).unlink()
    if text is not None:
        (run / MANIFEST).write_text(text)
    with pytest.raises(IntegrityError) as broken:
        verify(run)
    assert broken.value.exit_code == 4


def test_a_missing_number_is_null_not_a_word_that_json_lacks(run):
    write_manifest(run, {"share": float("nan"), "rate": np.float64("nan")})
    assert json.loads((run / MANIFEST).read_text())["share"] is None
