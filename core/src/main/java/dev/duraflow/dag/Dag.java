package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A named, typed graph of tasks, declared in plain Java.
 *
 * <pre>{@code
 * Dag dag = Dag.named("delays");
 * Task<List<Flight>> flights = dag.task("flights", Flights::load);
 * Task<Report> report = dag.task("report", flights, Report::of);
 * }</pre>
 *
 * A task is declared with its dependencies, and only from tasks that already exist, so a cycle cannot be written. A DAG can run
 * any number of times, also at once under different run ids; it must not be changed while a run starts. Not thread-safe.
 */
public final class Dag {
  /** Longest id of a task or name of a DAG, in chars. */
  public static final int MAX_ID_LENGTH = 10_000;

  private final String name;
  /** What the ids of its tasks begin with. */
  private final String prefix;

  private final List<Task<?>> tasks;
  /** Null if the tasks are the elements of a map: their ids are told apart by their keys, and nobody looks for one. */
  private final @Nullable TaskIndex byId;

  private boolean hasExpansions;

  private @Nullable Retry retry;
  private @Nullable DagOrigin origin;

  private Dag(String name, String prefix) {
    this.name = name;
    this.prefix = prefix;
    this.tasks = new ArrayList<>();
    this.byId = new TaskIndex(tasks);
  }

  /** For the elements of a map. */
  private Dag(String name, int size) {
    this.name = name;
    this.prefix = "";
    this.tasks = new ArrayList<>(size);
    this.byId = null;
  }

  /** An empty DAG. Its name is also the default run id. */
  public static Dag named(String name) {
    return new Dag(Ids.check(name, "a DAG's name"), "");
  }

  static Dag nested(String name, String prefix) {
    return new Dag(name, prefix);
  }

  /** For the elements of a map, which have different keys. */
  static Dag ofElements(String name, int size) {
    return new Dag(name, size);
  }

  /**
   * Says what happens when an attempt at any of its tasks fails that does not say itself, and of those in its maps and expansions;
   * without this the engine's default holds, which is to try once.
   */
  public Dag retry(Retry retry) {
    this.retry = Objects.requireNonNull(retry);
    return this;
  }

  /** What was said by {@link #retry(Retry)}. */
  public Optional<Retry> retry() {
    return Optional.ofNullable(retry);
  }

  /**
   * Says how other processes can declare the same DAG, so that they may run tasks of it. A {@code DagFactory} says it of those that
   * it makes.
   */
  public Dag origin(DagOrigin origin) {
    this.origin = Objects.requireNonNull(origin);
    return this;
  }

  /** What was said by {@link #origin(DagOrigin)}. */
  public Optional<DagOrigin> origin() {
    return Optional.ofNullable(origin);
  }

  public String name() {
    return name;
  }

  public int size() {
    return tasks.size();
  }

  /** The tasks in the order of their declaration; a view. */
  public List<Task<?>> tasks() {
    return Collections.unmodifiableList(tasks);
  }

  /** The task with this id. */
  public Optional<Task<?>> find(String id) {
    return byId != null
        ? Optional.ofNullable(byId.find(id))
        : tasks.stream().filter(task -> task.id().equals(id)).findFirst();
  }

  /** Declares a task without dependencies. */
  public <R extends @Nullable Object> Task<R> task(String id, Body0<? extends R> body) {
    return add(new Computed.Of0<>(this, checkId(id), size(), body));
  }

  /** Declares a task with one dependency. */
  public <A extends @Nullable Object, R extends @Nullable Object> Task<R> task(
      String id, Task<A> a, Body1<? super A, ? extends R> body) {
    checkOwn(id, a);
    return add(new Computed.Of1<>(this, checkId(id), size(), a, body));
  }

  /** Declares a task with two dependencies. */
  public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
      Task<R> task(String id, Task<A> a, Task<B> b, Body2<? super A, ? super B, ? extends R> body) {
    checkOwn(id, a);
    checkOwn(id, b);
    return add(new Computed.Of2<>(this, checkId(id), size(), a, b, body));
  }

  /** Declares a task with three dependencies. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          R extends @Nullable Object>
      Task<R> task(
          String id,
          Task<A> a,
          Task<B> b,
          Task<C> c,
          Body3<? super A, ? super B, ? super C, ? extends R> body) {
    checkOwn(id, a);
    checkOwn(id, b);
    checkOwn(id, c);
    return add(new Computed.Of3<>(this, checkId(id), size(), a, b, c, body));
  }

  /** Declares a task with four dependencies. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          R extends @Nullable Object>
      Task<R> task(
          String id,
          Task<A> a,
          Task<B> b,
          Task<C> c,
          Task<D> d,
          Body4<? super A, ? super B, ? super C, ? super D, ? extends R> body) {
    checkOwn(id, a);
    checkOwn(id, b);
    checkOwn(id, c);
    checkOwn(id, d);
    return add(new Computed.Of4<>(this, checkId(id), size(), a, b, c, d, body));
  }

  /** Declares a task with any number of dependencies, whose body asks for their outputs: {@code in -> in.get(a) + in.get(b)}. */
  public <R extends @Nullable Object> Task<R> task(
      String id, List<? extends Task<?>> dependencies, BodyN<? extends R> body) {
    dependencies.forEach(dependency -> checkOwn(id, dependency));
    return add(new Computed.OfN<>(this, checkId(id), size(), List.copyOf(dependencies), body));
  }

