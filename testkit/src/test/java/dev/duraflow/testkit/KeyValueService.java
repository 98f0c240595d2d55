package dev.duraflow.testkit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A key-value service in memory, whose sessions can be made to end. */
final class KeyValueService {
  private final Map<String, byte[]> values = new HashMap<>();

  Session connect() {
    return new Session();
  }

  final class Session implements KeyValueClient {
    private final Set<String> claims = new HashSet<>();

    @Override
    public byte[] get(String key) {
      synchronized (values) {
        return values.get(key);
      }
    }

    @Override
    public boolean claim(String key, byte[] value) {
      synchronized (values) {
        boolean free = values.putIfAbsent(key, value) == null;
        if (free) {
          claims.add(key);
        }
        return free;
      }
    }

    @Override
    public boolean putWhile(String claimed, byte[] claim, String key, byte[] value) {
      synchronized (values) {
        if (!Arrays.equals(values.get(claimed), claim)) {
          return false;
        }
        values.put(key, value.clone());
        return true;
      }
    }

    @Override
    public void delete(String key, byte[] value) {
      synchronized (values) {
        if (Arrays.equals(values.get(key), value)) {
          values.remove(key);
          claims.remove(key);
        }
      }
    }

    /** What the service does when a client's process dies or is not heard of for too long. */
    void expire() {
      synchronized (values) {
        values.keySet().removeAll(claims);
      }
    }
  }
}
