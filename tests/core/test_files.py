"""Private files: whole or not at all, readable by their owner alone, harmless in a spreadsheet."""

import stat

import pandas as pd
import pytest

from dfe_returns.errors import UsageError
from dfe_returns.files import neutral, open_private, private_folder, write_csv, write_private


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
