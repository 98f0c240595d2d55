package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;
import java.lang.reflect.ParameterizedType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A task per element of a collection that another task computes; its own output is the list of theirs, in the collection's
 * order. Made by {@code Dag.map}.
 *
 * <p>The keys become durable before any element runs. Element {@code ORD} of map {@code delay} is a task of its own,
 * {@code delay[ORD]}, with a record of its own; the map needs no other record than its keys.
 *
 * @param <E> an element of the collection
 * @param <R> the output of one element's task
 */
public final class MapTask<E extends @Nullable Object, R extends @Nullable Object>
    extends Task<List<R>> {
  private final List<Task<?>> dependencies;
  private final Task<? extends Collection<? extends E>> source;
  private final Key<? super E> key;
  private final Body<? extends R> body;
  private final ElementCall<E, R> call;
  private @Nullable TypeRef<R> elementType;

  /** The call of the user's body on an element, whatever else it takes. */
  interface ElementCall<E extends @Nullable Object, R extends @Nullable Object> {
    R on(E element, Inputs inputs) throws Exception;
  }

  MapTask(
      Dag dag,
      String id,
      int ordinal,
      List<Task<?>> dependencies,
      Task<? extends Collection<? extends E>> source,
      Key<? super E> key,
      Body<? extends R> body,
      ElementCall<E, R> call) {
    super(dag, id, ordinal);
    this.dependencies = dependencies;
    this.source = source;
    this.key = key;
    this.body = body;
    this.call = call;
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
  TypeRef<List<R>> inferredType() {
    return TypeRef.ofType(Types.generic(List.class, revealedType().type()));
  }

  /** The type of one element's output. */
  public TypeRef<R> elementType() {
    TypeRef<R> known = elementType;
    if (known == null) {
      known = TypeRef.ofType(((ParameterizedType) type().type()).getActualTypeArguments()[0]);
      elementType = known;
    }
    return known;
  }

  /** The id of the task of one element. */
  public String elementId(String key) {
    return id() + "[" + key + "]";
  }

  /**
   * The keys of the elements, in the collection's order.
   *
   * @throws InvalidDagException if two elements have the same key, or one has none
   */
  public List<String> keys(Inputs inputs) {
    Collection<? extends E> elements = elements(inputs);
    List<String> keys = new ArrayList<>(elements.size());
    Set<String> seen = new HashSet<>(2 * elements.size());
    for (E element : elements) {
      String elementKey = keyOf(element);
      if (!seen.add(elementKey)) {
        throw new InvalidDagException("two elements of " + source + " have the key '" + elementKey
            + "' in map '" + id() + "'; choose a key that tells them apart");
      }
      keys.add(elementKey);
    }
    return keys;
  }

  private Collection<? extends E> elements(Inputs inputs) {
    Collection<? extends E> elements = inputs.get(source);
    if (elements == null) {
      throw new InvalidDagException(source + " returned null, and map '" + id()
          + "' needs a collection; return an empty one");
    }
    return elements;
  }

  private String keyOf(E element) {
    String elementKey = key.of(element);
    if (elementKey == null) {
      throw new InvalidDagException("an element of " + source + " has no key in map '" + id()
          + "'; every element needs a key that is the same in every process: " + element);
    }
    return Ids.checkKey(elementKey, "a key of map '" + id() + "'");
  }

  /**
   * The DAG of the elements' tasks, in the order of their keys. The inputs are asked for when the first body runs, so that
   * they need not be there if no element is left to run.
   */
  public Dag elements(List<String> keys, Inputs inputs) {
    Dag elements = Dag.ofElements(id(), keys.size());
    Elements<E> source = new Elements<>(() -> elements(inputs));
    for (String elementKey : keys) {
      elements.add(new Element<>(elements, this, elementKey, source, inputs));
    }
    return elements;
  }

  /** Calls the body on each element in turn. */
  @Override
  public List<R> call(Inputs inputs) throws Exception {
    List<R> outputs = new ArrayList<>();
    for (E element : elements(inputs)) {
      outputs.add(call.on(element, inputs));
    }
    return outputs;
  }

  /** The task of one element. */
  static final class Element<E extends @Nullable Object, R extends @Nullable Object>
      extends Task<R> {
    private final MapTask<E, R> map;
    private final String key;
    private final Elements<E> elements;
    private final Inputs outer;

    Element(Dag dag, MapTask<E, R> map, String key, Elements<E> elements, Inputs outer) {
      super(dag, map.elementId(key), dag.size());
      this.map = map;
      this.key = key;
      this.elements = elements;
      this.outer = outer;
      inherit(map);
    }

    @Override
    TypeRef<R> inferredType() {
      return map.elementType();
    }

    @Override
    public List<Task<?>> dependencies() {
      return List.of();
    }

    @Override
    Body<?> body() {
      return map.body;
    }

    @Override
    public R call(Inputs in) throws Exception {
      if (ordinal() >= elements.size()) {
        throw new InvalidDagException("map '" + map.id() + "' has a key '" + key + "' and "
            + map.source + " no element for it any more; it must return the same elements, and "
            + "nobody may change them");
      }
      E element = elements.get(ordinal());
      String found = map.keyOf(element);
      if (!found.equals(key)) {
        throw new InvalidDagException("the element with key '" + key + "' of map '" + map.id()
            + "' now has the key '" + found + "'; a key must be the same in every process");
      }
      return map.call.on(element, outer);
    }
  }

  /** A collection's elements by index, taken when the first is asked for. Two threads may both take them; they are the same. */
  private static final class Elements<E extends @Nullable Object> {
    private final Supplier<Collection<? extends E>> source;
    private volatile @Nullable Object @Nullable [] taken;

    Elements(Supplier<Collection<? extends E>> source) {
      this.source = source;
    }

    int size() {
      return all().length;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // holds what the collection held
    E get(int index) {
      return (E) all()[index];
    }

    private @Nullable Object[] all() {
      @Nullable Object[] all = taken;
      if (all == null) {
        all = source.get().toArray();
        taken = all;
      }
      return all;
    }
  }
}
