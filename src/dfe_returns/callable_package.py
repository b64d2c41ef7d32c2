"""`dr.validate(...)` is a function and `dr.validate.schemas` a module: the package answers to both.

Importing a package puts it into its parent under its own name, in place of the function of that name, so the package
itself has to be callable.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class CallablePackage(ModuleType):
    """A package that, when called, calls the function in it that bears its name."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return vars(self)[self.__name__.rpartition(".")[2]](*arguments, **named)


def make_callable(package: str) -> None:
    """Make an imported package callable; said once, at the end of its ``__init__``."""
    sys.modules[package].__class__ = CallablePackage
