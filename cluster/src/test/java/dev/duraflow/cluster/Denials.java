package dev.duraflow.cluster;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;

/** What a database refuses for want of a right, whoever asks it and whatever becomes of the failure. */
final class Denials {
  private volatile CompletableFuture<String> first = new CompletableFuture<>();

  /** Completes with the message of the next one. */
  CompletableFuture<String> next() {
    first = new CompletableFuture<>();
    return first;
  }

  /** A data source whose denials are heard here. */
  DataSource of(DataSource dataSource) {
    return heard(DataSource.class, dataSource);
  }

  private <T> T heard(Class<T> type, Object inner) {
    return type.cast(Proxy.newProxyInstance(
        Denials.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
          try {
            Object result = method.invoke(inner, arguments);
            for (Class<?> layer :
                List.of(Connection.class, PreparedStatement.class, Statement.class)) {
              if (method.getReturnType() == layer && type != Statement.class) {
                return heard(layer, result);
              }
            }
            return result;
          } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException sql && Rights.isDenied(sql)) {
              first.complete(sql.getMessage());
            }
            throw e.getCause();
          }
        }));
  }
}
