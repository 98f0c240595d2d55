-- Times are microseconds since 1970 by UTC, those of leases by this database's clock.

create table {schema}duraflow_run (
  run bigint generated always as identity primary key,
  run_id text collate "C" not null unique,
  full_id text,
  created_at bigint not null,
  changed_at bigint not null,
  epoch bigint not null,
  owner_host text,
  owner_pid bigint,
  owner_since bigint,
  owner_token bigint,
  lease_until bigint,
  cancelled_by text
) with (fillfactor = 50);

-- A number for each commit. What it stores is numbered from there.
create sequence {schema}duraflow_position increment by 65536;

create table {schema}duraflow_record (
  run bigint not null,
  task_id text collate "C" not null,
  full_id text,
  position bigint not null,
  save_id bigint not null,
  epoch bigint not null,
  kind text not null,
  type text,
  codec text not null,
  attempt integer not null,
  started_at bigint not null,
  finished_at bigint not null,
  size bigint not null,
  crc32c integer not null,
  chunks integer not null,
  payload bytea not null,
  primary key (run, task_id)
);

create table {schema}duraflow_chunk (
  run bigint not null,
  save_id bigint not null,
  number integer not null,
  bytes bytea not null,
  primary key (run, save_id, number)
);

-- Outputs that are large are mostly packed already, or not worth the time.
alter table {schema}duraflow_chunk alter column bytes set storage external;

create table {schema}duraflow_note (
  run bigint not null,
  position bigint not null,
  save_id bigint not null,
  epoch bigint not null,
  kind text not null,
  noted_at bigint not null,
  task_id text,
  attempt integer,
  started_at bigint,
  failure text,
  graph bytea,
  host text,
  pid bigint,
  state text,
  completed integer,
  total integer,
  primary key (run, position),
  unique (run, save_id)
);
