"""The children looked after return: all rules of a year over the CSV files of this and last year, beside pandas' read.

Limits the project holds itself to, at 100,000 children: the whole process takes at most 25 times pandas' own read of
the same files, and 3 GiB of memory. Times are compared by processor time, which other work on the machine disturbs
less than the clock. The ten rules that take longest follow.

The return is made up: each child's episodes follow on each other, last year's are the same ones cut at its end, the
other tables are drawn at random, and a share of the cells is spoilt besides.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.measure import best, process, product, python, row
from dfe_returns.contract import Collection, contract

YEAR, YEAR_BEFORE = "2025-26", "2024-25"
FIRST = np.datetime64("2000-01-01")
FAULTS = ("", "nonsense", "01/01/2031", "01/01/1999", "XX")
READ = (
    "import sys, glob, pandas as pd\n"
    "for folder in sys.argv[1:]:\n"
    "    tables = [pd.read_csv(file, dtype='str') for file in glob.glob(folder + '/*.csv')]"
)
_MAKE = "import sys; from benchmarks.ssda903 import make; make(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))"
Cells = npt.NDArray[np.object_]
Days = npt.NDArray[np.int64]


def main(sizes: list[int], share: float = 0.02) -> None:
    if process(product("--version")).code:
        raise SystemExit("the command line does not start")
    heads = ["children", "files MB", "pandas read s", "validate s", "times read", "validate MiB"]
    print(row(heads))
    print(row(["---:"] * len(heads)))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DFE_RETURNS_CACHE"] = str(Path(folder) / "cache")
        for size in sizes:
            print(row(one(Path(folder) / str(size), size, share)), flush=True)
        print()
        slowest(Path(folder) / str(sizes[-1]))


def one(folder: Path, size: int, share: float) -> list[object]:
    # Made in another process: what this one holds would count towards the peak of those it starts.
    if process(python(_MAKE, str(folder), str(size), str(share))).code:
        raise SystemExit("the files to measure on could not be made")
    now, before = folder / "now", folder / "before"
    times = 3 if size <= 10_000 else 2
    read = best(python(READ, str(now), str(before)), times)
    check = best(
        product(
            *("validate", "ssda903", str(now), "--year", YEAR, "--previous", str(before), "--rules", "all"),
            *("--postcodes", str(folder / "postcodes.csv"), "--providers", str(folder / "providers.csv")),
            *("--authority", "815"),
        ),
        times,
    )
    if check.code not in (0, 1):  # 1 = errors were found in the return
        raise SystemExit(f"validate ended with exit code {check.code}")
    megabytes = sum(file.stat().st_size for part in (now, before) for file in part.glob("*.csv")) / 1e6
    return [
        f"{size:,}",
        f"{megabytes:.1f}",
        f"{read.seconds:.2f}",
        f"{check.seconds:.1f}",
        f"{check.processor / read.processor:.1f}",
        f"{check.mebibytes:.0f}",
    ]


def slowest(folder: Path) -> None:
    """Print the ten rules that take longest over the files of a folder; what they share counts for the first to ask."""
    from dfe_returns.sources.reference import read_postcodes, read_providers
    from dfe_returns.sources.return_files import read_return
    from dfe_returns.validate.engine import validate

    tables, last = (read_return("ssda903", folder / part) for part in ("now", "before"))
    reference = {
        "postcodes": read_postcodes(folder / "postcodes.csv"),
        "providers": read_providers(folder / "providers.csv"),
    }
    timings: dict[str, float] = {}
    began = time.perf_counter()
    issues = validate(
        "ssda903", YEAR, tables, previous=last, rules="all", reference=reference, authority="815", timings=timings
    )
    seconds = time.perf_counter() - began
    rows = sum(len(frame) for frame in (*tables.values(), *last.values()))
    found = f"{len(timings)} rules, {len(issues):,} issues"
    print(f"{rows:,} rows of both years, {found}: {seconds:.1f} s, of which rules {sum(timings.values()):.1f} s")
    print()
    print(row(["slowest rules", "seconds", "title"]))
    print(row(["---", "---:", "---"]))
    rules = contract("ssda903", YEAR).rules
    for code in sorted(timings, key=lambda c: -timings[c])[:10]:
        print(row([code, f"{timings[code]:.3f}", rules[code].title]))


# ---- a made-up return ---------------------------------------------------------------------------------------------


def make(folder: str | Path, children: int, share: float, seed: int = 1) -> None:
    """Write this and last year's return, a postcode directory and a provider list into a folder."""
    maker = Maker(children, share, seed)
    for part, year in (("now", YEAR), ("before", YEAR_BEFORE)):
        place = Path(folder) / part
        place.mkdir(parents=True)
        collection = contract("ssda903", year)
        for name, frame in maker.tables(collection).items():
            table = collection.tables[name]
            frame = frame.reindex(columns=list(table.columns), fill_value="")
            frame.to_csv(place / table.file_name, index=False, lineterminator="\r\n")
    maker.postcodes().to_csv(Path(folder) / "postcodes.csv", index=False)
    maker.providers().to_csv(Path(folder) / "providers.csv", index=False)


