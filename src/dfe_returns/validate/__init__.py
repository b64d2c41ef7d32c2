"""Validation: the rules of DfE, run over a return."""

from dfe_returns.callable_package import make_callable
from dfe_returns.validate.engine import validate

__all__ = ["validate"]

make_callable(__name__)
