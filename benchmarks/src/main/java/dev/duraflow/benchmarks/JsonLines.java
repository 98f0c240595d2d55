package dev.duraflow.benchmarks;

import java.io.PrintWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One JSON object a line. */
record JsonLines(PrintWriter out) implements Report {
  private static final JsonMapper JSON = JsonMapper.shared();

  @Override
  public void begin() {}

  @Override
  public void add(Result result) {
    ObjectNode line = JSON.createObjectNode()
        .put("name", result.name())
        .put("n", result.n())
        .put("unit", result.unit().symbol())
        .put("value", result.value().median())
        .put("peer", result.peer())
        .put("peer_value", result.peerValue().median())
        .put("ratio", result.ratio())
        .put("target", result.target())
        .put("met", result.isMet())
        .put("min", result.value().min())
        .put("max", result.value().max())
        .put("peer_min", result.peerValue().min())
        .put("peer_max", result.peerValue().max());
    out.println(line);
    out.flush();
  }
}
