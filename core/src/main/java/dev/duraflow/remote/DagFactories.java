package dev.duraflow.remote;

import dev.duraflow.dag.Dag;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The DAG factories that a worker was given, by name. Immutable. */
public final class DagFactories {
  private final Map<String, DagFactory<?>> byName;

  private DagFactories(Map<String, DagFactory<?>> byName) {
    this.byName = byName;
  }

  /**
   * These factories.
   *
   * @throws IllegalArgumentException if two have the same name
   */
  public static DagFactories of(DagFactory<?>... factories) {
    return of(List.of(factories));
  }

  /**
   * The same, for factories that are found at run time.
   *
   * @throws IllegalArgumentException if two have the same name
   */
  public static DagFactories of(Collection<? extends DagFactory<?>> factories) {
    Map<String, DagFactory<?>> byName = new TreeMap<>();
    for (DagFactory<?> factory : factories) {
      if (byName.put(factory.name(), factory) != null) {
        throw new IllegalArgumentException(
            "two DAG factories have the name '" + factory.name() + "'; rename one of them");
      }
    }
    return new DagFactories(byName);
  }

  /**
   * Declares a DAG.
   *
   * @throws IllegalArgumentException if there is no factory of that name, or the parameters are not its own
   */
  public Dag declare(String factory, String parameters) {
    DagFactory<?> known = byName.get(factory);
    if (known == null) {
      throw new IllegalArgumentException("this worker has no DAG factory '" + factory + "', only "
          + byName.keySet() + "; give it that one too");
    }
    return known.declare(parameters);
  }
}
