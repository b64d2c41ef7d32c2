"""Who the children are: numbers, birth, sex, ethnicity, disabilities, addresses. No names, no real postcodes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.synthetic.facts import Clock, Days, Ints, facts, plus

FIRST_CHILD = 2001  # numbers below belong to the fixed children
SYSTEM_OFFSET = 700_000  # system number = this + three times the child number: never mistaken for the number on screen

_LETTERS = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))
_ETHNICITIES = {
    "WBRI": 60,
    "WIRI": 1,
    "WIRT": 1,
    "WOTH": 5,
    "WROM": 1,
    "MWBC": 4,
    "MWBA": 2,
    "MWAS": 2,
    "MOTH": 3,
    "AIND": 2,
    "APKN": 4,
    "ABAN": 2,
    "AOTH": 3,
    "BCRB": 2,
    "BAFR": 4,
    "BOTH": 1,
    "CHNE": 1,
    "OOTH": 2,
}
_DISABILITIES = {
    "MOB": 10,
    "HAND": 4,
    "PC": 6,
    "INC": 6,
    "COMM": 14,
    "LD": 20,
    "HEAR": 4,
    "VIS": 4,
    "BEH": 14,
    "CON": 5,
    "AUT": 22,
    "DDA": 6,
}
_UPN_AUTHORITIES = np.array(["873", "873", "873", "873", "823", "831", "925", "935"])

Texts = npt.NDArray[np.str_]


def choose(rng: np.random.Generator, weights: Mapping[str, float], size: int) -> Texts:
    """`size` keys drawn by their weights."""
    names, shares = list(weights), np.array(list(weights.values()), dtype=float)
    return np.array(names)[rng.choice(len(names), size=size, p=shares / shares.sum())]


def pupil_number(child: Ints, authority: Texts | str = "873", last: str = "") -> Texts:
    """A well-formed UPN for each child. Its letter is the remainder by 23 of the digits weighted 2 to 13."""
    middle = (np.asarray(child) * 7919 + 20_013) % 10**8
    digits = np.char.add(np.broadcast_to(authority, middle.shape).astype("U3"), np.char.zfill(middle.astype("U8"), 8))
    digits = np.char.add(digits, "0" if last else (np.asarray(child) % 10).astype("U1"))
    values = digits.view("U1").reshape(-1, 12).astype(int) if digits.size else np.empty((0, 12), dtype=int)
    letters = _LETTERS[(values * np.arange(2, 14)).sum(axis=1) % 23]
    out = np.char.add(letters, digits)
    return np.array([text[:12] + last for text in out], dtype="U13") if last else out


def postcodes(rng: np.random.Generator, size: int) -> Texts:
    """Postcodes of the area ZZ, which does not exist."""
    area = rng.integers(1, 30, size).astype("U2")
    inward = np.char.add(
        rng.integers(1, 10, size).astype("U1"), rng.choice(["AA", "AB", "BD", "EF", "GH", "JL", "NP", "QR"], size)
    )
    return np.char.add(np.char.add(np.char.add("ZZ", area), " "), inward)


def people(
    rng: np.random.Generator,
    child: Ints,
    born: Days,
    clock: Clock,
    due: Days,
    only_nfa: npt.NDArray[np.bool_],
    alone: npt.NDArray[np.bool_],
    in_care: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Frame `people` of random children. `alone`: unaccompanied asylum-seeking; `in_care`: ever looked after."""
    n = len(child)
    sex = np.where(rng.random(n) < 0.52, "M", "F").astype("U1")
    sex = np.where((rng.random(n) < 0.003) & ~in_care, "U", sex)
    ethnicity = np.where(alone, choose(rng, {"OOTH": 5, "AOTH": 3, "BAFR": 3}, n), choose(rng, _ETHNICITIES, n))
    ethnicity = np.where(rng.random(n) < 0.02, choose(rng, {"REFU": 1, "NOBT": 3}, n), ethnicity)
    school_age = born < np.datetime64(f"{str(clock.end)[:4]}-09-01") - np.timedelta64(5 * 365, "D")
    has_upn = school_age & ~alone & (rng.random(n) < np.where(only_nfa, 0.55, 0.97))
    reason = np.where(alone, "UN2", choose(rng, {"UN2": 2, "UN3": 2, "UN5": 1}, n))
    reason = np.where(only_nfa, "UN7", np.where(school_age, reason, "UN1"))
    settled = in_care | (~only_nfa & (rng.random(n) < 0.85))  # most of the little ones have their reason on file
    return facts(
        "people",
        {
            "child": child,
            "system": SYSTEM_OFFSET + 3 * child,
            "upn": pd.Series(pupil_number(child, rng.choice(_UPN_AUTHORITIES, n)), dtype=object).where(has_upn),
            "upn_reason": pd.Series(reason, dtype=object).where((school_age | settled) & ~has_upn),
            "sex": sex,
            "ethnicity": ethnicity,
            "born": born,
            "due": due,
            "estimated": pd.Series("Y", index=range(n), dtype=object).where(alone & (rng.random(n) < 0.15)),
            "nationality": np.where(alone, rng.choice(["AFG", "ERI", "SDN", "IRN", "VNM"], n), "GBR"),
        },
    )


def disabilities(rng: np.random.Generator, child: Ints, born: Days, disabled: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Frame `disabilities`: one or two codes for the disabled, the recorded NONE for all others."""
    first = np.where(disabled, choose(rng, _DISABILITIES, len(child)), "NONE")
    second = choose(rng, _DISABILITIES, len(child))
    more = disabled & (rng.random(len(child)) < 0.4) & (second != first)
    out = facts(
        "disabilities",
        {"child": np.r_[child, child[more]], "code": np.r_[first, second[more]], "start": np.r_[born, born[more]]},
    )
    return out.sort_values(["child", "code"], kind="stable", ignore_index=True)


def addresses(rng: np.random.Generator, child: Ints, born: Days) -> pd.DataFrame:
    """Frame `addresses`: a home from birth on; a third of the families moved once."""
    n = len(child)
    moved = rng.random(n) < 0.33
    move = plus(born, rng.integers(200, 3000, n))
    out = facts(
        "addresses",
        {
            "child": np.r_[child, child[moved]],
            "type": "HOME",
            "start": np.r_[born, move[moved]],
            "end": np.r_[
                np.where(moved, move, np.datetime64("NaT", "D")), np.full(moved.sum(), np.datetime64("NaT", "D"))
            ],
            "postcode": np.r_[postcodes(rng, n), postcodes(rng, int(moved.sum()))],
        },
    )
    return out.sort_values(["child", "start"], kind="stable", ignore_index=True)
