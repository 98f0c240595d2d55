package dev.duraflow.examples.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The workers of the demo, each a process. Another one takes the place of one that dies. Thread-safe: its lock guards the list of
 * members and what is known of each.
 */
final class Fleet implements AutoCloseable {
  /** How many tasks a worker performs at a time. */
  static final int THREADS = 4;

  private final String url;
  private final Tally tally;
  private final Consumer<String> messages;
  private final List<Member> members = new ArrayList<>();
  private Runnable whenLost = () -> {};
  private boolean closing;

  /**
   * Nobody yet.
   *
   * @param url of the database
   */
  Fleet(String url, Tally tally, Consumer<String> messages) {
    this.url = url;
    this.tally = tally;
    this.messages = messages;
  }

  /** One worker. */
  private static final class Member {
    final int number;
    final ChildProcess process;
    final Thread reader;
    boolean ready;
    boolean killed;
    boolean dead;

    Member(int number, ChildProcess process, Consumer<Member> reading) {
      this.number = number;
      this.process = process;
      this.reader = new Thread(() -> reading.accept(this), "worker-" + number);
    }
  }

  /**
   * Starts the first workers.
   *
   * @param whenLost called when no worker is left, since they die before they are ready
   */
  synchronized void start(int count, Runnable whenLost) throws IOException {
    this.whenLost = whenLost;
    for (int i = 0; i < count; i++) {
      add();
    }
    messages.accept((count == 1 ? "started worker " : "started workers ")
        + members.stream()
            .map(member -> member.number + " (process " + member.process.pid() + ")")
            .collect(Collectors.joining(", ")));
  }

  private Member add() throws IOException {
    ChildProcess process = ChildProcess.start(
        Worker.class,
        List.of(
            "--jdbc=" + url, "--dag=flights", "--threads=" + THREADS, "--until-eof", "--verbose"));
    Member member = new Member(members.size() + 1, process, this::read);
    members.add(member);
    member.reader.start();
    return member;
  }

  private void read(Member member) {
    try (BufferedReader output = member.process.output()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith(Worker.RECORDS)) {
          tally.claimed(line.substring(Worker.RECORDS.length()), member.number);
        } else if (line.startsWith(Worker.READY)) {
          ready(member);
        }
      }
    } catch (IOException e) { // as if it had said no more
    }
    try {
      ended(member, member.process.wasKilled());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void ready(Member member) {
    member.ready = true;
  }

  private synchronized void ended(Member member, boolean wasKilled) {
    member.dead = true;
    member.killed = wasKilled;
    String what = "worker " + member.number + (wasKilled ? " was killed" : " has ended");
    if (closing) {
      if (wasKilled) { // just before
        messages.accept(what);
      }
      return;
    }
    if (!member.ready) { // nor would another one be
      messages.accept(what + " before it was ready");
    } else {
      try {
        Member other = add();
        messages.accept(what + "; started worker " + other.number + " (process "
            + other.process.pid() + ") instead");
      } catch (IOException e) {
        messages.accept(what + "; another one cannot be started: " + e.getMessage());
      }
    }
    if (members.stream().allMatch(each -> each.dead)) {
      whenLost.run();
    }
  }

  /** Kills a worker that has done some work, if there is one. */
  synchronized boolean kill(Random random) {
    List<Member> atWork = members.stream()
        .filter(each -> tally.of(each.number) > 0 && !each.killed && !each.dead)
        .toList();
    if (atWork.isEmpty()) {
      return false;
    }
    Member victim = atWork.get(random.nextInt(atWork.size()));
    victim.killed = true;
    victim.process.kill();
    return true;
  }

  /** Tells how many tasks each has run. */
  synchronized void report() {
    for (Member member : members) {
      messages.accept("worker " + member.number + " ran " + tasks(tally.of(member.number))
          + (member.killed ? ", then it was killed" : ""));
    }
    if (tally.unclaimed() > 0) {
      messages.accept("workers that joined ran " + tasks(tally.unclaimed()));
    }
  }

  private static String tasks(int count) {
    return count == 1 ? "1 task" : count + " tasks";
  }

  @Override
  public void close() {
    dismiss();
  }

  /** Ends them, and returns when all that they have said was heard. */
  void dismiss() {
    List<Member> all;
    synchronized (this) {
      closing = true;
      all = List.copyOf(members);
    }
    for (Member member : all) {
      member.process.close();
    }
    for (Member member : all) {
      try {
        member.reader.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
