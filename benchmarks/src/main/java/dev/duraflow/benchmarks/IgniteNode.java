package dev.duraflow.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * Where a server node listens, on this machine only.
 *
 * @param seed at which port it finds the first node of its cluster
 */
record IgniteNode(int discovery, int communication, int clients, int seed) {
  private static final String HOST = "127.0.0.1";
  private static final long REGION_BYTES = 64L << 20;
  private static final int MOST_TASKS = 1_000;

  /** The first of a cluster. */
  static IgniteNode alone() throws IOException {
    return of(0);
  }

  IgniteNode another() throws IOException {
    return of(seed);
  }

  private static IgniteNode of(int seed) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    int[] ports = new int[3];
    for (int i = 0; i < ports.length; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      ports[i] = sockets.get(i).getLocalPort();
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return new IgniteNode(ports[0], ports[1], ports[2], seed == 0 ? ports[0] : seed);
  }

  String address() {
    return HOST + ":" + clients;
  }

  IgniteConfiguration configuration(Path directory) {
    return new IgniteConfiguration()
        .setWorkDirectory(directory.toAbsolutePath().toString())
        .setLocalHost(HOST)
        .setGridLogger(new NullLogger())
        .setMetricsLogFrequency(0)
        .setDiscoverySpi(new TcpDiscoverySpi()
            .setLocalPort(discovery)
            .setLocalPortRange(0)
            .setIpFinder(new TcpDiscoveryVmIpFinder().setAddresses(List.of(HOST + ":" + seed))))
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
                new ThinClientConfiguration().setMaxActiveComputeTasksPerConnection(MOST_TASKS)));
  }
}
