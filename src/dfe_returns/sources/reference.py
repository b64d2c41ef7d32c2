"""Reference lists the user supplies: the postcode directory (ONSPD or NSPL) and the published lists of providers.

A directory has 2.7 million lines and changes four times a year: it is read once into a private local store and
looked up from there.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from sqlalchemy import Column, MetaData, String, Table, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from dfe_returns.errors import InputError
from dfe_returns.files import private_folder
from dfe_returns.sources.authorities import authority_numbers
from dfe_returns.sources.words import plain

POSTCODE_COLUMNS = ["postcode", "la_code", "easting", "northing"]
PROVIDER_COLUMNS = ["urn", "placement_codes", "provider_codes", "closed", "postcode", "la_code"]

_POSTCODE_NAMES = {
    "postcode": ("pcds", "pcd", "pcd2", "postcode"),
    "la_code": ("oslaua", "laua", "lad", "la_code"),
    "easting": ("oseast1m", "east1m", "easting"),
    "northing": ("osnrth1m", "north1m", "northing"),
}
_LATER_LA = re.compile(r"lad\d\dcd")
_PROVIDER_NAMES = {
    "urn": ("urn", "provider urn", "unique reference number", "setting urn"),
    "placement_codes": (
        "placement_codes",
        "placement codes",
        "placement code",
        "placement types",
        "placement type",
        "903 placement code",
    ),
    "provider_codes": (
        "provider_codes",
        "provider codes",
        "provider code",
        "placement provider",
        "903 provider code",
        "sector",
    ),
    "closed": ("closed", "closed date", "registration end date", "date closed", "reg_end", "end date"),
    "postcode": ("postcode", "post code", "setting postcode"),
    "la_code": (
        "la_code",
        "la code",
        "local authority code",
        "ons code",
        "local authority",
        "la name (inspecting)",
        "local authority name",
    ),
}
_STORE_PARTS = 200_000
_LOOKED_UP_AT_ONCE = 900


def read_postcodes(path: Path | str, wanted: Iterable[str] | None = None) -> pd.DataFrame:
    """Postcode, authority code, easting and northing (metres, National Grid) of a directory file.

    wanted: postcodes to look up (any spacing and case); none = all, for small directories.
    Raises InputError when the file is not there, not a directory, or damaged.
    """
    path = Path(path)
    store = _store_of(path)
    table = _table()
    engine = create_engine(f"sqlite:///{store}")
    columns = [table.c[name] for name in POSTCODE_COLUMNS]
    try:
        with engine.connect() as connection:
            if wanted is None:
                rows = connection.execute(select(*columns).order_by(table.c.key)).all()
            else:
                keys = sorted({_key(str(p)) for p in wanted if isinstance(p, str)})
                rows = []
                for start in range(0, len(keys), _LOOKED_UP_AT_ONCE):
                    part = keys[start : start + _LOOKED_UP_AT_ONCE]
                    rows += connection.execute(
                        select(*columns).where(table.c.key.in_(part)).order_by(table.c.key)
                    ).all()
    except SQLAlchemyError:
        store.unlink(missing_ok=True)
        raise InputError(f"The index of {path.name} was damaged and has been removed; run the command again.") from None
    finally:
        engine.dispose()
    return pd.DataFrame(rows, columns=POSTCODE_COLUMNS, dtype="str")


def _key(postcode: str) -> str:
    return re.sub(r"\s+", "", postcode).upper()


def _table() -> Table:
    return Table(
        "postcodes",
        MetaData(),
        Column("key", String(8), primary_key=True),
        *(Column(n, String(12)) for n in POSTCODE_COLUMNS),
    )


def cache_folder() -> Path:
    """Where the index of a directory is kept: DFE_RETURNS_CACHE, else the user's cache folder."""
    given = os.environ.get("DFE_RETURNS_CACHE")
    home = Path(os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return private_folder(Path(given) if given else home / "dfe-returns")


def _store_of(path: Path) -> Path:
    """The index of a directory file, made on first use; a file that changed gets a new one."""
    try:
        facts = path.stat()
        if path.is_dir():
            raise InputError(
                f"{path} is a folder; name the postcode file itself (ONSPD_..._UK.csv or NSPL_..._UK.csv)."
            )
        mark = hashlib.sha256(f"{path.resolve()}|{facts.st_size}|{facts.st_mtime_ns}".encode()).hexdigest()[:24]
    except OSError as error:
        raise InputError(f"The postcode directory {path} cannot be read ({error.strerror}).") from None
    store = cache_folder() / f"postcodes-{mark}.sqlite"
    if not store.exists():
        _index(path, store)
    return store


def _index(path: Path, store: Path) -> None:
    names = _columns(
        path, _header(path), _POSTCODE_NAMES, "postcode directory (ONSPD or NSPL)", optional=("easting", "northing")
    )
    handle, unfinished = tempfile.mkstemp(prefix=".postcodes.", dir=store.parent)
    os.close(handle)
    table = _table()
    engine = create_engine(f"sqlite:///{unfinished}")
    try:
        table.metadata.create_all(engine)
        seen: set[str] = set()
        with engine.begin() as connection:
            for part in pd.read_csv(
                path,
                dtype="str",
                usecols=list(names.values()),
                chunksize=_STORE_PARTS,
                encoding="utf-8-sig",
                keep_default_na=False,
            ):
                rows = part.rename(columns={v: k for k, v in names.items()}).reindex(
                    columns=POSTCODE_COLUMNS, fill_value=""
                )
                rows.insert(0, "key", rows["postcode"].str.replace(r"\s+", "", regex=True).str.upper())
                rows = rows[(rows["key"] != "") & ~rows["key"].isin(seen)].drop_duplicates("key")
                seen.update(rows["key"])
                if len(rows):
                    connection.execute(
                        table.insert(),
                        [dict(zip(rows.columns, values, strict=True)) for values in rows.to_numpy().tolist()],
                    )
        if not seen:
            raise InputError(f"{path.name} holds no postcode. Download the directory again.")
        engine.dispose()
        os.replace(unfinished, store)
    except (ValueError, UnicodeDecodeError, SQLAlchemyError) as error:
        raise InputError(
            f"{path.name} cannot be read as a postcode directory ({type(error).__name__}). Download it again."
        ) from None
    finally:
        engine.dispose()
        if os.path.exists(unfinished):
            os.unlink(unfinished)


def _header(path: Path) -> list[str]:
    try:
        return [str(c) for c in pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns]
    except (OSError, ValueError):
        raise InputError(
            f"{path.name} cannot be read as CSV. Download it again, and name the CSV file inside the archive."
        ) from None


def _columns(
    path: Path, header: Sequence[str], names: dict[str, tuple[str, ...]], what: str, optional: Sequence[str] = ()
) -> dict[str, str]:
    """Our name -> the file's column name. Raises InputError naming what is wanting."""
    folded = {re.sub(r"\s+", " ", str(c)).strip().casefold(): str(c) for c in header}
    found = {ours: folded[n] for ours, known in names.items() for n in reversed(known) if n in folded}
    if "la_code" in names and "la_code" not in found:
        later = next((folded[c] for c in folded if _LATER_LA.fullmatch(c)), None)
        if later:
            found["la_code"] = later
    wanting = [ours for ours in names if ours not in found and ours not in optional]
    if wanting:
        expected = "; ".join(f"{w} ({', '.join(names[w])})" for w in wanting)
        raise InputError(f"{path.name} is no {what}: it has no column for {expected}.")
    return found


def read_providers(path: Path | str) -> pd.DataFrame:
    """The published list of providers: urn, placement_codes, provider_codes, closed (day), postcode, la_code; text,
    one row per line. An authority by its name becomes its LA number.

    CSV, or every sheet of an Excel file that has the columns; title rows above the header are passed over.
    Raises InputError when nothing in the file has a column of URNs and another about the provider.
    """
    path = Path(path)
    sheets = _sheets(path)
    parts, known = [], set()
    for sheet in sheets:
        at = _header_at(sheet)
        if at is None:
            continue
        header = [str(c) for c in sheet.iloc[at]]
        names = _columns(path, header, _PROVIDER_NAMES, "provider list", optional=PROVIDER_COLUMNS[1:])
        known |= set(names)
        body = sheet.iloc[at + 1 :].copy()
        body.columns = pd.Index(header)
        body = body.loc[:, ~body.columns.duplicated()]
        rows = pd.DataFrame({ours: body[theirs].str.strip() for ours, theirs in names.items()})
        parts.append(rows.reindex(columns=PROVIDER_COLUMNS, fill_value=""))
    if not parts:
        raise InputError(f"{path.name} is no provider list: no column in it is headed URN.")
    if known == {"urn"}:  # an Episodes file has URNs, too, and would make every placement wrong
        raise InputError(
            f"{path.name} is no provider list: it has URNs and nothing about the providers (placement codes, provider "
            "codes, end date, postcode, local authority)."
        )
    out = pd.concat(parts, ignore_index=True).fillna("")
    out["urn"] = out["urn"].str.upper().str.replace(r"\.0$", "", regex=True)
    out["closed"] = _days(out["closed"])
    numbers = {_authority(name): number for name, number in authority_numbers().items()}
    out["la_code"] = out["la_code"].map({name: numbers.get(_authority(name), name) for name in out["la_code"].unique()})
    return out[out["urn"] != ""].reset_index(drop=True).astype("str")


def _authority(name: str) -> str:
    """An authority's name as it is compared: without commas and full stops, "City of" and "County of"."""
    return re.sub(r"[,.]|\b(city|county) of$", "", plain(name)).strip()


def _days(cells: pd.Series) -> pd.Series:
    """Registration end dates as DD/MM/YYYY, blank where there is none."""
    from dfe_returns.sources.ssda903_files import uk_date

    distinct = {text: uk_date(text) or text for text in cells.unique() if text}
    return cells.map(lambda text: distinct.get(text, "")).astype("str")


def _sheets(path: Path) -> list[pd.DataFrame]:
    try:
        if path.suffix.lower() in (".xlsx", ".xls", ".xlsm", ".ods", ".xlsb"):
            book = pd.read_excel(
                path, sheet_name=None, header=None, dtype="str", engine="calamine", keep_default_na=False
            )
            return [sheet.astype("str") for sheet in book.values()]
        return [
            pd.read_csv(
                path, header=None, dtype="str", keep_default_na=False, encoding=_encoding(path), skip_blank_lines=False
            )
        ]
    except OSError as error:
        raise InputError(f"The provider list {path} cannot be read ({error.strerror}).") from None
    except Exception as error:
        raise InputError(
            f"{path.name} cannot be read as a provider list ({type(error).__name__}). Save it as .xlsx or .csv again."
        ) from None


def _encoding(path: Path) -> str:
    try:
        path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _header_at(sheet: pd.DataFrame) -> int | None:
    """The row that holds the column heads: the first of the top thirty with a cell that means URN."""
    heads = set(_PROVIDER_NAMES["urn"])
    for at in range(min(len(sheet), 30)):
        if any(re.sub(r"\s+", " ", str(cell)).strip().casefold() in heads for cell in sheet.iloc[at]):
            return at
    return None
