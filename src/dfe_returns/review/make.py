"""Everything in the report folder of a run, made in one go."""

from __future__ import annotations

from pathlib import Path

from dfe_returns.config import Config
from dfe_returns.review.facts import issue_table
from dfe_returns.review.outputs import write_issues
from dfe_returns.review.report import write_report
from dfe_returns.run_folder import RunResult


def make_report(result: RunResult, folder: Path, config: Config) -> Path:
    """Write the pages, issue files and summary of a run into `folder`; returns the page to open."""
    issues = issue_table(result)
    write_issues(result, folder, issues)
    return write_report(result, folder, issues=issues)
