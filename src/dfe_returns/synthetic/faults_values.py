"""Faults in the values of single columns: dates, keys, numbers, codes, flags, lists, postcodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.synthetic.faults import file_fault, some
from dfe_returns.synthetic.pack import Pack, text

Column = tuple[str, str]
_EXCEL_ZERO = pd.Timestamp("1899-12-30")


def _each(pack: Pack, places: dict[str, list[Column]]) -> list[tuple[pd.DataFrame, str]]:
    """The text frames and column names among `places` that this pack has; the frames are put back changed in place."""
    found = []
    for name, column in places[pack.layout]:
        file = pack.files.get(name)
        if file is not None and column in file.frame:
            file.frame = text(file.frame)
            found.append((file.frame, column))
    return found


def _change(frame: pd.DataFrame, column: str, rows: np.ndarray | pd.Series, new: pd.Series | str) -> None:
    frame[column] = frame[column].mask(rows, new)


def _drawn(rng: np.random.Generator, words: list[str] | np.ndarray, like: pd.Series) -> pd.Series:
    return pd.Series(rng.choice(words, len(like)), index=like.index, dtype=object)


def dates(values: pd.Series, layout: str) -> pd.Series:
    """Dates of a layout's text cells."""
    return pd.to_datetime(values.str[:10], format="%Y-%m-%d" if layout == "ssd" else "%d/%m/%Y", errors="coerce")


