package dev.duraflow.examples.howto;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** A web server of this process, on a port of this machine that the system chooses. */
final class LocalSite implements AutoCloseable {
  private final HttpServer server;
  private final Pages pages;
  private final AtomicInteger requests = new AtomicInteger();

  /** What is served. */
  @FunctionalInterface
  interface Pages {
    /** The page at a path; throws to answer that the service is not available. */
    String at(String path) throws IOException;
  }

  private LocalSite(HttpServer server, Pages pages) {
    this.server = server;
    this.pages = pages;
  }

  static LocalSite serve(Pages pages) throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    LocalSite site = new LocalSite(HttpServer.create(anyPort, 0), pages);
    site.server.createContext("/", site::answer);
    site.server.start();
    return site;
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    try (exchange) {
      byte[] page = pages.at(exchange.getRequestURI().getPath()).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, page.length);
      exchange.getResponseBody().write(page);
    } catch (IOException e) {
      exchange.sendResponseHeaders(503, -1);
    }
  }

  /**
   * Fetches a page.
   *
   * @throws IOException if the server answers with an error
   */
  String fetch(String path) throws IOException {
    URI address = URI.create("http://" + server.getAddress().getHostString() + ":"
        + server.getAddress().getPort() + path);
    try (InputStream in = address.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  /** How many requests there have been. */
  int requests() {
    return requests.get();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
