"""Tables to file and back: whatever census is drawn up, nothing is lost, added or moved."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
from census_tables import as_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from dfe_returns.contract import Collection, contract
from dfe_returns.contract.forms import form_of
from dfe_returns.contract.model import Field
from dfe_returns.contract.xml_tree import Element, xml_tree
from dfe_returns.contract.xsd import xsd_text
from dfe_returns.publish.check import check_cin, findings_in_cin
from dfe_returns.sources.cin_file import read_cin
from dfe_returns.sources.return_tables import ReturnTables

SWITCHED = ("PreProceedings",)
FEW = settings(max_examples=25, deadline=None, derandomize=True)
years = st.sampled_from(["2022-23", "2025-26", "2026-27"])
_DAYS = st.dates(min_value=pd.Timestamp("2010-01-01").date(), max_value=pd.Timestamp("2027-03-31").date())


def value_of(collection: Collection, field: Field) -> st.SearchStrategy[Any]:
    """Typed values that the contract allows for a field."""
    form = form_of(collection, field)
    if form.fixed:
        return st.just(form.fixed)
    if form.codes:
        return st.sampled_from(form.codes)
    if form.kind == "date":
        return _DAYS.map(lambda day: day.isoformat())
    by_kind = {
        "integer": st.integers(0, 9).map(str),
        "boolean": st.sampled_from(["0", "1"]),
        "datetime": st.just("2026-06-12T00:00:00"),
    }
    if form.kind in by_kind:
        return by_kind[form.kind]
    if form.pattern:
        return st.from_regex(f"\\A(?:{form.pattern})\\Z").filter(lambda text: len(text) <= (form.longest or 20))
    return st.text("abcXYZ 0189&<>'\"é-", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def censuses(draw: st.DrawFn) -> tuple[str, dict[str, pd.DataFrame]]:
    """A year and the tables of a small census of that year, keyed as the reader keys them."""
    year = draw(years)
    collection = contract("cin", year)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in collection.tables}

    def fill(container: Element, row: dict[str, Any], keys: dict[str, str]) -> None:
        for part in container.children:
            if part.field is not None and part.most is not None:
                if part.field.name not in row and (part.field.requirement == "required" or draw(st.booleans())):
                    row[part.field.name] = draw(value_of(collection, part.field))
            elif part.listed:
                for _ in range(draw(st.integers(0, 2))):
                    item = part.children[0].field
                    rows[part.table].append({**keys, item.name: draw(value_of(collection, item))})
            elif part.most is None:
                for number in range(1, draw(st.integers(part.least, 2)) + 1):
                    described = collection.tables[part.table]
                    own = {key: str(number) for key in described.keys if key not in keys}
                    inner: dict[str, Any] = {**keys, **own}
                    rows[part.table].append(inner)
                    fill(part, inner, {**keys, **own})
            else:
                mine = row if part.table == "Header" else {**keys}
                if part.table != "Header":
                    rows[part.table].append(mine)
                fill(part, mine, keys)

    tree = xml_tree(collection, SWITCHED)
    header: dict[str, Any] = {}
    fill(tree.find("Header"), header, {})
    rows["Header"].append(header)
    ids = draw(st.lists(st.from_regex(r"\A[A-Z0-9]{1,8}\Z"), min_size=1, max_size=3, unique=True))
    for child_id in ids:
        fill(tree.find("Child"), {}, {"LAchildID": child_id})
    frames = {}
    for name, table in collection.tables.items():
        columns = [*table.join_keys, *table.all_fields]
        frames[name] = pd.DataFrame(rows[name], columns=columns).astype("str")
    return year, frames


def typed(tables: dict[str, pd.DataFrame], year: str) -> dict[str, pd.DataFrame]:
    """Text tables as the build stage makes them: dates as datetimes, whole numbers as integers."""
    out = {}
    for name, frame in tables.items():
        table = contract("cin", year).all_tables[name]
        frame = frame.copy()
        for field in table.all_fields.values():
            if field.type in ("date", "datetime"):
                frame[field.name] = pd.to_datetime(frame[field.name], format="ISO8601")
            elif field.type == "integer":
                frame[field.name] = frame[field.name].astype("Int64")
        out[name] = frame
    return out


def read(tmp_path_factory, content: bytes) -> ReturnTables:
    path = tmp_path_factory.getbasetemp() / "census.xml"
    path.write_bytes(content)
    return read_cin(path)


@FEW
@given(census=censuses())
def test_what_is_written_is_read_back(tmp_path_factory, census):
    year, tables = census
    back = read(tmp_path_factory, as_bytes(typed(tables, year), year, SWITCHED))
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(back[name][list(frame.columns)], frame)
    assert back.structure.empty


@FEW
@given(census=censuses())
def test_what_is_read_is_written_again_byte_for_byte(tmp_path_factory, census):
    year, tables = census
    content = as_bytes(tables, year, SWITCHED)
    assert as_bytes(read(tmp_path_factory, content), year, SWITCHED) == content


@FEW
@given(census=censuses(), seed=st.integers(0, 1000))
def test_elements_in_any_order_with_comments_between_are_read_alike(tmp_path_factory, census, seed):
    year, tables = census
    content = as_bytes(tables, year, SWITCHED)
    root = etree.fromstring(content)
    chance = random.Random(seed)
    for container in [e for e in root.iter() if len(e) and e.tag != "Children"]:
        # Elements of one name keep their order: it says which came first.
        names = [part.tag for part in container]
        shuffled = chance.sample(sorted(set(names)), len(set(names)))
        container[:] = sorted(container, key=lambda part: shuffled.index(part.tag))
        container.insert(chance.randrange(len(container) + 1), etree.Comment("note"))
    assert as_bytes(read(tmp_path_factory, etree.tostring(root)), year, SWITCHED) == content


@FEW
@given(census=censuses())
def test_schema_and_last_check_accept_what_we_write(tmp_path_factory, census):
    year, tables = census
    collection = contract("cin", year)
    content = as_bytes(tables, year, SWITCHED)
    schema = etree.XMLSchema(etree.fromstring(xsd_text(collection).encode()))
    schema.assertValid(etree.fromstring(content))
    path = tmp_path_factory.getbasetemp() / "census.xml"
    path.write_bytes(content)
    check_cin(path, collection, SWITCHED)
    assert set(findings_in_cin(path, collection, SWITCHED)["code"]) <= {"CHECK-LOOKALIKE"}
