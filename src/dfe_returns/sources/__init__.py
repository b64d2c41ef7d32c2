"""Sources: from an extract (a folder of files, a database) to tables of the Standard Safeguarding Dataset."""

from dfe_returns.sources.load import Loaded, load
from dfe_returns.sources.profile import Profile, load_profile, shipped_profiles
from dfe_returns.sources.report import ConformReport

__all__ = ["ConformReport", "Loaded", "Profile", "load", "load_profile", "shipped_profiles"]
