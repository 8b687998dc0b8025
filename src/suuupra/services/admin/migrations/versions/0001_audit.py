"""The audit log, which only grows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "admin_0001"
down_revision = None
branch_labels = None
depends_on = None

INDEXES = ("actor", "target", "action", "source")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("acting_for", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_entry")),
        schema="admin",
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at", "event_id"], schema="admin")
    for name in INDEXES:
        op.create_index(f"ix_audit_entry_{name}", "audit_entry", [name, "at", "event_id"], schema="admin")
    op.execute(
        """
        create function admin.refuse_change() returns trigger language plpgsql as $$
        begin
          raise exception 'audit entries are only added' using errcode = 'insufficient_privilege';
        end $$
        """
    )
    op.execute(
        "create trigger audit_entry_is_kept before update or delete or truncate on admin.audit_entry "
        "for each statement execute function admin.refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("audit_entry", schema="admin")
    op.execute("drop function admin.refuse_change()")