@file_fault(
    "mixed-dates", 1, "one date column holds several ways of writing: with times, month names, Excel serial numbers"
)
def _mixed(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {"ssd": [("ssd_cin_plans", "cinp_cin_plan_end_date")], "vendor": [("05 Referrals", "Closed Date")]}
    ways: list[Callable[[pd.Series], pd.Series]] = [
        lambda d: d.dt.strftime("%d/%m/%Y %H:%M"),
        lambda d: d.dt.strftime("%d-%b-%y"),
        lambda d: d.dt.strftime("%Y-%m-%d"),
        lambda d: (d - _EXCEL_ZERO).dt.days.astype("Int64").astype("str"),
    ]
    for frame, column in _each(pack, places):
        day = dates(frame[column], pack.layout)
        picked = some(rng, day.notna() & (day.dt.day > 12), max(share, 0.3))
        way = rng.integers(0, len(ways), len(frame))
        for number, write in enumerate(ways):
            _change(
                frame,
                column,
                picked & (way == number),
                write(day),
            )


@file_fault("american-dates", 1, "one file has its dates with the month first")
def _american(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [("ssd_s47_enquiry", "s47e_s47_start_date"), ("ssd_s47_enquiry", "s47e_s47_end_date")],
        "vendor": [("04 Addresses", "From"), ("04 Addresses", "To")],
    }
    for frame, column in _each(pack, places):
        day = dates(frame[column], pack.layout)
        frame[column] = day.dt.strftime("%m/%d/%Y").where(day.notna(), "").astype(object)


@file_fault("placeholder-dates", 2, "open ends are filled with 01/01/1900, 1 Jan 2300 or 31/12/9999")
def _placeholder_dates(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [
            ("ssd_cin_plans", "cinp_cin_plan_end_date"),
            ("ssd_address", "addr_address_end_date"),
            ("ssd_cp_plans", "cppl_cp_plan_end_date"),
        ],
        "vendor": [("04 Addresses", "To"), ("05 Referrals", "Closed Date"), ("08 Care Episodes", "End")],
    }
    words = {
        "ssd": ["1900-01-01 00:00:00.000", "2300-01-01 00:00:00.000", "9999-12-31 00:00:00.000"],
        "vendor": ["01/01/1900", "01/01/2300", "31/12/9999"],
    }
    for frame, column in _each(pack, places):
        picked = some(rng, frame[column] == "", share)
        _change(frame, column, picked, _drawn(rng, words[pack.layout], frame[column]))


@file_fault("time-zones", 3, "midnight written with a time zone, which can shift the day")
def _zones(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {"ssd": [("ssd_cin_assessments", "cina_assessment_start_date")], "vendor": [("06 Assessments", "Started")]}
    for frame, column in _each(pack, places):
        day = dates(frame[column], pack.layout)
        picked = some(rng, day.notna(), share)
        zone = rng.choice(["+01:00", "Z"], len(frame))
        written = day.dt.strftime("%Y-%m-%dT00:00:00") + pd.Series(zone, index=frame.index)
        _change(frame, column, picked, written)


@file_fault("unknown-keys", 4, "links that lead nowhere hold -1 or 0")
def _unknown_keys(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [
            ("ssd_initial_cp_conference", "icpc_s47_enquiry_id"),
            ("ssd_initial_cp_conference", "icpc_cp_plan_id"),
            ("ssd_cp_plans", "cppl_icpc_id"),
            ("ssd_cla_episodes", "clae_referral_id"),
            ("ssd_involvements", "invo_referral_id"),
        ],
        "vendor": [("07 Plans And Conferences", "Linked Row No")],
    }
    for frame, column in _each(pack, places):
        _change(
            frame,
            column,
            some(rng, frame[column] == "", max(share, 0.5)),
            _drawn(rng, ["-1", "0"], frame[column]),
        )


@file_fault("float-numbers", 5, "numbers went through a spreadsheet: 12345.0, and pupil numbers in scientific notation")
def _floats(pack: Pack, rng: np.random.Generator, share: float) -> None:
    keys = {
        "ssd": [("ssd_cp_plans", "cppl_person_id"), ("ssd_cin_plans", "cinp_referral_id")],
        "vendor": [("05 Referrals", "System ID"), ("06 Assessments", "Episode No")],
    }
    for frame, column in _each(pack, keys):
        _change(frame, column, frame[column].ne("").to_numpy(), frame[column] + ".0")
    for frame, column in _each(pack, {"ssd": [("ssd_person", "pers_upn")], "vendor": [("01 Persons", "UPN")]}):
        _change(
            frame,
            column,
            some(rng, frame[column] != "", share),
            frame[column].str[1] + "." + frame[column].str[2:4] + "E+11",
        )


@file_fault(
    "two-numbers", 6, "one table names people by the number on screen, or an older system's number, in place of the key"
)
def _two_numbers(pack: Pack, rng: np.random.Generator, share: float) -> None:
    people = text(pack.files["ssd_person" if pack.layout == "ssd" else "01 Persons"].frame)
    key, screen = ("pers_person_id", "pers_legacy_id") if pack.layout == "ssd" else ("System ID", "Case Number")
    numbers = pd.Series(people[screen].to_numpy(), index=people[key])
    places = {
        "ssd": [("ssd_cla_reviews", "clar_cla_person_id"), ("ssd_cp_reviews", "cppr_person_id")],
        "vendor": [("09 Care Events", "System ID")],
    }
    for frame, column in _each(pack, places):
        picked = some(rng, frame[column].isin(numbers.index), share)
        _change(frame, column, picked, frame[column].map(numbers))


@file_fault("labels-and-codes", 9, "a code column holds codes, labels, or both together")
def _labels(pack: Pack, rng: np.random.Generator, share: float) -> None:
    sets = contract("cin", "2025-26").codesets
    ethnic, need = sets["ethnicity"].codes, sets["primary_need"].codes
    if pack.layout == "ssd":
        for frame, column in _each(pack, {"ssd": [("ssd_person", "pers_ethnicity")]}):
            _change(frame, column, some(rng, frame[column].isin(list(ethnic)), share), frame[column].map(ethnic))
        for frame, column in _each(pack, {"ssd": [("ssd_cin_episodes", "cine_referral_source_desc")]}):
            _change(frame, column, some(rng, frame[column] != "", share), frame[column].str.split(" - ").str[0])
            frame["cine_referral_source_code"] = ""
        return
    for frame, column in _each(pack, {"vendor": [("05 Referrals", "Category Of Need")]}):
        codes = pd.Series({label: f"{code} - {label}" for code, label in need.items()})
        _change(frame, column, some(rng, frame[column].isin(codes.index), share), frame[column].map(codes))


@file_fault(
    "local-codes", 10, "codes with no national meaning (??, ORAB), in the wrong case (MWBa) or long out of use (Z1, H5)"
)
def _local_codes(pack: Pack, rng: np.random.Generator, share: float) -> None:
    for frame, column in _each(
        pack, {"ssd": [("ssd_person", "pers_ethnicity")], "vendor": [("01 Persons", "Ethnicity")]}
    ):
        _change(
            frame,
            column,
            some(rng, frame[column] != "", share),
            _drawn(rng, ["??", "ORAB", "MWBa", "CNHE"], frame[column]),
        )
    for frame, column in _each(
        pack,
        {"ssd": [("ssd_cla_placement", "clap_cla_placement_type")], "vendor": [("08 Care Episodes", "Placement Type")]},
    ):
        _change(frame, column, frame[column].str.match(r"Z1\d").to_numpy(dtype=bool), "Z1" + frame[column].str[3:])
        _change(frame, column, some(rng, frame[column].str.startswith("K3"), share), "H5" + frame[column].str[2:])


@file_fault(
    "dropped-placements",
    17,
    "the export's code filter leaves out placements of the types T2, T3, T4, P3, K3 and Z11 to Z14",
)
def _dropped_placements(pack: Pack, rng: np.random.Generator, share: float) -> None:
    pattern = r"(?:T[234]|P3|K3|Z1[1-4])\b"
    if pack.layout == "ssd":
        file = pack.files["ssd_cla_placement"]
        file.frame = file.frame[~file.frame.clap_cla_placement_type.str.match(pattern, na=False)].reset_index(drop=True)
        return
    for frame, column in _each(pack, {"vendor": [("08 Care Episodes", "Placement Type")]}):
        _change(frame, column, frame[column].str.match(pattern).to_numpy(dtype=bool), "")


@file_fault(
    "lost-numbers",
    18,
    "the Ofsted number is blank where it does not begin with SC (here: for a share of the placements)",
)
def _lost_urns(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [("ssd_cla_placement", "clap_cla_placement_urn")],
        "vendor": [("08 Care Episodes", "Ofsted Reference")],
    }
    for frame, column in _each(pack, places):
        lost = some(np.random.default_rng(len(frame)), frame[column].drop_duplicates().ne("").to_numpy(), share)
        numbers = frame[column].drop_duplicates()[lost]
        _change(frame, column, frame[column].isin(numbers).to_numpy(), "")


@file_fault(
    "untidy-postcodes",
    19,
    "postcodes without a space, with two, in lower case, with O for 0, outward half only, or dummies",
)
def _postcodes(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [("ssd_address", "addr_address_postcode"), ("ssd_cla_placement", "clap_cla_placement_postcode")],
        "vendor": [
            ("04 Addresses", "Postcode"),
            ("08 Care Episodes", "Placement Postcode"),
            ("08 Care Episodes", "Home Postcode At Entry"),
        ],
    }
    ways: list[Callable[[pd.Series], pd.Series | str]] = [
        lambda p: p.str.replace(" ", "", regex=False),
        lambda p: p.str.replace(" ", "  ", regex=False),
        lambda p: p.str.lower(),
        lambda p: p.str.replace("0", "O", regex=False),
        lambda p: p.str.split(" ").str[0],
        lambda p: "ZZ99 9ZZ",
        lambda p: "XXX XXX",
        lambda p: "nopostcode",
    ]
    for frame, column in _each(pack, places):
        picked, way = (
            some(rng, frame[column] != "", share),
            rng.choice(len(ways), len(frame), p=[0.3, 0.15, 0.3, 0.05, 0.05, 0.05, 0.05, 0.05]),
        )
        for number, write in enumerate(ways):
            _change(frame, column, picked & (way == number), write(frame[column]))


@file_fault("booleans", 25, "yes and no in every way: Y, Yes, T, 1, -1, true, NA, blank")
def _booleans(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [
            ("ssd_cin_episodes", "cine_referral_nfa"),
            ("ssd_s47_enquiry", "s47e_s47_nfa"),
            ("ssd_cp_plans", "cppl_cp_plan_ola"),
            ("ssd_cla_reviews", "clar_cla_review_cancelled"),
            ("ssd_cla_substance_misuse", "clas_intervention_received"),
        ],
        "vendor": [
            ("09 Care Events", "Cancelled"),
            ("10 Leaving Care And Adoption", "Former Carer"),
            ("07 Plans And Conferences", "Other LA"),
        ],
    }
    yes, no = np.array(["Y", "Yes", "T", "1", "-1", "true", "YES"]), np.array(["N", "No", "F", "0", "false", "NO", "n"])
    for frame, column in _each(pack, places):
        _change(
            frame,
            column,
            frame[column].isin(["Y", "Yes"]).to_numpy(),
            _drawn(rng, yes, frame[column]),
        )
        _change(
            frame,
            column,
            frame[column].isin(["N", "No"]).to_numpy(),
            _drawn(rng, no, frame[column]),
        )


@file_fault(
    "odd-lists",
    26,
    "lists of factors with a trailing comma, single quotes, as an object, as a plain comma list",
    ("ssd",),
)
def _lists(pack: Pack, rng: np.random.Generator, share: float) -> None:
    ways: list[Callable[[pd.Series], pd.Series]] = [
        lambda j: j.str.replace("]", ",]", regex=False),
        lambda j: j.str.replace('"', "'", regex=False),
        lambda j: (
            j.str.replace('"]', '": "Yes"}', regex=False)
            .str.replace('", ', '": "Yes", ', regex=False)
            .str.replace("[", "{", regex=False)
        ),
        lambda j: j.str.replace(r'[\[\]" ]', "", regex=True),
    ]
    for frame, column in _each(pack, {"ssd": [("ssd_assessment_factors", "cinf_assessment_factors_json")]}):
        picked, way = some(rng, frame[column] != "", max(share, 0.2)), rng.integers(0, len(ways), len(frame))
        for number, write in enumerate(ways):
            _change(frame, column, picked & (way == number), write(frame[column]))


@file_fault("placeholder-words", 35, "SSD_PH, PLACEHOLDER_DATA and PlaceholderStr where the export has nothing")
def _placeholders(pack: Pack, rng: np.random.Generator, share: float) -> None:
    places = {
        "ssd": [
            ("ssd_cin_episodes", "cine_close_reason"),
            ("ssd_person", "pers_upn_unknown"),
            ("ssd_involvements", "invo_worker_change_reason"),
        ],
        "vendor": [("01 Persons", "UPN Reason"), ("11 Workers", "Reason Ended")],
    }
    words = ["SSD_PH", "PLACEHOLDER_DATA", "PlaceholderStr"]
    for frame, column in _each(pack, places):
        _change(
            frame,
            column,
            some(rng, frame[column] == "", share),
            _drawn(rng, words, frame[column]),
        )
