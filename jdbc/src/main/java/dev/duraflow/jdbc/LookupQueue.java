package dev.duraflow.jdbc;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.StoreException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Has records of a run looked up, in one statement all that were asked for while the last was under way, as {@link CommitQueue} does
 * with what is saved.
 *
 * <p>Who asks puts ids into the open question under {@code adding}, and then takes {@code asking}. If nobody has taken that question
 * away by then, it takes it under {@code adding}, leaves an empty one, and asks the database. So there is one question at a time;
 * each is asked after the last id was put into it; and who gets {@code asking} finds its question answered, or answers it. Locks are
 * taken in the order {@code asking}, {@code adding}, and no id is put into a question that was taken.
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
    /** Under {@code adding}, and when it is taken, its taker's. */
    final Set<String> taskIds = new HashSet<>();

    // Under asking.
    boolean taken;

    Heads.@Nullable Answer answer;

    @Nullable
    DuraflowException failure;
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
    Question question = put(taskId, next);
    asking.lock();
    try {
      if (!question.taken) {
        answer(question);
      }
    } finally {
      asking.unlock();
    }
    Heads.Answer answer = question.answer;
    if (answer == null) {
      throw Objects.requireNonNull(question.failure);
    }
    CorruptRecordException damage = answer.damaged().get(taskId);
    if (damage != null) {
      throw damage;
    }
    return Optional.ofNullable(answer.found().get(taskId));
  }

  private Question put(String taskId, Collection<String> next) {
    adding.lock();
    try {
      open.taskIds.add(taskId);
      open.taskIds.addAll(next);
      return open;
    } finally {
      adding.unlock();
    }
  }

  /** Under {@code asking}. */
  private void answer(Question question) {
    adding.lock();
    try {
      question.taken = true;
      open = new Question();
    } finally {
      adding.unlock();
    }
    try {
      question.answer = lookup.ask(question.taskIds);
    } catch (DuraflowException e) {
      question.failure = e;
    } catch (Throwable e) {
      question.failure =
          new StoreException("cannot look for records of run '" + runId + "': " + e, e);
    }
  }
}
