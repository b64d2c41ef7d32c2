"""Tables of the ledger. Times are UTC text, because what is hashed must read back exactly as written."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dfe_returns.ledger.base import Base


class Setting(Base):
    """What the ledger knows of itself: the check of its key and the seal on the end of its chain."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Run(Base):
    """One execution for one authority and collection. Never changed once written: its state is in the entries."""

    __tablename__ = "runs"
    run_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    collection: Mapped[str] = mapped_column(String(20))
    year: Mapped[str] = mapped_column(String(7))
    authority: Mapped[str] = mapped_column(String(10))
    as_at: Mapped[str] = mapped_column(String(10))
    dry_run: Mapped[bool] = mapped_column(Boolean)
    made_at: Mapped[str] = mapped_column(String(32))
    folder: Mapped[str] = mapped_column(Text)
    prepared_by: Mapped[str] = mapped_column(String(200))
    inputs_hash: Mapped[str] = mapped_column(String(64))
    counts: Mapped[str] = mapped_column(Text)
    versions: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_runs_return", "collection", "year", "authority"),)


class RunFile(Base):
    """A file that a run read or made, with its SHA-256: role input, draft, submission or manifest."""

    __tablename__ = "run_files"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(Integer)


class Finding(Base):
    """An issue of a run by its content, so that the next run can tell new from still open."""

    __tablename__ = "findings"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(5))
    child_hash: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))


class Answer(Base):
    """What a team said about an issue: a note, a promise to fix it, or a query accepted until a day."""

    __tablename__ = "answers"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    collection: Mapped[str] = mapped_column(String(20))
    authority: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(20))
    child_hash: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64), index=True)
    value_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(200))
    answered_on: Mapped[str] = mapped_column(String(10))
    expires_on: Mapped[str] = mapped_column(String(10))
    entry: Mapped[int] = mapped_column(ForeignKey("entries.number"), index=True)


class Entry(Base):
    """One link of the chain. ``hash`` is keyed and covers everything else in the row and the hash before it."""

    __tablename__ = "entries"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))
    run_id: Mapped[str] = mapped_column(String(80), index=True)
    body: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
