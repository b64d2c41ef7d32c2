"""Wording in which a SystemC-flavoured extract stores what the returns want as codes."""

from __future__ import annotations

REFERRAL_SOURCE = {
    "1A": "1A - Individual: family member, relative or carer",
    "1B": "1B - Individual: acquaintance",
    "1C": "1C - Individual: the child",
    "1D": "1D - Individual: other",
    "2A": "2A - Schools",
    "2B": "2B - Education services",
    "3A": "3A - GP",
    "3B": "3B - Health visitor",
    "3C": "3C - School nurse",
    "3D": "3D - Other primary health services",
    "3E": "3E - Accident and emergency",
    "3F": "3F - Other health",
    "4": "4 - Housing",
    "5A": "5A - Social care, for example adult social care",
    "5B": "5B - Other internal service",
    "5C": "5C - External, from another authority",
    "5D": "5D - Early help",
    "6": "6 - Police",
    "7": "7 - Other legal agency",
    "8": "8 - Other, including voluntary organisations",
    "9": "9 - Anonymous",
    "10": "10 - Unknown",
}
# the case system keeps the row number of its lookup list beside the description
REFERRAL_SOURCE_NUMBER = {code: str(4701 + position) for position, code in enumerate(REFERRAL_SOURCE)}

CATEGORY_OF_ABUSE = {
    "NEG": "Neglect",
    "PHY": "Physical abuse",
    "SAB": "Sexual abuse",
    "EMO": "Emotional abuse",
    "MUL": "Multiple or not recommended",
}
