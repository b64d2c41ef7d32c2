"""Whether the tables hold together: checks that are no rules of the department and run when asked for."""

from __future__ import annotations

from dfe_returns.validate.registry import family
from dfe_returns.validate.rules.ssda903._families import differs_from_header, repeated, row_without_header

family(
    "ssda903",
    row_without_header,
    {
        "INT01": ("AD1",),
        "INT02": ("PlacedAdoption",),
        "INT03": ("Episodes",),
        "INT04": ("Missing",),
        "INT05": ("OC2",),
        "INT06": ("OC3",),
        "INT07": ("PrevPerm",),
        "INT08": ("Reviews",),
        "INT09": ("UASC",),
    },
)
family(
    "ssda903",
    differs_from_header,
    {
        "INT11": ("AD1", "DOB"),
        "INT12": ("PlacedAdoption", "DOB"),
        "INT13": ("Missing", "DOB"),
        "INT14": ("OC2", "DOB"),
        "INT15": ("OC3", "DOB"),
        "INT16": ("PrevPerm", "DOB"),
        "INT17": ("Reviews", "DOB"),
        "INT18": ("UASC", "DOB"),
        "INT21": ("UASC", "SEX"),
    },
)
family(
    "ssda903",
    repeated,
    {
        "INT31": ("AD1",),
        "INT32": ("Header",),
        "INT33": ("OC2",),
        "INT34": ("OC3",),
        "INT35": ("PrevPerm",),
        "INT36": ("UASC",),
    },
)
