package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CrashPointsTest {
  /** Five tasks and two elements: seven records, the map's keys among them. */
  private static Dag words() {
    Dag dag = Dag.named("words");
    Task<List<String>> words = dag.task("words", CrashPointsTest::list);
    Task<Integer> count = dag.task("count", words, all -> all.size());
    Task<List<Integer>> lengths =
        dag.map("length", words, word -> word, word -> Integer.valueOf(word.length()));
    Task<String> title = dag.task("title", () -> "words");
    dag.task("report", count, lengths, title, (n, all, name) -> name + " " + n + " " + all);
    return dag;
  }

  private static List<String> list() {
    return List.of("durable", "dag");
  }

  private static AssertionError failureOf(CrashPoints points) {
    AssertionError failure = catchThrowableOfType(AssertionError.class, points::everyPersist);
    assertThat(failure).isNotNull();
    return failure;
  }

  // ---- what survives

  @Test
  void everyPersist_triesEachRecordTwice_oneAtATimeAndInParallel() {
    CrashPoints.Tried tried = CrashPoints.everyPersist(words());
    assertThat(tried.records()).isEqualTo(7);
    assertThat(tried.points()).isEqualTo(7);
    assertThat(tried.crashes()).isEqualTo(2 * 7 * 2);
    assertThat(tried.reused()).isPositive();
    assertThat(tried.seed()).isEmpty();
    assertThat(tried)
        .hasToString("28 crashes at 7 of 7 persist points, " + tried.bodies() + " bodies called, "
            + tried.reused() + " outputs reused");
  }

  /** A chain of three: what is called and reused can be counted by hand. */
  @Test
  void everyPersist_callsAndReusesWhatTheCrashesLeave() {
    Dag dag = Dag.named("chain");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> n + 1);
    dag.task("c", b, n -> n + 1);
    CrashPoints.Tried tried = CrashPoints.of(dag).maxConcurrency(1).everyPersist();
    assertThat(tried.crashes()).isEqualTo(6);
    int undisturbed = 3;
    int before = (1 + 3) + (2 + 2) + (3 + 1); // crashed at a, b, c; each followed by the rest
    int after = (1 + 2) + (2 + 1) + (3 + 0);
    assertThat(tried.bodies()).isEqualTo(undisturbed + before + after);
    assertThat(tried.reused()).isEqualTo((0 + 1 + 2) + (1 + 2 + 3));
  }

  @Test
  void everyPersist_ofNoTasks_hasNothingToCrash() {
    assertThat(CrashPoints.everyPersist(Dag.named("empty")).crashes()).isZero();
  }

  @Test
  void everyPersist_ofOneTask_isNotTriedInParallel() {
    Dag dag = Dag.named("one");
    dag.task("one", () -> 1);
    assertThat(CrashPoints.everyPersist(dag).crashes()).isEqualTo(2);
  }

  @Test
  void everyPersist_ofNullsAndLargeOutputs() {
    Dag dag = Dag.named("odd");
    Task<@Nullable String> none = dag.task("none", CrashPointsTest::nothing);
    Task<String> large = dag.task("large", () -> "x".repeat(3_000_000));
    dag.task("both", none, large, (nothing, text) -> text.length() + " and " + nothing);
    assertThat(CrashPoints.everyPersist(dag).points()).isEqualTo(3);
    CrashPoints.of(dag).on(Store::journal).maxConcurrency(2).atMost(1).everyPersist();
  }

  private static @Nullable String nothing() {
    return null;
  }

  @Test
  void atMost_spreadsThePointsOfALargeDag() {
    Dag dag = Dag.named("large");
    List<Task<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      int number = i;
      tasks.add(dag.task("task-" + i, () -> number));
    }
    dag.gather("sum", tasks, all -> all.stream().mapToInt(n -> n).sum());
    CrashPoints.Tried tried = CrashPoints.of(dag).atMost(20, 7).everyPersist();
    assertThat(tried.records()).isEqualTo(1_001);
    assertThat(tried.points()).isEqualTo(20);
    assertThat(tried.crashes()).isEqualTo(20 * 2 * 2);
    assertThat(tried.toString()).endsWith(", seed 7");
  }

  @Test
  void spread_takesOneOutOfEachPart() {
    for (long seed = 0; seed < 50; seed++) {
      List<Integer> chosen = CrashPoints.spread(103, 10, seed);
      assertThat(chosen).hasSize(10).isSorted();
      assertThat(chosen.get(0)).isBetween(1, 10);
      assertThat(chosen.get(9)).isBetween(93, 103);
    }
    assertThat(CrashPoints.spread(3, 10, 1)).containsExactly(1, 2, 3);
    assertThat(CrashPoints.spread(0, 10, 1)).isEmpty();
  }

  @Test
  void everyPersist_onStoresThatKeepTheirPromises() {
    for (Function<Path, Store> stores :
        List.<Function<Path, Store>>of(Store::files, Store::journal)) {
      CrashPoints points = CrashPoints.of(words()).on(stores);
      assertThat(points.maxConcurrency(2).everyPersist().crashes()).isEqualTo(2 * 7);
    }
  }

  @Test
  void everyPersist_onAStoreThatKeepsItsRecordsElsewhere() {
    Map<Path, KeyValueService> services = new ConcurrentHashMap<>();
    Function<Path, Store> stores = place -> new KeyValueStore(
        services.computeIfAbsent(place, each -> new KeyValueService()).connect(),
        Clock.systemUTC());
    CrashPoints.of(words()).on(stores).everyPersist();
    assertThat(services).hasSize(28);
  }

  /** The third crash of each point loses all that the run had not waited for; what must not be told is not told by then. */
  @Test
  void everyPersist_pipelined_alsoCrashesWithTheRunAheadOfItsRecords() {
    int withCare = charges(true);
    int without = charges(false);
    assertThat(withCare).isLessThan(without);
  }

  private static int charges(boolean external) {
    AtomicInteger charges = new AtomicInteger();
    Dag dag = Dag.named("pipelined");
    Task<Integer> price = dag.task("price", () -> 5);
    Task<Integer> tax = dag.task("tax", price, n -> n + 1);
    Task<Integer> charge = dag.task("charge", tax, n -> {
      charges.incrementAndGet();
      return n;
    });
    if (external) {
      charge.external();
    }
    dag.task("note", tax, n -> n);
    CrashPoints points =
        CrashPoints.of(dag).running(builder -> builder.durability(Durability.PIPELINED));
    assertThat(points.maxConcurrency(1).everyPersist().crashes()).isEqualTo(3 * 4);
    int counted = charges.get();
    points.on(Store::journal).maxConcurrency(2).atMost(2).everyPersist();
    return counted;
  }

  @Test
  void everyPersist_ofASupplier_givesEachProcessADagOfItsOwn() {
    AtomicInteger made = new AtomicInteger();
    CrashPoints.Tried tried = CrashPoints.of(() -> {
          made.incrementAndGet();
          AtomicInteger calls = new AtomicInteger(); // state, but of one process
          Dag dag = Dag.named("stateful");
          Task<Integer> a = dag.task("a", () -> calls.incrementAndGet() > 0 ? 1 : 0);
          dag.task("b", a, n -> n + 1);
          return dag;
        })
        .everyPersist();
    assertThat(made).hasValue(1 + 2 * tried.crashes());
  }

  @Test
  void everyPersist_comparesValuesWhereBytesDiffer() {
    Dag dag = Dag.named("sets");
    dag.task("set", CrashPointsTest::set);
    Fickle codec = new Fickle();
    CrashPoints.of(dag).running(builder -> builder.codec(codec)).everyPersist();
    assertThat(codec.encoded).hasValue(1 + 2 + 1);
  }

  private static Set<String> set() {
    return Set.of("a", "b");
  }

  /** Writes a set in another order each time. */
  private static final class Fickle implements Codec {
    private final AtomicInteger encoded = new AtomicInteger();

    @Override
    public String name() {
      return "fickle";
    }

    @Override
    public void encode(@Nullable Object value, TypeRef<?> type, OutputStream out)
        throws IOException {
      boolean even = encoded.incrementAndGet() % 2 == 0;
      out.write((even ? "a b" : "b a").getBytes(UTF_8));
    }

    @Override
    public Object decode(InputStream in, TypeRef<?> type) throws IOException {
      return Set.of(new String(in.readAllBytes(), UTF_8).split(" ", -1));
    }
  }

  @Test
  void everyPersist_inParallel_interruptsTheBodiesThatRun() {
    AtomicInteger interrupted = new AtomicInteger();
    CrashPoints.of(slowInItsSecondProcess(() -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
            throw e;
          }
        }))
        .maxConcurrency(2)
        .everyPersist();
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void everyPersist_waitsForABodyThatDoesNotHeedItsInterrupt() {
    AtomicInteger ended = new AtomicInteger();
    CrashPoints.of(slowInItsSecondProcess(() -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            ended.incrementAndGet(); // and it returns as if nothing had happened
          }
        }))
        .maxConcurrency(2)
        .everyPersist();
    assertThat(ended).hasValue(1);
  }

  private interface Wait {
    void here() throws InterruptedException;
  }

  /** The second process is the first one that is crashed, when 'quick' is saved. */
  private static Supplier<Dag> slowInItsSecondProcess(Wait wait) {
    AtomicInteger processes = new AtomicInteger();
    return () -> {
      boolean second = processes.incrementAndGet() == 2;
      CountDownLatch waiting = new CountDownLatch(1);
      Dag dag = Dag.named("slow");
      dag.task("slow", () -> {
        waiting.countDown();
        if (second) {
          wait.here();
        }
        return 1;
      });
      dag.task("quick", () -> {
        if (second) {
          waiting.await();
        }
        return 2;
      });
      return dag;
    };
  }

  // ---- what does not

  @Test
  void bodyThatCountsItsCalls_isNamed() {
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("counting");
    Task<Integer> fine = dag.task("fine", () -> 1);
    Task<Integer> count = dag.task("count", fine, n -> calls.incrementAndGet());
    dag.task("later", count, n -> n + 1);
    assertThat(failureOf(CrashPoints.of(dag))).hasMessage("""
            task 'count' of DAG 'counting' has another output
              crash:      before 'fine' was recorded (save 1 of 3, maxConcurrency 1)
              expected:   1, as in the undisturbed run
              found:      2, from the resumed run
              what to do: its body probably is not deterministic, or reads something outside of its inputs: \
            a clock, a random number, a static field, a file; pass it in as the output of a task of its own; \
            or if it may differ, say ignoring("count")""");
  }

  @Test
  void bodyOfAnElementThatIsNotDeterministic_isNamed() {
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("elements");
    Task<List<String>> words = dag.task("words", CrashPointsTest::list);
    dag.map("stamp", words, word -> word, word -> calls.incrementAndGet());
    assertThat(failureOf(CrashPoints.of(dag)))
        .hasMessageStartingWith("task 'stamp[durable]' of DAG 'elements' has another output")
        .hasMessageEndingWith("say ignoring(\"stamp\")");
    CrashPoints.of(dag).ignoring("stamp").everyPersist();
  }

  @Test
  void outputThatDiffersByNature_isIgnoredIfItIsSaid_andOnlyThat() {
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("stamped");
    Task<Integer> now = dag.task("now", () -> calls.incrementAndGet());
    dag.task("title", now, n -> "at " + n);
    assertThat(failureOf(CrashPoints.of(dag).ignoring("now")))
        .hasMessageStartingWith("task 'title' of DAG 'stamped' has another output")
        .hasMessageContaining("it depends on 'now', which is ignored; or if it may differ");
    CrashPoints.of(dag).ignoring("now", "title").everyPersist();
  }

  private static final class Price {
    private int cents;
    private transient String currency = "unknown";

    private static Price load() {
      Price price = new Price();
      price.cents = 995;
      price.currency = "EUR";
      return price;
    }

    private String text() {
      return cents + " " + currency;
    }
  }

  /** A body that would give the same on the same input, and does not get it. */
  @Test
  void outputThatDoesNotComeBackAsItWas_isHintedAt() {
    Dag dag = Dag.named("shop");
    Task<Price> price = dag.task("price", Price::load);
    dag.task("text", price, Price::text);
    assertThat(failureOf(CrashPoints.of(dag)))
        .hasMessageStartingWith("task 'text' of DAG 'shop' has another output")
        .hasMessageContaining("crash:      after 'price' was recorded")
        .hasMessageContaining("expected:   \"995 EUR\"")
        .hasMessageContaining("found:      \"995 unknown\"")
        .hasMessageContaining("or its input from 'price' is not the same when it is read back");
  }

  @Test
  void elementsThatAreNotThere_areNamed() {
    AtomicInteger processes = new AtomicInteger();
    assertThat(failureOf(CrashPoints.of(() -> {
          boolean first = processes.getAndIncrement() == 0;
          Dag dag = Dag.named("growing");
          dag.task("a", () -> 1);
          if (!first) {
            dag.task("b", () -> 1);
          }
          return dag;
        })))
        .hasMessageStartingWith("task 'b' of DAG 'growing' has another output")
        .hasMessageContaining("expected:   no record, as in the undisturbed run")
        .hasMessageContaining("must be the same in every process");
  }

  @Test
  void ignoring_aTaskThatIsNotThere_isRefused() {
    assertThatThrownBy(() -> CrashPoints.of(words()).ignoring("tilte").everyPersist())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is no task 'tilte' in DAG 'words'");
  }

  @Test
  void bodyThatCannotRunAgain_isNamed() {
    Set<String> tables = new HashSet<>();
    Dag dag = Dag.named("once");
    dag.task("create", () -> {
      if (!tables.add("users")) {
        throw new IllegalStateException("the table exists");
      }
      return 1;
    });
    AssertionError failure = failureOf(CrashPoints.of(dag));
    assertThat(failure)
        .hasMessageStartingWith(
            "task 'create' of DAG 'once' fails in the run that was to be crashed")
        .hasMessageContaining("crash:      none, the run ended before save 1 of 1")
        .hasMessageContaining("the table exists")
        .hasMessageContaining("a body must be able to run again");
    assertThat(failure).hasRootCauseMessage("the table exists");
  }

  @Test
  void bodyThatFailsInItsSecondProcess_isNamed() {
    AtomicInteger processes = new AtomicInteger();
    assertThat(failureOf(CrashPoints.of(() -> {
          int process = processes.incrementAndGet();
          Dag dag = Dag.named("second");
          Task<Integer> a = dag.task("a", () -> 1);
          dag.task("b", a, n -> {
            if (process == 3) {
              throw new IllegalStateException("left over from before");
            }
            return n;
          });
          return dag;
        })))
        .hasMessageStartingWith("task 'b' of DAG 'second' fails in the resumed run")
        .hasMessageContaining("before 'a' was recorded (save 1 of 2, maxConcurrency 1)")
        .hasMessageContaining("left over from before");
  }

  @Test
  void dagThatFailsUndisturbed_isNotCrashed() {
    Dag dag = Dag.named("failing");
    dag.task("bad", CrashPointsTest::unreachable);
    assertThat(failureOf(CrashPoints.of(dag)))
        .hasMessageStartingWith("DAG 'failing' fails without any crash: ")
        .hasMessageContaining("task 'bad'")
        .hasMessageEndingWith("; mend it first");
  }

  private static String unreachable() {
    throw new IllegalStateException("no such table");
  }

  @Test
  void keysThatChange_areNamed() {
    AtomicInteger processes = new AtomicInteger();
    AssertionError failure = failureOf(CrashPoints.of(() -> {
          boolean first = processes.getAndIncrement() == 0;
          Dag dag = Dag.named("keyed");
          Task<List<String>> words = dag.task("words", CrashPointsTest::list);
          dag.map("length", words, word -> first ? word : "new " + word, word -> 1);
          return dag;
        })
        .maxConcurrency(1));
    assertThat(failure)
        .hasMessageStartingWith("task 'length' of DAG 'keyed' has another output")
        .hasMessageContaining("expected:   keys [\"durable\",\"dag\"], as in the undisturbed run");
  }

  @Test
  void keysThatChangeInTheResumedRun_areNamed() {
    AtomicInteger processes = new AtomicInteger();
    assertThat(failureOf(CrashPoints.of(() -> {
          // 1 undisturbed, then two for each crash; save 2 is that of the keys, and its second
          // crash is after it
          int process = processes.incrementAndGet();
          Dag dag = Dag.named("keyed");
          Task<List<String>> words = dag.task("words", CrashPointsTest::list);
          dag.map("length", words, word -> process == 9 ? "new " + word : word, word -> 1);
          return dag;
        })))
        .hasMessageStartingWith("task 'length' of DAG 'keyed' was recorded again")
        .hasMessageContaining(
            "after 'length' was recorded, before the run learned of it (save 2 of 4")
        .hasMessageContaining("a key must depend on its element alone");
  }

  /** A store around those in memory, one for each place, that forgets something. */
  private abstract static class Forgetful {
    private final Map<Path, Store> places = new ConcurrentHashMap<>();
    private final Map<Path, AtomicInteger> connections = new ConcurrentHashMap<>();

    abstract OpenRun around(OpenRun run, int connection, int opening);

    Store connect(Path place) {
      Store inner = places.computeIfAbsent(place, each -> Store.inMemory());
      int connection =
          connections.computeIfAbsent(place, each -> new AtomicInteger()).incrementAndGet();
      AtomicInteger openings = new AtomicInteger();
      return new Store() {
        @Override
        public OpenRun open(String runId) {
          return around(inner.open(runId), connection, openings.incrementAndGet());
        }

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void storeThatLosesAnAcknowledgedRecord_isFoundOut() {
    Forgetful lossy = new Forgetful() {
      @Override
      OpenRun around(OpenRun run, int connection, int opening) {
        return new RunAround(run) {
          @Override
          CompletionStage<Void> save(TaskRecord record, Saving saving) {
            return record.taskId().equals("count")
                ? CompletableFuture.completedFuture(null)
                : saving.save(record);
          }
        };
      }
    };
    assertThat(failureOf(CrashPoints.of(words()).on(lossy::connect)))
        .hasMessageStartingWith("task 'count' of DAG 'words' is lost\n")
        .hasMessageContaining("crash:      before 'words' was recorded")
        .hasMessageContaining("none that 'find' would give at the end of the resumed run")
        .hasMessageContaining("StoreContract");
  }

  /** It answers the first who opens a run after the crash, the look of the tool itself, and not the one that resumes. */
  @Test
  void storeThatForgetsToFind_isFoundOut() {
    Forgetful blind = new Forgetful() {
      @Override
      OpenRun around(OpenRun run, int connection, int opening) {
        return new RunAround(run) {
          @Override
          CompletionStage<Void> save(TaskRecord record, Saving saving) {
            return saving.save(record);
          }

          @Override
          public Optional<TaskRecord> find(String taskId) {
            return connection == 2 && opening == 2 && taskId.equals("words")
                ? Optional.empty()
                : super.find(taskId);
          }
        };
      }
    };
    assertThat(failureOf(CrashPoints.of(words()).on(blind::connect)))
        .hasMessageStartingWith("task 'words' of DAG 'words' ran again")
        .hasMessageContaining("after 'words' was recorded, before the run learned of it")
        .hasMessageContaining("expected:   its output to be reused, since it was recorded")
        .hasMessageContaining("found:      its body was called in the resumed run");
  }

  @Test
  void storeThatCannotBeReadAfterACrash_isFoundOut() {
    assertThat(failureOf(CrashPoints.of(words()).on(torn(1)::connect)))
        .hasMessageStartingWith("DAG 'words' cannot be read after the crash\n")
        .hasMessageContaining("crash:      after 'words' was recorded")
        .hasMessageContaining("found:      torn in two");
    assertThat(failureOf(CrashPoints.of(words()).on(torn(2)::connect)))
        .hasMessageStartingWith("DAG 'words' fails in the resumed run\n")
        .hasMessageContaining("found:      torn in two")
        .hasMessageContaining("StoreContract");
    assertThat(failureOf(CrashPoints.of(words()).on(torn(3)::connect)))
        .hasMessageStartingWith("DAG 'words' cannot be read at the end of the resumed run\n");
  }

  /** The process that resumes opens the run to look what is lost, to run, and to compare the outputs. */
  private static Forgetful torn(int unreadableAtOpening) {
    return new Forgetful() {
      @Override
      OpenRun around(OpenRun run, int connection, int opening) {
        return new RunAround(run) {
          @Override
          CompletionStage<Void> save(TaskRecord record, Saving saving) {
            return saving.save(record);
          }

          @Override
          public Optional<TaskRecord> find(String taskId) {
            Optional<TaskRecord> found = super.find(taskId);
            if (connection == 2 && opening == unreadableAtOpening && found.isPresent()) {
              throw new CorruptRecordException("torn in two", null);
            }
            return found;
          }
        };
      }
    };
  }

  /** What keeps its records until it is closed is a dead process's loss. */
  @Test
  void storeThatWritesWhenItIsClosed_isFoundOut() {
    Function<Path, Store> lazy = directory -> {
      Store files = Store.files(directory);
      List<Runnable> later = new ArrayList<>();
      return new Store() {
        @Override
        public OpenRun open(String runId) {
          return new RunAround(files.open(runId)) {
            @Override
            CompletionStage<Void> save(TaskRecord record, Saving saving) {
              later.add(() -> saving.save(record).toCompletableFuture().join());
              return CompletableFuture.completedFuture(null);
            }

            @Override
            public void close() {
              later.forEach(Runnable::run);
              later.clear();
              super.close();
            }
          };
        }

        @Override
        public void close() {
          files.close();
        }
      };
    };
    assertThat(failureOf(CrashPoints.of(words()).on(lazy).maxConcurrency(1)))
        .hasMessageStartingWith("task 'words' of DAG 'words' is lost\n")
        .hasMessageContaining("none that 'find' would give after the crash");
  }

  @Test
  void settings_areChecked() {
    CrashPoints points = CrashPoints.of(words());
    assertThatThrownBy(() -> points.maxConcurrency(0)).hasMessageContaining("must be >= 1: 0");
    assertThatThrownBy(() -> points.atMost(0)).hasMessageContaining("must be >= 1: 0");
  }
}
