package dev.duraflow.testkit;

import org.jspecify.annotations.Nullable;

/** What a store needs of a key-value service; etcd, Consul, ZooKeeper, Redis and DynamoDB can all do it in their ways. */
interface KeyValueClient {
  /** Null if the key is not there. */
  byte @Nullable [] get(String key);

  /** Puts a key that is not there, for no longer than this client's session lasts; false if it is there. */
  boolean claim(String key, byte[] value);

  /** Puts a key if the claim on another still has a value, in one step; false if not. */
  boolean putWhile(String claimed, byte[] claim, String key, byte[] value);

  /** Deletes a key if it has a value, in one step. */
  void delete(String key, byte[] value);
}