def day_number(day: str) -> int:
    """Days from FIRST to an ISO day."""
    return int((np.datetime64(day, "D") - FIRST) // np.timedelta64(1, "D"))


class Maker:
    """Draws children, their history in care, and what else the return holds about them."""

    def __init__(self, children: int, share: float, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.share = share
        self.child = np.char.add("C", np.arange(children).astype(str)).astype(object)
        self.end = day_number("2026-04-01")
        self.text = (
            pd.Series(pd.date_range(str(FIRST), periods=self.end + 400)).dt.strftime("%d/%m/%Y").to_numpy(object)
        )
        self.born = self.end - self.chance.integers(0, 365 * 20, children)
        self.sex = self.chance.choice(np.array(["M", "F"], dtype=object), children)
        self.places = np.char.add("AB", np.arange(1000, 9000).astype(str)).astype(object)
        self.urns = np.char.add("SC", np.arange(100_000, 105_000).astype(str)).astype(object)
        self.history = self._history()

    def _pick(self, codes: Cells | list[str], number: int) -> Cells:
        return self.chance.choice(np.array(codes, dtype=object), number)

    def _spoilt(self, frame: pd.DataFrame) -> pd.DataFrame:
        for name in frame.columns.drop("CHILD"):
            cells = frame[name].to_numpy(object).copy()
            at = self.chance.random(len(cells)) < self.share
            cells[at] = self._pick(list(FAULTS), int(at.sum()))
            frame[name] = cells
        return frame

    def _dates(self, days: Days) -> Cells:
        return np.where(days >= 0, self.text[np.maximum(days, 0)], "")

    def _history(self) -> pd.DataFrame:
        """Every episode of every child: child, start and end as days since FIRST (end -1 = open), first, last."""
        number = len(self.child)
        many = self.chance.integers(1, 6, number)
        child = np.repeat(np.arange(number), many)
        first = np.diff(child, prepend=-1) != 0
        last = np.diff(child, append=number) != 0
        length = self.chance.integers(20, 400, len(child))
        into = np.cumsum(length)
        after = into - np.repeat(into[first] - length[first], many)
        finish = self.end + 100 - self.chance.integers(0, 900, number)
        whole = after[last]
        end = np.repeat(finish - whole, many) + after
        start = end - length
        end = np.where(last & ((self.chance.random(len(end)) < 0.5) | (end >= self.end)), -1, end)
        episodes = pd.DataFrame({"child": child, "start": start, "end": end, "first": first, "last": last})
        return episodes[episodes.start < self.end].reset_index(drop=True)

    def tables(self, collection: Collection) -> dict[str, pd.DataFrame]:
        """The tables of a year, as text."""
        year_start, year_end = day_number(collection.start.isoformat()), day_number(collection.end.isoformat())
        episodes = self._episodes(collection, year_start, year_end)
        children = np.unique(np.searchsorted(np.sort(self.child), episodes.CHILD.to_numpy(object)))
        children = np.argsort(self.child)[children]
        children.sort()
        tables = {"Header": self._header(collection, children), "Episodes": episodes}
        for name, per_child in {
            "UASC": 0.07, "Reviews": 2.0, "OC2": 0.6, "OC3": 0.2, "AD1": 0.04, "PlacedAdoption": 0.06,
            "PrevPerm": 0.3, "Missing": 0.4, "SWEpisodes": 1.5,
        }.items():  # fmt: skip
            tables[name] = self._drawn(collection, name, children, per_child, year_start, year_end)
        return {name: self._spoilt(frame) for name, frame in tables.items()}

    def _header(self, collection: Collection, who: Days) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "CHILD": self.child[who],
                "SEX": self.sex[who],
                "DOB": self._dates(self.born[who]),
                "ETHNIC": self._pick(list(collection.codesets["ETHNIC"].codes), len(who)),
                "UPN": self._pick(list(collection.codesets["UPN_UNKNOWN"].codes), len(who)),
                "MOTHER": "",
                "MC_DOB": "",
            }
        )

    def _episodes(self, collection: Collection, year_start: int, year_end: int) -> pd.DataFrame:
        all_of = self.history
        chosen = all_of[(all_of.start <= year_end) & ((all_of.end < 0) | (all_of.end >= year_start))]
        n, row_of = len(chosen), chosen.index.to_numpy()
        end = np.where(chosen.end > year_end, -1, chosen.end)
        leaving = self._steady(["E4A", "E4B", "E8", "E11", "E45", "E15"], row_of)
        return pd.DataFrame(
            {
                "CHILD": self.child[chosen.child],
                "DECOM": self._dates(chosen.start.to_numpy()),
                "RNE": np.where(chosen["first"], "S", self._steady(["P", "L", "B"], row_of)),
                "LS": self._steady(["C1", "C2", "V2", "E1"], row_of),
                "CIN": self._steady(list(collection.codesets["CIN"].codes), chosen.child.to_numpy()),
                "PLACE": self._steady(["U1", "U4", "U6", "K2", "P2", "A3", "R1"], row_of),
                "PLACE_PROVIDER": self._steady(["PR1", "PR2", "PR4"], row_of),
                "DEC": self._dates(end),
                "REC": np.where(end < 0, "", np.where(chosen["last"], leaving, "X1")),
                "REASON_PLACE_CHANGE": np.where((end < 0) | chosen["last"], "", self._pick(["CARPL", "PLANN"], n)),
                "HOME_POST": self._steady(self.places, chosen.child.to_numpy()),
                "PL_POST": self._steady(self.places, row_of),
                "URN": self._steady(self.urns, row_of),
            }
        )  # fmt: skip

    def _steady(self, values: Cells | list[str], numbers: Days) -> Cells:
        """A value for each number, the same every time."""
        pool = np.array(values, dtype=object)
        return pool[(numbers * 7919) % len(pool)]

    def _drawn(
        self, collection: Collection, name: str, who: Days, per_child: float, year_start: int, year_end: int
    ) -> pd.DataFrame:
        """A table with codes of the year and days in it; one row per child, or several where per_child is over 1."""
        table = collection.tables[name]
        n = int(len(who) * per_child)
        once = per_child < 1 and name not in ("Missing", "PlacedAdoption")
        rows = np.sort(self.chance.choice(who, n, replace=not once))
        cells: dict[str, Cells] = {"CHILD": self.child[rows]}
        day = self.chance.integers(year_start, year_end, n)
        for field in table.fields.values():
            if field.name == "DOB":
                cells["DOB"] = self._dates(self.born[rows])
            elif field.name == "SEX":
                cells["SEX"] = self.sex[rows]
            elif field.type == "date":
                later = field.name in ("MIS_END", "SW_DEC", "DATE_PLACED_CEASED", "DUC")
                shown = np.where(self.chance.random(n) < 0.5, day + 5, -1) if later else day
                cells[field.name] = self._dates(np.minimum(shown, year_end))
            elif field.code_set:
                cells[field.name] = self._pick(list(collection.codesets[field.code_set].codes), n)
            elif field.name == "SDQ_SCORE":
                cells[field.name] = self.chance.integers(0, 41, n).astype(str).astype(object)
            elif field.name == "SW_ID":
                cells[field.name] = np.char.add("SW", (day * 37 % 4000 + 1000).astype(str)).astype(object)
        return pd.DataFrame(cells)

    def postcodes(self) -> pd.DataFrame:
        n = len(self.places)
        return pd.DataFrame(
            {
                "pcds": self.places,
                "oslaua": self._steady(["E10000023", "E06000001", "W06000001"], np.arange(n)),
                "oseast1m": 400_000 + np.arange(n) * 13,
                "osnrth1m": 450_000 + np.arange(n) * 7,
            }
        )

    def providers(self) -> pd.DataFrame:
        n = len(self.urns)
        return pd.DataFrame(
            {
                "urn": self.urns,
                "placement code": self._steady(["U1,U4", "K2", "R1/P2", "U6"], np.arange(n)),
                "provider code": self._steady(["PR1", "PR2/PR4"], np.arange(n)),
                "closed": self._steady(["", "", "", "30/09/2025"], np.arange(n)),
                "postcode": self._steady(self.places, np.arange(n)),
                "local authority code": self._steady(["E10000023", "E06000001"], np.arange(n)),
            }
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--fault-share", type=float, default=0.02)
    given = parser.parse_args()
    main(given.sizes, given.fault_share)
