"""The tables of a service that exists only in tests."""

from alembic import op

revision = "sample_0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "create table sample.effect (place bigint generated always as identity primary key,"
        " n int not null, key text not null default '', at timestamptz not null default clock_timestamp())"
    )
    op.execute("create table sample.counter (name text primary key, value int not null)")


def downgrade() -> None:
    op.execute("drop table sample.effect")
    op.execute("drop table sample.counter")
