"""Prefect flows over `dfe_returns.pipeline`: thin, typed, and silent about children."""

import os

# Before Prefect is imported: nothing phones home; texts of logs and results stay out of its database and storage.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # its pages ask a statistics service for settings even with analytics off
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LOG_PRINTS": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASKS_DISABLE_CACHING": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
}
for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
