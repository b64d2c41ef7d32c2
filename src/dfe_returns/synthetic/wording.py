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

START_REASON = {
    "S": "S - Started to be looked after",
    "L": "L - Change of legal status only",
    "P": "P - Change of placement and carer only",
    "T": "T - Change of placement, same carer",
    "B": "B - Change of legal status, placement and carer on the same day",
    "U": "U - Change of legal status and placement on the same day, same carer",
}
# beyond the code the wording differs from site to site
END_REASON = {
    "X1": "X1 - Episode ends and another starts on the same day",
    "E11": "E11 - Adopted: application unopposed",
    "E12": "E12 - Adopted: consent dispensed with by the court",
    "E2": "E2 - Died",
    "E3": "E3 - Care taken over by another local authority in the UK",
    "E4A": "E4A - Returned home as part of the care plan",
    "E4B": "E4B - Returned home, not part of the current care plan",
    "E13": "E13 - Left to live with parent, relative or other person without parental responsibility",
    "E41": "E41 - Residence order or child arrangements order",
    "E45": "E45 - Special guardianship order to former foster carer who is a relative or friend",
    "E46": "E46 - Special guardianship order to former foster carer, not a relative or friend",
    "E47": "E47 - Special guardianship order to another relative or friend",
    "E48": "E48 - Special guardianship order to another carer",
    "E5": "E5 - Moved into independent living with formal support",
    "E6": "E6 - Moved into independent living without formal support",
    "E7": "E7 - Moved to residential care of adult social care",
    "E8": "E8 - Ceased for any other reason",
    "E9": "E9 - Sentenced to custody",
    "E14": "E14 - Accommodation on remand ended",
    "E15": "E15 - Age assessment found the person to be 18 or over",
    "E16": "E16 - Moved abroad",
    "E17": "E17 - Aged 18 or over and stayed with current carers",
}
# statuses without wording of their own are stored as the national code
LEGAL_STATUS = {
    "C1": "Interim care order",
    "C2": "Full care order",
    "E1": "Placement order granted",
    "V2": "Single period of accommodation under section 20",
    "V3": "Accommodated in an agreed series of short-term breaks, each break recorded",
    "V4": "Accommodated in an agreed series of short-term breaks, the agreement recorded",
    "L2": "Emergency protection order",
}
PARTICIPATION = {
    "PN0": "Under 4 at the time of the review",
    "PN1": "Attends and speaks for himself or herself",
    "PN2": "Attends, views put by an advocate or reviewing officer",
    "PN3": "Attends and conveys views by symbols (non-verbal)",
    "PN4": "Attends without contributing",
    "PN5": "Does not attend, briefs an advocate",
    "PN6": "Does not attend, conveys views by another medium",
    "PN7": "Does not attend and no views conveyed",
}
EARLIER_ORDER = {
    "P1": "Adoption",
    "P2": "Special guardianship order",
    "P3": "Residence order or child arrangements order",
    "Z1": "None before",
}
AUTHORITY = {"Derby": "831", "Nottingham": "892", "Sheffield": "373", "Wales": "WAL", "Scotland": "SCO"}
ABSENCE = {"M": "Missing", "A": "Away from placement without authorisation"}
ACTIVITY = {
    "F1": "Full time in higher education",
    "F2": "Full time in other education",
    "P2": "Part time in other education",
    "F4": "Full time in an apprenticeship",
    "F5": "Full time in training or employment other than an apprenticeship",
    "P5": "Part time in training or employment other than an apprenticeship",
    "G4": "Not in education, employment or training: illness or disability",
    "G5": "Not in education, employment or training: other",
    "G6": "Not in education, employment or training: pregnancy or parenting",
}
ACCOMMODATION = {
    "B": "With parent(s) or relative(s)",
    "C": "Community home or other residential care",
    "D": "Semi-independent, transitional accommodation",
    "E": "Supported lodgings",
    "K": "Ordinary lodgings",
    "U": "Independent living",
    "V": "Emergency accommodation",
    "Y": "Other accommodation",
    "Z": "With former foster carer(s)",
}
SUITABLE = {"1": "Suitable", "2": "Unsuitable"}
IMMIGRATION = {"UASC": "Unaccompanied Asylum Seeking Child", "Refugee": "Refugee"}
