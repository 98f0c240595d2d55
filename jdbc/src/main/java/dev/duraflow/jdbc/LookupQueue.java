package dev.duraflow.jdbc;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.StoreException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Has records of a run looked up, in one statement all that were asked for while the last was under way, as {@link CommitQueue} does
 * with what is saved.
 *
 * <p>Who asks puts ids into the open question under {@code adding}. Who was the first to do so in that question is the one that asks
 * it: it waits for {@code asking}, takes the question away under {@code adding}, leaving an empty one, asks the database, and completes
 * the question's future, for which the others wait. So there is one question at a time, and each is asked after the last id was put
 * into it. Locks are taken in the order {@code asking}, {@code adding}, and the future is completed under neither.
 */
final class LookupQueue {
  private final String runId;
  private final Lookup lookup;

  private final ReentrantLock adding = new ReentrantLock();
  private Question open = new Question();
  private final ReentrantLock asking = new ReentrantLock();

  /** Asks the database; throws if there is no answer. */
  interface Lookup {
    Heads.Answer ask(Set<String> taskIds);
  }

  private static final class Question {
    /** Under {@code adding}; when the question is taken away, of who asks it. */
    final Set<String> taskIds = new HashSet<>();

    /** Under {@code adding}. */
    boolean hasAsker;

    final CompletableFuture<Heads.Answer> answer = new CompletableFuture<>();
  }

  LookupQueue(String runId, Lookup lookup) {
    this.runId = runId;
    this.lookup = lookup;
  }

  /**
   * What the database says of a record, asked after this was called.
   *
   * @param next what will be asked for too, and is to be looked up with it
   */
  Optional<RecordRow.Head> find(String taskId, Collection<String> next) {
    Question question;
    boolean isFirst;
    adding.lock();
    try {
      question = open;
      question.taskIds.add(taskId);
      question.taskIds.addAll(next);
      isFirst = !question.hasAsker;
      question.hasAsker = true;
    } finally {
      adding.unlock();
    }
    if (isFirst) {
      ask(question);
    }
    Heads.Answer answer = answer(question);
    CorruptRecordException damage = answer.damaged().get(taskId);
    if (damage != null) {
      throw damage;
    }
    return Optional.ofNullable(answer.found().get(taskId));
  }

  private void ask(Question question) {
    try {
      question.answer.complete(askInTurn(question));
    } catch (DuraflowException e) {
      question.answer.completeExceptionally(e);
    } catch (Throwable e) {
      question.answer.completeExceptionally(
          new StoreException("cannot look for records of run '" + runId + "': " + e, e));
    }
  }

  private Heads.Answer askInTurn(Question question) {
    asking.lock();
    try {
      adding.lock();
      try {
        open = new Question();
      } finally {
        adding.unlock();
      }
      return lookup.ask(question.taskIds);
    } finally {
      asking.unlock();
    }
  }

  private static Heads.Answer answer(Question question) {
    try {
      return question.answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof DuraflowException failure ? failure : e;
    }
  }
}
