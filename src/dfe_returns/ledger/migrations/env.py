"""Alembic's way into the ledger: migrations run on the connection that the ledger hands over."""

from alembic import context

import dfe_returns.ledger.models
import dfe_returns.ledger.models_rights  # noqa: F401  (both register their tables)
from dfe_returns.ledger.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
