"""Where an authority's ledger is: the configured database, else a file beside the runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dfe_returns.config import Config
from dfe_returns.errors import UsageError

if TYPE_CHECKING:
    from dfe_returns.ledger.ledger import Ledger

FILE = "ledger.sqlite"


def with_password(url: str, password_file: Path | None) -> str:
    """The URL with the password that a file holds. Raises UsageError when the file cannot be read or is empty."""
    if password_file is None:
        return url
    from sqlalchemy.engine import make_url

    try:
        password = password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"The password file {password_file} cannot be read ({error.strerror}).") from None
    if not password:
        raise UsageError(f"The password file {password_file} is empty.")
    return make_url(url).set(password=password).render_as_string(hide_password=False)


def ledger_of(config: Config, run_folder: Path) -> Ledger:
    """The ledger that a run belongs to, opened: `[ledger]` of the configuration; else ledger.sqlite in the runs folder;
    without a configuration file, beside the run folder. Its key lies beside it unless `key_file` says where."""
    from dfe_returns.ledger.ledger import open_ledger

    key = config.at(config.ledger.key_file) if config.ledger.key_file else None
    alone = config.review.same_person_may_sign
    if config.ledger.url:
        password = config.at(config.ledger.password_file) if config.ledger.password_file else None
        return open_ledger(with_password(config.ledger.url, password), key, same_person_may_sign=alone)
    place = config.at(config.runs) if config.from_file else run_folder.absolute().parent
    return open_ledger(place / FILE, key, same_person_may_sign=alone)
