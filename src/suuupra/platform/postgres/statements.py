"""The statements of a unit, written once. All rows of one unit travel as one JSON value each way."""

WRITE = """
with published as (
  insert into kernel.outbox (event_id, source, type, key, tenant, payload, trace, at)
  select event_id, source, type, key, tenant, payload, trace, at
  from rows from (jsonb_to_recordset($1::text::jsonb) as (
    event_id uuid, source text, type text, key text, tenant text, payload jsonb, trace text, at timestamptz
  )) with ordinality as e (event_id, source, type, key, tenant, payload, trace, at, place)
  order by place
), enqueued as (
  insert into kernel.job as live (id, service, name, args, queue, priority, fair_key, unique_key, run_at,
    tenant, trace, created_at)
  select id, service, name, args, queue, priority, fair_key, unique_key, run_at, tenant, trace, created_at
  from rows from (jsonb_to_recordset($2::text::jsonb) as (
    id uuid, service text, name text, args jsonb, queue text, priority int, fair_key text, unique_key text,
    run_at timestamptz, tenant text, trace text, created_at timestamptz
  )) with ordinality as j (id, service, name, args, queue, priority, fair_key, unique_key, run_at,
    tenant, trace, created_at, place)
  order by unique_key, place
  on conflict (service, name, unique_key) where unique_key is not null and state in ('ready', 'running')
  do update set again = excluded.args, again_at = excluded.run_at where live.state = 'running'
)
update kernel.idempotency set state = 'done', answer = $6::text::jsonb
where principal = $3 and operation = $4 and key = $5
"""

# A job that was wanted again while it ran is ready once more instead of ended.
ENDED = """
  state = case when again is null then '{state}' else 'ready' end,
  args = coalesce(again, args), run_at = coalesce(again_at, run_at), again = null, again_at = null,
  attempts = case when again is null then attempts else 0 end,
  lease_until = null, worker = null, finished_at = $3
"""

FINISH = """
with ended as (
  update kernel.job as j set $ENDED$
  from unnest($1::uuid[], $2::bigint[]) as mine (id, epoch)
  where j.id = mine.id and j.epoch = mine.epoch and j.state = 'running'
  returning 1
) select count(*) from ended
""".replace("$ENDED$", ENDED.format(state="done"))

ASK = """
insert into kernel.idempotency (principal, operation, key, fingerprint, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning true
"""

KNOWN_ANSWER = """
select fingerprint, answer::text as answer from kernel.idempotency
where principal = $1 and operation = $2 and key = $3 and state = 'done'
"""
