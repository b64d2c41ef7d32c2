"""dfe-returns.toml: what it may say, and how mistakes in it are named."""

import errno

import pytest

from dfe_returns.config import from_environment, load_config, template
from dfe_returns.errors import UsageError


def written(tmp_path, text):
    path = tmp_path / "dfe-returns.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_template_is_a_valid_configuration(tmp_path):
    config = load_config(written(tmp_path, template("831", 'Fernshire "North"')))
    assert (config.authority, config.authority_name) == ("831", "Fernshire 'North'")
    assert config.at(config.sources["main"].folder) == tmp_path / "extract"


def test_without_a_file_there_are_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_config().authority == "999"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("authority = 12", "authority"),
        ("autority = '831'", "autority"),
        ("[ledger]\npassword = 'x'", "password_file"),
        ("[sources.main]\npassword = 'x'", "sources.main.password is a password"),
        ("[ledger]\nurl = 'postgresql+psycopg://returns:hunter2@db/ledger'", "ledger.url holds a password"),
        ("[sources.main]\nurl = 'postgresql://db/hdm?user=r&password=hunter2'", "sources.main.url holds a password"),
        ("[ledger]\nurl = 'ledger'", "ledger.url"),
        ("[switches]\nDoLo = ' '", "switches.DoLo"),
        ("[switches]\nPreProceeding = 'x'", "switches.PreProceeding is no table"),
        ("[cin]\nserial_no = '1'", "cin.serial_no"),
        ("= 3", "cannot be read"),
    ],
)
def test_a_mistake_is_named_by_file_and_setting(tmp_path, text, said):
    with pytest.raises(UsageError) as stopped:
        load_config(written(tmp_path, text))
    assert said in str(stopped.value)
    assert "dfe-returns.toml" in str(stopped.value)
    assert "hunter2" not in str(stopped.value)


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("DFE_RETURNS_LEDGER__URL", "sqlite:///elsewhere.sqlite")
    monkeypatch.setenv("DFE_RETURNS_AUTHORITY", "892")
    config = load_config(written(tmp_path, "authority = '831'"))
    assert (config.authority, config.ledger.url) == ("892", "sqlite:///elsewhere.sqlite")


def test_a_file_in_a_folder_that_is_closed_to_us(monkeypatch):
    def closed(self):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_file", closed)
    with pytest.raises(UsageError, match="ask for access"):
        load_config("closed/dfe-returns.toml")


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(UsageError, match="init"):
        load_config(tmp_path / "none.toml")


def test_a_name_with_quotes_and_strokes_gives_a_file_that_can_be_read(tmp_path):
    (tmp_path / "dfe-returns.toml").write_text(template("301", 'The "Old" \\ New\nCouncil'), encoding="utf-8")
    assert load_config(tmp_path / "dfe-returns.toml").authority_name == "The 'Old' / New Council"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DFE_RETURNS_AUTHORITY", "/srv/returns/831", "DFE_RETURNS_AUTHORITY in the environment: authority"),
        (
            "DFE_RETURNS_REVIEW__SMALL_NUMBER",
            "few",
            "DFE_RETURNS_REVIEW__SMALL_NUMBER in the environment: review.small",
        ),
        ("DFE_RETURNS_SWITCHES", "DoLo", "DFE_RETURNS_SWITCHES in the environment is not understood"),
        ("DFE_RETURNS_LEDGER", "postgresql://db/ledger", "DFE_RETURNS_LEDGER__NAME"),
    ],
)
def test_a_mistake_in_the_environment_is_named_as_such(tmp_path, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as stopped:
        load_config(written(tmp_path, "authority = '831'"))
    assert said in str(stopped.value)
    assert "dfe-returns.toml" not in str(stopped.value)


def test_the_environment_cannot_move_the_folder_that_relative_paths_start_at(tmp_path, monkeypatch):
    monkeypatch.setenv("DFE_RETURNS_FOLDER", "/elsewhere")
    monkeypatch.setenv("DFE_RETURNS_FROM_FILE", "false")
    config = load_config(written(tmp_path, "authority = '831'"))
    assert (config.folder, config.from_file) == (tmp_path, True)


def test_a_password_in_the_environment_is_where_it_may_be(tmp_path, monkeypatch):
    monkeypatch.setenv("DFE_RETURNS_LEDGER__URL", "postgresql+psycopg://returns:random@db/ledger")
    assert load_config(written(tmp_path, "authority = '831'")).ledger.url.endswith("random@db/ledger")


def test_variables_that_set_nothing_are_known(monkeypatch):
    for name in ("DFE_RETURNS_CONFIG", "DFE_RETURNS_RUNS", "DFE_RETURNS_LEDGER__URL", "DFE_RETURNS_LEDGER_URL"):
        monkeypatch.setenv(name, "x")
    sets, nothing = from_environment()
    assert {"DFE_RETURNS_RUNS", "DFE_RETURNS_LEDGER__URL"} <= set(sets)
    assert nothing == ["DFE_RETURNS_LEDGER_URL"]
