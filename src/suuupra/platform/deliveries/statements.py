"""The statements behind an operator's page. Ids rise with time, so the newest come first by id."""

from collections.abc import Mapping

NOT_A_CURSOR = "This is not a cursor of this list. Start from its first page."
WAITING_FOR_A_PERSON = {"event": ["parked", "skipped"], "job": ["dead"]}

EVENTS = """
select event_id, handler, key, state, attempts, last_error, at, next_at from kernel.inbox
where split_part(handler, '.', 1) = $1 and state = any($2::text[]) and (event_id, handler) < ($4, $5)
order by event_id desc, handler desc limit $3
"""
JOBS = """
select id, name, coalesce(unique_key, fair_key, '') as key, state, attempts, last_error, created_at, run_at,
  progress::text as progress
from kernel.job where service = $1 and state = any($2::text[]) and id < $4 order by id desc limit $3
"""
COUNTS = """
select 'job' as kind, state, count(*) from kernel.job where service = $1 group by state
union all
select 'event', state, count(*) from kernel.inbox where split_part(handler, '.', 1) = $1 group by state
"""
ERRORS = """
select fingerprint, title, count, first_at, last_at, sample, release from kernel.error_group
where service = $1 and (last_at, fingerprint) < ($2, $3) order by last_at desc, fingerprint desc limit $4
"""
# Each returns the state before, or no row where there is nothing to change.
RETRY_EVENT = """
with found as (
  select event_id, handler, state from kernel.inbox
  where event_id = $2 and handler = $3 and split_part(handler, '.', 1) = $1
    and state in ('parked', 'failed', 'skipped') and envelope is not null for update
)
update kernel.inbox i set state = 'failed', attempts = 0, next_at = $4 from found
where i.event_id = found.event_id and i.handler = found.handler returning found.state
"""
DISCARD_EVENT = """
with found as (
  select event_id, handler, state from kernel.inbox
  where event_id = $2 and handler = $3 and split_part(handler, '.', 1) = $1
    and state in ('parked', 'failed', 'skipped', 'waiting') and envelope is not null for update
)
update kernel.inbox i set state = 'skipped', envelope = null, next_at = null from found
where i.event_id = found.event_id and i.handler = found.handler returning found.state
"""
RETRY_JOB = """
with found as (
  select id, state from kernel.job
  where id = $2 and service = $1 and (state in ('dead', 'cancelled') or (state = 'ready' and attempts > 0))
  for update
)
update kernel.job j set state = 'ready', attempts = 0, run_at = $3, finished_at = null from found
where j.id = found.id returning found.state
"""
# A job that runs is only asked to stop: it reads the wish between its steps.
DISCARD_JOB = """
with found as (
  select id, state from kernel.job where id = $2 and service = $1 and state in ('dead', 'ready', 'running')
  for update
)
update kernel.job j set is_cancel_asked = true,
  state = case when found.state = 'running' then 'running' else 'cancelled' end,
  finished_at = case when found.state = 'running' then null else now() end
from found where j.id = found.id returning found.state
"""
CHANGES: Mapping[tuple[str, str], str] = {
    ("event", "retried"): RETRY_EVENT,
    ("event", "discarded"): DISCARD_EVENT,
    ("job", "retried"): RETRY_JOB,
    ("job", "discarded"): DISCARD_JOB,
}
