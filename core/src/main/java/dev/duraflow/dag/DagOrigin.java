package dev.duraflow.dag;

/**
 * How another process can declare the same DAG.
 *
 * @param factory the name of the factory that made it
 * @param parameters what the factory was given, as JSON
 */
public record DagOrigin(String factory, String parameters) {}
