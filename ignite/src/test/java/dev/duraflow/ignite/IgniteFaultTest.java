package dev.duraflow.ignite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.PlacementException;
import dev.duraflow.event.RunState;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.DagFingerprint;
import dev.duraflow.remote.Invocation;
import dev.duraflow.store.OpenRun;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.ignite.Ignite;
import org.apache.ignite.Ignition;
import org.apache.ignite.client.ClientConnectionException;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.client.IgniteClientFuture;
import org.apache.ignite.configuration.ClientConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong between engine, nodes and workers, all of them in this process. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class IgniteFaultTest {
  private static final int ELEMENTS = 50;
  private static final int TASKS = ELEMENTS + 3;

  private final HikariDataSource pool = PostgresServer.pool(PostgresServer.newDatabase(), 30);
  private final JdbcStore store = JdbcStore.on(pool);
  private final IgniteSettings settings =
      IgniteSettings.defaults().withThreads(4).withShutdown(Duration.ofMillis(200));

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger calls = new AtomicInteger();
  private final DagFactory<?> factory = DagFactory.named("faults", this::declare);
  private final TaskWorker tasks = TaskWorker.on(store, DagFactories.of(factory));

  private Dag declare() {
    Dag dag = Dag.named("faults");
    Task<List<Integer>> numbers = dag.task(
            "numbers", () -> IntStream.range(0, ELEMENTS).boxed().toList())
        .returns(new TypeRef<List<Integer>>() {})
        .local();
    dag.map("square", numbers, String::valueOf, n -> {
      calls.incrementAndGet();
      begun.countDown();
      go.await();
      return n * n;
    });
    for (String id : List.of("alone", "later", "last")) {
      dag.<String>task(id, () -> {
            calls.incrementAndGet();
            begun.countDown();
            go.await();
            return id;
          })
          .returns(String.class);
    }
    return dag;
  }

  @AfterEach
  void close() {
    go.countDown();
    tasks.close();
    pool.close();
  }

  private IgniteEngine engine() {
    return IgniteEngine.on(Node.client(LocalNodes.FIRST_NODE, LocalNodes.SECOND_NODE), settings);
  }

  private IgniteWorker worker(Ignite node) {
    return IgniteWorker.start(node, tasks, settings);
  }

  private Duraflow duraflow(IgniteEngine engine) {
    return Duraflow.builder().store(store).taskEngine(engine).build();
  }

  private Invocation invocation(OpenRun run, String taskId) {
    String fingerprint = DagFingerprint.of(factory.create());
    return new Invocation("run", run.epoch(), "faults", "null", fingerprint, taskId, 1);
  }

  private static Invocation ofNobody() {
    return new Invocation("run", 1, "faults", "null", "0", "alone", 1);
  }

  private static CompletableFuture<Void> submit(IgniteEngine engine, Invocation invocation) {
    return engine.submit(invocation).toCompletableFuture();
  }

  @Test
  void withoutAnyWorker_invocationsWaitForOneThatComes() throws Exception {
    go.countDown();
    try (IgniteEngine engine = engine();
        Duraflow duraflow = duraflow(engine)) {
      Run run = duraflow.start(factory.create(), "run");
      try (IgniteWorker worker = worker(LocalNodes.SECOND)) {
        assertThat(worker).isNotNull();
        assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      }
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(calls).hasValue(TASKS);
    }
  }

  @Test
  void withoutAnyWorker_invocationsFailWhenPatienceEnds() {
    try (IgniteEngine engine = IgniteEngine.on(
        Node.client(LocalNodes.FIRST_NODE), settings.withPatience(Duration.ofMillis(300)))) {
      assertThatThrownBy(() -> submit(engine, ofNobody()).join())
          .hasCauseInstanceOf(PlacementException.class)
          .hasMessageContaining("no server node has an IgniteWorker, for 300 ms");
    }
  }

  /** Its server has ended. */
  private IgniteEngine engineThatHadAServerWithALimit(Node server, IgniteSettings impatient) {
    try (Ignite node = server.start(4);
        IgniteWorker worker = IgniteWorker.start(node, tasks, impatient)) {
      assertThat(worker).isNotNull();
      IgniteEngine engine = IgniteEngine.on(Node.client(server), impatient);
      try (Duraflow duraflow = duraflow(engine)) {
        assertThat(duraflow.run(factory.create(), "run").state()).isEqualTo(RunState.SUCCEEDED);
      }
      return engine;
    }
  }

  @Test
  void serverThatTakesFewTasksOfAClient_isNotAskedForMore_andItsEndIsNoticed() {
    go.countDown();
    IgniteSettings impatient = settings.withPatience(Duration.ofMillis(300)).withThreads(16);
    try (IgniteEngine engine = engineThatHadAServerWithALimit(Node.alone(), impatient)) {
      assertThat(calls).hasValue(TASKS);
      assertThatThrownBy(() -> submit(engine, ofNobody()).join())
          .hasCauseInstanceOf(PlacementException.class)
          .hasMessageContaining("no server node can be reached, for 300 ms");
    }
  }

  @Test
  void serverThatTakesNoTasksOfClients_isRefused_andTheWayOutIsNamed() {
    Node closed = Node.alone();
    try (Ignite node = closed.start(0)) {
      assertThat(node).isNotNull();
      assertThatThrownBy(() -> IgniteEngine.on(Node.client(closed)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("setMaxActiveComputeTasksPerConnection");
    }
  }

  @Test
  void serverThatIsNotThere_isSaidToBe() {
    assertThatThrownBy(() -> IgniteEngine.on(Node.client(Node.alone())))
        .isInstanceOf(ClientConnectionException.class);
  }

  @Test
  void clientWithoutTimeouts_isRefused() {
    ClientConfiguration client =
        new ClientConfiguration().setAddresses(LocalNodes.FIRST_NODE.address());
    assertThatThrownBy(() -> IgniteEngine.on(client))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("setRequestTimeout(5_000)");
  }

  @Test
  void nodeHasOneWorker() {
    try (IgniteWorker worker = worker(LocalNodes.FIRST)) {
      assertThat(worker).isNotNull();
      assertThatThrownBy(() -> worker(LocalNodes.FIRST))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("this node has a worker");
    }
    worker(LocalNodes.FIRST).close(); // now it may have another
  }

  @Test
  void workerThatIsClosed_leavesItsTasksToOthers() throws Exception {
    try (IgniteEngine engine = engine();
        Duraflow duraflow = duraflow(engine)) {
      Run run;
      try (IgniteWorker first = worker(LocalNodes.FIRST)) {
        assertThat(first).isNotNull();
        run = duraflow.start(factory.create(), "run");
        begun.await();
      }
      assertThat(run.failures()).isEmpty();
      go.countDown();
      try (IgniteWorker second = worker(LocalNodes.SECOND)) {
        assertThat(second).isNotNull();
        assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      }
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void engineThatIsClosed_failsWhatIsUnderWay_andTakesNothingMore() {
    IgniteEngine engine = engine();
    CompletableFuture<Void> stage = submit(engine, ofNobody());
    engine.close();

    assertThatThrownBy(stage::join).hasCauseInstanceOf(PlacementException.class);
    assertThatThrownBy(() -> submit(engine, ofNobody()).join())
        .hasCauseInstanceOf(PlacementException.class);
  }

  /** What its owner's engine is closed or dead for, goes on; and who asks again waits for the same. */
  @Test
  void anotherEngineThatAsksForTheSame_sharesThePerformance() throws Exception {
    try (OpenRun run = store.open("run");
        IgniteWorker worker = worker(LocalNodes.SECOND);
        IgniteEngine second = engine()) {
      assertThat(worker).isNotNull();
      try (IgniteEngine first = engine()) {
        first.submit(invocation(run, "alone"));
        begun.await();
      }
      CompletableFuture<Void> stage = submit(second, invocation(run, "alone"));
      go.countDown();
      stage.join();

      assertThat(calls).hasValue(1);
      assertThat(run.findShared("alone")).isPresent();
    }
  }

  /** As it does when the engine's connection breaks, or its node dies. */
  @Test
  void bodyWhoseJobIgniteCancels_goesOn() throws Exception {
    try (OpenRun run = store.open("run");
        IgniteWorker worker = worker(LocalNodes.FIRST);
        IgniteClient client = Ignition.startClient(Node.client(LocalNodes.FIRST_NODE))) {
      Invocation invocation = invocation(run, "alone");
      IgniteClientFuture<String> job = client
          .compute(
              client.cluster().forNodeId(LocalNodes.FIRST.cluster().localNode().id()))
          .executeAsync2(WorkerTask.NAME, Request.perform(invocation).text());
      begun.await();
      job.cancel(true); // returns when the job has been told
      CompletableFuture<Answer> same = worker.perform(invocation).toCompletableFuture();
      go.countDown();

      assertThat(same.join()).isEqualTo(Answer.done());
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void whatIsCancelledWhileItWaitsAtTheEngine_isNotCalled() throws Exception {
    try (OpenRun run = store.open("run");
        IgniteWorker worker = IgniteWorker.start(LocalNodes.FIRST, tasks, settings.withThreads(1));
        IgniteEngine engine = engine()) {
      assertThat(worker).isNotNull();
      CompletableFuture<Void> running = submit(engine, invocation(run, "alone"));
      begun.await();
      submit(engine, invocation(run, "later")).cancel(true);
      go.countDown();
      running.join();
      submit(engine, invocation(run, "last")).join();

      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void whatIsGivenUpWhileItWaitsAtTheWorker_isNotCalled() throws Exception {
    try (OpenRun run = store.open("run");
        IgniteWorker worker =
            IgniteWorker.start(LocalNodes.FIRST, tasks, settings.withThreads(1))) {
      CompletableFuture<Answer> running =
          worker.perform(invocation(run, "alone")).toCompletableFuture();
      begun.await();
      CompletableFuture<Answer> queued =
          worker.perform(invocation(run, "later")).toCompletableFuture();
      worker.giveUp(invocation(run, "later"));

      assertThat(queued.join().kind()).isEqualTo(Answer.Kind.REFUSED);
      go.countDown();
      assertThat(running.join()).isEqualTo(Answer.done());
      worker.perform(invocation(run, "last")).toCompletableFuture().join();
      assertThat(calls).hasValue(2);
    }
  }

  @Test
  void whatABodyReturnsAfterItWasGivenUp_isNotRecorded() throws Exception {
    try (OpenRun run = store.open("run");
        IgniteWorker worker = worker(LocalNodes.FIRST)) {
      CompletableFuture<Answer> running =
          worker.perform(invocation(run, "alone")).toCompletableFuture();
      begun.await();
      worker.giveUp(invocation(run, "alone"));

      assertThat(running.join().kind()).isEqualTo(Answer.Kind.REFUSED);
      assertThat(run.findShared("alone")).isEmpty();
    }
  }

  @Test
  void textThatIsNoRequest_isRefused() throws Exception {
    try (IgniteClient client = Ignition.startClient(Node.client(LocalNodes.FIRST_NODE))) {
      for (String text :
          List.of("", "nonsense", "{\"verb\":\"PERFORM\"}", "{\"verb\":\"DANCE\"}")) {
        Answer answer = Answer.of(client.compute().<String, String>execute(WorkerTask.NAME, text));

        assertThat(answer.kind()).as(text).isEqualTo(Answer.Kind.REFUSED);
        assertThat(answer.reason()).contains("do not understand each other").endsWith(text);
      }
    }
  }

  @Test
  void failureWithAnyText_isToldAsItIs() {
    DagFactory<?> odd = DagFactory.named("odd", () -> {
      Dag dag = Dag.named("odd");
      dag.<String>task("bad", () -> {
            throw new IllegalStateException("zero \0, half \ud800 and " + "x".repeat(100_000));
          })
          .returns(String.class);
      return dag;
    });
    try (TaskWorker oddTasks = TaskWorker.on(store, DagFactories.of(odd));
        IgniteWorker worker = IgniteWorker.start(LocalNodes.SECOND, oddTasks, settings);
        IgniteEngine engine = engine();
        Duraflow duraflow = duraflow(engine)) {
      assertThat(worker).isNotNull();
      assertThatThrownBy(() -> duraflow.run(odd.create()))
          .hasMessageContaining("java.lang.IllegalStateException: zero \0, half ? and xxx");
    }
  }
}
