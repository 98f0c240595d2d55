/** A store that processes share, on the caller's {@link javax.sql.DataSource}. Start at {@link dev.duraflow.jdbc.JdbcStore}. */
@NullMarked
package dev.duraflow.jdbc;

import org.jspecify.annotations.NullMarked;
