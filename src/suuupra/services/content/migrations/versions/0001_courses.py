"""Courses, revisions, enrolments and progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "content_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_block")),
        schema="content",
    )
    op.create_table(
        "category",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["content.category.slug"], name=op.f("fk_category_parent")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_category")),
        schema="content",
    )
    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("draft_revision_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_revision_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=False),
        sa.Column("admission", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("cover_key", sa.String(), nullable=False),
        sa.Column("cover_motif", sa.String(), nullable=False),
        sa.Column("cover_palette", sa.Integer(), nullable=False),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("enrolled_count", sa.Integer(), nullable=False),
        sa.Column("media_edition", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("slug", name=op.f("uq_course_slug")),
        schema="content",
    )
    op.create_index(
        "ix_course_owner_id_changed_at", "course", ["owner_id", "changed_at"], unique=False, schema="content"
    )
    op.create_index(
        "ix_course_state_category", "course", ["state", "category"], unique=False, schema="content"
    )
    op.create_index(
        "ix_course_state_enrolled_count",
        "course",
        ["state", "enrolled_count", "id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ix_course_state_published_at",
        "course",
        ["state", "published_at", "id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ix_course_state_title", "course", ["state", "title", "id"], unique=False, schema="content"
    )
    op.create_index(
        "ix_course_tags", "course", ["tags"], unique=False, schema="content", postgresql_using="gin"
    )
    op.create_index(
        "ix_course_words", "course", ["words"], unique=False, schema="content", postgresql_using="gin"
    )
    op.create_table(
        "progress_operation",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("device_seq", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("client_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("credited_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "device_id", "device_seq", name=op.f("pk_progress_operation")),
        schema="content",
    )
    op.create_index(
        "ix_progress_operation_enrolment_id",
        "progress_operation",
        ["enrolment_id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ix_progress_operation_received_at",
        "progress_operation",
        ["received_at"],
        unique=False,
        schema="content",
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_revision_id", sa.Uuid(), nullable=True),
        sa.Column("progress_permille", sa.Integer(), nullable=False),
        sa.Column("last_node_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["content.course.id"], name=op.f("fk_enrolment_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("course_id", "learner_id", name=op.f("uq_enrolment_course_id_learner_id")),
        schema="content",
    )
    op.create_index(
        "ix_enrolment_activated_at", "enrolment", ["activated_at"], unique=False, schema="content"
    )
    op.create_index(
        "ix_enrolment_completed_at",
        "enrolment",
        ["completed_at"],
        unique=False,
        schema="content",
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolment_course_id_activated_at",
        "enrolment",
        ["course_id", "activated_at", "id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ix_enrolment_ends_at",
        "enrolment",
        ["ends_at"],
        unique=False,
        schema="content",
        postgresql_where=sa.text("ends_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolment_learner_id_used_at",
        "enrolment",
        ["learner_id", "used_at"],
        unique=False,
        schema="content",
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_key", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["content.course.id"], name=op.f("fk_invitation_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        schema="content",
    )
    op.create_index(
        "ix_invitation_course_id_invited_at",
        "invitation",
        ["course_id", "invited_at", "id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ix_invitation_expires_at",
        "invitation",
        ["expires_at"],
        unique=False,
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ux_invitation_open",
        "invitation",
        ["course_id", "address_key"],
        unique=True,
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "media_link",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("media_revision", sa.Integer(), nullable=False),
        sa.Column("replacing_id", sa.Uuid(), nullable=True),
        sa.Column("replacing_reason", sa.String(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["content.course.id"], name=op.f("fk_media_link_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_media_link")),
        schema="content",
    )
    op.create_index("ix_media_link_course_id", "media_link", ["course_id"], unique=False, schema="content")
    op.create_index("ix_media_link_media_id", "media_link", ["media_id"], unique=False, schema="content")
    op.create_index(
        "ix_media_link_replacing_id",
        "media_link",
        ["replacing_id"],
        unique=False,
        schema="content",
        postgresql_where=sa.text("replacing_id IS NOT NULL"),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["content.course.id"], name=op.f("fk_revision_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["root_hash"], ["content.block.hash"], name=op.f("fk_revision_root_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("course_id", "number", name=op.f("uq_revision_course_id_number")),
        schema="content",
    )
    op.create_table(
        "slug_history",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["content.course.id"], name=op.f("fk_slug_history_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_slug_history")),
        schema="content",
    )
    op.create_table(
        "approval_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("admission", sa.String(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publish_later", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["content.course.id"], name=op.f("fk_approval_case_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["content.revision.id"],
            name=op.f("fk_approval_case_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_case")),
        schema="content",
    )
    op.create_index(
        "ix_approval_case_course_id", "approval_case", ["course_id"], unique=False, schema="content"
    )
    op.create_index(
        "ix_approval_case_state_submitted_at",
        "approval_case",
        ["state", "submitted_at", "id"],
        unique=False,
        schema="content",
    )
    op.create_index(
        "ux_approval_case_open",
        "approval_case",
        ["course_id"],
        unique=True,
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "enrolment_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["content.enrolment.id"],
            name=op.f("fk_enrolment_grant_enrolment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_grant")),
        sa.UniqueConstraint("source", "source_ref", name=op.f("uq_enrolment_grant_source_source_ref")),
        schema="content",
    )
    op.create_index(
        "ix_enrolment_grant_enrolment_id", "enrolment_grant", ["enrolment_id"], unique=False, schema="content"
    )
    op.create_table(
        "node",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Text(collation="C"), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("is_free_preview", sa.Boolean(), nullable=False),
        sa.Column("rule", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["block_hash"], ["content.block.hash"], name=op.f("fk_node_block_hash")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["content.revision.id"], name=op.f("fk_node_revision_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "node_id", name=op.f("pk_node")),
        schema="content",
    )
    op.create_index(
        "ix_node_revision_id_parent_id_position",
        "node",
        ["revision_id", "parent_id", "position"],
        unique=False,
        schema="content",
    )
    op.create_table(
        "progress",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("uncredited", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        sa.Column("position_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position_device", sa.String(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked_device", sa.String(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["content.enrolment.id"],
            name=op.f("fk_progress_enrolment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "node_id", name=op.f("pk_progress")),
        schema="content",
    )


def downgrade() -> None:
    op.drop_table("progress", schema="content")
    op.drop_index("ix_node_revision_id_parent_id_position", table_name="node", schema="content")
    op.drop_table("node", schema="content")
    op.drop_index("ix_enrolment_grant_enrolment_id", table_name="enrolment_grant", schema="content")
    op.drop_table("enrolment_grant", schema="content")
    op.drop_index(
        "ux_approval_case_open",
        table_name="approval_case",
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_approval_case_state_submitted_at", table_name="approval_case", schema="content")
    op.drop_index("ix_approval_case_course_id", table_name="approval_case", schema="content")
    op.drop_table("approval_case", schema="content")
    op.drop_table("slug_history", schema="content")
    op.drop_table("revision", schema="content")
    op.drop_index(
        "ix_media_link_replacing_id",
        table_name="media_link",
        schema="content",
        postgresql_where=sa.text("replacing_id IS NOT NULL"),
    )
    op.drop_index("ix_media_link_media_id", table_name="media_link", schema="content")
    op.drop_index("ix_media_link_course_id", table_name="media_link", schema="content")
    op.drop_table("media_link", schema="content")
    op.drop_index(
        "ux_invitation_open",
        table_name="invitation",
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index(
        "ix_invitation_expires_at",
        table_name="invitation",
        schema="content",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_invitation_course_id_invited_at", table_name="invitation", schema="content")
    op.drop_table("invitation", schema="content")
    op.drop_index("ix_enrolment_learner_id_used_at", table_name="enrolment", schema="content")
    op.drop_index(
        "ix_enrolment_ends_at",
        table_name="enrolment",
        schema="content",
        postgresql_where=sa.text("ends_at IS NOT NULL"),
    )
    op.drop_index("ix_enrolment_course_id_activated_at", table_name="enrolment", schema="content")
    op.drop_index(
        "ix_enrolment_completed_at",
        table_name="enrolment",
        schema="content",
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.drop_index("ix_enrolment_activated_at", table_name="enrolment", schema="content")
    op.drop_table("enrolment", schema="content")
    op.drop_index("ix_progress_operation_received_at", table_name="progress_operation", schema="content")
    op.drop_index("ix_progress_operation_enrolment_id", table_name="progress_operation", schema="content")
    op.drop_table("progress_operation", schema="content")
    op.drop_index("ix_course_words", table_name="course", schema="content", postgresql_using="gin")
    op.drop_index("ix_course_tags", table_name="course", schema="content", postgresql_using="gin")
    op.drop_index("ix_course_state_title", table_name="course", schema="content")
    op.drop_index("ix_course_state_published_at", table_name="course", schema="content")
    op.drop_index("ix_course_state_enrolled_count", table_name="course", schema="content")
    op.drop_index("ix_course_state_category", table_name="course", schema="content")
    op.drop_index("ix_course_owner_id_changed_at", table_name="course", schema="content")
    op.drop_table("course", schema="content")
    op.drop_table("category", schema="content")
    op.drop_table("block", schema="content")
