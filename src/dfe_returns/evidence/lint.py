"""`notice lint`: an existing privacy notice against what such notices often get wrong about the two returns (R24)."""

from __future__ import annotations

import bisect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from dfe_returns.errors import ContractError, InputError
from dfe_returns.files import data_folder

COLUMNS = ["id", "severity", "state", "line", "found", "wrong", "right", "gateway"]
"""``state`` is ``finding``, or ``ask`` where a person has to judge."""
_LARGEST = 5_000_000


def lint_rules() -> dict[str, dict[str, Any]]:
    """The rules of ``notice_lint.yaml`` by id. Raises ContractError for a pattern that does not compile."""
    return _read()[0]


@cache
def _read() -> tuple[dict[str, dict[str, Any]], int]:
    path = data_folder("schemas") / "gateways" / "notice_lint.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules: dict[str, dict[str, Any]] = content["rules"]
    for name, rule in rules.items():
        for key in ("pattern", "near"):
            try:
                re.compile(rule.get(key) or "")
            except re.error:
                raise ContractError(
                    f"schemas/gateways/notice_lint.yaml: {name}.{key} is no regular expression."
                ) from None
    return rules, int(content["distance"])


def lint_text(text: str) -> pd.DataFrame:
    """Findings of a notice's text: columns of ``COLUMNS``, in the order of the rules.

    ``line`` is the line where the wording begins (missing for what is absent or asked), ``found`` the wording itself.
    """
    plain, starts, lines = _collapsed(text)
    rows = []
    for name, rule in lint_rules().items():
        found = _first(rule, plain)
        if rule["kind"] == "present" and found is None:
            continue
        if rule["kind"] == "absent" and found is not None:
            continue
        here = found if rule["kind"] == "present" else None
        line = lines[bisect.bisect_right(starts, here.start()) - 1] if here else pd.NA
        state = "ask" if rule["kind"] == "manual" else "finding"
        wording = here.group(0)[:120] if here else ""
        rows.append((name, rule["severity"], state, line, wording, rule["wrong"], rule["right"], rule["gateway"] or ""))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"line": "Int64"})


def lint_file(path: Path | str) -> pd.DataFrame:
    """As ``lint_text``, for a text, Markdown or HTML file. Raises InputError when it cannot be read as one."""
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    if len(raw) > _LARGEST or b"\0" in raw[:4096] or raw[:4] in (b"%PDF", b"PK\x03\x04"):
        raise InputError(f"{path} is not a text file; save the notice as text or HTML and lint that.")
    text = raw.decode("utf-8-sig", errors="replace")
    return lint_text(_without_markup(text) if path.suffix.lower() in (".html", ".htm") else text)


def _first(rule: dict[str, Any], plain: str) -> re.Match[str] | None:
    """The first place where the pattern matches, and its neighbour stands near enough."""
    if not rule.get("pattern"):
        return None
    distance = _read()[1]
    for match in re.finditer(rule["pattern"], plain, re.IGNORECASE):
        around = plain[max(0, match.start() - distance) : match.end() + distance]
        if not rule.get("near") or re.search(rule["near"], around, re.IGNORECASE):
            return match
    return None


def _collapsed(text: str) -> tuple[str, list[int], list[int]]:
    """The text with single spaces, where each word starts in it, and the line each word stood on."""
    words, starts, lines, at = [], [], [], 0
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.split():
            words.append(word)
            starts.append(at)
            lines.append(number)
            at += len(word) + 1
    return " ".join(words), starts or [0], lines or [1]


def _without_markup(text: str) -> str:
    from lxml import etree, html

    parser = html.HTMLParser(no_network=True, remove_comments=True, recover=True)
    tree = html.document_fromstring(text or "<html/>", parser=parser)
    etree.strip_elements(tree, "script", "style", with_tail=False)
    return "\n".join(str(piece) for piece in tree.itertext())
