package dev.duraflow.jdbc;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.error.RunLostException;
import dev.duraflow.error.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes, renews and releases runs. All times are the database's. Each statement is a transaction; taking a run can be repeated
 * after its answer was lost, since the row holds a token that only this attempt knows.
 */
final class Leases {
  /** How often a run may be deleted or given up in the middle before something else must be wrong. */
  private static final int MAX_TRIES = 100;

  private final Duration lease;
  private final long leaseMicros;
  private final String take;
  private final String create;
  private final String holder;
  private final String renew;
  private final String look;
  private final String release;
  private final String cancel;
  private final String member;

  Leases(Dialect dialect, Duration lease) {
    this.lease = lease;
    this.leaseMicros = TimeUnit.MICROSECONDS.convert(lease);
    this.take = dialect.sql("""
        update {schema}duraflow_run set epoch = epoch + 1, owner_host = ?, owner_pid = ?, owner_token = ?,
          owner_since = {now}, lease_until = {now} + ?, changed_at = {now}, cancelled_by = null
        where run = (select run from {schema}duraflow_run
          where run_id = ? and (lease_until is null or lease_until <= {now} or owner_token = ?) {for update})
        returning run, epoch
        """);
    // Epochs begin with the time, so that those of a run that was deleted are not used again.
    this.create = dialect.sql("""
        insert into {schema}duraflow_run (owner_host, owner_pid, owner_token, lease_until, run_id, full_id,
          epoch, owner_since, created_at, changed_at)
        values (?, ?, ?, {now} + ?, ?, ?, {now}, {now}, {now}, {now})
        on conflict (run_id) do nothing returning run, epoch
        """);
    this.holder = dialect.sql("""
        select owner_host, owner_pid, owner_since from {schema}duraflow_run
        where run_id = ? and lease_until > {now}
        """);
    this.renew = dialect.sql("""
        update {schema}duraflow_run set lease_until = {now} + ?, changed_at = {now}
        where run = ? and epoch = ? and lease_until is not null returning cancelled_by
        """);
    this.look =
        dialect.sql("select cancelled_by from {schema}duraflow_run where run = ? and epoch = ?");
    this.release = dialect.sql("""
        update {schema}duraflow_run set owner_host = null, owner_pid = null, owner_since = null, owner_token = null,
          lease_until = null, changed_at = {now}
        where run = ? and epoch = ?
        """);
    this.cancel = dialect.sql(
        "update {schema}duraflow_run set cancelled_by = ? where run_id = ? and lease_until > {now}");
    this.member =
        dialect.sql("select run from {schema}duraflow_run where run_id = ? and epoch = ?");
  }

  /**
   * Takes a run, or makes it.
   *
   * @param token a random number of this attempt
   * @throws RunLockedException if somebody has it
   */
  Tenure take(Connection connection, Id runId, long token) throws SQLException {
    Holder me = Holder.here(Instant.EPOCH);
    for (int i = 0; i < MAX_TRIES; i++) {
      long askedAt = System.nanoTime();
      try (PreparedStatement statement = connection.prepareStatement(take)) {
        setOwner(statement, me, token, runId);
        statement.setLong(6, token);
        Tenure taken = tenure(statement, runId, askedAt);
        if (taken != null) {
          return taken;
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(create)) {
        setOwner(statement, me, token, runId);
        statement.setString(6, runId.full());
        Tenure created = tenure(statement, runId, askedAt);
        if (created != null) {
          return created;
        }
      }
      Holder other = holder(connection, runId);
      if (other != null) {
        throw new RunLockedException(Id.of(runId.key(), runId.full()), other);
      }
    }
    throw new StoreException("run '" + Id.of(runId.key(), runId.full())
        + "' is taken and given up all the time; try again");
  }

  private void setOwner(PreparedStatement statement, Holder me, long token, Id runId)
      throws SQLException {
    statement.setString(1, me.host());
    statement.setLong(2, me.pid());
    statement.setLong(3, token);
    statement.setLong(4, leaseMicros);
    statement.setString(5, runId.key());
  }

  private @Nullable Tenure tenure(PreparedStatement statement, Id runId, long askedAt)
      throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next()
          ? new Tenure(
              Id.of(runId.key(), runId.full()),
              row.getLong(1),
              row.getLong(2),
              false,
              askedAt,
              lease)
          : null;
    }
  }

  /** Who has a run; null if nobody. */
  @Nullable
  Holder holder(Connection connection, Id runId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(holder)) {
      statement.setString(1, runId.key());
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? new Holder(row.getString(1), row.getLong(2), Micros.toInstant(row.getLong(3)))
            : null;
      }
    }
  }

  Tenure join(Connection connection, Id runId, long epoch) throws SQLException {
    String id = Id.of(runId.key(), runId.full());
    long askedAt = System.nanoTime();
    try (PreparedStatement statement = connection.prepareStatement(member)) {
      statement.setString(1, runId.key());
      statement.setLong(2, epoch);
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          return new Tenure(id, row.getLong(1), epoch, true, askedAt, lease);
        }
      }
    }
    throw new RunLostException(id, whoHas(connection, runId));
  }

  /** Why a tenure has ended, in words. */
  String whoHas(Connection connection, Tenure tenure) throws SQLException {
    return whoHas(connection, Id.of(tenure.runId));
  }

  private String whoHas(Connection connection, Id runId) throws SQLException {
    Holder other = holder(connection, runId);
    return other == null
        ? "its lease ended, and since then it was another's, or was deleted"
        : "its lease ended, and now " + other + " has it";
  }

  /** Tells the database that a tenure goes on, and the tenure if it does not, or is to be cancelled. */
  void renew(Connection connection, Tenure tenure) throws SQLException {
    long askedAt = System.nanoTime();
    int timeout = limitWaiting(connection);
    try (PreparedStatement statement = connection.prepareStatement(tenure.isGuest ? look : renew)) {
      int next = 1;
      if (!tenure.isGuest) {
        statement.setLong(next++, leaseMicros);
      }
      statement.setLong(next++, tenure.run);
      statement.setLong(next, tenure.epoch);
      boolean goesOn;
      String cancelledBy;
      try (ResultSet row = statement.executeQuery()) {
        goesOn = row.next();
        cancelledBy = goesOn ? row.getString(1) : null;
      }
      if (!goesOn) {
        tenure.lose(whoHas(connection, tenure), null);
        return;
      }
      tenure.renewed(askedAt, lease);
      if (cancelledBy != null) {
        tenure.cancel(cancelledBy);
      }
    } finally {
      if (timeout >= 0 && !connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, timeout);
      }
    }
  }

  /** Lets no answer be waited for in vain; answers what the limit was, or less than 0 if the driver knows none. */
  private int limitWaiting(Connection connection) {
    try {
      int timeout = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, (int) Math.min(60_000, lease.toMillis() / 3));
      return timeout;
    } catch (SQLException | AbstractMethodError e) {
      return -1;
    }
  }

  void release(Connection connection, Tenure tenure) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(release)) {
      statement.setLong(1, tenure.run);
      statement.setLong(2, tenure.epoch);
      statement.executeUpdate();
    }
  }

  boolean cancel(Connection connection, Id runId, String who) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(cancel)) {
      statement.setString(1, who);
      statement.setString(2, runId.key());
      return statement.executeUpdate() == 1;
    }
  }
}
