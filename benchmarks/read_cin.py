"""Reading, writing and last-checking a census file, beside lxml on the same bytes and other ways to read it.

Each line is a process of its own, start-up and imports included (`start-up of ours` is that alone). The reader streams:
`walk of the whole tree` is the cost of parsing first and looking afterwards, `streaming, nothing read` is the floor
for any reader built on lxml.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measure import best, process, python, row

YEAR = "2025-26"
_MAKE = (
    "import sys; from benchmarks.validate_cin import census; from dfe_returns.contract import contract\n"
    "from dfe_returns.publish.cin_xml import write_cin\n"
    f"with open(sys.argv[2], 'wb') as out: write_cin(census(int(sys.argv[1]), 0.0), contract('cin', '{YEAR}'), out)"
)
_OURS = "import sys; from dfe_returns.contract import contract; "
_READ = _OURS + "from dfe_returns.sources.cin_file import read_cin; tables = read_cin(sys.argv[1])"
WAYS = {
    "lxml parse": "import sys; from lxml import etree; etree.parse(sys.argv[1])",
    "lxml parse and write": "import sys; from lxml import etree; etree.parse(sys.argv[1]).write(sys.argv[2])",
    "streaming, nothing read": (
        "import sys; from lxml import etree\nfor _, child in etree.iterparse(sys.argv[1], tag='Child'): child.clear()"
    ),
    "walk of the whole tree": (
        "import sys; from lxml import etree\n"
        "cells = [(e.tag, e.text, e.sourceline) for e in etree.parse(sys.argv[1]).iter()]"
    ),
    "parser target": (
        "import sys; from lxml import etree\n"
        "class Target:\n"
        "    def __init__(self): self.cells = []\n"
        "    def start(self, tag, attributes): self.cells.append(tag)\n"
        "    def data(self, text): self.cells.append(text)\n"
        "    def end(self, tag): pass\n"
        "    def close(self): return self.cells\n"
        "etree.parse(sys.argv[1], etree.XMLParser(target=Target()))"
    ),
    "start-up of ours": f"{_OURS}contract('cin', '{YEAR}'); import dfe_returns.sources.cin_file",
    "read_cin": _READ,
    "read_cin and write_cin": (
        f"{_READ}\nfrom dfe_returns.publish.cin_xml import write_cin\n"
        f"with open(sys.argv[2], 'wb') as out: write_cin(tables, contract('cin', '{YEAR}'), out)"
    ),
    "check_cin": (
        f"{_OURS}from dfe_returns.publish.check import findings_in_cin\n"
        f"findings_in_cin(sys.argv[1], contract('cin', '{YEAR}'))"
    ),
}


def main(children: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, copy = Path(folder) / "cin.xml", Path(folder) / "copy.xml"
        # Made in another process: what this one holds would count towards the peak of those it starts.
        if process(python(_MAKE, str(children), str(file))).code:
            raise SystemExit("the file to measure on could not be made")
        megabytes = file.stat().st_size / 1e6
        print(f"{children:,} children, {megabytes:.1f} MB")
        print(row(["what", "seconds", "times lxml parse", "peak MiB", "times file"]))
        print(row(["---", "---:", "---:", "---:", "---:"]))
        parse = 0.0
        for name, code in WAYS.items():
            cost = best(python(code, str(file), str(copy)), times)
            if cost.code:
                raise SystemExit(f"{name}: ended with exit code {cost.code}")
            parse = parse or cost.seconds
            cells = [f"{cost.seconds:.2f}", f"{cost.seconds / parse:.1f}", f"{cost.mebibytes:.0f}"]
            print(row([name, *cells, f"{cost.mebibytes * 1.048576 / megabytes:.1f}"]), flush=True)
        if copy.read_bytes() != file.read_bytes():
            raise SystemExit("the file written again differs from the file read")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=2)
    given = parser.parse_args()
    main(given.children, given.times)
