"""The tables of notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notifications_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name=op.f("pk_contact")),
        schema="notifications",
    )
    op.create_table(
        "feed_head",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name=op.f("pk_feed_head")),
        schema="notifications",
    )
    op.create_table(
        "feed_item",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collapse_key", sa.String(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("recipient_id", "seq", name=op.f("pk_feed_item")),
        schema="notifications",
    )
    op.create_index(
        "ix_feed_item_collapse",
        "feed_item",
        ["recipient_id", "collapse_key"],
        unique=False,
        schema="notifications",
    )
    op.create_table(
        "template_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_version")),
        sa.UniqueConstraint("key", "locale", "number", name=op.f("uq_template_version_key_locale_number")),
        schema="notifications",
    )
    op.create_index(
        "uq_template_version_live",
        "template_version",
        ["key", "locale"],
        unique=True,
        schema="notifications",
        postgresql_where="is_live",
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["notifications.contact.recipient_id"],
            name=op.f("fk_address_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint(
            "recipient_id", "channel", "key", name=op.f("uq_address_recipient_id_channel_key")
        ),
        schema="notifications",
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("template_version_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_version_id"],
            ["notifications.template_version.id"],
            name=op.f("fk_message_template_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("asked_by", "dedup_key", name=op.f("uq_message_asked_by_dedup_key")),
        schema="notifications",
    )
    op.create_index(
        "ix_message_recipient_id", "message", ["recipient_id"], unique=False, schema="notifications"
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["notifications.message.id"],
            name=op.f("fk_delivery_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "message_id", "channel", "address_key", name=op.f("uq_delivery_message_id_channel_address_key")
        ),
        schema="notifications",
    )
    op.create_table(
        "delivery_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["notifications.delivery.id"],
            name=op.f("fk_delivery_event_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
        schema="notifications",
    )
    op.create_index(
        "ix_delivery_event_delivery_id",
        "delivery_event",
        ["delivery_id"],
        unique=False,
        schema="notifications",
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_event_delivery_id", table_name="delivery_event", schema="notifications")
    op.drop_table("delivery_event", schema="notifications")
    op.drop_table("delivery", schema="notifications")
    op.drop_index("ix_message_recipient_id", table_name="message", schema="notifications")
    op.drop_table("message", schema="notifications")
    op.drop_table("address", schema="notifications")
    op.drop_index(
        "uq_template_version_live",
        table_name="template_version",
        schema="notifications",
        postgresql_where="is_live",
    )
    op.drop_table("template_version", schema="notifications")
    op.drop_index("ix_feed_item_collapse", table_name="feed_item", schema="notifications")
    op.drop_table("feed_item", schema="notifications")
    op.drop_table("feed_head", schema="notifications")
    op.drop_table("contact", schema="notifications")
