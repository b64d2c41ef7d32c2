"""The XML schema (XSD) of the census, one per collection year, made from the contract.

`schemas/cin/xsd/` keeps the result, for people and other tools; `python -m dfe_returns.contract.xsd` writes it anew
after a change of the dictionary or the code sets. A condition that XSD cannot express (an item wanted in
some cases only) leaves the item optional: that is what the validation rules are for. Tables that are off until switched
on are in the schema of their year, as optional elements.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from dfe_returns.contract.forms import Form, form_of
from dfe_returns.contract.load import contract
from dfe_returns.contract.model import Collection, Field
from dfe_returns.contract.xml_tree import Element, xml_tree
from dfe_returns.contract.years import YEARS
from dfe_returns.files import data_folder

_BASES = {"date": "xs:date", "datetime": "xs:dateTime", "integer": "xs:nonNegativeInteger"}


def xsd_text(collection: Collection) -> str:
    """The XSD of a census year as text, always the same for the same contract."""
    tree = xml_tree(collection, switched_on=collection.tables)
    types: dict[str, str] = {}
    body = _element(collection, tree, types, 1, root=True)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<!-- {escape(collection.title)}, collection year {collection.year}. Made from schemas/cin; do not edit. -->",
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">',
        *body,
        *(types[name] for name in sorted(types)),
        "</xs:schema>",
        "",
    ]
    return "\n".join(lines)


def _element(
    collection: Collection, element: Element, types: dict[str, str], depth: int, root: bool = False
) -> list[str]:
    indent = "  " * depth
    occurs = "" if root else _occurs(element)
    if element.field is not None:
        about = escape(" ".join(filter(None, (element.field.number, element.field.meaning))))
        kind = _type(collection, element.field, types)
        return [
            f"{indent}<xs:element name={quoteattr(element.name)} type={quoteattr(kind)}{occurs}>",
            f"{indent}  <xs:annotation><xs:documentation>{about}</xs:documentation></xs:annotation>",
            f"{indent}</xs:element>",
        ]
    inner = [line for part in element.children for line in _element(collection, part, types, depth + 3)]
    return [
        f"{indent}<xs:element name={quoteattr(element.name)}{occurs}>",
        f"{indent}  <xs:complexType>",
        f"{indent}    <xs:sequence>",
        *inner,
        f"{indent}    </xs:sequence>",
        f"{indent}  </xs:complexType>",
        f"{indent}</xs:element>",
    ]


def _occurs(element: Element) -> str:
    conditional = element.field is not None and element.field.requirement != "required"
    least = 0 if conditional else element.least
    parts = [f' minOccurs="{least}"' if least != 1 else ""]
    if element.most is None:
        parts.append(' maxOccurs="unbounded"')
    elif element.most != 1:
        parts.append(f' maxOccurs="{element.most}"')
    return "".join(parts)


def _type(collection: Collection, field: Field, types: dict[str, str]) -> str:
    """Name of the simple type of a field; the type is described once however many fields use it."""
    form = form_of(collection, field)
    name = f"{field.code_set}_codes" if form.codes else _name(field, form)
    types.setdefault(name, _simple_type(name, form))
    return name


def _name(field: Field, form: Form) -> str:
    if form.fixed or form.kind == "string":
        return f"{field.table}_{field.name}"
    return form.kind


def _simple_type(name: str, form: Form) -> str:
    facets: list[str] = []
    base = _BASES.get(form.kind, "xs:string")
    if form.fixed:
        base, facets = "xs:string", [f"<xs:enumeration value={quoteattr(form.fixed)}/>"]
    elif form.codes:
        facets = [f"<xs:enumeration value={quoteattr(code)}/>" for code in form.codes]
    else:
        if form.pattern:
            facets.append(f"<xs:pattern value={quoteattr(form.pattern)}/>")
        if base == "xs:string":
            facets.append('<xs:minLength value="1"/>')
        if form.longest is not None:
            facets.append(f'<xs:maxLength value="{form.longest}"/>')
    inner = "\n".join(f"      {facet}" for facet in facets)
    return (
        f"  <xs:simpleType name={quoteattr(name)}>\n    <xs:restriction base={quoteattr(base)}>\n{inner}\n"
        "    </xs:restriction>\n  </xs:simpleType>"
    )


def xsd_path(schemas: Path, year: str) -> Path:
    """Where the schema of a year is kept."""
    return schemas / "cin" / "xsd" / f"cin-{year}.xsd"


def write_xsds(schemas: Path) -> list[Path]:
    """Write the schema of every covered year below `schemas`; returns the paths."""
    paths = []
    for year in YEARS:
        path = xsd_path(schemas, year)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(xsd_text(contract("cin", year)), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_xsds(data_folder("schemas"))
