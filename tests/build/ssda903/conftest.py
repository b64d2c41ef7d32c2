# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Small worlds for the build of the looked-after return: tables drawn as text, answers read back as text.

`care` draws a child's care as it is told: person, start, why (RNE), ls, place, provider, urn, post, change, end, left
(REC), need; what is not drawn is a foster placement under a care order. A start S opens a new period of care. Other tables are drawn with
columns without their prefix (`person_id` for `clae_person_id`). People not drawn are boys born on 1 May 2012 whose child
number is C and their person number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pytest

from dfe_returns.build import BuildSettings, Built
from dfe_returns.build.record import as_shown
from dfe_returns.build.ssda903 import build_ssda903
from dfe_returns.contract import contract
from dfe_returns.sources.model import dtype_of, ssd_model

JUNE = date(2026, 6, 12)
_CARE = {"need": "N1", "ls": "C2", "place": "U6", "provider": "PR1", "urn": "SC000001", "post": "ZZ1 1AA"}
_PERSONS = {
    "ssd_cla_episodes": "clae_person_id",
    "ssd_care_leavers": "clea_person_id",
    "ssd_permanence": "perm_person_id",
}


def cells(text: str) -> pd.DataFrame:
    """The drawing as text; an empty cell is missing."""
    head, *lines = [line for line in text.strip().splitlines() if line.strip()]
    names = [name.strip() for name in head.split("|")]
    rows = [[cell.strip() or None for cell in line.split("|")] for line in lines]
    return pd.DataFrame([row + [None] * (len(names) - len(row)) for row in rows], columns=names, dtype="object")


def source_table(name: str, text: str) -> pd.DataFrame:
    """A typed source table; `_file` is its name, `_line` counts from 2 as in a file with a header."""
    return typed(name, cells(text))


def typed(name: str, drawn: pd.DataFrame) -> pd.DataFrame:
    model = ssd_model().tables[name]
    out = model.empty().reindex(range(len(drawn)))
    for short in drawn:
        column = _full(model, short)
        kind = dtype_of(model.columns[column])
        values = drawn[short].reset_index(drop=True)
        out[column] = pd.to_datetime(values, format="%Y-%m-%d") if kind.startswith("datetime") else values
        out[column] = out[column].astype(kind)
    return out.assign(_file=pd.Categorical([f"{name}.csv"] * len(out)), _line=pd.array(range(2, len(out) + 2), "Int64"))


def _full(model: Any, short: str) -> str:
    found = [name for name in model.columns if name == short or name.endswith(f"_{short}")]
    assert found, f"{model.name} has no column {short}"
    return min(found, key=len)


def told_care(text: str) -> dict[str, pd.DataFrame]:
    """Episodes, placements and legal statuses of the drawn care: each episode with a placement and status of its own,
    save that placements and statuses that go on are one."""
    drawn = cells(text)
    for name in ("why", "change", "end", "left"):
        drawn[name] = drawn.get(name)
    for name, usual in _CARE.items():
        drawn[name] = drawn[name].where(drawn[name].notna(), usual) if name in drawn else usual
        drawn[name] = drawn[name].replace("-", None)
    number = pd.Series(range(1, len(drawn) + 1)).astype("str")
    opens = drawn["why"].eq("S") | ~drawn["person"].duplicated()
    period = opens.cumsum().astype("str")
    told = drawn.assign(episode_id="E" + number, cla_id="A" + period)
    told["entered"] = told.groupby("cla_id")["start"].transform("first")
    place = ["cla_id", "place", "provider", "urn", "post"]
    told["stay"] = "L" + told[place].fillna("").ne(told[place].fillna("").shift()).any(axis=1).cumsum().astype("str")
    told["status"] = (
        told[["cla_id", "ls"]].fillna("").ne(told[["cla_id", "ls"]].fillna("").shift()).any(axis=1).cumsum()
    )
    stays = _spans(told, "stay")
    statuses = _spans(told, "status")
    return {
        "ssd_cla_episodes": typed(
            "ssd_cla_episodes",
            told[["episode_id", "cla_id"]].assign(
                clae_person_id=told["person"],
                clae_cla_placement_id=told["stay"],
                clae_cla_episode_start_date=told["start"],
                clae_cla_episode_start_reason=told["why"],
                clae_cla_primary_need_code=told["need"],
                clae_cla_episode_ceased_date=told["end"],
                clae_cla_episode_ceased_reason=told["left"].where(told["left"].notna(), None),
                clae_entered_care_date=told["entered"],
            ),
        ),
        "ssd_cla_placement": typed(
            "ssd_cla_placement",
            pd.DataFrame(
                {
                    "clap_cla_placement_id": stays["stay"],
                    "clap_cla_id": stays["cla_id"],
                    "clap_person_id": stays["person"],
                    "clap_cla_placement_start_date": stays["start"],
                    "clap_cla_placement_type": stays["place"],
                    "clap_cla_placement_provider": stays["provider"],
                    "clap_cla_placement_urn": stays["urn"],
                    "clap_cla_placement_postcode": stays["post"],
                    "clap_cla_placement_end_date": stays["end"],
                    "clap_cla_placement_change_reason": stays["change"],
                }
            ),
        ),
        "ssd_legal_status": typed(
            "ssd_legal_status",
            pd.DataFrame(
                {
                    "lega_legal_status_id": statuses["status"].astype("str"),
                    "lega_person_id": statuses["person"],
                    "lega_legal_status": statuses["ls"],
                    "lega_legal_status_start_date": statuses["start"],
                    "lega_legal_status_end_date": statuses["end"],
                }
            ),
        ),
    }


