package dev.duraflow.examples.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WorkerTest {
  private static final String SECRET = "swordfish";

  private final ByteArrayOutputStream results = new ByteArrayOutputStream();
  private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

  private int worker(String... arguments) {
    return Worker.execute(
        new PrintStream(results, false, UTF_8), new PrintStream(messages, false, UTF_8), arguments);
  }

  private String messages() {
    return messages.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }

  /** Nobody listens there. */
  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void unknownDag_isRefused_andTheKnownAreListed() {
    int exitCode = worker("--jdbc=jdbc:postgresql://localhost/x", "--dag=flights", "--dag=nights");

    assertThat(exitCode).isEqualTo(2);
    assertThat(messages())
        .isEqualTo(
            "duraflow worker: unknown DAG 'nights'; known are: flights; --help lists the options\n");
    assertThat(results.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--threads=0",
        "--threads=many",
        "--jdbc=jdbc:mysql://localhost/x?password=" + SECRET,
        "--jdbc=localhost:5432?password=" + SECRET,
        "--jdbc=jdbc:postgresql://me:" + SECRET + "@localhost/x",
        "--pasword=" + SECRET,
        SECRET,
        "surplus"
      })
  void wrongArguments_areRefusedInOneLine(String argument) {
    int exitCode = argument.startsWith("--jdbc")
        ? worker(argument, "--dag=flights")
        : worker("--jdbc=jdbc:postgresql://localhost/x", "--dag=flights", argument);

    assertThat(exitCode).isEqualTo(2);
    assertThat(messages())
        .startsWith("duraflow worker: ")
        .endsWith("; --help lists the options\n")
        .hasLineCount(1)
        .doesNotContain(SECRET);
  }

  @Test
  void databaseThatIsNotThere_isSaid_withoutThePassword() throws Exception {
    int port = closedPort();
    int exitCode = worker(
        "--jdbc=jdbc:postgresql://localhost:" + port + "/x?password=" + SECRET,
        "--user=nobody",
        "--password=" + SECRET,
        "--dag=flights",
        "--verbose");

    assertThat(exitCode).isEqualTo(1);
    assertThat(messages())
        .startsWith("duraflow worker: the database cannot be used: ")
        .contains("localhost:" + port)
        .contains("\tat ")
        .doesNotContain(SECRET);
    assertThat(results.size()).isZero();
  }

  /** The driver logs a URL that it does not understand, and the JDK's logging prints that. */
  @Test
  void urlThatTheDriverDoesNotUnderstand_isNotLogged() {
    List<String> logged = new ArrayList<>();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord told) {
        logged.add(new SimpleFormatter().format(told));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    try {
      assertThat(
              worker("--jdbc=jdbc:postgresql://localhost:5432?password=" + SECRET, "--dag=flights"))
          .isEqualTo(2);
    } finally {
      root.removeHandler(handler);
    }
    assertThat(logged).isEmpty();
    assertThat(messages()).doesNotContain(SECRET);
  }

  @Test
  void help_listsTheOptions_andNoPassword() {
    assertThat(worker("--help")).isZero();
    assertThat(results.toString(UTF_8)).contains("--jdbc=URL", "--dag=FACTORY", "--threads=N");
  }
}
