"""The handbook page on profiles holds what it says: valid examples, a whole list of mess, codes that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dfe_returns.sources.profile import load_profile

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "profiles.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_valid_profiles(example, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(example)
    assert load_profile(path).name


def test_the_list_of_mess_is_whole():
    assert re.findall(r"^\| (\d+) \|", PAGE, flags=re.M) == [str(n) for n in range(1, 36)]


def test_every_code_of_the_list_is_one_the_product_writes():
    source = ROOT / "src" / "dfe_returns"
    written = "".join(
        path.read_text() for path in (*source.glob("sources/*.py"), source / "validate" / "ssd_schemas.py")
    )
    for code in sorted(set(re.findall(r"STRUCT-[A-Z-]+", PAGE))):
        assert f'"{code}' in written, code
