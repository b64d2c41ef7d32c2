"""`dfe-returns.toml`: one authority's settings. Secrets never stand in it: they come from the environment or from
files.

Any setting can be overridden by the environment: ``DFE_RETURNS_LEDGER__URL`` overrides ``url`` in ``[ledger]``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from dfe_returns.errors import UsageError

FILE_NAME = "dfe-returns.toml"
PREFIX = "DFE_RETURNS_"
_OTHERS = ("CACHE", "CI", "CONFIG", "SECRETS", "APP", "HOST", "PORT", "PREFECT_DATABASE", "TEST_POSTGRES")
NOT_SETTINGS = frozenset(PREFIX + name for name in _OTHERS)
"""Variables of the environment that begin like settings but belong to the servers, the tests or the machine."""
_NO_FILE = "the environment"
_PLAIN = {"extra_forbidden": "there is no such setting; check its spelling and its section"}
"""Kind of error -> our words in place of Pydantic's."""
_OURS = frozenset({"from_file", "folder"})
"""What `load_config` finds out itself; nobody sets it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Section):
    """Where case records come from: a folder of exports, or a database."""

    folder: Path | None = None
    url: str | None = Field(
        None,
        pattern="://",
        description="SQLAlchemy URL without a password, e.g. postgresql+psycopg://reader@host/hdm",
    )
    password_file: Path | None = Field(None, description="file that holds the database password alone")
    profile: Path | None = Field(None, description="profile of the authority's exports; none = the shipped SSD profile")
    companions: Path | None = Field(None, description="folder of la_* files with facts the case system lacks")


class Ledger(_Section):
    """The database of runs, sign-offs and disclosures, and the key that hides child numbers in it."""

    url: str | None = Field(None, pattern="://", description="SQLAlchemy URL without a password; none = a file")
    password_file: Path | None = None
    key_file: Path | None = None


class ReturnSettings(_Section):
    """What differs between the two returns."""

    serial_no: str = Field(
        "001", pattern=r"^\d{3,}$", description="CIN header SerialNo; a person raises it at each re-submission"
    )
    previous: Path | None = Field(
        None, description="last year's return: census file, folder of 903 files, or a run folder"
    )
    specification: str = Field(
        "", description="reference and date of the specification that this authority adopted for the year"
    )


class Review(_Section):
    """How the report marks things and who may sign."""

    same_person_may_sign: bool = False
    large_change_percent: float = 10.0
    small_number: int = Field(6, ge=1, description="counts below this are suppressed in pages meant for wide readers")
    answer_days: int = Field(365, ge=1, description="days after which an accepted query is asked again")


class Policy(_Section):
    """The appropriate policy document (DPA 2018 Schedule 1 paragraph 39). A live return is not signed off without
    it."""

    reference: str = ""
    owner: str = ""
    review_date: date | None = None


class Governance(_Section):
    """Who answers for the returns, and what the authority has decided. Nothing here is guessed: blank is shown as
    not recorded."""

    controller_contact: str = ""
    dpo_contact: str = Field("", description="data protection officer, by post and address, not a personal name")
    complaints_contact: str = ""
    processors: tuple[str, ...] = Field((), description="trusts, suppliers, hosts that act for the authority")
    art6: str = Field("", pattern=r"^$|^A6-1[CE]$", description="Article 6 basis the authority recorded (doubt D03)")
    art9: str = Field(
        "", pattern=r"^$|^A9-2G-P6$|^A9-2H-P2$", description="Article 9 condition the authority recorded (doubt D04)"
    )
    art10: str = Field("", pattern=r"^$|^A10-P6$", description="Article 10 condition the authority recorded")
    bases_decided: str = Field("", description="who decided on the bases, and when")
    decisions: dict[str, str] = Field(
        default_factory=dict, description="doubt (D02, D12, D13, ...) -> what the authority decided, who and when"
    )
    dpia_reference: str = ""
    security: str = Field("", description="summary of security measures for the Article 30 entry")
    notice_version: str = ""
    notice_published: date | None = None
    notice_url: str = ""
    reply_days: int = Field(30, ge=1, le=30, description="days within which a complaint is acknowledged")


class Hold(_Section):
    """A legal hold: what is held is never deleted."""

    name: str
    reason: str = ""
    returns: tuple[str, ...] = ()
    years: tuple[str, ...] = ()


class Retention(_Section):
    """How long run folders and drafts are kept."""

    draft_days: int = Field(60, ge=1)
    holds: tuple[Hold, ...] = ()
    years: dict[str, int] = Field(
        default_factory=dict, description="retention rule -> years in place of the shipped period"
    )


class _Environment(EnvSettingsSource):
    """The environment, save what is no setting."""

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__call__().items() if name not in _OURS}


class Config(BaseSettings):
    """Settings of one authority."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    authority: str = Field("999", pattern=r"^[0-9]{3}$", description="three-digit DfE number of the authority")
    authority_name: str = ""
    ons_code: str = Field("", pattern=r"^$|^[EW]\d{8}$")
    runs: Path = Path("runs")
    postcodes: Path | None = None
    providers: Path | None = None
    sources: dict[str, Source] = Field(default_factory=dict)
    cin: ReturnSettings = ReturnSettings()
    ssda903: ReturnSettings = ReturnSettings()
    switches: dict[str, str] = Field(
        default_factory=dict, description="table -> specification reference that turns it on"
    )
    ledger: Ledger = Ledger()
    review: Review = Review()
    policy: Policy = Policy()
    governance: Governance = Governance()
    retention: Retention = Retention()
    from_file: bool = Field(False, exclude=True, description="whether a configuration file was read")
    folder: Path = Field(
        Path("."), exclude=True, description="folder of the configuration file; relative paths start there"
    )

    @field_validator("switches")
    @classmethod
    def _reference_given(cls, value: dict[str, str]) -> dict[str, str]:
        known = _switchable() if value else set()
        for table, reference in value.items():
            if table not in known:
                raise ValueError(f"switches.{table} is no table with a switch; there are {', '.join(sorted(known))}")
            if not reference.strip():
                raise ValueError(f"switches.{table} needs the reference of the specification that turns it on")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return _Environment(settings_cls), init_settings

    def of_return(self, return_name: str) -> ReturnSettings:
        return self.cin if return_name == "cin" else self.ssda903

    def at(self, path: Path) -> Path:
        """A configured path, relative ones taken from the configuration file's folder."""
        return path if path.is_absolute() else self.folder / path


