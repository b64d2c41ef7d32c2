"""Validation: the rules of DfE, run over a return."""

from dfe_returns.validate.engine import validate

__all__ = ["validate"]
