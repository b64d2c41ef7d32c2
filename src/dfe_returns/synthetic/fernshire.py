"""Writes the bundled sample of fictional Fernshire: `python -m dfe_returns.synthetic.fernshire FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from dfe_returns.files import write_private
from dfe_returns.synthetic.facts import Stories
from dfe_returns.synthetic.last_year import write_last_year
from dfe_returns.synthetic.layout_ssd import write_ssd
from dfe_returns.synthetic.layout_vendor import write_vendor
from dfe_returns.synthetic.settings import directory, providers
from dfe_returns.synthetic.stories import stories

SEED = 2026
RANDOM_CHILDREN = 400
# more children in care and after it than an authority of this size would have
PATHS = {"nfa": 13, "assessed": 20, "plan": 16, "enquiry": 8, "protection": 10, "disabled": 3, "care": 12, "leaver": 19}

_ABOUT = """# Sample extracts of Fernshire

Fernshire County Council does not exist. Its children are invented: they have numbers and no names, their postcodes
lie in the area ZZ, which does not exist, and their pupil numbers are made up. The authority's number is 999.

| folder | what |
|---|---|
| `fernshire_ssd/` | extract of 12 June 2026 in the shape of the Standard Safeguarding Dataset 1.4.5 (SystemC) |
| `fernshire_vendor/` | the same stories from another case system's report writer: labels, Windows-1252 |
| `last_year/` | what Fernshire sent for 2024-25: `ssda903-2024-25/` and `cin-2024-25.xml` |
| `postcodes.csv` | postcode directory of the area ZZ with some neighbours: `pcds`, `oslaua`, `oseast1m`, `osnrth1m` |
| `providers.csv` | register of the made-up providers with their Ofsted numbers |

The extract serves the collection years 2025-26 and 2026-27. Teams and workers are in `ssd_department.csv`,
`ssd_professionals.csv` and `ssd_involvements.csv`; the case worker's role is `CW`; home addresses have the type
`HOME`. The number on screen (`pers_legacy_id`) is the child's number in both returns. The `la_*.csv` files hold facts
that the case system has no place for.

In the vendor folder a reason for a change of worker stands on the row that ends; each case opens with the duty worker
who passed it on. Care episodes end on the day before the next begins. Cancelled forms, training records and a merged
one are in the files and must stay out. What that system holds itself needs no companion file.

All of it is written by `python -m dfe_returns.synthetic.fernshire sample_extracts`, always with the same bytes.

## What the 903 of 2025-26 reports besides the slips

Rules 1001 and 1002 see the episodes of this year and last year alone. They flag every care leaver whose care ended
before them, here as in any authority; nothing is wrong with those rows. Rule 218 misses the Ofsted numbers of 1253 and
1254, which the case system's script lost; the worklist has them too, with placements outside England, where a blank is
right. A run for 2026-27 tells the ten weeks to the extract, so contacts, questionnaires and the twelve months of OC2
are as yet incomplete.

## The fixed children

Children from 2001 on are drawn at random. Those below are placed by hand, one for each situation that the guidance
singles out. The last column names the check that a child is there to fail: a slip of recording, left in so that a
report has something to show.

| child | shows | slip |
|---|---|---|
"""


def fernshire() -> Stories:
    """The stories behind the sample extracts."""
    return stories(RANDOM_CHILDREN, SEED, "2025-26", paths=PATHS, situations=True)


def _postcodes(told: Stories) -> pd.Series:
    return pd.concat([told.addresses.postcode, told.placements.postcode, providers().postcode], ignore_index=True)


def write_fernshire(folder: Path | str) -> None:
    """Write the sample extracts and their README into `folder`."""
    folder = Path(folder)
    told = fernshire()
    write_ssd(told, folder / "fernshire_ssd")
    write_vendor(told, folder / "fernshire_vendor")
    write_last_year(told, folder / "last_year")
    write_private(folder / "providers.csv", providers().to_csv(index=False, lineterminator="\n"))
    write_private(folder / "postcodes.csv", directory(_postcodes(told)).to_csv(index=False, lineterminator="\n"))
    lines = "| " + told.shows.child.astype("str") + " | " + told.shows.shows + " | " + told.shows.slip + " |\n"
    write_private(folder / "README.md", _ABOUT + "".join(lines))


if __name__ == "__main__":
    write_fernshire(sys.argv[1])
