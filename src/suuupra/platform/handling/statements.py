"""The statements of the inbox. Each begins at its fence: without the lane's epoch no row changes."""

TRIES_MAX = 12

READ = """
select position, event_id, type, key, payload::text as payload, trace from kernel.event
where position > $1 order by position limit $2
"""
READ_BASE = READ.replace("where", "where position <= $3 and split_part(type, '.v', 1) = $4 and")

ARRIVE = """
with fence as (
  update kernel.lane set position = greatest(position, $4), until = now() + interval '15 seconds'
  where subscription = $1 and lane = $2 and epoch = $3 returning 1
), arrived as (
  select * from unnest($5::uuid[], $6::text[], $7::bigint[], $8::text[], $9::text[])
    as a (event_id, key, position, trace, reason)
), blocked as (
  select distinct key from kernel.inbox
  where handler = $1 and state in ('failed', 'waiting', 'parked') and key = any($6::text[]) and $10
), sorted as (
  select a.*, case when a.reason <> '' then 'skipped' when b.key is not null then 'waiting' else 'done' end
    as state
  from arrived a left join blocked b using (key) cross join fence
), written as (
  insert into kernel.inbox (event_id, handler, key, position, state, attempts, last_error, trace, envelope)
  select event_id, $1, key, position, state, (state = 'done')::int, reason, trace, case when state <> 'done'
    then (select kernel.envelope(e) from kernel.event e where e.position = sorted.position) end
  from sorted
  on conflict (event_id, handler) do nothing
  returning event_id, state
)
select (select count(*) from fence) as held, array_agg(event_id) filter (where state = 'done') as fresh
from written
"""
FAIL = """
with fence as (
  update kernel.lane set position = greatest(position, $4), until = now() + interval '15 seconds'
  where subscription = $1 and lane = $2 and epoch = $3 returning 1
)
insert into kernel.inbox as i (event_id, handler, key, position, state, attempts, next_at, last_error, trace,
  envelope)
select e.event_id, $1, e.key, e.position, 'failed', 1, $5, $6, e.trace, kernel.envelope(e)
from kernel.event e cross join fence where e.position = $4
on conflict (event_id, handler) do update set attempts = i.attempts + 1, next_at = excluded.next_at,
  last_error = excluded.last_error, state = case when i.attempts + 1 >= $7 then 'parked' else 'failed' end
returning i.state, i.attempts
"""
# The earliest troubled event of each key; where order does not matter, each failed one.
TROUBLED = """
select * from (
  select distinct on (handler, key) event_id, handler, key, position, state, attempts, next_at, envelope::text
  from kernel.inbox
  where state in ('failed', 'waiting', 'parked') and handler = any($1::text[])
  order by handler, key, position
) heads where state = 'waiting' or (state = 'failed' and next_at <= $3)
union all (
  select event_id, handler, key, position, state, attempts, next_at, envelope::text from kernel.inbox
  where state = 'failed' and handler = any($2::text[]) and next_at <= $3 order by next_at limit 200
)
"""
FOLLOWER = """
select event_id, handler, key, position, state, attempts, next_at, envelope::text from kernel.inbox
where handler = $1 and key = $2 and state in ('failed', 'waiting', 'parked') order by position limit 1
"""
RETRY = """
with fence as (
  update kernel.lane set until = now() + interval '15 seconds'
  where subscription = $1 and lane = $2 and epoch = $3 returning 1
)
update kernel.inbox set state = 'done', attempts = attempts + 1, next_at = null, last_error = '',
  envelope = null
from fence where event_id = $4 and handler = $1 and state = $5 returning true
"""
FAIL_AGAIN = """
update kernel.inbox set attempts = attempts + 1, next_at = $3, last_error = $4,
  state = case when attempts + 1 >= $5 then 'parked' else 'failed' end
where event_id = $1 and handler = $2 and state in ('failed', 'waiting') returning state, attempts
"""
SKIP = """
update kernel.inbox set state = 'skipped', last_error = $3
where event_id = $1 and handler = $2 and state in ('failed', 'waiting')
"""
