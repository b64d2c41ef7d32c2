"""Private files: whole or not at all, readable by their owner alone, harmless in a spreadsheet."""

import errno
import stat

import pandas as pd
import pytest

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.files import neutral, open_private, private_folder, write_csv, write_private
from dfe_returns.run_folder import replacing


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def interrupted(path):
    with open_private(path) as out:
        out.write(b"half")
        raise RuntimeError


def test_files_and_folders_are_private(tmp_path):
    folder = private_folder(tmp_path / "run" / "report")
    file = write_private(folder / "a.txt", "hello")
    assert (mode(folder), mode(file), file.read_text()) == (0o700, 0o600, "hello")


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        interrupted(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_fails_keeps_the_one_before(tmp_path):
    write_private(tmp_path / "a.txt", "first")
    with pytest.raises(RuntimeError):
        interrupted(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "first"


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(UsageError, match="taken is a file"):
        private_folder(tmp_path / "taken")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@cmd", "\tx"])
def test_no_cell_starts_a_formula(cell):
    assert neutral(pd.DataFrame({"value": [cell, "plain", None]}))["value"].tolist()[:2] == ["'" + cell, "plain"]


def test_numbers_and_dates_are_left_alone(tmp_path):
    frame = pd.DataFrame({"n": [-1, 2], "d": pd.to_datetime(["2025-04-01", None]), "t": ["007", None]})
    assert write_csv(frame, tmp_path / "a.csv").read_bytes() == b"n,d,t\n-1,2025-04-01,007\n2,,\n"


# ---- a run folder takes the place of the one before ---------------------------------------------------------------


def run_into(folder, text, meanwhile=lambda: None):
    with replacing(folder) as fresh:
        (fresh / "manifest.json").write_text(text)
        meanwhile()


def test_of_two_runs_into_one_folder_the_last_to_end_stays(tmp_path):
    run_into(tmp_path / "run", "first")
    run_into(tmp_path / "run", "outer", meanwhile=lambda: run_into(tmp_path / "run", "inner"))
    assert (tmp_path / "run" / "manifest.json").read_text() == "outer"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_folder_signed_while_a_run_was_made_is_kept(tmp_path):
    run_into(tmp_path / "run", "signed")
    with pytest.raises(RefusedError, match="signed"):
        run_into(tmp_path / "run", "second", meanwhile=(tmp_path / "run" / "submission").mkdir)
    assert (tmp_path / "run" / "manifest.json").read_text() == "signed"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_is_told_and_leaves_the_run_before(tmp_path):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    run_into(tmp_path / "run", "first")
    with pytest.raises(UsageError, match="make room"):
        run_into(tmp_path / "run", "second", meanwhile=full)
    assert (tmp_path / "run" / "manifest.json").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_signed_files_that_were_rejected_stay_when_the_folder_is_replaced(tmp_path):
    run_into(tmp_path / "run", '{"run_id": "cin-1"}')
    (tmp_path / "run" / "submission-rejected-1").mkdir()
    (tmp_path / "run" / "submission-rejected-1" / "cin.xml").write_text("as sent")
    run_into(tmp_path / "run", '{"run_id": "cin-2"}')
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["manifest.json"]
    assert [p.read_text() for p in tmp_path.glob("run-rejected-*/cin-1/submission-rejected-1/*")] == ["as sent"]
    assert mode(next(tmp_path.glob("run-rejected-*"))) == 0o700
