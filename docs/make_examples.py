"""Makes docs/examples/: the governance pack of the fictional authority Fernshire, from its bundled extract.

Run by hand after a change of register, notices or records: ``python docs/make_examples.py [RETURN ...]``. Everything in
it is synthetic. The answer for one child is made with a ledger of its own, signed by made-up officers.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from dfe_returns import pipeline
from dfe_returns.config import Config
from dfe_returns.evidence.breach import breach_report, breach_text
from dfe_returns.evidence.controls import sign_live
from dfe_returns.evidence.records import write_pack
from dfe_returns.evidence.subject import subject_report, write_subject_report
from dfe_returns.files import data_folder, sha256_of
from dfe_returns.ledger import open_ledger
from dfe_returns.review.keys import finding_rows

HERE = Path(__file__).parent / "examples"
ABOUT = """# The governance pack of Fernshire

Fernshire and everybody in it are invented. The files are what `dfe-returns records`, `disclosures` and `breach-report`
make of the demo's two returns; `docs/make_examples.py` makes them again.

| file | what it is |
| --- | --- |
| `article-30-*` | record of processing with the particulars of Schedule 1 paragraph 41, as text and as JSON |
| `dpia-evidence-*` | evidence for the impact assessment: flow, kinds of data, risks, doubts, decisions to take |
| `fields-*` | each field sent, with the need for it, class, gateway and bases |
| `gateways-*` | the gateways as used, per table |
| `notice-*` | privacy-notice text for families, young people, adopters and staff |
| `disclosures.*` | what was sent about one child, as a draft for the person who answers |
| `breach-report-cin.txt` | the facts of the first hour, had the census file been lost |
"""
KEY = b"fernshire is invented, so is this key"
SPECIFICATION = {"cin": "CIN census 2025 to 2026 specification", "ssda903": "CLA return 2025 to 2026 specification"}


def config(folder: Path) -> Config:
    return Config(
        authority="999",
        authority_name="Fernshire County Council",
        folder=folder,
        policy={"reference": "FCC-APD-2", "owner": "head of children's services", "review_date": date(2027, 3, 31)},
        governance={
            "controller_contact": "County Hall, Fernshire",
            "dpo_contact": "the data protection officer, County Hall",
            "complaints_contact": "the data protection officer, County Hall",
            "processors": ["Fernshire Hosting: runs the server"],
            "art6": "A6-1C",
            "art9": "A9-2G-P6",
            "art10": "A10-P6",
            "bases_decided": "data protection officer, 1 May 2026",
            "dpia_reference": "FCC-DPIA-14",
            "notice_version": "3",
            "notice_published": date(2026, 4, 1),
        },
        **{name: {"specification": text} for name, text in SPECIFICATION.items()},
    )


def main(returns: list[str], here: Path = HERE) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = config(folder)
        source = data_folder("sample_extracts") / "fernshire_ssd"
        results = [
            pipeline.run(settings, name, "2025-26", source=source, out=folder / name, keep_ledger=False)
            for name in returns
        ]
        shutil.rmtree(here, ignore_errors=True)
        write_pack(results, settings, here)
        clock = iter(datetime(2026, 7, 1, 9, minute, tzinfo=UTC) for minute in range(60))
        ledger = open_ledger(folder / "ledger.sqlite", KEY, now=lambda: next(clock))
        for result in results:
            result.run_id = f"fernshire-{result.collection.name}"
            draft = sorted((result.folder / "draft").iterdir())
            files = [
                {"role": "draft", "name": f.name, "sha256": sha256_of(f), "bytes": f.stat().st_size} for f in draft
            ]
            errors = result.issues[result.issues["severity"] == "error"]
            left = {str(code): int(count) for code, count in errors.groupby("code").size().items()}
            renamed(result.folder, result.run_id)
            ledger.record_run(
                result,
                prepared_by="P. Reparer",
                counts={"errors_by_rule": left},
                files=files,
                findings=finding_rows(result),
            )
            accepted = dict.fromkeys(left, "shown for the example")
            sign_live(
                ledger, result.folder, settings, "D. Irector", "director of children's services", exceptions=accepted
            )
            ledger.submitted(result.run_id, f"EXAMPLE-{result.collection.name}", "P. Reparer", "analyst")
        child = str(results[0].tables["ChildProtectionPlans"]["LAchildID"].iloc[0])
        report = subject_report(ledger, child, "R. Officer", "example of an answer")
        write_subject_report(report, here)
        facts = breach_report(results[0].folder, ledger, aware_at=datetime(2026, 7, 2, 9, 0, tzinfo=UTC))
        (here / "breach-report-cin.txt").write_text(breach_text(facts), encoding="utf-8")
        (here / "README.md").write_text(ABOUT, encoding="utf-8")


def renamed(folder: Path, run_id: str) -> None:
    """Give the run an id that is the same each time, so that the examples change only when what they show does."""
    import json

    from dfe_returns.publish.manifest import MANIFEST

    path = folder / MANIFEST
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "run_id": run_id}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or ["cin", "ssda903"])
