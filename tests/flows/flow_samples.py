"""What the tests of flows share: the configuration of a small authority, and where the checkout is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
TOML = """
authority = "{number}"
authority_name = "{name}"
[sources.main]
folder = "extract"
[cin]
specification = "Census specification 2025 to 2026, version 1.0"
[ssda903]
specification = "Return specification 2025 to 2026, version 1.0"
[policy]
reference = "APD-1"
owner = "Head of information governance"
review_date = 2099-03-31
"""
