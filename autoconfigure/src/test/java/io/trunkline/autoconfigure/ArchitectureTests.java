package io.trunkline.autoconfigure;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.TrunklineClientAccess;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.context.annotation.Bean;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * What the auto-configuration looks like and may depend on.
 */
@AnalyzeClasses(packagesOf = ArchitectureTests.class, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	@ArchTest
	static final ArchRule featuresDependOnNoOtherButWhatAllShare = slices().matching("io.trunkline.autoconfigure.(*)..")
		.should()
		.notDependOnEachOther()
		.ignoreDependency(alwaysTrue(), resideInAnyPackage("io.trunkline.autoconfigure.connection..",
				"io.trunkline.autoconfigure.json..", "io.trunkline.autoconfigure.property.."));

	/**
	 * The connection factory is how the driver is recognised on the class path.
	 */
	@ArchTest
	static final ArchRule nothingTouchesTheDriversInternals = noClasses().should()
		.dependOnClassesThat(
				resideInAPackage("io.r2dbc.postgresql..").and(resideOutsideOfPackage("io.r2dbc.postgresql.api.."))
					.and(DescribedPredicate.not(equivalentTo(PostgresqlConnectionFactory.class)))
					.or(equivalentTo(TrunklineClientAccess.class)));

	@ArchTest
	static final ArchRule autoConfigurationsArePublicAndFinal = classes().that()
		.areAnnotatedWith(AutoConfiguration.class)
		.should()
		.bePublic()
		.andShould()
		.haveModifier(JavaModifier.FINAL)
		.andShould()
		.haveSimpleNameEndingWith("AutoConfiguration");

	@ArchTest
	static final ArchRule beanMethodsAreHidden = methods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.bePackagePrivate();

	/**
	 * Alone, or with the configuration that declares them.
	 */
	@ArchTest
	static final ArchRule beansBackOff = methods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.beAnnotatedWith(ConditionalOnMissingBean.class)
		.orShould()
		.beDeclaredInClassesThat()
		.areAnnotatedWith(ConditionalOnMissingBean.class);

	@ArchTest
	static final ArchRule propertiesArePublic = classes().that()
		.areAnnotatedWith(ConfigurationProperties.class)
		.should()
		.haveSimpleNameEndingWith("Properties")
		.andShould()
		.bePublic();

	@ArchTest
	static final ArchRule failureAnalyzersAreHidden = classes().that(assignableTo(FailureAnalyzer.class))
		.should()
		.bePackagePrivate();

}
