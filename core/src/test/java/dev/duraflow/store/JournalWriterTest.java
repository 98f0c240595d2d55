package dev.duraflow.store;

import static dev.duraflow.store.Journals.HEADER;
import static dev.duraflow.store.Journals.appendNow;
import static dev.duraflow.store.Journals.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Shapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class JournalWriterTest {
  @TempDir
  Path directory;

  private final Semaphore syncsAllowed = new Semaphore(0);
  private final Semaphore syncsBegun = new Semaphore(0);
  private final AtomicInteger syncs = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile IOException syncFails;
  private volatile Error writeFails;

  private DiskFile file;
  private JournalWriter writer;
  private long begin;

  /** A file whose syncs wait to be allowed. */
  private final class GatedFile extends DiskFile {
    GatedFile(Path path) throws IOException {
      super(path);
    }

    @Override
    synchronized void write(long position, byte[] bytes, int offset, int length)
        throws IOException {
      if (writeFails != null) {
        throw writeFails;
      }
      super.write(position, bytes, offset, length);
    }

    @Override
    void force() throws IOException {
      syncsBegun.release();
      syncsAllowed.acquireUninterruptibly();
      syncs.incrementAndGet();
      if (syncFails != null) {
        throw syncFails;
      }
    }
  }

  @BeforeEach
  void create() throws IOException {
    Path path = directory.resolve("journal");
    byte[] header = HEADER.encoded();
    Files.write(path, header);
    file = new GatedFile(path);
    begin = header.length;
    writer = new JournalWriter("run", file, HEADER, new Shapes(), begin, false, Durability.STRICT);
  }

  @AfterEach
  void close() throws Exception {
    allowAll();
    for (Thread thread : threads) {
      thread.join();
    }
    writer.close();
    file.close();
  }

  private void allowAll() {
    syncsAllowed.release(1_000_000);
  }

  private CompletionStage<Void> save(String id) {
    return save(id, 1);
  }

  private CompletionStage<Void> save(String id, int size) {
    return writer.append(record(id, 1, new byte[size]), null, new byte[size]);
  }

  private CompletableFuture<Void> saveNowInAThread(String id) throws InterruptedException {
    return inAThread(() -> appendNow(writer, record(id, 1, new byte[1]), null, new byte[1]));
  }

  private CompletableFuture<Void> inAThread(Runnable call) throws InterruptedException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread = new Thread(() -> {
      try {
        call.run();
        done.complete(null);
      } catch (Throwable e) {
        done.completeExceptionally(e);
      }
    });
    threads.add(thread);
    thread.start();
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TERMINATED) {
      Thread.sleep(1);
    }
    return done;
  }

  private static void await(CompletionStage<?> stage) throws Exception {
    stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private List<String> idsInTheFile() throws IOException {
    List<String> ids = new ArrayList<>();
    JournalScan scan = new JournalScan(file, HEADER, begin);
    while (scan.next(Long.MAX_VALUE)) {
      Bytes body = scan.body();
      if (body.getByte() == Frames.RECORD) {
        body.getVarint();
        body.getVarint();
        body.getVarint();
        ids.add(body.getString((int) body.getVarint()));
      }
    }
    return ids;
  }

  @Test
  void buffers_thatABurstHasMadeLarge_areGivenBackWhenNothingComes() throws Exception {
    allowAll();
    for (int burst = 0; burst < 3; burst++) {
      save("in two buffers", 3 << 20);
      save("one after the other", 3 << 20);
      await(writer.flush());
      assertThat(writer.bufferSize()).as("after burst %s", burst).isLessThanOrEqualTo(512 << 10);
    }
    await(save("small"));
    assertThat(writer.bufferSize()).isLessThanOrEqualTo(512 << 10);
  }

  @Test
  void append_duringASync_sharesTheNextOne() throws Exception {
    CompletionStage<Void> first = save("first");
    syncsBegun.acquire();
    List<CompletionStage<Void>> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      others.add(save("other-" + i));
    }
    CompletionStage<Void> flushed = writer.flush();
    assertThat(first.toCompletableFuture()).isNotDone();
    syncsAllowed.release();
    await(first);
    assertThat(flushed.toCompletableFuture()).isNotDone();
    assertThat(others.get(0).toCompletableFuture()).isNotDone();
    syncsAllowed.release();
    await(flushed);
    for (CompletionStage<Void> other : others) {
      await(other);
    }
    assertThat(syncs).hasValue(2);
    assertThat(idsInTheFile())
        .hasSize(101)
        .startsWith("first", "other-0", "other-1")
        .endsWith("other-99");
  }

  @Test
  void appendNow_byManyThreads_sharesTheNextSync() throws Exception {
    CompletableFuture<Void> leader = saveNowInAThread("leader");
    syncsBegun.acquire();
    List<CompletableFuture<Void>> followers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      followers.add(saveNowInAThread("follower-" + i));
    }
    CompletionStage<Void> async = save("async");
    syncsAllowed.release(2);
    await(leader);
    for (CompletableFuture<Void> follower : followers) {
      await(follower);
    }
    await(async);
    assertThat(syncs).hasValue(2);
    assertThat(idsInTheFile()).hasSize(22);
  }

  @Test
  void appendNow_alone_hopsToNoThread() {
    allowAll();
    Set<Thread> before = Journals.committers();
    for (int i = 0; i < 100; i++) {
      appendNow(writer, record("a", "1"), null, new byte[1]);
    }
    assertThat(before).containsAll(Journals.committers());
    assertThat(syncs).hasValue(100);
  }

  @Test
  void flush_ofNothing_isDone() throws Exception {
    assertThat(writer.flush().toCompletableFuture()).isCompleted();
    allowAll();
    appendNow(writer, record("a", "1"), null, new byte[1]);
    assertThat(writer.flush().toCompletableFuture()).isCompleted();
  }

  /** It returned as if all were well. */
  @Test
  void appendNow_whenTheSyncFails_throws() {
    allowAll();
    syncFails = new IOException("No space left on device");
    assertThatThrownBy(() -> appendNow(writer, record("a", "1"), null, new byte[1]))
        .isInstanceOf(StoreException.class)
        .hasCause(syncFails)
        .hasMessageContaining("run 'run'")
        .hasMessageContaining(directory.resolve("journal").toString())
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("open the run again");
  }

  @Test
  void appendNow_ofFollowersOfABatchThatFails_throws() throws Exception {
    CompletableFuture<Void> leader = saveNowInAThread("leader");
    syncsBegun.acquire();
    List<CompletableFuture<Void>> followers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      followers.add(saveNowInAThread("follower-" + i));
    }
    CompletionStage<Void> async = save("async");
    CompletionStage<Void> flushed = writer.flush();
    syncsAllowed.release();
    await(leader);
    syncsBegun.acquire();
    syncFails = new IOException("gone");
    allowAll();
    for (CompletableFuture<Void> follower : followers) {
      assertFails(follower);
    }
    assertFails(async);
    assertFails(flushed);
  }

  private static void assertFails(CompletionStage<Void> stage) {
    assertThatThrownBy(() -> await(stage))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(StoreException.class);
  }

  @Test
  void append_afterAFailure_isRefusedThoughTheDiskIsWellAgain() throws Exception {
    CompletionStage<Void> failing = save("failing");
    syncsBegun.acquire();
    CompletionStage<Void> waiting = save("waiting");
    syncFails = new IOException("gone");
    syncsAllowed.release();
    assertFails(failing);
    assertFails(waiting);
    syncFails = null;
    allowAll();
    assertThatThrownBy(() -> save("later"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("'later'")
        .hasMessageContaining("'run'")
        .hasMessageContaining("gone");
    assertThatThrownBy(() -> appendNow(writer, record("later", "1"), null, new byte[1]))
        .isInstanceOf(StoreException.class);
    assertFails(writer.flush());
    long size = file.size();
    writer.close();
    assertThat(file.size()).isEqualTo(size);
    assertThat(writer.committedTo()).isEqualTo(begin);
  }

  /** What the writer has not written itself, for want of memory perhaps, it must not wait for either. */
  @Test
  void append_whenWritingThrowsAnError_failsAndNothingHangs() {
    writeFails = new OutOfMemoryError("there is none");
    allowAll();
    assertFails(save("a"));
    assertFails(writer.flush());
    assertThatThrownBy(() -> save("b"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("there is none");
  }

  @Test
  void append_whileMuchIsWaiting_waits() throws Exception {
    save("first");
    syncsBegun.acquire();
    AtomicInteger saved = new AtomicInteger();
    CompletableFuture<Void> saver = inAThread(() -> {
      for (int i = 0; i < 100; i++) {
        save("large-" + i, 1 << 20);
        saved.incrementAndGet();
      }
    });
    assertThat(saved.get()).isLessThan(6);
    allowAll();
    await(saver);
    assertThat(saved).hasValue(100);
    await(writer.flush());
    assertThat(idsInTheFile()).hasSize(101);
  }

  @Test
  void close_commitsWhatIsWaiting() throws Exception {
    CompletionStage<Void> first = save("first");
    syncsBegun.acquire();
    CompletionStage<Void> second = save("second");
    CompletableFuture<Void> closed = inAThread(() -> {
      try {
        writer.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    });
    assertThat(closed).isNotDone();
    assertThatThrownBy(() -> save("third"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("closed");
    allowAll();
    await(closed);
    await(first);
    await(second);
    assertThat(idsInTheFile()).containsExactly("first", "second");
    assertThat(file.size()).isEqualTo(writer.committedTo());
  }

  @Test
  void append_byACallback_isCommitted() throws Exception {
    allowAll();
    CompletableFuture<Void> last = new CompletableFuture<>();
    saveFromCallbacks(1_000, last);
    await(last);
    assertThat(idsInTheFile()).hasSize(1_001);
  }

  private void saveFromCallbacks(int left, CompletableFuture<Void> last) {
    CompletionStage<Void> saved = save("task-" + left);
    saved.whenComplete((done, error) -> {
      if (left == 0) {
        last.complete(null);
      } else {
        saveFromCallbacks(left - 1, last);
      }
    });
  }

  @Test
  void appendNow_byACallback_returns() throws Exception {
    allowAll();
    CompletableFuture<Void> last = new CompletableFuture<>();
    save("first").thenRun(() -> {
      for (int i = 0; i < 100; i++) {
        appendNow(writer, record("inner-" + i, "1"), null, new byte[1]);
      }
      last.complete(null);
    });
    await(last);
    await(save("after"));
    assertThat(idsInTheFile()).hasSize(102);
  }

  @Test
  void callback_thatThrowsOrCloses_hurtsNobody() throws Exception {
    CompletionStage<Void> first = save("first");
    first.thenRun(() -> {
      throw new AssertionError("a callback's own");
    });
    syncsBegun.acquire();
    CompletionStage<Void> second = save("second");
    allowAll();
    await(first);
    await(second);
    CompletableFuture<Void> closed = new CompletableFuture<>();
    save("third").thenRun(() -> {
      try {
        writer.close();
        closed.complete(null);
      } catch (IOException e) {
        closed.completeExceptionally(e);
      }
    });
    await(closed);
    assertThat(idsInTheFile()).containsExactly("first", "second", "third");
  }

  /** Who commits next may overtake who has committed before, on the way to tell it. */
  @Test
  void futures_completeInTheOrderOfTheSaves() throws Exception {
    allowAll();
    for (int round = 0; round < 50; round++) {
      List<Integer> order = Collections.synchronizedList(new ArrayList<>());
      List<CompletionStage<Void>> stages = Collections.synchronizedList(new ArrayList<>());
      List<CompletableFuture<Void>> savers = new ArrayList<>();
      AtomicInteger early = new AtomicInteger();
      for (int t = 0; t < 3; t++) {
        savers.add(CompletableFuture.runAsync(() -> {
          for (int i = 0; i < 30; i++) {
            synchronized (order) {
              int number = stages.size();
              CompletionStage<Void> stage = save("task-" + number);
              stages.add(stage);
              stage.thenRun(() -> {
                for (int earlier = Math.max(0, number - 5); earlier < number; earlier++) {
                  if (!stages.get(earlier).toCompletableFuture().isDone()) {
                    early.incrementAndGet();
                  }
                }
              });
            }
            appendNow(writer, record("now", "1"), null, new byte[1]);
          }
        }));
      }
      for (CompletableFuture<Void> saver : savers) {
        await(saver);
      }
      await(writer.flush());
      assertThat(early).hasValue(0);
    }
  }

  /** Zeros for later had taken the space that records needed now. */
  @Test
  void reserve_whereItDoesNotFit_leavesTheSpaceToTheRecords() throws IOException {
    BitSet taken = new BitSet();
    DiskFile small = new DiskFile(directory.resolve("journal")) {
      @Override
      synchronized void write(long position, byte[] bytes, int offset, int length)
          throws IOException {
        for (int i = 0; i < length; i++) {
          taken.set((int) position + i);
          if (taken.cardinality() > 40_000) {
            taken.clear((int) position + i);
            super.write(position, bytes, offset, i);
            throw new IOException("No space left on device");
          }
        }
        super.write(position, bytes, offset, length);
      }

      @Override
      synchronized void truncate(long size) throws IOException {
        super.truncate(size);
        taken.clear((int) size, Integer.MAX_VALUE);
      }

      @Override
      void force() {}
    };
    try (small) {
      JournalWriter writer =
          new JournalWriter("run", small, HEADER, new Shapes(), begin, false, Durability.STRICT);
      int saved = 0;
      try {
        while (true) {
          appendNow(writer, record("a", "1"), null, new byte[1_000]);
          saved++;
        }
      } catch (StoreException full) {
        assertThat(full).hasMessageContaining("No space left on device");
      }
      assertThat(saved).isBetween(37, 40);
      writer.close();
    }
    assertThat(idsInTheFile()).hasSizeGreaterThanOrEqualTo(37);
  }
}
