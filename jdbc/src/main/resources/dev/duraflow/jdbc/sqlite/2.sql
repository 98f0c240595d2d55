-- What tasks took in earlier runs, a row for each DAG: only the order of tasks hangs on it.

create table duraflow_duration (
  dag text not null primary key,
  micros text not null,
  changed_at integer not null
);
