package dev.duraflow.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReadmeTest {
  @TempDir
  Path directory;

  @Test
  void code_isTheProgramThatIsTested() {
    assertThat(Snippets.in("README.md"))
        .isEqualTo(Snippets.expectedIn("README.md", ReadmeProgram.class));
  }

  @Test
  void program_killedAndStartedAgain_goesOn() throws Exception {
    assertThat(program("-D" + ReadmeProgram.DIES_AT + "=SFO"))
        .contains("loading flights", "computing SFO")
        .doesNotContain("San Francisco: 12.0 min");
    assertThat(program())
        .contains("computing SFO")
        .doesNotContain("loading flights")
        .endsWith("Chicago: 35.0 min", "San Francisco: 12.0 min");
    assertThat(program()).containsExactly("Chicago: 35.0 min", "San Francisco: 12.0 min");
  }

  /** Runs the program in a JVM and a directory of its own; answers the lines that it prints. */
  private List<String> program(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), ReadmeProgram.class.getName()));
    Process process = new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    process.waitFor();
    return lines;
  }
}
