package dev.duraflow.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CodecException;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.error.TaskTimeoutException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunListener;
import dev.duraflow.event.RunState;
import dev.duraflow.examples.flights.FlightsCrashTest;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.store.Durability;
import dev.duraflow.store.JournalStore;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.RunSummary;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import dev.duraflow.testkit.CrashPoints;
import dev.duraflow.testkit.FaultyStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** The code that the guide shows. */
final class GuideTest {
  private static final String GUIDE = "docs/guide.md";

  @TempDir
  Path directory;

  @Test
  void code_isWhatIsTested() {
    assertThat(Snippets.in(GUIDE))
        .isEqualTo(Snippets.expectedIn(
            GUIDE, GuideTest.class, RemoteGuideTest.class, FlightsCrashTest.class));
  }

  @Test
  void guarantees_nameTestsThatExist() throws IOException {
    Set<String> named = Pattern.compile("`(\\w+(?:Test|Contract))`")
        .matcher(Snippets.text("docs/guarantees.md"))
        .results()
        .map(name -> name.group(1) + ".java")
        .collect(Collectors.toSet());
    assertThat(named).isNotEmpty();
    try (Stream<Path> files = Files.walk(Snippets.root())) {
      Set<String> present =
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
      assertThat(present).containsAll(named);
    }
  }

