package dev.duraflow.dag;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tasks that one call of their body computes, by the number of their dependencies. */
final class Computed {
  private Computed() {}

  static final class Of0<R extends @Nullable Object> extends Task<R> {
    private final Body0<? extends R> body;

    Of0(Dag dag, String id, int ordinal, Body0<? extends R> body) {
      super(dag, id, ordinal);
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of();
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call();
    }
  }

  static final class Of1<A extends @Nullable Object, R extends @Nullable Object> extends Task<R> {
    private final Task<A> a;
    private final Body1<? super A, ? extends R> body;

    Of1(Dag dag, String id, int ordinal, Task<A> a, Body1<? super A, ? extends R> body) {
      super(dag, id, ordinal);
      this.a = a;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of(a);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call(in.get(a));
    }
  }

  static final class Of2<
          A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
      extends Task<R> {
    private final Task<A> a;
    private final Task<B> b;
    private final Body2<? super A, ? super B, ? extends R> body;

    Of2(
        Dag dag,
        String id,
        int ordinal,
        Task<A> a,
        Task<B> b,
        Body2<? super A, ? super B, ? extends R> body) {
      super(dag, id, ordinal);
      this.a = a;
      this.b = b;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of(a, b);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call(in.get(a), in.get(b));
    }
  }

  static final class Of3<
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          R extends @Nullable Object>
      extends Task<R> {
    private final Task<A> a;
    private final Task<B> b;
    private final Task<C> c;
    private final Body3<? super A, ? super B, ? super C, ? extends R> body;

    Of3(
        Dag dag,
        String id,
        int ordinal,
        Task<A> a,
        Task<B> b,
        Task<C> c,
        Body3<? super A, ? super B, ? super C, ? extends R> body) {
      super(dag, id, ordinal);
      this.a = a;
      this.b = b;
      this.c = c;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of(a, b, c);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call(in.get(a), in.get(b), in.get(c));
    }
  }

  static final class Of4<
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          R extends @Nullable Object>
      extends Task<R> {
    private final Task<A> a;
    private final Task<B> b;
    private final Task<C> c;
    private final Task<D> d;
    private final Body4<? super A, ? super B, ? super C, ? super D, ? extends R> body;

    Of4(
        Dag dag,
        String id,
        int ordinal,
        Task<A> a,
        Task<B> b,
        Task<C> c,
        Task<D> d,
        Body4<? super A, ? super B, ? super C, ? super D, ? extends R> body) {
      super(dag, id, ordinal);
      this.a = a;
      this.b = b;
      this.c = c;
      this.d = d;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of(a, b, c, d);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call(in.get(a), in.get(b), in.get(c), in.get(d));
    }
  }

  /** Any number of dependencies of different types; the body asks for their outputs. */
  static final class OfN<R extends @Nullable Object> extends Task<R> {
    private final List<Task<?>> dependencies;
    private final BodyN<? extends R> body;

    OfN(Dag dag, String id, int ordinal, List<Task<?>> dependencies, BodyN<? extends R> body) {
      super(dag, id, ordinal);
      this.dependencies = dependencies;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return dependencies;
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      return body.call(new DeclaredInputs(this, Set.copyOf(dependencies), in));
    }
  }

  private record DeclaredInputs(Task<?> asking, Collection<Task<?>> declared, Inputs all)
      implements Inputs {
    @Override
    public <T extends @Nullable Object> T get(Task<T> task) {
      if (!declared.contains(task)) {
        throw new IllegalArgumentException(task + " is not a declared dependency of " + asking
            + "; add it to the list it is declared with");
      }
      return all.get(task);
    }
  }

  /** Any number of dependencies of one type; the body takes their outputs as a list. */
  static final class OfList<A extends @Nullable Object, R extends @Nullable Object>
      extends Task<R> {
    private final List<? extends Task<? extends A>> tasks;
    private final Body1<? super List<A>, ? extends R> body;

    OfList(
        Dag dag,
        String id,
        int ordinal,
        List<? extends Task<? extends A>> tasks,
        Body1<? super List<A>, ? extends R> body) {
      super(dag, id, ordinal);
      this.tasks = tasks;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.copyOf(tasks);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      List<A> values = new ArrayList<>(tasks.size());
      for (Task<? extends A> task : tasks) {
        values.add(in.get(task));
      }
      return body.call(values);
    }
  }

  /** One dependency, a collection, of which the body takes the elements one after the other. */
  static final class OfStream<E extends @Nullable Object, R extends @Nullable Object>
      extends Task<R> {
    private final Task<? extends Collection<E>> source;
    private final Body1<? super Stream<E>, ? extends R> body;

    OfStream(
        Dag dag,
        String id,
        int ordinal,
        Task<? extends Collection<E>> source,
        Body1<? super Stream<E>, ? extends R> body) {
      super(dag, id, ordinal);
      this.source = source;
      this.body = body;
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of(source);
    }

    @Override
    Body<?> body() {
      return body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      try (Stream<E> elements = in.stream(source)) {
        return body.call(elements);
      }
    }
  }
}
