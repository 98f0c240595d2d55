package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunHistory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** A commit whose answer does not come may have been done or not: each statement fails once, before and after it is executed. */
final class LostAnswerTest {
  private enum Failing {
    BEFORE,
    AFTER
  }

  private static Dag dag(AtomicInteger calls) {
    Dag dag = Dag.named("answers");
    Task<Integer> task = dag.task("a", calls::incrementAndGet);
    task = dag.task("b", task, n -> n + calls.incrementAndGet());
    Task<String> large = dag.task("large", task, n -> "x".repeat(400_000));
    dag.task("c", large, text -> text.length() + calls.incrementAndGet());
    return dag;
  }

  /** Connections of which one statement fails, counted over all of them. */
  private static DataSource failing(
      DataSource inner, AtomicInteger countdown, Failing moment, String state) {
    return (DataSource) Proxy.newProxyInstance(
        LostAnswerTest.class.getClassLoader(),
        new Class<?>[] {DataSource.class},
        (proxy, method, arguments) -> {
          Object answer = call(inner, method, arguments);
          return answer instanceof Connection connection
              ? failing(Connection.class, connection, countdown, moment, state)
              : answer;
        });
  }

  private static Object failing(
      Class<?> type, Object inner, AtomicInteger countdown, Failing moment, String state) {
    return Proxy.newProxyInstance(
        LostAnswerTest.class.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          boolean fails =
              method.getName().startsWith("execute") && countdown.decrementAndGet() == 0;
          if (fails && moment == Failing.BEFORE) {
            throw new SQLException("lost on the way there", state);
          }
          Object answer = call(inner, method, arguments);
          if (fails) {
            throw new SQLException("lost on the way back", state);
          }
          return answer instanceof PreparedStatement statement
              ? failing(PreparedStatement.class, statement, countdown, moment, state)
              : answer;
        });
  }

  private static Object call(Object inner, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(inner, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Test
  void everyStatementOfARun_whoseAnswerIsLost_isRepeatedWithoutHarm() {
    try (HikariDataSource pool = PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 2)) {
      JdbcStore reader = JdbcStore.on(pool);
      for (Failing moment : Failing.values()) {
        AtomicInteger countdown = new AtomicInteger();
        JdbcStore store = JdbcStore.on(failing(pool, countdown, moment, "08006"));
        int statement = 1;
        for (boolean done = false; !done; statement++) {
          String runId = moment + " " + statement;
          AtomicInteger calls = new AtomicInteger();
          Duraflow duraflow = Duraflow.builder().store(store).maxConcurrency(1).build();
          reader.open(runId).close(); // what opening does is not repeated
          Dag dag = dag(calls);
          dag.task("begins to count", () -> 0);
          countdown.set(OPENING + statement);
          Run run = duraflow.run(dag, runId);
          done = countdown.get() > 0;
          countdown.set(0);
          assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
          assertThat(calls).hasValue(3);
          try (RunHistory history = reader.read(runId)) {
            assertThat(history.records().count()).isEqualTo(5);
            assertThat(history.notes().count()).isEqualTo(2);
          }
        }
        assertThat(statement).isGreaterThan(6);
      }
    }
  }

  /** So many statements take a run and read what there is. */
  private static final int OPENING = 4;

  @Test
  void failureThatDoesNotPass_failsTheTask_andTheRunCanBeResumed() {
    try (HikariDataSource pool = PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 2)) {
      AtomicInteger countdown = new AtomicInteger();
      AtomicInteger calls = new AtomicInteger();
      JdbcStore store = JdbcStore.on(failing(pool, countdown, Failing.AFTER, "53100"));
      Duraflow duraflow = Duraflow.builder().store(store).maxConcurrency(1).build();
      Dag dag = Dag.named("full");
      Task<Integer> first = dag.task("first", calls::incrementAndGet);
      Task<Integer> second = dag.task("second", first, n -> {
        countdown.set(calls.incrementAndGet() == 2 ? 1 : 0); // what comes next is the save of this
        return n;
      });
      dag.task("third", second, n -> calls.incrementAndGet());
      assertThatThrownBy(() -> duraflow.run(dag, "run"))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("53100");
      Run run = duraflow.run(dag, "run");
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.reused()).isEqualTo(2); // it had been stored all the same
      assertThat(calls).hasValue(3);
    }
  }
}
