"""Search over cases and certificates; what a whole practice is asked by; a record of deletions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_search_entry_kind_ref")),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("happened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
    )
    # Both texts held what the search looks at now; SQLite drops a column in place.
    op.execute("ALTER TABLE site DROP COLUMN searchable")
    op.execute('ALTER TABLE "case" DROP COLUMN searchable')
    op.add_column("certificate", sa.Column("usages", sa.JSON(), nullable=True))
    op.execute("ALTER TABLE certificate ADD COLUMN is_ca BOOLEAN NOT NULL DEFAULT 0")
    op.add_column("certificate", sa.Column("key_id", sa.String(), nullable=True))
    op.add_column("certificate", sa.Column("issuer_key_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_certificate_issuer"), "certificate", ["issuer"])
    op.create_index(op.f("ix_certificate_subject"), "certificate", ["subject"])
    from certdoctor.store import search

    for statement in search.FULL_TEXT:
        op.execute(statement)
