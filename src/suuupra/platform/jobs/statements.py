"""The statements of the worker. `now` is a parameter: the kernel's clock decides what is due."""

from suuupra.platform.postgres.statements import ENDED

DONE_OR_CANCELLED = "(case when is_cancel_asked then 'cancelled' else 'done' end)"
MARKED = ENDED.replace("'{state}'", DONE_OR_CANCELLED)
MARK = """
update kernel.job as j set $ENDED$
from unnest($1::uuid[], $2::bigint[]) as mine (id, epoch)
where j.id = mine.id and j.epoch = mine.epoch and j.state = 'running'
""".replace("$ENDED$", MARKED)
# Which classes have something to do, and whether any of it has a fair key: one look where nothing is.
READY = """
select queue, is_fair from unnest($1::text[]) as q (queue) cross join lateral (
  select exists (select from kernel.job j where j.queue = q.queue and j.state = 'ready'
      and j.fair_key is null and j.run_at <= $3 and j.service = any($2::text[])) as is_plain,
    exists (select from kernel.job j where j.queue = q.queue and j.state = 'ready'
      and j.fair_key is not null and j.run_at <= $3 and j.service = any($2::text[])) as is_fair
) found where is_plain or is_fair
"""
# `$PLACES$` becomes a number, so that plans made once expect no more rows than there are places.
TAKEN = """state = 'running', worker = $4, epoch = epoch + 1, attempts = attempts + 1,
    lease_until = now() + interval '60 seconds', is_cancel_asked = false"""
ROW = """j.id, j.service, j.name, j.args::text as args, j.attempts, j.epoch, j.tenant, j.trace, j.fair_key,
    j.run_at, j.priority"""
# The marks of jobs that ended travel with the next claim: one commit for both.
CLAIM_PLAIN = (
    """
with marked as (
  update kernel.job as j set $ENDED$
  from unnest($5::uuid[], $6::bigint[]) as mine (id, epoch)
  where j.id = mine.id and j.epoch = mine.epoch and j.state = 'running'
), next as materialized (
  select id from kernel.job
  where queue = $1 and state = 'ready' and fair_key is null and service = any($2::text[]) and run_at <= $3
  order by priority, run_at limit $PLACES$ for update skip locked
)
update kernel.job j set $TAKEN$ from next where j.id = next.id returning $ROW$
""".replace("$ENDED$", MARKED)
    .replace("$TAKEN$", TAKEN)
    .replace("$ROW$", ROW)
)
# Candidates are the first plain jobs and, for each fair key, its first one, whose turn is as old as the
# key's last service. Keys are found by a loose index scan.
CLAIM_FAIR = """
with recursive keys as (
  (select fair_key from kernel.job where queue = $1 and state = 'ready' and fair_key is not null
    and service = any($2::text[]) order by fair_key limit 1)
  union all
  select (select j.fair_key from kernel.job j where j.queue = $1 and j.state = 'ready'
    and j.fair_key > keys.fair_key and j.service = any($2::text[]) order by j.fair_key limit 1)
  from keys where keys.fair_key is not null
), heads as (
  select h.id, h.priority, greatest(h.run_at, t.served_at) as turn
  from keys cross join lateral (
    select id, priority, run_at from kernel.job
    where queue = $1 and state = 'ready' and fair_key = keys.fair_key and service = any($2::text[])
      and run_at <= $3
    order by priority, run_at limit 1
  ) h left join kernel.fair_turn t on t.queue = $1 and t.fair_key = keys.fair_key
), plain as (
  select id, priority, run_at as turn from kernel.job
  where queue = $1 and state = 'ready' and fair_key is null and service = any($2::text[]) and run_at <= $3
  order by priority, run_at limit $PLACES$ for update skip locked
), chosen as (
  select id from (select * from heads union all select * from plain) both_kinds
  order by priority, turn, id limit $PLACES$
), locked as (
  select id from kernel.job where id in (select id from chosen) and state = 'ready' for update skip locked
), claimed as (
  update kernel.job j set $TAKEN$
  from locked where j.id = locked.id
  returning $ROW$
), turned as (
  insert into kernel.fair_turn (queue, fair_key, served_at)
  select distinct $1, fair_key, $3::timestamptz from claimed where fair_key is not null
  on conflict (queue, fair_key) do update set served_at = excluded.served_at
)
select * from claimed
""".replace("$TAKEN$", TAKEN).replace("$ROW$", ROW)
GIVE_UP = """
update kernel.job as j set last_error = $4, $ENDED$
from unnest($1::uuid[], $2::bigint[]) as mine (id, epoch)
where j.id = mine.id and j.epoch = mine.epoch and j.state = 'running'
""".replace("$ENDED$", ENDED.format(state="dead"))
AGAIN = """
update kernel.job set state = 'ready', run_at = $3, last_error = $4, lease_until = null, worker = null,
  attempts = attempts - $5
where id = $1 and epoch = $2 and state = 'running'
"""
# Leases that ran out and, at the start of a slot's process ($3), whatever its dead predecessor held.
REAP = """
update kernel.job set state = 'ready', lease_until = null, worker = null,
  last_error = 'the worker was gone before the job ended'
where state = 'running' and service = any($2::text[])
  and (($3 and worker = $1) or lease_until < now())
returning id
"""
RENEW = """
with mine as (
  select j.id, j.epoch from kernel.job j
  join unnest($1::uuid[], $2::bigint[]) as held (id, epoch) on j.id = held.id and j.epoch = held.epoch
  where j.state = 'running' for update of j skip locked
), renewed as (
  update kernel.job j set lease_until = now() + interval '60 seconds' from mine where j.id = mine.id
)
select held.id from unnest($1::uuid[], $2::bigint[]) as held (id, epoch)
join kernel.job j on j.id = held.id where j.epoch <> held.epoch or j.state <> 'running'
"""
PROGRESS = """
update kernel.job set progress = $3::text::jsonb
where id = $1 and epoch = $2 and state = 'running' returning true
"""
IS_CANCEL_ASKED = "select is_cancel_asked from kernel.job where id = $1 and epoch = $2 and state = 'running'"
PAGE_BUCKETS = """
select buckets from kernel.metric_minute
where name = $1 and minute >= date_trunc('minute', now()) - interval '1 minute'
"""
