package dev.duraflow;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import java.io.ObjectInputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The house rules: who may know whom, and what library code never does behind its user's back. */
final class ArchitectureTest {
  private static final URI LOCATION = location();
  private static final JavaClasses LIBRARY =
      new ClassFileImporter().importLocations(Set.of(Location.of(LOCATION)));

  private static final Set<String> EXPORTED = Set.of(
      "dev.duraflow",
      "dev.duraflow.codec",
      "dev.duraflow.dag",
      "dev.duraflow.error",
      "dev.duraflow.event",
      "dev.duraflow.remote",
      "dev.duraflow.store");

  private static URI location() {
    try {
      return Duraflow.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void packages_knowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("front door")
        .definedBy("dev.duraflow")
        .layer("engine")
        .definedBy("dev.duraflow.engine")
        .layer("remote")
        .definedBy("dev.duraflow.remote")
        .layer("store")
        .definedBy("dev.duraflow.store")
        .layer("codec")
        .definedBy("dev.duraflow.codec")
        .layer("dag")
        .definedBy("dev.duraflow.dag")
        .layer("event")
        .definedBy("dev.duraflow.event")
        .layer("error")
        .definedBy("dev.duraflow.error")
        .whereLayer("front door")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("front door")
        .whereLayer("remote")
        .mayOnlyBeAccessedByLayers("front door", "engine")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("front door", "engine", "remote")
        .whereLayer("codec")
        .mayOnlyBeAccessedByLayers("front door", "engine", "remote", "store")
        .whereLayer("dag")
        .mayOnlyBeAccessedByLayers("front door", "engine", "remote", "store", "codec")
        .whereLayer("event")
        .mayOnlyBeAccessedByLayers("front door", "engine", "remote", "store", "codec", "dag")
        .ensureAllClassesAreContainedInArchitecture()
        .check(LIBRARY);
  }

  @Test
  void packages_haveNoCycles() {
    slices().matching("dev.(**)").should().beFreeOfCycles().check(LIBRARY);
  }

  @Test
  void library_dependsOnTheJdkJacksonAndJSpecifyOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("dev.duraflow..", "java..", "jdk.jfr..", "org.jspecify.annotations")
                .or(resideInAnyPackage("tools.jackson..", "com.fasterxml.jackson.annotation"))
                .or(describe("are primitive", JavaClass::isPrimitive))
                .or(describe("are arrays", JavaClass::isArray)))
        .check(LIBRARY);
  }

  @Test
  void jackson_staysBehindTheCodec() {
    noClasses()
        .that(are(resideInAPackage("dev.duraflow..")
            .and(DescribedPredicate.not(resideInAPackage("dev.duraflow.codec")))))
        .and()
        .haveSimpleNameNotStartingWith("SmallJson") // a store's own notes, no outputs
        .should()
        .dependOnClassesThat(resideInAnyPackage("tools.jackson..", "com.fasterxml.."))
        .check(LIBRARY);
  }

  /** Its bytes would choose a class. */
  @Test
  void javaSerialization_readsNothing() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(ObjectInputStream.class)
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.beans.XMLDecoder")
        .check(LIBRARY);
  }

  @Test
  void time_comesFromTheClock() {
    noClasses()
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(LocalDate.class, "now")
        .orShould()
        .callMethod(LocalDateTime.class, "now")
        .orShould()
        .callMethod(ZonedDateTime.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(LIBRARY);
    // Where what a user opens gets a clock, if they bring none.
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.duraflow", "dev.duraflow.store")
        .should()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Clock.class, "systemDefaultZone")
        .check(LIBRARY);
  }

  @Test
  void settings_comeFromTheirCaller() {
    noClasses()
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "getProperty", String.class)
        .orShould()
        .callMethod(System.class, "getProperty", String.class, String.class)
        .orShould()
        .callMethod(Boolean.class, "getBoolean", String.class)
        .check(LIBRARY);
  }

  @Test
  void nobody_sleepsOrEndsTheProgramOrPrints() {
    noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", long.class, int.class)
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(LIBRARY);
  }

  @Test
  void staticFields_areFinal_andHoldNothingButFileLocks() {
    fields().that().areStatic().should().beFinal().check(LIBRARY);
    assertThat(LIBRARY.stream()
            .flatMap(type -> type.getFields().stream())
            .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
            .filter(ArchitectureTest::mayHoldState)
            .map(JavaField::getFullName))
        // The operating system keeps file locks by process; so does the table of those held.
        .containsOnly("dev.duraflow.store.RunLock.HELD", "dev.duraflow.store.RunLock.KEPT_OPEN");
  }

  /** A {@code ThreadLocal} and a {@code ClassValue} live and die with their thread and their class. */
  private static boolean mayHoldState(JavaField field) {
    JavaClass type = field.getRawType();
    return type.isAssignableTo(java.util.Collection.class)
        || type.isAssignableTo(java.util.Map.class)
        || type.getPackageName().startsWith("java.util.concurrent.atomic");
  }

  @Test
  void publicTypes_areThoseMeantToBe() {
    Set<String> found = LIBRARY.stream()
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .filter(type -> type.getEnclosingClass().isEmpty())
        .filter(type -> EXPORTED.contains(type.getPackageName()))
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .map(type -> type.getName().substring("dev.duraflow.".length()))
        .collect(Collectors.toCollection(TreeSet::new));

    assertThat(found)
        .containsExactlyInAnyOrder(
            "Duraflow",
            "Run",
            "TaskWorker",
            "codec.Codec",
            "dag.Body",
            "dag.Body0",
            "dag.Body1",
            "dag.Body2",
            "dag.Body3",
            "dag.Body4",
            "dag.BodyN",
            "dag.Dag",
            "dag.DagOrigin",
            "dag.ExpandTask",
            "dag.Expansion",
            "dag.FailurePolicy",
            "dag.Inputs",
            "dag.Key",
            "dag.Limit",
            "dag.MapTask",
            "dag.Outcome",
            "dag.PersistPolicy",
            "dag.Recovery",
            "dag.Retry",
            "dag.Task",
            "dag.TaskContext",
            "dag.TaskOptions",
            "dag.TypeRef",
            "error.CodecException",
            "error.CorruptRecordException",
            "error.DuraflowException",
            "error.InvalidDagException",
            "error.PersistException",
            "error.PlacementException",
            "error.RemoteTaskException",
            "error.RunCancelledException",
            "error.RunFailedException",
            "error.RunLockedException",
            "error.RunLostException",
            "error.StoreException",
            "error.TaskFailure",
            "error.TaskTimeoutException",
            "error.TypeMismatchException",
            "event.Progress",
            "event.RunEvent",
            "event.RunListener",
            "event.RunState",
            "remote.DagFactories",
            "remote.DagFactory",
            "remote.DagFingerprint",
            "remote.Invocation",
            "remote.TaskEngine",
            "store.Attempt",
            "store.Durability",
            "store.JournalStore",
            "store.OpenRun",
            "store.Payload",
            "store.PayloadSink",
            "store.RunHistory",
            "store.RunNote",
            "store.RunSummary",
            "store.SharedStore",
            "store.Store",
            "store.TaskGraph",
            "store.TaskRecord",
            "store.Verification");
  }

  @Test
  void publicSignatures_nameNoHiddenType() {
    Set<String> leaks = LIBRARY.stream()
        .filter(ArchitectureTest::isVisible)
        .flatMap(type -> Stream.concat(
            Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream())
                .filter(ArchitectureTest::isHidden)
                .map(hidden -> type.getName() + " is a " + hidden.getName()),
            type.getMembers().stream()
                .filter(ArchitectureTest::isVisible)
                .flatMap(member -> named(member)
                    .filter(ArchitectureTest::isHidden)
                    .map(hidden -> member.getFullName() + " names " + hidden.getName()))))
        .collect(Collectors.toCollection(TreeSet::new));

    assertThat(leaks).isEmpty();
  }

  private static Stream<JavaClass> named(JavaMember member) {
    Set<JavaClass> types = new HashSet<>();
    if (member instanceof JavaField field) {
      types.addAll(field.getType().getAllInvolvedRawTypes());
    }
    if (member instanceof JavaCodeUnit unit) {
      types.addAll(unit.getReturnType().getAllInvolvedRawTypes());
      unit.getParameterTypes().forEach(type -> types.addAll(type.getAllInvolvedRawTypes()));
      unit.getExceptionTypes().forEach(type -> types.addAll(type.getAllInvolvedRawTypes()));
    }
    return types.stream();
  }

  private static boolean isVisible(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC)
        || member.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static boolean isVisible(JavaClass type) {
    return EXPORTED.contains(type.getPackageName())
        && type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
  }

  private static boolean isHidden(JavaClass type) {
    return type.getPackageName().startsWith("dev.duraflow") && !type.isArray() && !isVisible(type);
  }

  @Test
  void module_exportsAllButTheEngine_andOpensNothing() {
    ModuleDescriptor module = module();

    assertThat(module.exports())
        .extracting(ModuleDescriptor.Exports::source)
        .containsExactlyInAnyOrderElementsOf(EXPORTED);
    assertThat(module.exports()).noneMatch(ModuleDescriptor.Exports::isQualified);
    assertThat(module.opens()).isEmpty();
    assertThat(module.isOpen()).isFalse();
    assertThat(LIBRARY.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(EXPORTED.stream(), Stream.of("dev.duraflow.engine", ""))
                .filter(name -> !name.isEmpty())
                .toList());
  }

  @Test
  void module_requiresNoMoreThanIsSaid() {
    assertThat(module().requires())
        .extracting(Requires::name)
        .containsExactlyInAnyOrder(
            "java.base",
            "jdk.jfr",
            "org.jspecify",
            "com.fasterxml.jackson.annotation",
            "tools.jackson.core",
            "tools.jackson.databind");
    assertThat(module().requires())
        .filteredOn(requires -> requires.modifiers().contains(Requires.Modifier.TRANSITIVE))
        .extracting(Requires::name)
        .containsExactly("org.jspecify");
  }

  private static ModuleDescriptor module() {
    return ModuleFinder.of(Path.of(LOCATION)).findAll().iterator().next().descriptor();
  }
}