def _spans(told: pd.DataFrame, by: str) -> pd.DataFrame:
    first, last = told.drop_duplicates(by), told.drop_duplicates(by, keep="last")
    return first.assign(end=last["end"].to_numpy(), change=last["change"].to_numpy()).reset_index(drop=True)


@dataclass
class World:
    """A build and how to ask it."""

    built: Built

    def table(self, name: str, columns: str, child: str | None = None) -> list[str]:
        """Rows of a return table as ``a | b | c``, of one child or all."""
        frame = self.built.tables[name]
        return _lines(frame if child is None else frame[frame["CHILD"].eq(child)], columns.split())

    def episodes(self, child: str = "C1", columns: str = "DECOM RNE LS PLACE DEC REC") -> list[str]:
        return self.table("Episodes", columns, child)

    def one(self, name: str, column: str, child: str = "C1") -> str:
        """The value of the only row of a child."""
        (value,) = self.table(name, column, child)
        return value

    def children(self, name: str) -> list[str]:
        return self.built.tables[name]["CHILD"].tolist()

    def decided(self, code: str, columns: str = "child field old new") -> list[str]:
        return _lines(self.built.decisions.query("rule == @code"), columns.split())

    def work(self, code: str, columns: str = "child") -> list[str]:
        return _lines(self.built.worklist.query("code == @code"), columns.split())

    def codes(self) -> set[str]:
        """All that was decided or left to a person."""
        return set(self.built.decisions["rule"]) | set(self.built.worklist["code"])

    def left_out(self, source: str) -> dict[str, int]:
        frame = self.built.withheld.query("table == @source")
        return dict(zip(frame["reason"], frame["count"].astype(int), strict=True))

    def origin(self, name: str, row: int) -> list[str]:
        return _lines(self.built.origins[name].query("row == @row"), ["part", "source", "line"])


def _lines(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    shown = pd.DataFrame({column: as_shown(frame[column], len(frame)) for column in columns})
    return [" | ".join(row).strip() for row in shown.itertuples(index=False, name=None)]


def world(
    care: str | None = None,
    year: str = "2025-26",
    conventions: dict[str, Any] | None = None,
    last: Any = None,
    **parts: Any,
) -> World:
    """Build the return from drawn care, drawn tables (`ssd_...=`, `la_...=`) and settings (anything else)."""
    tables = told_care(care) if care else {}
    drawn = {name: source_table(name, text) for name, text in parts.items() if name.startswith(("ssd_", "la_"))}
    tables |= drawn
    settings = {"authority": "999", "extract_date": JUNE} | {k: v for k, v in parts.items() if k not in drawn}
    tables["ssd_person"] = _people(tables)
    given = {"child_id_source": "pers_legacy_id", **(conventions or {})}
    return World(build_ssda903(contract("ssda903", year), tables, given, BuildSettings(**settings), last))


def _people(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    drawn = tables.get("ssd_person", ssd_model().tables["ssd_person"].empty())
    named = pd.concat([tables[n][c] for n, c in _PERSONS.items() if n in tables] or [pd.Series(dtype="str")])
    others = sorted(set(named.dropna()) - set(drawn["pers_person_id"]) - {"nobody"})
    more = typed(
        "ssd_person", pd.DataFrame({"person_id": others, "sex": "M", "ethnicity": "WBRI", "dob": "2012-05-01"})
    )
    both = pd.concat([drawn.astype({"_file": "str"}), more.astype({"_file": "str"})], ignore_index=True)
    both["pers_legacy_id"] = both["pers_legacy_id"].fillna("C" + both["pers_person_id"])
    return both.astype({"_file": "category", "pers_legacy_id": "str"})


@pytest.fixture(scope="session")
def build() -> Callable[..., World]:
    return world
