-- Times are microseconds since 1970 by UTC, those of leases by the machine's clock.

create table duraflow_run (
  run integer primary key autoincrement,
  run_id text not null unique,
  full_id text,
  created_at integer not null,
  changed_at integer not null,
  epoch integer not null,
  next_position integer not null default 0,
  owner_host text,
  owner_pid integer,
  owner_since integer,
  owner_token integer,
  lease_until integer,
  cancelled_by text
);

create table duraflow_record (
  run integer not null,
  task_id text not null,
  full_id text,
  position integer not null,
  save_id integer not null,
  epoch integer not null,
  kind text not null,
  type text,
  codec text not null,
  attempt integer not null,
  started_at integer not null,
  finished_at integer not null,
  size integer not null,
  crc32c integer not null,
  chunks integer not null,
  payload blob not null,
  primary key (run, task_id)
);

create table duraflow_chunk (
  run integer not null,
  save_id integer not null,
  number integer not null,
  bytes blob not null,
  primary key (run, save_id, number)
);

create table duraflow_note (
  run integer not null,
  position integer not null,
  save_id integer not null,
  epoch integer not null,
  kind text not null,
  noted_at integer not null,
  task_id text,
  attempt integer,
  started_at integer,
  failure text,
  graph blob,
  host text,
  pid integer,
  state text,
  completed integer,
  total integer,
  primary key (run, position),
  unique (run, save_id)
);
