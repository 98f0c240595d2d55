package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class NameTableTest {
  private final NameTable names = new NameTable();

  @Test
  void claim_idsThatDifferInCase_getNamesThatDifferInMore() {
    List<String> ids = List.of("Load", "load", "LOAD", "lOAD");
    ids.forEach(id -> names.add(names.claim(id)));
    Set<String> folded =
        ids.stream().map(names::find).map(FileNames::folded).collect(Collectors.toSet());
    assertThat(folded).hasSize(4);
    assertThat(names.find("Load")).isEqualTo("Load");
  }

  @Test
  void find_beforeAdd_isNull() {
    assertThat(names.claim("load")).isEqualTo("load");
    assertThat(names.find("load")).isNull();
  }

  @Test
  void claim_namesThatAreThere_stayWhatTheyAre() {
    List.of("Load", "load", "con", "%6C%4F%41%44").forEach(names::add);
    assertThat(Stream.of("Load", "load", "con", "lOAD").map(names::claim))
        .containsExactly("Load", "load", "con", "%6C%4F%41%44");
  }

  @Test
  void claim_fromManyThreads_givesNoFoldedNameTwice() {
    List<String> ids = Stream.of("a", "A", "b", "B", "ab", "aB", "Ab", "AB").toList();
    for (int round = 0; round < 1_000; round++) {
      NameTable fresh = new NameTable();
      Set<String> folded = ids.parallelStream()
          .map(fresh::claim)
          .map(FileNames::folded)
          .collect(Collectors.toCollection(TreeSet::new));
      assertThat(folded).hasSameSizeAs(ids);
    }
  }
}
