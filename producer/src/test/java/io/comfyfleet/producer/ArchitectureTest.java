package io.comfyfleet.producer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** Dependency rules of the producer, as sentences. */
class ArchitectureTest {
  private static final JavaClasses PRODUCER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.comfyfleet.producer");

  @Test
  void featuresDoNotDependOnEachOtherInCircles() {
    SlicesRuleDefinition.slices()
        .matching("io.comfyfleet.producer.(*)..")
        .should()
        .beFreeOfCycles()
        .check(PRODUCER);
  }

  @Test
  void whatHappensToRunsDoesNotKnowHowJobsCameIn() {
    noClasses()
        .that()
        .resideInAPackage("..producer.run..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..producer.dispatch..", "..producer.intake..")
        .check(PRODUCER);
  }

  @Test
  void theOutboxKnowsNothingButTheBrokerAndTheDatabase() {
    noClasses()
        .that()
        .resideInAPackage("..producer.outbox..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..producer.run..", "..producer.dispatch..", "..producer.callback..")
        .check(PRODUCER);
  }

  @Test
  void jobsAndResultsLeaveThroughTheConfirmedPublisherOnly() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "..producer.run..",
            "..producer.dispatch..",
            "..producer.outbox..",
            "..producer.intake..")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("RabbitTemplate")
        .check(PRODUCER);
  }

  @Test
  void jobsAreAcceptedWithoutKnowingAmqp() {
    noClasses()
        .that()
        .resideInAPackage("..producer.dispatch..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework.amqp..", "com.rabbitmq..")
        .check(PRODUCER);
  }

  @Test
  void sqlIsWrittenInTablesOnly() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Table")
        .and()
        .haveSimpleNameNotEndingWith("Configuration")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("JdbcClient")
        .check(PRODUCER);
  }

  @Test
  void nobodyInheritsAnEmptyName() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Service")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .check(PRODUCER);
  }
}
