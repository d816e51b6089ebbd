package io.comfyfleet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses COMMON =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.comfyfleet");

  @Test
  void jobsAndNodesDependOnTheJdkOnly() {
    classes()
        .that()
        .resideInAnyPackage("io.comfyfleet.job", "io.comfyfleet.node")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.jspecify..", "io.comfyfleet.job", "io.comfyfleet.node")
        .check(COMMON);
  }

  @Test
  void theWireKnowsNothingOfTheBroker() {
    noClasses()
        .that()
        .resideInAPackage("io.comfyfleet.wire")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "com.rabbitmq..")
        .check(COMMON);
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("io.comfyfleet.(*)..").should().beFreeOfCycles().check(COMMON);
  }
}