def _switchable() -> set[str]:
    """Tables that stay off until their specification is recorded, of either return."""
    from dfe_returns.contract import RETURNS, YEARS, contract

    newest = [contract(name, YEARS[-1]) for name in RETURNS]
    return {table.name for collection in newest for table in collection.all_tables.values() if table.switch}


def load_config(path: Path | str | None = None) -> Config:
    """The configuration: the file given, else ./dfe-returns.toml, else defaults.

    Raises UsageError naming file and setting.
    """
    file = Path(path) if path else Path(FILE_NAME)
    try:
        there = file.is_file()
    except OSError as error:  # a folder above it is closed to this user
        raise UsageError(f"{file} cannot be read ({error.strerror}); ask for access to it.") from None
    if not there:
        if path:
            raise UsageError(f"There is no configuration file {file}; `dfe-returns init` writes one.")
        return _made({}, Path("."), _NO_FILE)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}); ask for access to it.") from None
    return _made(raw, file.resolve().parent, str(file))


def from_environment() -> tuple[list[str], list[str]]:
    """Variables of this environment that set something, and those that look as if they did but are no setting."""
    mine = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in NOT_SETTINGS)
    known = {name for name in Config.model_fields if name not in _OURS}
    sets = [name for name in mine if name[len(PREFIX) :].lower().partition("__")[0] in known]
    return sets, [name for name in mine if name not in sets]


