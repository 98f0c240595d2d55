package dev.duraflow;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/**
 * A DAG out of a seed, and what a sequential model says of it. Its tasks return numbers, lists of numbers, or are maps over such
 * lists, DAGs of their own, or others' outcomes; some fail, and so do some elements of maps. In the DAGs within, a task fails in
 * any case, and that is handled.
 */
final class RandomDag {
  private static final TypeRef<List<Long>> LONGS = new TypeRef<>() {};
  private static final Long INSTEAD = 999L;
  private static final int DEPTH = 1;

  private enum Kind {
    NUMBER,
    GATHERED,
    LIST,
    MAP,
    EXPANSION,
    OUTCOME
  }

  /** @param dependencies what it depends on; a map's source is the first */
  private record Node(Kind kind, String id, List<Integer> dependencies, boolean fails, int salt) {}

  /** What the model says of a task: its output, or the id of the failed task that keeps it from having one. */
  record Expected(Object output, String blockedBy) {}

  final Dag dag;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Task<?>> tasks = new ArrayList<>();
  private final ConcurrentMap<String, AtomicInteger> calls = new ConcurrentHashMap<>();

  /** Model: the outputs of the DAG's tasks, and what fails, runs, and is skipped if all runs that can. */
  final Map<String, Expected> expected = new LinkedHashMap<>();

  /** Those whose failures are failures of the run. */
  final Set<String> failing = new TreeSet<>();

  /** What is called when it is resumed. */
  final Set<String> runningAgain = new TreeSet<>();

  /** How many tasks have no output although the run succeeds. */
  int excused;

  final Set<String> running = new TreeSet<>();
  final Map<String, String> skipped = new TreeMap<>();

  /** Of the task that is being looked at, with all that is within: what fails, and what is called when it is resumed. */
  private Set<String> failingHere = Set.of();

  private Set<String> againHere = Set.of();

