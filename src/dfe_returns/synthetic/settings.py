"""Where children live in Fernshire and around: postcodes of the area ZZ (which does not exist) and made-up providers.

Homes of families lie in Fernshire; placements there, in neighbouring authorities and in Wales. Foster carers belong to
a service or agency, whose number they carry; homes and other settings have a number and a postcode of their own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import Ints
from dfe_returns.synthetic.people import Texts

FERNSHIRE = "999"
# outward codes from here on lie elsewhere: Derby, Nottingham, Sheffield, Cardiff
_ELSEWHERE = {40: "E06000015", 44: "E06000018", 48: "E08000019", 52: "W06000015"}
_FAMILY_INWARD = np.array(["AA", "AB", "BD", "EF", "GH", "JL", "NP", "QR"])
_PLACEMENT_INWARD = np.array(["SW", "TX", "UY", "WZ", "XE", "YF", "ZG", "RT"])

FOSTERING = {
    "PR1": ("SC900001",),
    "PR2": ("SC900011", "SC900012"),
    "PR5": ("SC900031",),
    "PR4": tuple(f"SC9000{n}" for n in range(41, 51)),
}
# type: (provider, outward code) per setting
_SETTINGS: dict[str, tuple[tuple[str, int], ...]] = {
    "K2": (
        ("PR1", 3),
        ("PR1", 8),
        ("PR1", 14),
        ("PR1", 21),
        ("PR4", 5),
        ("PR4", 11),
        ("PR4", 17),
        ("PR4", 26),
        ("PR4", 41),
        ("PR4", 45),
        ("PR4", 49),
        ("PR5", 19),
    ),
    "K3": (("PR4", 2), ("PR4", 9), ("PR4", 13), ("PR1", 22), ("PR5", 28), ("PR4", 42)),
    "K1": (("PR2", 45), ("PR2", 50)),
    "R3": (("PR4", 7), ("PR5", 46)),
    "S1": (("PR4", 16), ("PR5", 43), ("PR3", 47)),
}
SETTING_NUMBERS = {
    kind: tuple(f"SC91{place:02d}{n:02d}" for n in range(1, len(rows) + 1))
    for place, (kind, rows) in enumerate(_SETTINGS.items(), start=10)
}
_ADOPTIVE, _FOSTER = ("A3", "A4", "A5", "A6"), ("U1", "U2", "U3", "U4", "U5", "U6")


def family_postcode(number: Ints) -> Texts:
    """A home in Fernshire for each number."""
    return _postcode(np.asarray(number) % 36 + 1, np.asarray(number) // 36, _FAMILY_INWARD)


def carer_postcode(number: Ints) -> Texts:
    """A foster carer's home: one in eight lives outside Fernshire."""
    number = np.asarray(number)
    outward = np.where(number % 8 == 7, 40 + number // 8 % 16, number % 36 + 1)
    return _postcode(outward, number // 36, _PLACEMENT_INWARD)


def _postcode(outward: Ints, rest: Ints, inward: Texts) -> Texts:
    text = np.char.add(np.char.add("ZZ", outward.astype("U2")), " ")
    return np.char.add(np.char.add(text, (rest % 9 + 1).astype("U1")), inward[rest // 9 % len(inward)])


def setting_postcode(kind: str, number: int) -> str:
    """Postcode of the `number`-th setting (from 0) of a type."""
    outward = _SETTINGS[kind][number][1]
    return f"ZZ{outward} {number % 9 + 1}{_PLACEMENT_INWARD[(number + len(kind) + ord(kind[1])) % 8]}"


def lodge(kind: Texts, provider: Texts, carer: Ints, postcode: Texts) -> tuple[Texts, Texts, Texts]:
    """Provider, URN and postcode of each placement: a setting's own, or the carer's service and home.

    `provider` and `postcode` are used where the type does not settle them (hospital and the like).
    """
    provider, urn, post = provider.astype("U3"), np.full(len(kind), "", dtype="U8"), postcode.astype("U8")
    carers = np.isin(kind, _FOSTER + _ADOPTIVE)
    provider = np.where(np.isin(kind, (*_ADOPTIVE, "U1", "U2", "U3")), "PR1", provider)
    for code, numbers in FOSTERING.items():
        these = carers & (provider == code)
        urn = np.where(these, np.array(numbers)[carer % len(numbers)], urn)
    post = np.where(carers, carer_postcode(carer), post)
    for place, numbers in SETTING_NUMBERS.items():
        which = carer % len(numbers)
        urn = np.where(kind == place, np.array(numbers)[which], urn)
        provider = np.where(kind == place, np.array([p for p, _ in _SETTINGS[place]])[which], provider)
        post = np.where(kind == place, np.array([setting_postcode(place, n) for n in range(len(numbers))])[which], post)
    provider = np.select(
        [kind == "P1", np.isin(kind, ["R2", "R5"]), np.isin(kind, ["P3", "R1"])], ["PR0", "PR3", "PR4"], provider
    )
    provider = np.where(np.char.startswith(kind, "T") | np.char.startswith(kind, "Z"), "", provider)
    return provider.astype("U3"), urn.astype("U8"), post.astype("U8")


def providers() -> pd.DataFrame:
    """The register: columns urn, placement_codes, provider_codes, closed, postcode, la_code."""
    rows = [
        {
            "urn": urn,
            "placement_codes": ",".join(_FOSTER + _ADOPTIVE),
            "provider_codes": code,
            "postcode": str(carer_postcode(np.array([8 * n + 7 if code == "PR2" else 8 * n + ord(code[2]) % 7]))[0]),
        }
        for code, numbers in FOSTERING.items()
        for n, urn in enumerate(numbers)
    ]
    rows += [
        {
            "urn": SETTING_NUMBERS[kind][n],
            "placement_codes": kind,
            "provider_codes": provider,
            "postcode": setting_postcode(kind, n),
        }
        for kind, places in _SETTINGS.items()
        for n, (provider, _) in enumerate(places)
    ]
    rows.append(
        {
            "urn": "SC919901",
            "placement_codes": "K2",
            "provider_codes": "PR4",
            "closed": "2024-08-31",
            "postcode": "ZZ12 4SW",
        }
    )
    rows += [
        {"urn": "2718281", "placement_codes": "K3", "provider_codes": "PR4", "postcode": setting_postcode("K3", 4)},
        {"urn": "2718282", "placement_codes": "K2", "provider_codes": "PR4", "postcode": setting_postcode("K2", 9)},
    ]
    out = pd.DataFrame(rows, columns=["urn", "placement_codes", "provider_codes", "closed", "postcode"])
    own = out.provider_codes == "PR1"
    out["la_code"] = authority(out.postcode).mask(own, FERNSHIRE)
    return out


def authority(postcode: pd.Series) -> pd.Series:
    """Authority of a postcode: Fernshire, or one of its neighbours."""
    outward = postcode.str.extract(r"^ZZ(\d+) ", expand=False).astype("Int64")
    starts = np.array([0, *_ELSEWHERE])
    names = np.array([FERNSHIRE, *_ELSEWHERE.values()], dtype=object)
    return pd.Series(
        names[np.searchsorted(starts, outward.fillna(0).to_numpy(dtype=int), side="right") - 1], index=postcode.index
    )


def outside_england(postcode: pd.Series) -> pd.Series:
    """True where another inspectorate than Ofsted is responsible, so that there is no Ofsted number."""
    return authority(postcode.fillna("")).str.startswith("W")


def directory(postcode: pd.Series) -> pd.DataFrame:
    """A postcode directory (columns pcds, oslaua, oseast1m, osnrth1m) of the given postcodes, sorted, each once."""
    known = pd.Series(sorted(set(postcode.dropna())))
    outward = known.str.extract(r"^ZZ(\d+) ", expand=False).astype(int)
    within = known.str[-3:].map(lambda inward: sum(ord(c) * 37**n for n, c in enumerate(inward)) % 6000)
    return pd.DataFrame(
        {
            "pcds": known,
            "oslaua": authority(known),
            "oseast1m": 430_000 + outward % 8 * 9000 + within,
            "osnrth1m": 330_000 + outward // 8 * 11_000 + within * 7 % 6000,
        }
    )
