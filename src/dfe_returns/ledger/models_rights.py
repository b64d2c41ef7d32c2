"""Tables of the disclosure register: what was sent about whom, by keyed hash. Everything else of the register is
in the entries.

Adoption rows stand in a table of their own, under a hash that nothing joins to the other (Adoption Agencies
Regulations 2005 regulation 42; no link across an adoption).
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dfe_returns.ledger.base import Base


class _Sent:
    """Columns that both registers have: one row per run, child and table."""

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    child_hash: Mapped[str] = mapped_column(String(64), index=True)
    table_name: Mapped[str] = mapped_column(String(40))
    row_count: Mapped[int] = mapped_column(Integer)
    fields: Mapped[str] = mapped_column(Text)
    gateways: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(String(2))
    file: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class Disclosure(_Sent, Base):
    """What one signed run says of one child in one table."""

    __tablename__ = "disclosures"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"), index=True)
    entry: Mapped[int] = mapped_column(ForeignKey("entries.number"))


class AdoptionDisclosure(_Sent, Base):
    """The same for rows about an adoption, under a reference of their own."""

    __tablename__ = "adoption_disclosures"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"), index=True)
    entry: Mapped[int] = mapped_column(ForeignKey("entries.number"))