  @Test
  void firstDag() throws IOException {
    // snippet: first
    Dag dag = Dag.named("greeting");
    Task<String> name = dag.task("name", () -> "world");
    Task<String> greeting = dag.task("greeting", name, who -> "hello, " + who);

    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      System.out.println(run.get(greeting)); // hello, world
      // hide
      assertThat(run.get(greeting)).isEqualTo("hello, world");
      // show
    }
    // end
    assertThat(directory.resolve("greeting/journal")).isRegularFile();
    assertThat(text("greeting", "greeting")).isEqualTo("\"hello, world\"");
  }

  @Test
  void dependencies() {
    Dag dag = Dag.named("box");
    // snippet: dependencies
    Task<Integer> width = dag.task("width", () -> 3);
    Task<Integer> height = dag.task("height", () -> 4);
    Task<Integer> area = dag.task("area", width, height, (w, h) -> w * h);
    // end
    Task<Integer> depth = dag.task("depth", () -> 5);
    Task<String> unit = dag.task("unit", () -> "cm");
    // snippet: any-number
    Task<String> label = dag.task(
        "label",
        List.of(width, height, depth, area, unit),
        in -> in.get(width) + " x " + in.get(height) + " x " + in.get(depth) + " " + in.get(unit));
    // end
    // snippet: gather
    List<Task<Integer>> months = new ArrayList<>();
    for (int m = 1; m <= 12; m++) {
      int month = m;
      months.add(dag.task("sales-" + month, () -> salesIn(month)));
    }
    Task<Integer> year = dag.gather("year", months, sales -> sum(sales));
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(area)).isEqualTo(12);
      assertThat(run.get(label)).isEqualTo("3 x 4 x 5 cm");
      assertThat(run.get(year)).isEqualTo(780);
    }
  }

  private static int salesIn(int month) {
    return 10 * month;
  }

  private static int sum(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).sum();
  }

  // snippet: page
  record Page(String url, List<String> words) {
    static List<Page> crawl() {
      return List.of(
          new Page("/index", List.of("a", "durable", "graph")), new Page("/about", List.of("us")));
    }

    int length() {
      return words.size();
    }

    int lengthWithout(Set<String> stopWords) {
      return (int) words.stream().filter(word -> !stopWords.contains(word)).count();
    }
  }
  // end

  @Test
  void map() {
    Dag dag = Dag.named("site");
    // snippet: map
    Task<List<Page>> pages = dag.task("pages", Page::crawl);
    Task<List<Integer>> lengths = dag.map("length", pages, Page::url, Page::length);
    Task<Integer> total = dag.task("total", lengths, all -> sum(all));
    // end
    // snippet: map-shared
    Task<Set<String>> stopWords = dag.task("stop-words", GuideTest::stopWords);
    Task<List<Integer>> counted =
        dag.map("counted", pages, stopWords, Page::url, Page::lengthWithout);
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      // snippet: map-find
      int index = run.find("length[/index]", Integer.class).orElseThrow(); // 3
      // end
      assertThat(index).isEqualTo(3);
      assertThat(run.get(total)).isEqualTo(4);
      assertThat(run.get(counted)).containsExactly(2, 1);
      assertThat(run.total()).isEqualTo(5 + 4);
    }
  }

  private static Set<String> stopWords() {
    return Set.of("a", "the");
  }

  @Test
  void outputTypes() {
    Dag dag = Dag.named("names");
    // snippet: types
    Task<List<String>> names = dag.task("names", GuideTest::loadNames); // List<String>
    Task<Integer> count = dag.task("count", names, all -> all.size()); // Integer
    Task<List<String>> sorted = dag.task(
            "sorted", names, all -> all.stream().sorted().toList())
        .returns(new TypeRef<>() {}); // List<String>, as the variable says
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(sorted)).containsExactly("ann", "bob");
      assertThat(run.get(count)).isEqualTo(2);
      assertThat(sorted.type()).isEqualTo(new TypeRef<List<String>>() {});

      dag.task("reversed", names, all -> reversed(all));
      assertThatThrownBy(() -> duraflow.run(dag, "refused"))
          .isInstanceOf(InvalidDagException.class)
          .satisfies(GuideTest::isQuoted);
    }
  }

  private static List<String> loadNames() {
    return List.of("bob", "ann");
  }

  private static <T> List<T> reversed(List<T> list) {
    List<T> copy = new ArrayList<>(list);
    Collections.reverse(copy);
    return copy;
  }

  private static void isQuoted(Throwable thrown) {
    assertThat(Snippets.text(GUIDE)).contains(thrown.getMessage());
  }

  @Test
  void start() throws InterruptedException {
    Dag dag = Dag.named("slow");
    CountDownLatch goOn = new CountDownLatch(1);
    Task<Integer> answer = dag.task("answer", () -> {
      goOn.await();
      return 42;
    });
    goOn.countDown();
    try (Duraflow duraflow = Duraflow.open(directory)) {
      // snippet: start
      Run run = duraflow.start(dag, "2001-q1");
      while (!run.await(Duration.ofSeconds(1))) {
        System.out.println(run.completed() + " of " + run.total() + " tasks");
      }
      if (run.state() == RunState.SUCCEEDED) {
        System.out.println(run.get(answer));
      }
      // end
      assertThat(run.get(answer)).isEqualTo(42);
    }
  }

  @Test
  void cancel() throws InterruptedException {
    Dag dag = Dag.named("endless");
    CountDownLatch begun = new CountDownLatch(1);
    dag.task("wait", () -> {
      begun.countDown();
      Thread.sleep(Duration.ofDays(1).toMillis());
      return "never";
    });
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.start(dag);
      begun.await();
      // snippet: cancel
      run.cancel();
      try {
        run.await();
      } catch (RunCancelledException e) {
        System.err.println(e.getMessage());
      }
      // end
      assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    }
  }

  @Test
  void resume() {
    AtomicBoolean online = new AtomicBoolean();
    AtomicInteger loads = new AtomicInteger();
    try (Duraflow duraflow = Duraflow.open(directory)) {
      // snippet: resume
      Dag dag = Dag.named("invoices");
      Task<Integer> load = dag.task("load", () -> loads.incrementAndGet());
      Task<String> send = dag.task("send", load, invoices -> {
        if (!online.get()) {
          throw new IOException("no route to host");
        }
        return "sent " + invoices;
      });

      try {
        duraflow.run(dag, "2001-01"); // 'load' succeeds, 'send' fails
      } catch (RunFailedException e) {
        online.set(true);
      }
      Run run = duraflow.run(dag, "2001-01"); // reuses 'load', calls 'send'
      // end
      assertThat(run.get(send)).isEqualTo("sent 1");
      assertThat(run.reused()).isEqualTo(1);
      assertThat(duraflow.run(dag, "2001-02").get(send)).isEqualTo("sent 2");
    }
  }

  @Test
  void resume_asAnotherType_isRefused() {
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Dag before = Dag.named("invoices");
      before.task("load", () -> 1);
      duraflow.run(before, "2001-01");

      Dag after = Dag.named("invoices");
      after.task("load", () -> "one");
      assertThatThrownBy(() -> duraflow.run(after, "2001-01"))
          .isInstanceOf(TypeMismatchException.class)
          .satisfies(GuideTest::isQuoted);
    }
  }

  @Test
  void keep() {
    Dag dag = Dag.named("kept");
    // snippet: keep
    Task<Integer> total = dag.task("total", () -> 42).keep();
    // end
    assertThat(Duraflow.builder().store(Store.inMemory()).build().run(dag).get(total))
        .isEqualTo(42);
  }

  @Test
  void lock() throws InterruptedException {
    Dag dag = Dag.named("nightly");
    CountDownLatch goOn = new CountDownLatch(1);
    dag.task("wait", () -> {
      goOn.await();
      return 1;
    });
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run first = duraflow.start(dag);
      // snippet: locked
      try {
        duraflow.run(dag, "nightly");
      } catch (RunLockedException e) {
        System.err.println(
            "held by process " + e.holder().pid() + " since " + e.holder().since());
      }
      // end
      assertThatThrownBy(() -> duraflow.run(dag, "nightly")).isInstanceOf(RunLockedException.class);
      goOn.countDown();
      first.await();
    }
  }

  @Test
  void failures() {
    Dag dag = Dag.named("imports");
    dag.task("users", () -> failing("no such table"));
    try (Duraflow duraflow = Duraflow.open(directory)) {
      // snippet: failures
      try {
        duraflow.run(dag);
      } catch (RunFailedException e) {
        for (TaskFailure failure : e.failures()) {
          System.err.println(failure.taskId() + ": " + failure.cause());
        }
      }
      // end
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("no such table");
    }
  }

  private static int failing(String message) throws IOException {
    throw new IOException(message);
  }

  @Test
  void keepGoing() throws InterruptedException {
    Dag dag = Dag.named("imports");
    Task<Integer> users = dag.task("users", () -> failing("no such table"));
    Task<Integer> orders = dag.task("orders", () -> 7);
    Task<Integer> joined = dag.task("joined", users, orders, Integer::sum);
    // snippet: keep-going
    try (Store store = Store.files(directory);
        Duraflow duraflow = Duraflow.builder()
            .store(store)
            .failurePolicy(FailurePolicy.KEEP_GOING)
            .build()) {
      Run run = duraflow.start(dag);
      run.await(Duration.ofMinutes(10));
      System.out.println(run.state() + ", " + run.failures().size() + " failed");
      System.out.println(run.get(orders)); // what succeeded is there
      // hide
      assertThat(run.state()).isEqualTo(RunState.FAILED);
      assertThat(run.get(orders)).isEqualTo(7);
      assertThatThrownBy(() -> run.get(joined))
          .hasMessageContaining("skipped because task 'users'");
      // show
    }
    // end
  }

  @Test
  void step() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (Duraflow duraflow = Duraflow.open(directory)) {
      for (int i = 0; i < 2; i++) {
        // snippet: step
        int port = duraflow.step("port", () -> choosePort());
        List<String> hosts =
            duraflow.step("hosts", new TypeRef<List<String>>() {}, () -> List.of("a", "b"));
        // end
        assertThat(port).isEqualTo(8080);
        assertThat(hosts).containsExactly("a", "b");
        duraflow.step("count", () -> calls.incrementAndGet());
      }
    }
    assertThat(calls).hasValue(1);
  }

  private static int choosePort() {
    return 8080;
  }

  @Test
  void progress() {
    Dag dag = Dag.named("greeting");
    dag.task("name", () -> "world");
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    // snippet: progress
    try (Store store = Store.files(directory);
        Duraflow duraflow = Duraflow.builder()
            .store(store)
            .onProgress(p -> System.err.println(p.completed() + " of " + p.total() + ": "
                + p.taskId() + (p.reused() ? " (reused)" : "")))
            .listener(new FailureLog())
            // hide
            .onProgress(p -> lines.add(p.taskId() + p.reused()))
            // show
            .build()) {
      duraflow.run(dag);
      // hide
      duraflow.run(dag);
      // show
    }
    // end
    assertThat(lines).containsExactly("namefalse", "nametrue");
  }

  // snippet: listener
  static final class FailureLog implements RunListener {
    @Override
    public void onEvent(RunEvent event) {
      if (event instanceof RunEvent.TaskFailed failed) {
        System.err.println(failed.taskId() + " failed at " + failed.at() + ": " + failed.cause());
      } else if (event instanceof RunEvent.TaskSkipped skipped) {
        System.err.println(skipped.taskId() + " skipped, as " + skipped.rootCause() + " failed");
      }
    }
  }
  // end

  @Test
  void executor() {
    Dag dag = Dag.named("greeting");
    Task<String> name = dag.task("name", () -> "world");
    // snippet: executor
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try (Store store = Store.files(directory);
        Duraflow duraflow =
            Duraflow.builder().store(store).executor(pool).maxConcurrency(8).build()) {
      duraflow.run(dag);
      // hide
      assertThat(duraflow.run(dag).get(name)).isEqualTo("world");
      // show
    } finally {
      pool.shutdown();
    }
    // end
  }

  @Test
  void isCancelled() throws InterruptedException {
    Dag dag = Dag.named("primes");
    CountDownLatch begun = new CountDownLatch(1);
    // snippet: is-cancelled
    Task<Long> search = dag.task("search", () -> {
      TaskContext context = TaskContext.current();
      // hide
      begun.countDown();
      // show
      long candidate = 2;
      while (!found(candidate) && !context.isCancelled()) {
        candidate++;
      }
      return candidate;
    });
    // end
    try (Duraflow duraflow = Duraflow.withoutStore()) {
      Run run = duraflow.start(dag);
      begun.await();
      run.cancel();
      assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      assertThat(search.id()).isEqualTo("search");
    }
  }

  private static boolean found(long candidate) {
    return candidate < 0;
  }

  @Test
  void stores() {
    Dag dag = Dag.named("greeting");
    Task<String> name = dag.task("name", () -> "world");
    // snippet: stores
    try (Store store = Store.inMemory();
        Duraflow duraflow = Duraflow.builder().store(store).build()) {
      Run run = duraflow.run(dag);
      // hide
      assertThat(run.get(name)).isEqualTo("world");
      // show
    }
    // end
  }

  @Test
  void foreignDirectory_isContinued() throws IOException {
    // Files as duraflow-rs leaves them: one for each key, JSON and nothing else.
    Path run = Files.createDirectory(directory.resolve("loads"));
    Files.writeString(run.resolve("load-5"), "5");

    Dag dag = Dag.named("loads");
    Task<Integer> load = dag.task("load-5", () -> 55);
    Task<Integer> twice = dag.task("twice", load, n -> 2 * n);
    try (Store store = Store.files(directory);
        Duraflow duraflow = Duraflow.builder().store(store).build()) {
      assertThat(duraflow.run(dag).get(twice)).isEqualTo(10);
    }
    assertThat(run.resolve("load-5")).hasContent("5");
  }

  // snippet: money
  record Money(String currency, long cents) {}

  static final class Account {
    private String owner = "";
    private Money balance = new Money("EUR", 0);

    private Account() {}

    static Account of(String owner, Money balance) {
      Account account = new Account();
      account.owner = owner;
      account.balance = balance;
      return account;
    }

    boolean isOverdrawn() { // not stored: it is no field
      return balance.cents() < 0;
    }
  }
  // end

  @Test
  void json_isFields() throws IOException {
    Dag dag = Dag.named("bank");
    Task<Account> account = dag.task("account", () -> Account.of("ann", new Money("EUR", -500)));
    try (Duraflow duraflow = Duraflow.open(directory)) {
      duraflow.run(dag);
      Account stored = duraflow.run(dag).get(account);
      assertThat(stored.owner).isEqualTo("ann");
      assertThat(stored.isOverdrawn()).isTrue();
    }
    String json = "{\"balance\":{\"currency\":\"EUR\",\"cents\":-500},\"owner\":\"ann\"}";
    assertThat(text("bank", "account")).isEqualTo(json);
    assertThat(Snippets.text(GUIDE)).contains(json);
  }

  // snippet: gzip
  /** JSON, compressed. */
  static final class GzipJson implements Codec {
    private final Codec json = Codec.json();

    @Override
    public String name() {
      return "json+gzip";
    }

    @Override
    public void encode(@Nullable Object value, TypeRef<?> type, OutputStream out)
        throws IOException {
      GZIPOutputStream gzip = new GZIPOutputStream(out);
      json.encode(value, type, gzip);
      gzip.finish();
    }

    @Override
    public @Nullable Object decode(InputStream in, TypeRef<?> type) throws IOException {
      return json.decode(new GZIPInputStream(in), type);
    }
  }
  // end

  @Test
  void codec() {
    Dag dag = Dag.named("greeting");
    Task<String> name = dag.task("name", () -> "world");
    try (Store store = Store.files(directory)) {
      // snippet: codec
      try (Duraflow duraflow =
          Duraflow.builder().store(store).codec(new GzipJson()).build()) {
        duraflow.run(dag);
        // hide
        assertThat(duraflow.run(dag).get(name)).isEqualTo("world");
        // show
      }
      // end
      try (Duraflow json = Duraflow.builder().store(store).build()) {
        assertThatThrownBy(() -> json.run(dag)).isInstanceOf(CodecException.class);
      }
    }
  }

  /** A server that refuses every other request. */
  private HttpServer flakyServer(AtomicInteger requests) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      boolean refused = requests.incrementAndGet() % 2 == 1;
      byte[] page = exchange.getRequestURI().getPath().getBytes(UTF_8);
      exchange.sendResponseHeaders(refused ? 503 : 200, refused ? -1 : page.length);
      if (!refused) {
        exchange.getResponseBody().write(page);
      }
      exchange.close();
    });
    server.start();
    return server;
  }

  // snippet: retry
  static String fetch(URI page) throws IOException {
    URLConnection connection = page.toURL().openConnection();
    try (InputStream in = connection.getInputStream()) { // throws for a status of 500 and more
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  static Task<String> declareFetch(Dag dag, URI page) {
    return dag.task("fetch", () -> fetch(page))
        .retry(Retry.times(4)
            .backoff(Duration.ofMillis(100), Duration.ofSeconds(2))
            .jitter(0.5)
            .retryIf(e -> e instanceof IOException || e instanceof TaskTimeoutException))
        .timeout(Duration.ofSeconds(10));
  }
  // end

  @Test
  void retry() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server = flakyServer(requests);
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Dag dag = Dag.named("flaky");
      Task<String> fetch = declareFetch(dag, URI.create("http:/" + server.getAddress() + "/page"));
      assertThat(duraflow.run(dag).get(fetch)).isEqualTo("/page");
      assertThat(requests).hasValue(2);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void limits() throws IOException {
    AtomicInteger requests = new AtomicInteger(1);
    HttpServer server = flakyServer(requests);
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Dag dag = Dag.named("crawl");
      Task<List<URI>> pages = dag.task(
              "pages",
              () -> IntStream.range(0, 10)
                  .mapToObj(i -> URI.create("http:/" + server.getAddress() + "/" + i))
                  .toList())
          .returns(new TypeRef<>() {});
      // snippet: limit
      Task<List<String>> texts = dag.map("fetch", pages, URI::getPath, GuideTest::fetch)
          .limit(Limit.concurrent("connections", 2))
          .limit(Limit.perSecond("requests", 50))
          .retry(Retry.times(5));
      // end
      assertThat(duraflow.run(dag).get(texts)).hasSize(10).startsWith("/0", "/1");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void priorities() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("reports");
    List<String> order = new ArrayList<>();
    // snippet: priority
    dag.task("archive", () -> order.add("archive")).priority(-1);
    dag.task("daily", () -> order.add("daily"));
    dag.task("alarm", () -> order.add("alarm")).priority(10);
    // end
    Duraflow.builder().store(store).maxConcurrency(1).build().run(dag);
    assertThat(order).containsExactly("alarm", "daily", "archive");
  }

  @Test
  void stepsInsideATask() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server = flakyServer(requests);
    String site = "http:/" + server.getAddress() + "/";
    Dag dag = Dag.named("crawl");
    // snippet: task-steps
    Task<Integer> crawl = dag.task("crawl", () -> {
          int length = 0;
          for (int page = 0; page < 5; page++) {
            URI address = URI.create(site + page);
            length +=
                TaskContext.current().step("page-" + page, () -> fetch(address)).length();
          }
          return length;
        })
        .retry(Retry.times(10));
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(crawl)).isEqualTo(10);
      assertThat(run.find("crawl/page-2", String.class)).contains("/2");
      assertThat(requests).hasValue(10); // each page once in vain and once for good
    } finally {
      server.stop(0);
    }
  }

  @Test
  void stream() {
    Dag dag = Dag.named("site");
    Task<List<Page>> pages = dag.task("pages", Page::crawl);
    Task<List<Integer>> lengths = dag.map("length", pages, Page::url, Page::length);
    // snippet: stream
    Task<Integer> longest =
        dag.stream("longest", lengths, all -> all.max(Integer::compare).orElse(0));
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(longest)).isEqualTo(Collections.max(run.get(lengths)));
    }
  }

  @Test
  void expand() {
    Dag dag = Dag.named("letters");
    Task<String> letter = dag.task("letter", () -> "bonjour");
    // snippet: expand
    Task<String> reviewed = dag.expand("review", letter, (sub, text) -> {
          Task<String> given = sub.task("given", () -> text);
          return text.startsWith("hello")
              ? given
              : sub.task("translate", given, french -> french.replace("bonjour", "hello"));
        })
        .returns(String.class);
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(reviewed)).isEqualTo("hello");
      assertThat(run.find("review/translate", String.class)).contains("hello");
    }
  }

  // snippet: expand-loop
  /** The square root of a number by Newton's method, from a first guess. */
  static Task<Double> root(Dag dag, double number, Task<Double> guess) {
    return dag.expand("next", guess, (sub, x) -> {
          double better = (x + number / x) / 2;
          Task<Double> next = sub.task("guess", () -> better);
          return Math.abs(better - x) < 1e-9 ? next : root(sub, number, next);
        })
        .returns(Double.class);
  }
  // end

  @Test
  void expandInALoop() {
    Dag dag = Dag.named("root");
    Task<Double> root = root(dag, 2, dag.task("first", () -> 1.0));
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(root)).isCloseTo(Math.sqrt(2), Offset.offset(1e-9));
      assertThat(run.find("next/next/guess", Double.class)).isPresent();
    }
  }

  record Region(String name, List<String> cities) {}

  static List<Region> regions() {
    return List.of(
        new Region("north", List.of("oslo", "kiruna")), new Region("west", List.of("cork")));
  }

  static int sunnyDays(String city) {
    return 100 + city.length();
  }

  @Test
  void mapOfMaps() {
    Dag dag = Dag.named("sun");
    // snippet: map-of-maps
    Task<List<Region>> regions = dag.task("regions", GuideTest::regions);
    Task<List<Integer>> sunny = dag.expand("sunny", regions, (sub, all) -> {
          List<Task<Integer>> sums = new ArrayList<>();
          for (Region region : all) {
            Task<List<String>> cities =
                sub.task(region.name() + "-cities", region::cities).returns(new TypeRef<>() {});
            Task<List<Integer>> days =
                sub.map(region.name(), cities, city -> city, GuideTest::sunnyDays);
            sums.add(sub.task(region.name() + "-sum", days, each -> sum(each)));
          }
          return sub.gather("sums", sums, List::copyOf).returns(new TypeRef<>() {});
        })
        .returns(new TypeRef<>() {});
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.get(sunny)).containsExactly(104 + 106, 104);
      assertThat(run.find("sunny/north[oslo]", Integer.class)).contains(104);
    }
    CrashPoints.everyPersist(dag);
  }

  @Test
  void outcomes() {
    Dag dag = Dag.named("weather");
    // snippet: outcome
    Task<Integer> forecast = dag.task("forecast", GuideTest::forecast); // may fail
    Task<String> advice = dag.task(
        "advice",
        forecast.outcome(),
        outcome ->
            outcome.isSuccess() ? "it will be " + outcome.value() : "look out of the window");
    Task<Integer> guess = forecast.orElse(15);
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      Run run = duraflow.run(dag);
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.get(advice)).isEqualTo("look out of the window");
      assertThat(run.get(guess)).isEqualTo(15);
    }
  }

  private static int forecast() {
    throw new IllegalStateException("no connection");
  }

  @Test
  void waitForRun() {
    Dag dag = Dag.named("waiting");
    Task<Integer> task = dag.task("task", () -> 1);
    // snippet: wait-for-run
    try (Duraflow duraflow =
        Duraflow.builder().store(directory).waitForRun(Duration.ofMinutes(5)).build()) {
      duraflow.run(dag, "nightly");
    }
    // end
    assertThat(recorded("nightly", task.id())).isPresent();
  }

  @Test
  void pipelined() {
    Payments payments = new Payments();
    Dag dag = Dag.named("shop");
    // snippet: pipelined
    Task<Money> price = dag.task("price", () -> new Money("EUR", 300)); // again does no harm
    Task<String> receipt =
        dag.task("charge", price, amount -> payments.charge(amount, "order-7")).external();
    try (Duraflow duraflow =
        Duraflow.builder().store(directory).durability(Durability.PIPELINED).build()) {
      System.out.println(duraflow.run(dag).get(receipt));
    }
    // end
    assertThat(recorded("shop", "charge")).isPresent();
  }

  @Test
  void maintenance(@TempDir Path backup) {
    Dag dag = Dag.named("nightly");
    dag.task("task", () -> 1);
    try (Duraflow duraflow = Duraflow.open(directory)) {
      duraflow.run(dag);
    }
    // snippet: maintenance
    JournalStore store = Store.journal(directory);
    for (RunSummary run : store.runs()) {
      System.out.println(run.runId() + ": " + run.state() + ", " + run.completed() + " tasks, "
          + run.sizeInBytes() + " bytes, last written " + run.changedAt());
    }
    try (RunHistory history = store.read("nightly")) {
      history
          .attempts()
          .forEach(attempt -> System.out.println(attempt.taskId() + " took "
              + Duration.between(attempt.startedAt(), attempt.finishedAt())
              + attempt.failure().map(failure -> " and failed: " + failure).orElse("")));
    }
    if (store.verify("nightly").isIntact()) {
      store.copy("nightly", Store.journal(backup));
      store.compact("nightly");
    }
    store.delete("nightly");
    // end
    assertThat(store.runs()).isEmpty();
    try (RunHistory copy = Store.journal(backup).read("nightly")) {
      assertThat(copy.find("task")).isPresent();
    }
  }

  @Test
  void jdbc() {
    SQLiteDataSource dataSource = new SQLiteDataSource();
    dataSource.setUrl("jdbc:sqlite:" + directory.resolve("duraflow.db"));
    Dag dag = Dag.named("nightly");
    Task<Integer> task = dag.task("task", () -> 1);
    // snippet: jdbc
    JdbcStore store = JdbcStore.on(dataSource); // makes its tables, if they are not there
    try (Duraflow duraflow =
        Duraflow.builder().store(store).waitForRun(Duration.ofMinutes(1)).build()) {
      Run run = duraflow.run(dag, "2001-q1"); // once whoever has it now ends or dies
      // hide
      assertThat(run.get(task)).isOne();
      // show
    }
    // end
    try (RunHistory history = store.read("2001-q1")) {
      assertThat(history.find(task.id())).isPresent();
    }
  }

  private String text(String runId, String taskId) throws IOException {
    try (RunHistory history = Store.journal(directory).read(runId)) {
      return new String(history.find(taskId).orElseThrow().payload().bytes(), UTF_8);
    }
  }

  private Optional<TaskRecord> recorded(String runId, String taskId) {
    try (RunHistory history = Store.journal(directory).read(runId)) {
      return history.find(taskId);
    }
  }

  @Test
  void idempotencyKey() {
    Payments payments = new Payments();
    Dag dag = Dag.named("shop");
    Task<Money> price = dag.task("price", () -> new Money("EUR", 995));
    // snippet: idempotency
    Task<String> receipt = dag.task(
        "charge", price, amount -> payments.charge(amount, TaskContext.current().idempotencyKey()));
    // end
    try (Duraflow duraflow = Duraflow.open(directory)) {
      assertThat(duraflow.run(dag, "order-17").get(receipt)).isEqualTo("order-17/charge");
    }
  }

  private static final class Payments {
    private final Map<String, Money> charges = new ConcurrentHashMap<>();

    String charge(Money amount, String idempotencyKey) {
      charges.putIfAbsent(idempotencyKey, amount);
      return idempotencyKey;
    }
  }

  @Test
  void testing() throws Exception {
    Dag dag = Dag.named("site");
    Task<List<Page>> pages = dag.task("pages", Page::crawl);
    Task<List<Integer>> lengths = dag.map("length", pages, Page::url, Page::length);
    Task<Integer> total = dag.task("total", lengths, all -> sum(all));
    // snippet: test-shape
    assertThat(total.dependencies()).containsExactly(lengths);
    // end
    // snippet: test-wiring
    Run run = Duraflow.withoutStore().run(dag);
    assertThat(run.get(total)).isEqualTo(4);
    assertThat(total.call(run::get)).isEqualTo(4); // one body again, on the outputs of that run
    // end
  }

  @Test
  void testing_resume() {
    AtomicBoolean online = new AtomicBoolean();
    Dag dag = Dag.named("invoices");
    Task<Integer> load = dag.task("load", () -> 3);
    dag.task("send", load, n -> online.get() ? "sent " + n : failing("no route") + "");
    // snippet: test-resume
    try (Store store = Store.inMemory();
        Duraflow duraflow = Duraflow.builder().store(store).build()) {
      assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(RunFailedException.class);
      online.set(true);
      assertThat(duraflow.run(dag).reused()).isEqualTo(1);
    }
    // end
  }

  @Test
  void testing_crashes() {
    Dag dag = Dag.named("site");
    Task<List<Page>> pages = dag.task("pages", Page::crawl);
    Task<List<Integer>> lengths = dag.map("length", pages, Page::url, Page::length);
    dag.task("total", lengths, all -> sum(all));
    // snippet: test-crashes
    CrashPoints.everyPersist(dag);
    // end
    // snippet: test-crashes-settings
    CrashPoints.of(GuideTest::stampedSite) // a new DAG for each process, if its bodies keep state
        .ignoring("stamp") // its output may differ
        .on(Store::journal) // a store on disk instead of the one in memory
        .atMost(20) // of the records of a large DAG, spread evenly
        .everyPersist();
    // end
  }

  private static Dag stampedSite() {
    Dag dag = Dag.named("site");
    dag.task("pages", Page::crawl);
    dag.task("stamp", () -> System.nanoTime());
    return dag;
  }

  @Test
  void testing_crashes_showsWhatIsWrong() {
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("site");
    Task<List<Page>> pages = dag.task("pages", Page::crawl);
    dag.task("version", pages, all -> calls.incrementAndGet());
    assertThatThrownBy(() -> CrashPoints.everyPersist(dag))
        .isInstanceOf(AssertionError.class)
        .satisfies(GuideTest::isQuoted);
  }

  @Test
  void testing_faults() {
    AtomicInteger sent = new AtomicInteger();
    Dag dag = Dag.named("invoices");
    Task<Integer> load = dag.task("load", () -> 3);
    dag.task("send", load, n -> sent.addAndGet(n));
    // snippet: test-faults
    FaultyStore store = FaultyStore.over(Store.inMemory()).failSaveOf("load");
    try (Duraflow duraflow = Duraflow.builder().store(store).build()) {
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("could not be persisted");
      assertThat(sent).hasValue(0); // nothing goes on from what is not recorded
      store.mend();
      duraflow.run(dag);
      assertThat(sent).hasValue(3);
    }
    // end
  }
}
