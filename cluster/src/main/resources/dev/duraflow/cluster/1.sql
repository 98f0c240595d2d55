-- The table that db-scheduler works on. The last column is ours.
create table {schema}duraflow_execution (
  task_name text not null,
  task_instance text not null,
  task_data bytea,
  execution_time timestamp with time zone not null,
  picked boolean not null,
  picked_by text,
  last_success timestamp with time zone,
  last_failure timestamp with time zone,
  consecutive_failures integer,
  last_heartbeat timestamp with time zone,
  version bigint not null,
  priority smallint,
  given_up boolean not null default false,
  primary key (task_name, task_instance)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Those that are picked come first by their times, and whoever looks for others must not go through them.
create index duraflow_execution_due on {schema}duraflow_execution (picked, execution_time);

create index duraflow_execution_heartbeat on {schema}duraflow_execution (last_heartbeat);

create index duraflow_execution_given_up on {schema}duraflow_execution (task_instance) where given_up;

-- What an invocation failed with, until whoever submitted it has read it. Times are by this database's clock.
create table {schema}duraflow_failure (
  invocation text primary key,
  failed_at timestamp with time zone not null default clock_timestamp(),
  advice text,
  type text,
  message text not null,
  stack text
);

-- Tells workers that there is something to do, and those who submitted that something is over, whoever did it, and with an
-- exclamation mark if there is a failure of it. No transaction that changes the table waits for the disk: what a crash of the
-- database takes from it is found missing or is done again, and all that must last is in other tables. And PostgreSQL commits
-- one transaction with notifications at a time, so that each would wait for the syncs of all others.
create function {schema}duraflow_execution_changed() returns trigger language plpgsql as '
begin
  perform set_config(''synchronous_commit'', ''off'', true);
  if tg_op = ''INSERT'' then
    perform pg_notify(''duraflow_due'', '''');
  elsif tg_op = ''DELETE'' then
    perform pg_notify(''duraflow_done'', old.task_instance || case
      when exists (select from {schema}duraflow_failure where invocation = old.task_instance) then ''!'' else '''' end);
  end if;
  return null;
end';

create trigger duraflow_execution_added after insert or update on {schema}duraflow_execution
  for each statement execute function {schema}duraflow_execution_changed();

create trigger duraflow_execution_removed after delete on {schema}duraflow_execution
  for each row execute function {schema}duraflow_execution_changed();
