-- What tasks took in earlier runs, a row for each DAG: only the order of tasks hangs on it.

create table {schema}duraflow_duration (
  dag text collate "C" not null primary key,
  micros text not null,
  changed_at bigint not null
);
