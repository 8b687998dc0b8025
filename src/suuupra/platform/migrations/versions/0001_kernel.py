"""The kernel's tables: outbox and log, inbox, jobs, leases, idempotency, figures."""

from alembic import op

revision = "kernel_0001"
down_revision = None

OUTBOX = """
create table kernel.outbox (
  id bigint generated always as identity (cache 1) primary key,
  event_id uuid not null, source text not null, type text not null, key text not null, tenant text not null,
  payload jsonb not null, trace text not null default '', at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
"""
EVENT = """
create table kernel.event (
  position bigint not null,
  event_id uuid not null, source text not null, type text not null, key text not null, tenant text not null,
  payload jsonb not null, trace text not null, at timestamptz not null,
  moved_at timestamptz not null default now()
) partition by range (moved_at)
"""
ENVELOPE = """
create function kernel.envelope(e kernel.event) returns jsonb language sql stable as $$
  select jsonb_build_object('position', e.position, 'event_id', e.event_id, 'type', e.type, 'key', e.key,
    'payload', e.payload::text, 'trace', e.trace)
$$
"""
LOG_HEAD = """
create table kernel.log_head (
  only_row boolean primary key default true check (only_row),
  position bigint not null default 0,
  epoch bigint not null default 0,
  high bigint not null default 0,
  gaps bigint[] not null default '{}',
  new_from bigint not null default 0
)
"""
SUBSCRIPTION = """
create table kernel.subscription (
  name text primary key, lanes int not null, state text not null default 'running'
)
"""
LANE = """
create table kernel.lane (
  subscription text not null references kernel.subscription on delete cascade, lane int not null,
  position bigint not null, epoch bigint not null default 0,
  holder text not null default '', until timestamptz not null default '-infinity',
  primary key (subscription, lane)
) with (fillfactor = 70)
"""
INBOX = """
create table kernel.inbox (
  event_id uuid not null, handler text not null, key text not null, position bigint not null,
  state text not null check (state in ('done', 'failed', 'waiting', 'parked', 'skipped')),
  attempts int not null default 0, next_at timestamptz, last_error text not null default '',
  envelope jsonb, trace text not null default '', at timestamptz not null default now(),
  primary key (event_id, handler)
)
"""
JOB = """
create table kernel.job (
  id uuid primary key, service text not null, name text not null, args jsonb not null,
  queue text not null, priority int not null default 0, fair_key text, unique_key text,
  run_at timestamptz not null,
  state text not null default 'ready' check (state in ('ready', 'running', 'done', 'dead', 'cancelled')),
  attempts int not null default 0, lease_until timestamptz, worker text, epoch bigint not null default 0,
  progress jsonb, last_error text not null default '', is_cancel_asked boolean not null default false,
  again jsonb, again_at timestamptz,
  tenant text not null, trace text not null default '', created_at timestamptz not null,
  finished_at timestamptz
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)
"""
IDEMPOTENCY = """
create table kernel.idempotency (
  principal text not null, operation text not null, key text not null, fingerprint bytea not null,
  state text not null default 'running' check (state in ('running', 'done')), answer jsonb,
  created_at timestamptz not null, expires_at timestamptz not null,
  primary key (principal, operation, key)
)
"""
INSTANCE = """
create table kernel.instance (
  slot text not null, service text not null, address text not null, version text not null,
  zone text not null default '', weight int not null default 1, state text not null default 'ready',
  started_at timestamptz not null default now(), seen_at timestamptz not null default now(),
  primary key (slot, service)
)
"""
METRIC_MINUTE = """
create table kernel.metric_minute (
  minute timestamptz not null, slot text not null, name text not null, labels text not null,
  count bigint not null, total_s double precision not null, buckets bigint[] not null,
  primary key (minute, slot, name, labels)
)
"""
ERROR_GROUP = """
create table kernel.error_group (
  service text not null, fingerprint text not null, title text not null, count bigint not null,
  first_at timestamptz not null, last_at timestamptz not null, sample text not null, release text not null,
  primary key (service, fingerprint)
)
"""
STATEMENTS = (
    OUTBOX,
    EVENT,
    "create index ix_event_position on kernel.event (position)",
    "create table kernel.event_default partition of kernel.event default",
    ENVELOPE,
    LOG_HEAD,
    "insert into kernel.log_head default values",
    SUBSCRIPTION,
    LANE,
    INBOX,
    """
    create index ix_inbox_troubled on kernel.inbox (handler, key, position)
    where state in ('failed', 'waiting', 'parked')
    """,
    JOB,
    """
    create index ix_job_ready on kernel.job (queue, priority, run_at)
    where state = 'ready' and fair_key is null
    """,
    """
    create index ix_job_fair on kernel.job (queue, fair_key, priority, run_at)
    where state = 'ready' and fair_key is not null
    """,
    "create index ix_job_running on kernel.job (lease_until) where state = 'running'",
    "create index ix_job_ended on kernel.job (service, state, id) where state in ('dead', 'cancelled')",
    """
    create unique index uq_job_live on kernel.job (service, name, unique_key)
    where unique_key is not null and state in ('ready', 'running')
    """,
    """
    create table kernel.fair_turn (queue text, fair_key text, served_at timestamptz not null,
    primary key (queue, fair_key))
    """,
    "create table kernel.schedule_slot (schedule text, due_at timestamptz, primary key (schedule, due_at))",
    IDEMPOTENCY,
    "create index ix_idempotency_expires_at on kernel.idempotency (expires_at)",
    """
    create table kernel.lease (name text primary key, holder text not null, epoch bigint not null,
    until timestamptz not null)
    """,
    INSTANCE,
    METRIC_MINUTE,
    ERROR_GROUP,
    "create index ix_error_group_last_at on kernel.error_group (last_at)",
    "create table kernel.release (version text primary key, migrated_at timestamptz not null default now())",
    "alter table kernel.inbox enable row level security",
    "alter table kernel.job enable row level security",
    "alter table kernel.idempotency enable row level security",
    """
    create policy own_rows on kernel.inbox
    using (current_user::text = 'suuupra_' || split_part(handler, '.', 1))
    """,
    "create policy own_rows on kernel.job using (current_user::text = 'suuupra_' || service)",
    """
    create policy own_rows on kernel.idempotency
    using (current_user::text = 'suuupra_' || split_part(operation, '.', 1))
    """,
)
TABLES = (
    "release error_group metric_minute instance lease idempotency schedule_slot fair_turn job inbox lane "
    "subscription log_head event outbox"
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function kernel.envelope")
    for table in TABLES.split():
        op.execute(f"drop table kernel.{table}")
