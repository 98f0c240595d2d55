package dev.duraflow.examples.howto;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A crawl that is polite and forgets nothing: a task for each section of a site, two at once and no more than forty a second, and in
 * each a durable step for each page, since only a page tells which is the next.
 */
public final class CrawlExample {
  private static final Pattern LINK = Pattern.compile("href='([^']*)'");
  private static final int SECTIONS = 6;
  private static final int PAGES = 8;

  private CrawlExample() {}

  public static void main(String[] args) {
    System.exit(Session.execute("crawl", CrawlExample::run, args));
  }

  /** What was found in a section. */
  record Section(String path, int pages, int words) {
    static Section crawl(Session session, LocalSite site, String start) throws Exception {
      int pages = 0;
      int words = 0;
      for (String path = start; !path.isEmpty(); ) {
        String address = path;
        String page = TaskContext.current().step("page-" + pages, () -> {
          session.pause();
          return site.fetch(address);
        });
        pages++;
        words += page.split(" ").length;
        List<String> links = links(page);
        path = links.isEmpty() ? "" : links.get(0);
      }
      return new Section(start, pages, words);
    }
  }

  private static List<String> links(String page) {
    return LINK.matcher(page).results().map(link -> link.group(1)).toList();
  }

  static void run(Session session) throws Exception {
    try (LocalSite site = LocalSite.serve(CrawlExample::page)) {
      Dag dag = Dag.named("crawl");
      Task<List<String>> starts =
          dag.task("sections", () -> links(site.fetch("/"))).returns(new TypeRef<>() {});
      Task<List<Section>> sections = dag.map(
              "section", starts, path -> path, path -> Section.crawl(session, site, path))
          .limit(Limit.concurrent("connections", 2))
          .limit(Limit.perSecond("sections", 40))
          .retry(Retry.times(3));
      Task<String> text = dag.task(
          "text",
          sections,
          all -> all.stream().mapToInt(Section::pages).sum() + " pages, "
              + all.stream().mapToInt(Section::words).sum() + " words");

      System.out.println(session.run(dag, text));
      session.tell("the server got " + site.requests() + " requests this time");
    }
  }

  /** The page at a path of the site: links to all sections at the root, and to the next page in a section. */
  private static String page(String path) throws IOException {
    StringBuilder page = new StringBuilder();
    if (path.equals("/")) {
      for (int section = 0; section < SECTIONS; section++) {
        page.append("<a href='/").append(section).append("/0'>section</a> ");
      }
      return page.toString();
    }
    String[] names = path.split("/", -1);
    int number = Integer.parseInt(names[2]);
    page.append("word ".repeat(1 + number));
    if (number + 1 < PAGES) {
      page.append("<a href='/" + names[1] + "/" + (number + 1) + "'>next</a>");
    }
    return page.toString();
  }
}
