"""Lists of codes that several rules share, for the collection year."""

from __future__ import annotations

from dfe_returns.validate.data import ReturnData

TEMPORARY = frozenset({"T0", "T1", "T2", "T3", "T4"})
ADOPTIVE = frozenset({"A3", "A4", "A5", "A6"})
FOSTER = frozenset({"U1", "U2", "U3", "U4", "U5", "U6"})
ELSEWHERE = frozenset({"Z11", "Z12", "Z13", "Z14"})
NEVER_REGISTERED = frozenset({"P1", "P3", "R1", "R2", "R5"})
ADOPTED = frozenset({"E11", "E12"})
GUARDIANSHIP = frozenset({"E45", "E46", "E47", "E48"})
ENDED_FOR_GOOD = frozenset({"E2", "E15"})
UNKNOWN_UPN = frozenset({"UN1", "UN2", "UN3", "UN4", "UN5"})
CARE_LEAVER_ITEMS = ("IN_TOUCH", "ACTIV", "ACCOM")
ADOPTION_ITEMS = ("DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR")
CORE_HEALTH_ITEMS = ("IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE")
OUTCOME_ITEMS = (*CORE_HEALTH_ITEMS, "CONVICTED", "HEALTH_CHECK", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED")


class WorkingLists(ReturnData):
    """Codes whose meaning for the rules changed between years.

    Z1 became Z11 to Z14 in 2025-26; H5 gave way to K3, and sex 1, 2 to M, F, U, in 2024-25.
    """

    temporary, adoptive, foster = TEMPORARY, ADOPTIVE, FOSTER

    @property
    def elsewhere(self) -> frozenset[str]:
        """The "other placement" codes."""
        return ELSEWHERE if self.since("2025-26") else frozenset({"Z1"})

    @property
    def no_provider(self) -> frozenset[str]:
        """Placements without a provider (rules 178, 526)."""
        return TEMPORARY | self.elsewhere

    @property
    def no_provider_213(self) -> frozenset[str]:
        """Placements without a provider (rule 213, which took in other placements in 2025-26 only)."""
        return TEMPORARY | ELSEWHERE if self.since("2025-26") else TEMPORARY

    @property
    def no_urn_needed(self) -> frozenset[str]:
        """Placements that need no URN (rule 218)."""
        withdrawn = frozenset() if self.since("2024-25") else frozenset({"H5", "P2"})
        return NEVER_REGISTERED | withdrawn | TEMPORARY | self.elsewhere

    @property
    def urn_not_allowed(self) -> frozenset[str]:
        """Placements that must not have a URN (rule 222); H5 might have one in 2023-24, its year of change."""
        return self.no_urn_needed - {"H5"} if self.year == "2023-24" else self.no_urn_needed

    @property
    def postcode_must_match(self) -> frozenset[str]:
        """Placements at the registered address of their provider (rule 221)."""
        homes = frozenset({"K1", "K2", "R3", "S1"})
        if self.since("2024-25"):
            return homes | {"K3"}
        return homes | {"H5"} if self.since("2023-24") else homes

    @property
    def male(self) -> frozenset[str]:
        return frozenset({"M"}) if self.since("2024-25") else frozenset({"1"})

    @property
    def female(self) -> frozenset[str]:
        return frozenset({"F"}) if self.since("2024-25") else frozenset({"2"})

    @property
    def unknown_sex(self) -> frozenset[str]:
        return frozenset({"U"}) if self.since("2024-25") else frozenset()
