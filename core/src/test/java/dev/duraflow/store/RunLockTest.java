package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.error.RunLockedException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("try") // locks are held and not otherwise used
final class RunLockTest {
  private static final Instant NOW = Instant.parse("2026-11-04T10:15:30.123456789Z");
  private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

  @TempDir
  Path temp;

  private Path file;

  @BeforeEach
  void nameFile() {
    file = temp.resolve(".lock");
  }

  /** Takes the lock named by its argument, says so, and waits to be killed. */
  static final class Owner {
    public static void main(String[] arguments) throws Exception {
      try (RunLock lock = RunLock.acquire(Path.of(arguments[0]), "nightly", CLOCK)) {
        System.out.println("held");
        System.in.read();
      } catch (RunLockedException e) {
        System.out.println("refused: " + e.holder().pid());
      }
    }
  }

  @Test
  void acquire_heldByThisProcess_namesIt() throws IOException {
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      RunLockedException refusal = refusal(file);
      assertThat(refusal.runId()).isEqualTo("nightly");
      assertThat(refusal.holder().pid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(refusal.holder().since()).isEqualTo(NOW);
      assertThat(refusal.holder().host()).isNotEmpty();
    }
    RunLock.acquire(file, "nightly", CLOCK).close();
  }

  @Test
  void acquire_byAnotherPathToTheSameFile_isRefused() throws IOException {
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      Path other = Files.createSymbolicLink(temp.resolve("link"), temp).resolve(".lock");
      assertThat(refusal(other).holder().since()).isEqualTo(NOW);
    }
  }

  @Test
  void acquire_heldByAnotherProcess_namesItUntilItDies() throws Exception {
    try (ForkedJvm owner = ForkedJvm.of(Owner.class, file)) {
      assertThat(owner.readLine()).isEqualTo("held");
      RunLockedException refusal = refusal(file);
      assertThat(refusal.holder().pid()).isEqualTo(owner.pid());
      assertThat(refusal.holder().since()).isEqualTo(NOW);
      assertThat(refusal)
          .hasMessageContainingAll("'nightly'", "process " + owner.pid(), NOW.toString());
      owner.kill();
      RunLock.acquire(file, "nightly", CLOCK).close();
    }
  }

  @Test
  void acquire_afterRefusalsInThisProcess_isStillRefusedToOtherProcesses() throws Exception {
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      refusal(file);
      assertThat(answerOfAnotherProcess())
          .isEqualTo("refused: " + ProcessHandle.current().pid());
    }
    assertThat(answerOfAnotherProcess()).isEqualTo("held");
  }

  @Test
  void acquire_byAnotherClassLoader_isRefusedAndCostsTheOwnerNothing() throws Exception {
    URL[] classes = {RunLock.class.getProtectionDomain().getCodeSource().getLocation()};
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK);
        URLClassLoader loader = new Isolated(classes)) {
      Method acquire = loader
          .loadClass(RunLock.class.getName())
          .getDeclaredMethod("acquire", Path.class, String.class, Clock.class);
      acquire.setAccessible(true);
      assertThatThrownBy(() -> acquire.invoke(null, file, "nightly", CLOCK))
          .isInstanceOf(InvocationTargetException.class)
          .hasRootCauseInstanceOf(RunLockedException.class);
      assertThat(answerOfAnotherProcess())
          .isEqualTo("refused: " + ProcessHandle.current().pid());
    }
  }

  /** Has classes of its own of this library, but for the errors and all below. */
  private static final class Isolated extends URLClassLoader {
    Isolated(URL[] classes) {
      super(classes, RunLock.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("dev.duraflow.store.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      return known != null ? known : findClass(name);
    }
  }

  @Test
  void acquire_withAnInterruptPending_works() throws IOException {
    Thread.currentThread().interrupt();
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      assertThat(Thread.interrupted()).isTrue();
      refusal(file);
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void acquire_noteOfADeadOwner_isNotBelieved() throws Exception {
    long dead;
    try (ForkedJvm owner = ForkedJvm.of(Owner.class, file)) {
      owner.readLine();
      dead = owner.pid();
    }
    assertThat(Files.readString(file)).contains("\"pid\":" + dead);
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      assertThat(Files.readString(file))
          .contains("\"pid\":" + ProcessHandle.current().pid());
    }
  }

  @Test
  void close_leavesTheRunsId() throws IOException {
    RunLock lock = RunLock.acquire(file, "nightly", CLOCK);
    lock.close();
    lock.close();
    assertThat(Files.readString(file)).isEqualTo("{\"run\":\"nightly\"}\n");
  }

  @Test
  void close_ofAnOldOwner_leavesTheNewOneAlone() throws IOException {
    RunLock old = RunLock.acquire(file, "nightly", CLOCK);
    old.close();
    try (RunLock lock = RunLock.acquire(file, "nightly", CLOCK)) {
      old.close();
      refusal(file);
    }
  }

  private static RunLockedException refusal(Path file) {
    RunLockedException refusal = catchThrowableOfType(
        RunLockedException.class, () -> RunLock.acquire(file, "nightly", CLOCK));
    assertThat(refusal).isNotNull();
    return refusal;
  }

  private String answerOfAnotherProcess() throws Exception {
    try (ForkedJvm other = ForkedJvm.of(Owner.class, file)) {
      return other.readLine();
    }
  }
}
