"""The children looked after return: the whole `run`, from an extract to report and lineage, at 1,000 and 10,000
children.

Limits the project holds itself to: a run for 10,000 looked-after children takes less than a minute, and cost grows
linearly, which the processor time per child shows. The extract is synthetic: children of every kind of care, in June,
so that some of it is cut.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.measure import process, product, python, row

YEAR = "2025-26"
_DRAWN = 1.03
"""Stories to draw for each child in the return: a few came into care after the year or left before it."""
_MAKE = (
    "import sys; from dfe_returns.synthetic import synthesise; "
    f"synthesise(int(sys.argv[2]), 1, sys.argv[1], year='{YEAR}', paths={{'care': 1.0}})"
)


def main(sizes: list[int]) -> None:
    """Print one row per size; ends with a message when a run fails or makes no return."""
    heads = ["children", "episodes", "extract MB", "run s", "processor s", "run MiB", "ms per child"]
    print(row(heads))
    print(row(["---:"] * len(heads)))
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            print(row(one(Path(folder), size)), flush=True)


def one(folder: Path, size: int) -> list[object]:
    """Measures of one run at about `size` looked-after children."""
    extract, made = folder / f"extract-{size}", folder / f"run-{size}"
    # Made in another process: what this one holds would count towards the peak of those it starts.
    if process(python(_MAKE, str(extract), str(int(size * _DRAWN)))).code:
        raise SystemExit("the extract to measure on could not be made")
    run = process(product("run", "ssda903", "--year", YEAR, "--source", str(extract), "--out", str(made)))
    manifest = made / "manifest.json"
    if run.code not in (0, 1) or not manifest.exists():
        raise SystemExit(f"the run at {size} children ended with exit code {run.code} and made no return")
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    megabytes = sum(file.stat().st_size for file in extract.glob("*.csv")) / 1e6
    return [
        f"{facts['children']:,}",
        f"{facts['rows']['Episodes']:,}",
        f"{megabytes:.1f}",
        f"{run.seconds:.1f}",
        f"{run.processor:.1f}",
        f"{run.mebibytes:.0f}",
        f"{run.processor * 1000 / facts['children']:.1f}",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000])
    main(parser.parse_args().sizes)
