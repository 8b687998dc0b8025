"""The statements that take, renew and release lanes. `CHANNEL` is where the relay tells that the log grew."""

CHANNEL = "suuupra_events"

REGISTER = """
with known as (
  insert into kernel.subscription (name, lanes) select * from unnest($1::text[], $2::int[])
  on conflict (name) do update set lanes = excluded.lanes where subscription.lanes <> excluded.lanes
  returning name, lanes
), dropped as (
  delete from kernel.lane l using known k where l.subscription = k.name returning l.subscription, l.position
)
select k.name, k.lanes, coalesce(
  (select min(d.position) from dropped d where d.subscription = k.name),
  (select new_from from kernel.log_head)
) as position
from known k
"""
ADD_LANES = """
insert into kernel.lane (subscription, lane, position, until)
select $1, lane, $3, now() - interval '1 second' from generate_series(0, $2 - 1) as lane
"""
# A slot's new process takes what its predecessor held; one that was itself replaced takes nothing back.
TAKE_LANES = """
update kernel.lane l set holder = $1, epoch = epoch + 1, until = now() + interval '15 seconds'
from (
  select l.subscription, l.lane from kernel.lane l
  join kernel.subscription s on s.name = l.subscription and s.state = 'running'
  join unnest($2::text[], $3::int[], $4::bigint[]) as wanted (subscription, lane, epoch)
    using (subscription, lane)
  where (l.holder = $1 and coalesce(wanted.epoch, l.epoch) = l.epoch) or l.until < now()
  for update of l skip locked
) free
where l.subscription = free.subscription and l.lane = free.lane
returning l.subscription, l.lane, l.epoch, l.position
"""
# A lane whose batch runs now is locked and skipped: the batch has renewed it itself.
RENEW_LANES = """
with mine as (
  select l.subscription, l.lane, l.epoch, v.epoch as held, v.position, s.state
  from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) as v (subscription, lane, epoch, position)
  join kernel.lane l using (subscription, lane)
  join kernel.subscription s on s.name = l.subscription
  for update of l skip locked
), renewed as (
  update kernel.lane l set until = now() + interval '15 seconds', position = greatest(l.position, m.position)
  from mine m
  where l.subscription = m.subscription and l.lane = m.lane and l.epoch = m.held and m.state = 'running'
)
select subscription, lane from mine where epoch <> held or state <> 'running'
"""
RELEASE_LANES = """
update kernel.lane l set until = now(), position = greatest(l.position, v.position)
from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) as v (subscription, lane, epoch, position)
where l.subscription = v.subscription and l.lane = v.lane and l.epoch = v.epoch
"""