def _made(raw: dict[str, Any], folder: Path, where: str) -> Config:
    for setting, value in _texts(raw):
        if "password" in setting.rpartition(".")[2] and not setting.endswith("_file"):
            raise UsageError(f"{where}: {setting} is a password; put it in a file and name that as password_file.")
        if setting.endswith("url") and re.search(r"://[^/@:]*:[^@]+@|[?&]password=", value):
            raise UsageError(f"{where}: {setting} holds a password; put it in a file and name it as password_file.")
    try:
        return Config(**{**raw, "folder": folder, "from_file": where != _NO_FILE})
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = PREFIX + (found[1].upper() if found else "")
        raise UsageError(
            f"{name} in the environment is not understood; set one value at a time: {name}__NAME."
        ) from None
    except ValidationError as error:
        problems = "; ".join(
            f"{_place(e['loc'], where)}: {_PLAIN.get(e['type'], e['msg'])}"
            for e in error.errors(include_input=False, include_url=False)
        )
        raise UsageError(f"{problems}.") from None


def _texts(raw: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Dotted name and text of every setting of a file."""
    for name, value in raw.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", str(value)


def _place(loc: tuple[int | str, ...], where: str) -> str:
    """Who set it: a variable of the environment goes before the file."""
    names = [PREFIX + "__".join(map(str, loc[:depth])).upper() for depth in range(len(loc), 0, -1)]
    found = next((name for name in os.environ for wanted in names if name.upper() == wanted), None)
    setting = ".".join(map(str, loc))
    return f"{found} in the environment: {setting}" if found else f"{where}: {setting}"


TEMPLATE = """# dfe-returns: settings of one authority. Lines that begin with # are remarks or choices not taken.
# Relative paths start at this file's folder. Passwords never stand here: name a file that holds one.

authority = "{authority}"            # three-digit DfE number
authority_name = "{name}"
# ons_code = "E10000000"             # needed by the rules that compare a placement's authority with yours
runs = "runs"                        # one folder per run, private to you
# postcodes = "ONSPD.csv"            # postcode directory (ONSPD or NSPL), for placement authority and distance
# providers = "providers.xlsx"       # published provider lists, for the checks on Ofsted numbers

[sources.main]
folder = "extract"                   # CSV or Excel exports; or a database:
# url = "postgresql+psycopg://reader@host/warehouse"
# password_file = "/run/secrets/warehouse_password"
# profile = "our-profile.yaml"       # made with `dfe-returns profile new`; none = Standard Safeguarding Dataset
# companions = "companions"          # la_* files: facts the case system lacks

[cin]
serial_no = "001"                    # raise by one for each file sent again
# previous = "last-year/cin.xml"
# specification = "title, version and date of the census specification adopted"

[ssda903]
# previous = "last-year/ssda903"

[switches]
# Tables that stay off until somebody records the specification that asks for them:
# PreProceedings = "CIN census 2026 to 2027 specification, 25 February 2026"
# DoLo = "CLA return 2026 to 2027 technical specification, 5 November 2025"

[ledger]
# url = "postgresql+psycopg://dfe_returns@host/dfe_returns"
# password_file = "/run/secrets/ledger_password"
# key_file = "ledger.key"            # keep a copy apart from the ledger

[review]
same_person_may_sign = false
large_change_percent = 10
small_number = 6

[policy]                             # the appropriate policy document; a live return is not signed off without it
reference = ""
owner = ""
# review_date = 2027-03-31

[governance]                         # for the notice, the Article 30 entry and the DPIA pack
controller_contact = ""
dpo_contact = ""                     # the post, not a person's name
complaints_contact = ""
# processors = ["Example Hosting Ltd: runs the server"]
# art6 = "A6-1C"                     # as the data protection officer recorded it
# art9 = "A9-2G-P6"
# bases_decided = "data protection officer, 1 May 2026"
# decisions = {{D02 = "sent as the guide asks; monitoring officer, 1 May 2026"}}   # doubts: `gateways explain D02`
# notice_version = "3"
# notice_published = 2026-04-01
"""


def template(authority: str, name: str) -> str:
    """A commented configuration for a new authority."""
    plain = name.replace('"', "'").replace("\\", "/")  # neither may stand in a quoted text of TOML
    return TEMPLATE.format(authority=authority, name=" ".join(plain.split()))
