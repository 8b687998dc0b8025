"""Uploads, assets and their revisions, playback."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "vod_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        schema="vod",
    )
    op.create_index("ix_asset_owner_id_id", "asset", ["owner_id", "id"], unique=False, schema="vod")
    op.create_index("ix_asset_state", "asset", ["state"], unique=False, schema="vod")
    op.create_table(
        "playback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("context_ref", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("right_source", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("height_max", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playback")),
        schema="vod",
    )
    op.create_index("ix_playback_opened_at", "playback", ["opened_at"], unique=False, schema="vod")
    op.create_index(
        "ix_playback_revoked_at",
        "playback",
        ["revoked_at"],
        unique=False,
        schema="vod",
        postgresql_where="revoked_at is not null",
    )
    op.create_index(
        "ix_playback_subject_id_asset_id", "playback", ["subject_id", "asset_id"], unique=False, schema="vod"
    )
    op.create_table(
        "resume_point",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "asset_id", name=op.f("pk_resume_point")),
        schema="vod",
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("head_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reserved_bytes", sa.BigInteger(), nullable=False),
        sa.Column("scan_state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        schema="vod",
    )
    op.create_index("ix_upload_asset_id", "upload", ["asset_id"], unique=False, schema="vod")
    op.create_index("ix_upload_created_at", "upload", ["created_at"], unique=False, schema="vod")
    op.create_index("ix_upload_owner_id_state", "upload", ["owner_id", "state"], unique=False, schema="vod")
    op.create_index(
        "ix_upload_state_expires_at", "upload", ["state", "expires_at"], unique=False, schema="vod"
    )
    op.create_table(
        "rendition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("codec_name", sa.String(), nullable=False),
        sa.Column("cap_kbps", sa.Integer(), nullable=False),
        sa.Column("rung", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sizes", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("init_sha256", sa.String(), nullable=False),
        sa.Column("average_kbps", sa.Integer(), nullable=False),
        sa.Column("peak_kbps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["vod.asset.id"], name=op.f("fk_rendition_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint(
            "asset_id",
            "revision",
            "codec_name",
            "height",
            "variant",
            name=op.f("uq_rendition_asset_id_revision_codec_name_height_variant"),
        ),
        schema="vod",
    )
    op.create_index(
        "ix_rendition_asset_id_revision", "rendition", ["asset_id", "revision"], unique=False, schema="vod"
    )
    op.create_table(
        "revision",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.Column("source_sha256", sa.String(), nullable=False),
        sa.Column("scan_state", sa.String(), nullable=False),
        sa.Column("probe", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ladder", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("index_key", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("has_audio", sa.Boolean(), nullable=False),
        sa.Column("has_poster", sa.Boolean(), nullable=False),
        sa.Column("has_mp4", sa.Boolean(), nullable=False),
        sa.Column("reserved_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("playable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["vod.asset.id"], name=op.f("fk_revision_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", "number", name=op.f("pk_revision")),
        schema="vod",
    )
    op.create_index("ix_revision_state", "revision", ["state"], unique=False, schema="vod")
    op.create_table(
        "step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("frames_done", sa.BigInteger(), nullable=False),
        sa.Column("frames_total", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["vod.asset.id"], name=op.f("fk_step_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint(
            "asset_id", "revision", "name", "chunk", name=op.f("uq_step_asset_id_revision_name_chunk")
        ),
        schema="vod",
    )
    op.create_index("ix_step_state", "step", ["state"], unique=False, schema="vod")
    op.create_table(
        "track",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("sizes", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["vod.asset.id"], name=op.f("fk_track_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
        sa.UniqueConstraint(
            "asset_id",
            "revision",
            "kind",
            "language",
            "label",
            name=op.f("uq_track_asset_id_revision_kind_language_label"),
        ),
        schema="vod",
    )
    op.create_table(
        "watched",
        sa.Column("playback_id", sa.Uuid(), nullable=False),
        sa.Column("intervals", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("credited_ms", sa.BigInteger(), nullable=False),
        sa.Column("earned_ms", sa.BigInteger(), nullable=False),
        sa.Column("stalls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["playback_id"], ["vod.playback.id"], name=op.f("fk_watched_playback_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("playback_id", name=op.f("pk_watched")),
        schema="vod",
    )


def downgrade() -> None:
    op.drop_table("watched", schema="vod")
    op.drop_table("track", schema="vod")
    op.drop_index("ix_step_state", table_name="step", schema="vod")
    op.drop_table("step", schema="vod")
    op.drop_index("ix_revision_state", table_name="revision", schema="vod")
    op.drop_table("revision", schema="vod")
    op.drop_index("ix_rendition_asset_id_revision", table_name="rendition", schema="vod")
    op.drop_table("rendition", schema="vod")
    op.drop_index("ix_upload_state_expires_at", table_name="upload", schema="vod")
    op.drop_index("ix_upload_owner_id_state", table_name="upload", schema="vod")
    op.drop_index("ix_upload_created_at", table_name="upload", schema="vod")
    op.drop_index("ix_upload_asset_id", table_name="upload", schema="vod")
    op.drop_table("upload", schema="vod")
    op.drop_table("resume_point", schema="vod")
    op.drop_index("ix_playback_subject_id_asset_id", table_name="playback", schema="vod")
    op.drop_index(
        "ix_playback_revoked_at",
        table_name="playback",
        schema="vod",
        postgresql_where="revoked_at is not null",
    )
    op.drop_index("ix_playback_opened_at", table_name="playback", schema="vod")
    op.drop_table("playback", schema="vod")
    op.drop_index("ix_asset_state", table_name="asset", schema="vod")
    op.drop_index("ix_asset_owner_id_id", table_name="asset", schema="vod")
    op.drop_table("asset", schema="vod")
