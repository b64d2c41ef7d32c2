"""The handbook in docs/rules is the one that the schemas and examples make."""

import pytest

from dfe_returns.validate.handbook import RETURNS, checkout, page


@pytest.mark.parametrize("return_name", RETURNS)
def test_the_handbook_is_current(return_name: str) -> None:
    written = (checkout() / "docs" / "rules" / f"{return_name}.md").read_text(encoding="utf-8")
    assert written == page(return_name, checkout()), "run: python -m dfe_returns.validate.handbook"