  RandomDag(long seed, boolean mayFail) {
    Random random = new Random(seed);
    this.dag = Dag.named("random-" + seed);
    int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 15);
    int failures = mayFail ? 1 + random.nextInt(20) : 0;
    for (int i = 0; i < size; i++) {
      Node node = node(random, i, failures);
      nodes.add(node);
      tasks.add(declare(node));
    }
    for (int i = 0; i < size; i++) {
      failingHere = new TreeSet<>();
      againHere = new TreeSet<>();
      expect(nodes.get(i));
      if (!isHandled(i)) {
        failing.addAll(failingHere);
        runningAgain.addAll(againHere);
      }
    }
  }

  private boolean isHandled(int i) {
    boolean isNeeded = false;
    for (int s = i + 1; s < nodes.size(); s++) {
      if (nodes.get(s).dependencies.contains(i)) {
        isNeeded = true;
        if (nodes.get(s).kind != Kind.OUTCOME && !isHandled(s)) {
          return false;
        }
      }
    }
    return isNeeded;
  }

  private boolean isList(int i) {
    return nodes.get(i).kind == Kind.LIST || nodes.get(i).kind == Kind.MAP;
  }

  private Node node(Random random, int i, int failures) {
    List<Integer> numbers = new ArrayList<>();
    List<Integer> lists = new ArrayList<>();
    for (int j = 0; j < i; j++) {
      (isList(j) ? lists : numbers).add(j);
    }
    int drawn = random.nextInt(16);
    Kind kind = drawn < 12 ? Kind.values()[drawn % 4] : drawn == 12 ? Kind.EXPANSION : Kind.OUTCOME;
    if (kind == Kind.MAP && lists.isEmpty()) {
      kind = Kind.LIST;
    }
    boolean fails = failures > 0 && random.nextInt(100) < failures;
    if (kind == Kind.EXPANSION || kind == Kind.OUTCOME) {
      int input = numbers.isEmpty() ? -1 : numbers.get(random.nextInt(numbers.size()));
      if (input >= 0 && kind == Kind.EXPANSION) {
        return new Node(kind, "expansion" + i, List.of(input), fails, random.nextInt(100));
      }
      if (input >= 0 && dag.find(nodes.get(input).id + ".orElse").isEmpty()) {
        return new Node(kind, nodes.get(input).id + ".orElse", List.of(input), false, 0);
      }
      kind = Kind.NUMBER;
    }
    List<Integer> dependencies = new ArrayList<>();
    if (kind == Kind.MAP) {
      dependencies.add(lists.get(random.nextInt(lists.size())));
    }
    int wanted = random.nextInt(kind == Kind.MAP ? 3 : 6);
    List<Integer> from = kind == Kind.NUMBER ? range(i) : numbers;
    for (int d = 0; d < wanted && !from.isEmpty(); d++) {
      dependencies.add(from.get(random.nextInt(from.size())));
    }
    return new Node(
        kind,
        kind.name().toLowerCase(java.util.Locale.ROOT) + i,
        dependencies,
        fails,
        random.nextInt(100));
  }

  private static List<Integer> range(int end) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < end; i++) {
      all.add(i);
    }
    return all;
  }

  @SuppressWarnings("unchecked") // numbers and lists are told apart by kind
  private Task<?> declare(Node node) {
    List<Task<?>> inputs = new ArrayList<>();
    node.dependencies.forEach(d -> inputs.add(tasks.get(d)));
    return switch (node.kind) {
      case NUMBER ->
        node.dependencies.size() == 2
            ? dag.task(node.id, inputs.get(0), inputs.get(1), (a, b) -> number(node, List.of(a, b)))
            : dag.task(node.id, inputs, in -> number(node, valuesOf(inputs, in)));
      case GATHERED ->
        dag.gather(
            node.id,
            (List<Task<Long>>) (List<?>) inputs,
            values -> number(node, new ArrayList<>(values)));
      case LIST ->
        dag.gather(
                node.id,
                (List<Task<Long>>) (List<?>) inputs,
                values -> list(node, new ArrayList<>(values)))
            .returns(LONGS);
      case MAP -> declareMap(node, inputs);
      case OUTCOME -> ((Task<Long>) inputs.get(0)).orElse(INSTEAD);
      case EXPANSION -> declareExpansion(dag, node.id, node, (Task<Long>) inputs.get(0), DEPTH);
    };
  }

  /** @param depth how many expansions may lie in each other */
  private Task<Long> declareExpansion(
      Dag in, String localId, Node node, Task<Long> input, int depth) {
    return in.expand(localId, input, (sub, v) -> {
          String prefix = sub.name() + "/";
          called(sub.name());
          if (node.fails && node.salt % 5 == 0) {
            throw new IllegalStateException(node.id);
          }
          Task<Long> x = sub.task("x", () -> within(prefix + "x", firstFails(node, depth), v + 1));
          Task<List<Long>> l = sub.task("l", x, n -> {
                called(prefix + "l");
                return listOf(node, List.of(n));
              })
              .returns(LONGS);
          Task<List<Long>> m = sub.map(
              "m",
              l,
              x,
              RandomDag::key,
              (e, n) -> within(prefix + "m[" + key(e) + "]", innerElementFails(node, e), e + n));
          Task<Long> o = sub.task("t", x, n -> within(prefix + "t", true, n)).orElse(3 * v);
          List<Task<?>> inputs = new ArrayList<>(List.of(m, o));
          if (depth > 0) {
            inputs.add(declareExpansion(sub, "i", node, o, depth - 1));
          }
          return sub.task("end", inputs, in2 -> {
            called(prefix + "end");
            return numberOf(node, valuesOf(inputs, in2));
          });
        })
        .returns(Long.class);
  }

  private long within(String id, boolean fails, long value) {
    called(id);
    if (fails) {
      throw new IllegalStateException(id);
    }
    return value;
  }

  private static boolean firstFails(Node node, int depth) {
    return node.fails && node.salt % 5 == 1 && depth == node.salt % (DEPTH + 1);
  }

  private static boolean innerElementFails(Node node, long element) {
    return node.fails && node.salt % 5 > 1 && Math.floorMod(element, 3) == 0;
  }

  private static List<Object> valuesOf(List<Task<?>> inputs, Inputs in) {
    List<Object> values = new ArrayList<>();
    inputs.forEach(input -> values.add(in.get(input)));
    return values;
  }

  @SuppressWarnings("unchecked") // numbers and lists are told apart by kind
  private Task<?> declareMap(Node node, List<Task<?>> inputs) {
    Task<List<Long>> source = (Task<List<Long>>) inputs.get(0);
    if (inputs.size() == 1) {
      return dag.map(node.id, source, RandomDag::key, e -> element(node, e, List.of()));
    }
    Task<Long> shared = (Task<Long>) inputs.get(1);
    if (inputs.size() == 2) {
      return dag.map(
          node.id, source, shared, RandomDag::key, (e, s) -> element(node, e, List.of(s)));
    }
    return dag.map(
        node.id,
        source,
        shared,
        (Task<Long>) inputs.get(2),
        RandomDag::key,
        (e, s, t) -> element(node, e, List.of(s, t)));
  }

  private static String key(Long element) {
    return "e" + element;
  }

  // ---- what the bodies do

  private void called(String id) {
    calls.computeIfAbsent(id, key -> new AtomicInteger()).incrementAndGet();
    if (!TaskContext.current().taskId().equals(id)) {
      throw new AssertionError(
          "the body of " + id + " is told that it is " + TaskContext.current().taskId());
    }
  }

  private Long number(Node node, List<Object> values) {
    called(node.id);
    if (node.fails) {
      throw new IllegalStateException(node.id);
    }
    return numberOf(node, values);
  }

  private List<Long> list(Node node, List<Object> values) {
    called(node.id);
    if (node.fails) {
      throw new IllegalStateException(node.id);
    }
    return listOf(node, values);
  }

  private Long element(Node node, long element, List<Object> shared) {
    called(node.id + "[" + key(element) + "]");
    if (elementFails(node, element)) {
      throw new IllegalStateException(node.id + element);
    }
    return elementOf(node, element, shared);
  }

  private static boolean elementFails(Node node, long element) {
    return node.fails && Math.floorMod(element + node.salt, 3) == 0;
  }

  // ---- the sequential model

  private static Long numberOf(Node node, List<Object> values) {
    return (long) values.hashCode() * 31 + node.salt;
  }

  private static List<Long> listOf(Node node, List<Object> values) {
    long first = numberOf(node, values);
    return LongStream.range(first, first + node.salt % 7).boxed().toList();
  }

  private static Long elementOf(Node node, long element, List<Object> shared) {
    return element * 7 + shared.hashCode() + node.salt;
  }

  /** What the model says of an expansion that runs. */
  private Expected expectExpansion(String id, Node node, long v, int depth) {
    running.add(id);
    if (node.fails && node.salt % 5 == 0) {
      return fails(id);
    }
    String blockedBy = null;
    long o = 3 * v;
    List<Object> values = new ArrayList<>();
    running.add(id + "/x");
    if (firstFails(node, depth)) {
      blockedBy = fails(id + "/x").blockedBy;
      for (String behind : List.of("/l", "/m", "/t")) {
        skipped.put(id + behind, blockedBy);
      }
    } else {
      running.addAll(List.of(id + "/l", id + "/t"));
      excused++;
      List<Long> outputs = new ArrayList<>();
      for (long e : listOf(node, List.of(v + 1))) {
        String element = id + "/m[" + key(e) + "]";
        running.add(element);
        if (innerElementFails(node, e)) {
          String failed = fails(element).blockedBy;
          blockedBy = blockedBy == null ? failed : blockedBy;
        }
        outputs.add(e + v + 1);
      }
      values.add(outputs);
      if (blockedBy != null) {
        skipped.put(id + "/m", blockedBy);
      }
    }
    values.add(o);
    if (depth > 0) {
      Expected inner = expectExpansion(id + "/i", node, o, depth - 1);
      blockedBy = blockedBy == null ? inner.blockedBy : blockedBy;
      values.add(inner.output);
    }
    if (blockedBy == null) {
      running.add(id + "/end");
      return new Expected(numberOf(node, values), null);
    }
    skipped.put(id + "/end", blockedBy);
    skipped.put(id, blockedBy);
    againHere.add(id);
    return new Expected(null, blockedBy);
  }

  private Expected fails(String id) {
    failingHere.add(id);
    againHere.add(id);
    return new Expected(null, id);
  }

  private void expect(Node node) {
    if (node.kind == Kind.OUTCOME) {
      Expected tried = expected.get(nodes.get(node.dependencies.get(0)).id);
      expected.put(node.id, tried.blockedBy == null ? tried : new Expected(INSTEAD, null));
      return;
    }
    List<Object> values = new ArrayList<>();
    for (int d : node.dependencies) {
      Expected input = expected.get(nodes.get(d).id);
      if (input.blockedBy != null) {
        skip(node, input.blockedBy);
        return;
      }
      values.add(input.output);
    }
    if (node.kind == Kind.MAP) {
      expectMap(node, values);
      return;
    }
    if (node.kind == Kind.EXPANSION) {
      expected.put(node.id, expectExpansion(node.id, node, (Long) values.get(0), DEPTH));
      return;
    }
    running.add(node.id);
    if (node.fails) {
      expected.put(node.id, fails(node.id));
    } else {
      expected.put(
          node.id,
          new Expected(
              node.kind == Kind.LIST ? listOf(node, values) : numberOf(node, values), null));
    }
  }

  private void expectMap(Node node, List<Object> values) {
    String firstFailing = null;
    List<Long> outputs = new ArrayList<>();
    for (Object each : (List<?>) values.get(0)) {
      long element = (Long) each;
      String id = node.id + "[" + key(element) + "]";
      running.add(id);
      if (elementFails(node, element)) {
        fails(id);
        firstFailing = firstFailing == null ? id : firstFailing;
      } else {
        outputs.add(elementOf(node, element, values.subList(1, values.size())));
      }
    }
    if (firstFailing == null) {
      expected.put(node.id, new Expected(outputs, null));
    } else {
      skip(node, firstFailing);
    }
  }

  private void skip(Node node, String rootCause) {
    skipped.put(node.id, rootCause);
    expected.put(node.id, new Expected(null, rootCause));
  }

  // ---- what has happened

  Map<String, Integer> takeCalls() {
    Map<String, Integer> taken = new TreeMap<>();
    calls.forEach((id, count) -> taken.put(id, count.get()));
    calls.clear();
    return taken;
  }

  /** The outputs that a run has, by task id. */
  Map<String, Object> outputs(Run run) {
    Map<String, Object> outputs = new TreeMap<>();
    for (Task<?> task : tasks) {
      try {
        outputs.put(task.id(), run.get(task));
      } catch (IllegalStateException none) {
        // Failed, skipped, or not reached.
      }
    }
    return outputs;
  }

  Map<String, Object> expectedOutputs() {
    Map<String, Object> outputs = new TreeMap<>();
    expected.forEach((id, e) -> {
      if (e.blockedBy == null) {
        outputs.put(id, e.output);
      }
    });
    return outputs;
  }
}
