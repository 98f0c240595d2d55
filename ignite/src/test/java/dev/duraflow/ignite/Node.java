package dev.duraflow.ignite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.ignite.Ignite;
import org.apache.ignite.Ignition;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.configuration.ClientConnectorConfiguration;
import org.apache.ignite.configuration.DataRegionConfiguration;
import org.apache.ignite.configuration.DataStorageConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.configuration.ThinClientConfiguration;
import org.apache.ignite.logger.NullLogger;
import org.apache.ignite.spi.communication.tcp.TcpCommunicationSpi;
import org.apache.ignite.spi.discovery.tcp.TcpDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.ipfinder.vm.TcpDiscoveryVmIpFinder;

/**
 * Where a server node listens, on this machine only, and nowhere else does it look for others than at the nodes that it is told of.
 *
 * @param peers the ports at which other nodes may be found
 */
record Node(int discovery, int communication, int clients, List<Integer> peers) {
  private static final String HOST = "127.0.0.1";
  private static final int LIMIT = 1_000;
  private static final long REGION_BYTES = 64L << 20;
  /** After that a node that says nothing is dead for the others. */
  private static final int SILENCE_MILLIS = 5_000;

  /** For clients that nothing else tells of a server's silence. */
  static final int CLIENT_TIMEOUT_MILLIS = 4_000;

  /** A cluster that shall be. */
  static Node alone() {
    return joining(List.of());
  }

  private static Node joining(List<Integer> peers) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return new Node(ports.get(0), ports.get(1), ports.get(2), peers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another one, of the same cluster. */
  Node another() {
    return joining(Stream.concat(peers.stream(), Stream.of(discovery)).toList());
  }

  /** As arguments of a process. */
  List<String> arguments() {
    return Stream.concat(Stream.of(discovery, communication, clients), peers.stream())
        .map(String::valueOf)
        .toList();
  }

  static Node of(List<String> arguments) {
    List<Integer> ports = arguments.stream().map(Integer::valueOf).toList();
    return new Node(ports.get(0), ports.get(1), ports.get(2), ports.subList(3, ports.size()));
  }

  String address() {
    return HOST + ":" + clients;
  }

  static ClientConfiguration client(Node... nodes) {
    return new ClientConfiguration()
        .setAddresses(Stream.of(nodes).map(Node::address).toArray(String[]::new))
        .setClusterDiscoveryEnabled(false)
        .setHandshakeTimeout(CLIENT_TIMEOUT_MILLIS)
        .setRequestTimeout(CLIENT_TIMEOUT_MILLIS);
  }

  Ignite start() {
    return start(LIMIT);
  }

  /** @param limit how many compute tasks it takes of one thin client */
  Ignite start(int limit) {
    return Ignition.start(configuration(limit));
  }

  IgniteConfiguration configuration(int limit) {
    List<String> addresses = Stream.concat(Stream.of(discovery), peers.stream())
        .map(port -> HOST + ":" + port)
        .toList();
    return new IgniteConfiguration()
        .setIgniteInstanceName("node-" + discovery)
        .setWorkDirectory(Path.of(System.getProperty("java.io.tmpdir"), "ignite", "" + discovery)
            .toAbsolutePath()
            .toString())
        .setLocalHost(HOST)
        .setGridLogger(new NullLogger())
        .setMetricsLogFrequency(0)
        .setPeerClassLoadingEnabled(false)
        .setFailureDetectionTimeout(SILENCE_MILLIS)
        .setDiscoverySpi(new TcpDiscoverySpi()
            .setLocalPort(discovery)
            .setLocalPortRange(0)
            .setIpFinder(new TcpDiscoveryVmIpFinder().setAddresses(addresses)))
        .setCommunicationSpi(
            new TcpCommunicationSpi().setLocalPort(communication).setLocalPortRange(0))
        .setDataStorageConfiguration(new DataStorageConfiguration()
            .setDefaultDataRegionConfiguration(new DataRegionConfiguration()
                .setInitialSize(REGION_BYTES)
                .setMaxSize(REGION_BYTES)))
        .setClientConnectorConfiguration(new ClientConnectorConfiguration()
            .setHost(HOST)
            .setPort(clients)
            .setPortRange(0)
            .setThinClientConfiguration(
                new ThinClientConfiguration().setMaxActiveComputeTasksPerConnection(limit)));
  }
}
