package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cycle is not found and reported: it cannot be written. */
final class CycleTest {
  @TempDir
  Path output;

  @Test
  void forward_compiles() {
    assertThat(errors("Task<Integer> a = dag.task(\"a\", () -> 1);\n"
            + "Task<Integer> b = dag.task(\"b\", a, x -> x + 1);"))
        .isEmpty();
  }

  @Test
  void taskThatDependsOnItself_doesNotCompile() {
    assertThat(errors("Task<Integer> a = dag.task(\"a\", a, x -> x + 1);"))
        .containsExactly("compiler.err.var.might.not.have.been.initialized");
  }

  @Test
  void taskThatDependsOnALaterOne_doesNotCompile() {
    assertThat(errors("Task<Integer> a = dag.task(\"a\", b, x -> x + 1);\n"
            + "Task<Integer> b = dag.task(\"b\", a, x -> x + 1);"))
        .contains("compiler.err.cant.resolve.location");
  }

  @Test
  void dependencyAddedAfterwards_doesNotCompile() {
    List<String> additions = List.of(
        "a.dependsOn(b);",
        "a.after(b);",
        "a.dependencies(b);",
        "dag.depend(a, b);",
        "dag.task(a, b);",
        "dag.task(\"a\", b);");

    assertThat(errors("Task<Integer> a = dag.task(\"a\", () -> 1);\n"
            + "Task<Integer> b = dag.task(\"b\", a, x -> x + 1);\n"
            + String.join("\n", additions)))
        .hasSameSizeAs(additions);
  }

  @Test
  void noMethodOfATask_takesAnotherTask() {
    assertThat(Stream.<Class<?>>of(Task.class, MapTask.class)
            .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
            .filter(method -> Modifier.isPublic(method.getModifiers()))
            .filter(method -> Arrays.stream(method.getParameterTypes())
                .anyMatch(type -> Task.class.isAssignableFrom(type) || type == Dag.class))
            .map(Method::getName))
        .isEmpty();
  }

  private List<String> errors(String statements) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    String source = "import dev.duraflow.dag.*;\nfinal class Snippet {\n"
        + "static void declare(Dag dag) {\n" + statements + "\n}\n}\n";
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    compiler
        .getTask(
            null,
            null,
            found,
            List.of(
                "-proc:none",
                "--release",
                "17",
                "-d",
                output.toString(),
                "-cp",
                System.getProperty("java.class.path")),
            null,
            List.of(file))
        .call();
    return found.getDiagnostics().stream()
        .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
        .map(Diagnostic::getCode)
        .toList();
  }
}
