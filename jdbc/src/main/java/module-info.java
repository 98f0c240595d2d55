/** A store that processes share, on PostgreSQL or SQLite. Start at {@link dev.duraflow.jdbc.JdbcStore}. */
module dev.duraflow.jdbc {
  requires static transitive org.jspecify;
  requires transitive dev.duraflow;
  requires transitive java.sql;

  exports dev.duraflow.jdbc;
}