  /** Declares a task that takes the outputs of any number of tasks of one type, as a list in the given order. */
  public <A extends @Nullable Object, R extends @Nullable Object> Task<R> gather(
      String id,
      List<? extends Task<? extends A>> tasks,
      Body1<? super List<A>, ? extends R> body) {
    tasks.forEach(dependency -> checkOwn(id, dependency));
    return add(new Computed.OfList<>(this, checkId(id), size(), List.copyOf(tasks), body));
  }

  /**
   * Declares one durable task per element of a collection that another task computes; the output is the list of theirs, in
   * the collection's order.
   *
   * @param key names an element, the same in every process; the element's task is {@code id[key]}
   */
  public <E extends @Nullable Object, R extends @Nullable Object> Task<List<R>> map(
      String id,
      Task<? extends Collection<? extends E>> source,
      Key<? super E> key,
      Body1<? super E, ? extends R> body) {
    checkOwn(id, source);
    return add(new MapTask<E, R>(
        this,
        checkId(id),
        size(),
        List.of(source),
        source,
        key,
        body,
        (element, in) -> body.call(element)));
  }

  /** Like {@link #map(String, Task, Key, Body1)}, with a dependency that every element's body also takes. */
  public <E extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object>
      Task<List<R>> map(
          String id,
          Task<? extends Collection<? extends E>> source,
          Task<S> shared,
          Key<? super E> key,
          Body2<? super E, ? super S, ? extends R> body) {
    checkOwn(id, source);
    checkOwn(id, shared);
    return add(new MapTask<E, R>(
        this,
        checkId(id),
        size(),
        List.of(source, shared),
        source,
        key,
        body,
        (element, in) -> body.call(element, in.get(shared))));
  }

  /** Like {@link #map(String, Task, Key, Body1)}, with two dependencies that every element's body also takes. */
  public <
          E extends @Nullable Object,
          S extends @Nullable Object,
          U extends @Nullable Object,
          R extends @Nullable Object>
      Task<List<R>> map(
          String id,
          Task<? extends Collection<? extends E>> source,
          Task<S> shared,
          Task<U> alsoShared,
          Key<? super E> key,
          Body3<? super E, ? super S, ? super U, ? extends R> body) {
    checkOwn(id, source);
    checkOwn(id, shared);
    checkOwn(id, alsoShared);
    return add(new MapTask<E, R>(
        this,
        checkId(id),
        size(),
        List.of(source, shared, alsoShared),
        source,
        key,
        body,
        (element, in) -> body.call(element, in.get(shared), in.get(alsoShared))));
  }

  /**
   * Declares a task that takes the elements of a collection that another task computes, one after the other. Those of a map are
   * read from the store as they are asked for, so that they need not all be in memory at once. The stream is the body's to use until
   * it returns, in its own thread.
   */
  public <E extends @Nullable Object, R extends @Nullable Object> Task<R> stream(
      String id, Task<? extends Collection<E>> source, Body1<? super Stream<E>, ? extends R> body) {
    checkOwn(id, source);
    return add(new Computed.OfStream<>(this, checkId(id), size(), source, body));
  }

  /**
   * Declares a task that is a DAG of its own, declared when its input is there: {@code (sub, value) -> task} declares tasks in {@code
   * sub} and returns the one whose output is to be this task's. That gives conditions, loops and nested DAGs: what is declared
   * may depend on the value, and may hold expansions itself.
   *
   * <p>The ids of the tasks within begin with this task's id and a slash. Once it has an output that is recorded under its own id,
   * and a resumed run does not declare the tasks again. Expansions may lie in each other up to 500 deep.
   */
  public <A extends @Nullable Object, R extends @Nullable Object> Task<R> expand(
      String id, Task<A> input, Expansion<? super A, R> body) {
    checkOwn(id, input);
    return add(new ExpandTask<A, R>(this, checkId(id), size(), input, body));
  }

  <T extends Task<?>> T add(T task) {
    Objects.requireNonNull(task.body(), () -> task + " has no body");
    TaskIndex known = byId;
    if (known == null) {
      tasks.add(task);
      return task;
    }
    if (hasExpansions || task instanceof ExpandTask) {
      checkNesting(task, known);
    }
    Task<?> earlier = known.putIfAbsent(task);
    if (earlier != null) {
      throw new InvalidDagException("DAG '" + name + "' already has a task '" + task.id()
          + "'; give every task an id of its own");
    }
    tasks.add(task);
    return task;
  }

  /** Ids with a slash may be those of tasks within an expansion. */
  private void checkNesting(Task<?> task, TaskIndex known) {
    String id = task.id();
    for (int slash = id.indexOf('/'); slash >= 0; slash = id.indexOf('/', slash + 1)) {
      if (known.find(id.substring(0, slash)) instanceof ExpandTask<?, ?> expansion) {
        throw nested(expansion, task);
      }
    }
    if (task instanceof ExpandTask<?, ?> expansion) {
      for (Task<?> other : tasks) {
        if (other.id().startsWith(id + "/")) {
          throw nested(expansion, other);
        }
      }
      hasExpansions = true;
    }
  }

  private InvalidDagException nested(Task<?> expansion, Task<?> task) {
    return new InvalidDagException("task '" + task.id() + "' of DAG '" + name
        + "' has an id like those of the tasks within expansion '" + expansion.id()
        + "'; give it one that does not begin with '" + expansion.id() + "/'");
  }

  private void checkOwn(String id, Task<?> dependency) {
    if (dependency.dag() != this) {
      throw new InvalidDagException("task '" + id + "' of DAG '" + name + "' cannot depend on "
          + dependency + "; declare both in one DAG");
    }
  }

  private String checkId(String id) {
    Ids.check(id, "a task's id");
    return prefix.isEmpty() ? id : Ids.checkKey(prefix + id, "a task's id");
  }
}
