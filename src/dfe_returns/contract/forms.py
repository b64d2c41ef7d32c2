"""What a value of an item may look like in the file, as a regular expression, a list of codes or both.

The XSD and the last check before publishing read the same forms, so they cannot differ. Forms are those of the
collection year: a code that came later, or a check of characters that did, is not applied earlier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from dfe_returns.contract.model import Collection, Field

_BY_TYPE = {
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "datetime": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",
    "integer": "[0-9]+",
    "boolean": "[01]",
    "year": "[0-9]{4}",
}
_UPN = "[A-Z][0-9]{11}[0-9A-Z]"
_BY_FORMAT = {
    "nnn": "[0-9]{3}",
    "nnn (three digits or more)": "[0-9]{3,}",
    "A + 11 digits + digit or letter (13)": _UPN,
    "as UPN": _UPN,
}


@dataclass(frozen=True)
class Form:
    """`pattern` is for the whole value, `codes` is empty where there is no list, `fixed` is the one value allowed."""

    kind: str
    pattern: str = ""
    codes: tuple[str, ...] = ()
    longest: int | None = None
    fixed: str = ""

    def fits(self, text: str) -> bool:
        """Whether a value has this form. Dates and times must exist in the calendar too."""
        if self.fixed:
            return text == self.fixed
        if self.codes:
            return text in self.codes
        if self.longest is not None and len(text) > self.longest:
            return False
        if self.pattern and not re.fullmatch(self.pattern, text):
            return False
        if not text or text != text.strip():
            return False
        return _in_calendar(self.kind, text)


def form_of(collection: Collection, field: Field) -> Form:
    """The form of a field in the collection's year."""
    if field.id == "Header.Year":
        return Form("year", _BY_TYPE["year"], fixed=str(collection.end.year))
    if field.id == "Header.ReferenceDate":
        return Form("date", _BY_TYPE["date"], fixed=collection.end.isoformat())
    if field.type == "code":
        return Form("code", codes=tuple(collection.codes_of(field)))
    pattern = _BY_TYPE.get(field.type) or _BY_FORMAT.get(field.format or "", "")
    for check in field.checks:
        rule = collection.all_rules.get(check["rule"])
        if check["kind"] == "letters_and_digits" and rule is not None and rule.in_year(collection.year):
            pattern = "[A-Za-z0-9]+"
    return Form(field.type, pattern, longest=field.max_length)


def _in_calendar(kind: str, text: str) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text)
        elif kind == "datetime":
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
