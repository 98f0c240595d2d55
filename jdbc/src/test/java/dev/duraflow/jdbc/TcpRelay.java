package dev.duraflow.jdbc;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A network between a program and its server that can be silenced: nothing goes through, and nobody is told. */
final class TcpRelay implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final List<Closeable> open = new CopyOnWriteArrayList<>();
  private boolean silent;

  TcpRelay(int target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(client);
        open.add(server);
        start(() -> pump(client, server));
        start(() -> pump(server, client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        awaitSound();
        out.write(buffer, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      // one of the two has gone
    }
  }

  private synchronized void awaitSound() throws IOException {
    try {
      while (silent) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  synchronized void setSilent(boolean value) {
    silent = value;
    notifyAll();
  }

  /** Breaks all connections; new ones can be made. */
  void cut() throws IOException {
    for (Closeable socket : open) {
      socket.close();
    }
    open.clear();
  }

  @Override
  public void close() throws IOException {
    setSilent(false);
    listening.close();
    cut();
  }
}
