"""The disclosure register, and apart from it the one for adoption."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("disclosures", "adoption_disclosures"):
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("child_hash", sa.String(64), nullable=False),
            sa.Column("table_name", sa.String(40), nullable=False),
            sa.Column("row_count", sa.Integer(), nullable=False),
            sa.Column("fields", sa.Text(), nullable=False),
            sa.Column("gateways", sa.Text(), nullable=False),
            sa.Column("tier", sa.String(2), nullable=False),
            sa.Column("file", sa.Text(), nullable=False),
            sa.Column("sha256", sa.String(64), nullable=False),
            sa.Column("run_id", sa.String(80), nullable=False),
            sa.Column("entry", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=f"fk_{name}_run_id_runs"),
            sa.ForeignKeyConstraint(["entry"], ["entries.number"], name=f"fk_{name}_entry_entries"),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_child_hash", name, ["child_hash"])
        op.create_index(f"ix_{name}_run_id", name, ["run_id"])


def downgrade() -> None:
    for name in ("adoption_disclosures", "disclosures"):
        op.drop_table(name)
