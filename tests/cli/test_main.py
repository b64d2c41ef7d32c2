"""`python -m dfe_returns` as a process of its own: help in a pipe, and what is left when it is told to end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import dfe_returns
from dfe_returns.files import data_folder

SAMPLE = data_folder("sample_extracts") / "fernshire_ssd"
SOURCE = Path(dfe_returns.__file__).parents[1]


def started(*arguments, cwd):
    return subprocess.Popen(
        [sys.executable, "-m", "dfe_returns", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", [["--help"], ["rules", "--help"], ["run", "--help"]])
def test_help_in_a_pipe_is_plain_text(command, tmp_path):
    process = started(*command, cwd=tmp_path)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert "Usage: " in out
    assert not set(out) & set("─│╭╰\x1b")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_run_that_is_told_to_end_leaves_nothing_half_written(name, tmp_path):
    process = started("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", "made/run", cwd=tmp_path)
    for line in process.stderr:
        if "Writing" in line:
            break
    number = getattr(signal, name)
    process.send_signal(number)
    _, err = process.communicate()
    # Python itself dies of a Ctrl-C that came while it compiled a text, though it was caught: a shell says 130 as well
    assert process.returncode in (128 + number, -signal.SIGINT if name == "SIGINT" else 128 + number)
    assert "nothing half-written" in err
    assert list(tmp_path.glob("made/.*")) == []
    assert not (tmp_path / "made" / "run").exists()


def test_a_reader_that_stops_reading_is_no_fault(tmp_path):
    process = started("rules", "list", "ssda903", "--year", "2025-26", cwd=tmp_path)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0
