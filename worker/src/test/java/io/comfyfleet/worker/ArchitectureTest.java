package io.comfyfleet.worker;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.comfyfleet.job.ErrorCode;
import io.comfyfleet.job.JobError;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String ROOT = "io.comfyfleet.worker";
  private static final String ERRORS = ROOT + ".execution.ErrorClassification";
  private static JavaClasses classes;

  @BeforeAll
  static void readClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);
  }

  @Test
  void onlyTheIntakeSeesChannels() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".intake..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.rabbitmq..")
        .because("a delivery is settled in one place")
        .check(classes);
  }

  @Test
  void comfyExecutionAndArtifactKnowNoAmqp() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + ".comfy..", ROOT + ".execution..", ROOT + ".artifact..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "com.rabbitmq..", "org.springframework.amqp..", "io.comfyfleet.topology..")
        .because("a job runs the same however it came")
        .check(classes);
  }

  @Test
  void theComfyClientKnowsGraphsButNoJobs() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".comfy..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.comfyfleet.job.Job")
        .because("it speaks for ComfyUI, which has never heard of a job")
        .check(classes);
  }

  @Test
  void nothingCallsBackIntoTheIntake() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + ".node..", ROOT + ".execution..", ROOT + ".artifact..", ROOT + ".comfy..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".intake..")
        .check(classes);
  }

  @Test
  void errorsAreMadeInOnePlace() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(ERRORS)
        .should()
        .callMethod(JobError.class, "permanent", ErrorCode.class, String.class)
        .orShould()
        .callMethod(JobError.class, "retryable", ErrorCode.class, String.class)
        .orShould()
        .callConstructorWhere(target(owner(type(JobError.class))))
        .because("what an error means is decided once")
        .check(classes);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(classes);
  }
}
