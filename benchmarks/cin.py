"""The CIN census: `run` and `validate` at 1,000, 10,000 and 100,000 children, beside lxml's own parse and write of
the same file.

Limits the project holds itself to: validating takes at most 20 times lxml's parse and 8 times the file's size in
memory; a whole run
at 10,000 children takes less than a minute; cost grows linearly.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measure import best, process, product, python, row

PARSE = "import sys; from lxml import etree; etree.parse(sys.argv[1], etree.XMLParser(huge_tree=True))"
WRITE = PARSE + ".write(sys.argv[2], encoding='UTF-8', xml_declaration=True)"


def main(sizes: list[int]) -> None:
    print(
        row(
            [
                "children",
                "file MB",
                "lxml parse s",
                "lxml parse + write s",
                "validate s",
                "times parse",
                "validate MiB",
                "times file",
                "run s",
                "run MiB",
            ]
        )
    )
    print(row(["---:"] * 10))
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            print(row(one(Path(folder), size)), flush=True)


def one(folder: Path, size: int) -> list[object]:
    extract, made = folder / f"extract-{size}", folder / f"run-{size}"
    process(product("synthesise", "--children", str(size), "--seed", "1", "--out", str(extract)))
    run = process(product("run", "cin", "--year", "2025-26", "--source", str(extract), "--out", str(made)))
    file = made / "draft" / "cin.xml"
    if not file.exists():
        raise SystemExit(f"the run at {size} children ended with exit code {run.code} and made no census")
    times = 3 if size <= 10_000 else 2
    parse = best(python(PARSE, str(file)), times)
    write = best(python(WRITE, str(file), str(folder / "copy.xml")), times)
    check = best(product("validate", "cin", str(file), "--year", "2025-26"), times)
    megabytes = file.stat().st_size / 1e6
    return [
        f"{size:,}",
        f"{megabytes:.1f}",
        f"{parse.seconds:.2f}",
        f"{write.seconds:.2f}",
        f"{check.seconds:.1f}",
        f"{check.seconds / parse.seconds:.1f}",
        f"{check.mebibytes:.0f}",
        f"{check.mebibytes * 1.048576 / megabytes:.1f}",
        f"{run.seconds:.1f}",
        f"{run.mebibytes:.0f}",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    main(parser.parse_args().sizes)
