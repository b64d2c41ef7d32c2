"""Prefect flows over `dfe_returns.pipeline`: thin, typed, and silent about children."""

import os

# Before Prefect is imported: nothing phones home, and the text of logs stays out of its database.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
