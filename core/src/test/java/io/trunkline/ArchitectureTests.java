package io.trunkline;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchRule;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.postgresql.codec.Box;
import io.r2dbc.postgresql.codec.Circle;
import io.r2dbc.postgresql.codec.Interval;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.postgresql.codec.Line;
import io.r2dbc.postgresql.codec.Lseg;
import io.r2dbc.postgresql.codec.Path;
import io.r2dbc.postgresql.codec.Point;
import io.r2dbc.postgresql.codec.Polygon;
import io.r2dbc.postgresql.codec.Vector;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.EmbeddedPostgresServer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the packages of the library and of the embedded server may depend on.
 */
@AnalyzeClasses(locations = ArchitectureTests.MainClasses.class, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	private static final DescribedPredicate<JavaClass> driverInternals = resideInAPackage("io.r2dbc.postgresql..")
		.and(resideOutsideOfPackage("io.r2dbc.postgresql.api.."))
		.and(DescribedPredicate.not(belongToAnyOf(Json.class, Interval.class, Vector.class, Point.class, Line.class,
				Lseg.class, Box.class, Path.class, Polygon.class, Circle.class)))
		.as("internals of the driver, which its classes of values are not");

	@ArchTest
	static final ArchRule featuresDependOnNoOtherButConnection = slices().matching("io.trunkline.(*)..")
		.should()
		.notDependOnEachOther()
		.ignoreDependency(alwaysTrue(), resideInAPackage("io.trunkline.connection.."))
		.ignoreDependency(resideInAnyPackage("io.trunkline.copy..", "io.trunkline.table..", "io.trunkline.client.."),
				resideInAPackage("io.trunkline.schema.."))
		.ignoreDependency(resideInAPackage("io.trunkline.table.."), resideInAPackage("io.trunkline.copy.."));

	@ArchTest
	static final ArchRule onlyConnectionTouchesTheDriversInternals = noClasses().that()
		.resideInAPackage("io.trunkline..")
		.and()
		.resideOutsideOfPackage("io.trunkline.connection..")
		.should()
		.dependOnClassesThat(driverInternals.or(DescribedPredicate.describe("the door to them",
				(type) -> type.isEquivalentTo(TrunklineClientAccess.class))));

	@ArchTest
	static final ArchRule nothingDependsOnSpringBoot = noClasses().should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule implementationsAreHidden = classes().that()
		.haveSimpleNameStartingWith("Default")
		.should()
		.bePackagePrivate()
		.andShould()
		.haveModifier(JavaModifier.FINAL);

	/**
	 * Cancelled while a commit ends, {@code single()} logs that its source was empty:
	 * Reactor has it drop the element, and then the error that there is none.
	 */
	@ArchTest
	static final ArchRule nothingMayDropAnErrorWhenCancelled = noClasses().should()
		.callMethod(Mono.class, "single")
		.orShould()
		.callMethod(Flux.class, "single");

	/**
	 * Spring WebFlux is an optional dependency.
	 */
	@ArchTest
	static final ArchRule onlyWebPackagesNeedSpringWeb = noClasses().that()
		.resideOutsideOfPackage("..web..")
		.should()
		.dependOnClassesThat(
				resideInAnyPackage("org.springframework.web..", "org.springframework.http..", "io.trunkline..web.."));

	@ArchTest
	static void oneClassLivesInTheDriversPackage(JavaClasses classes) {
		assertThat(classes.stream().filter((type) -> !type.getPackageName().startsWith("io.trunkline")))
			.extracting(JavaClass::getName)
			.containsExactly(TrunklineClientAccess.class.getName());
	}

	/**
	 * Where the modules' own classes are: the packages are not enough, as one of them is
	 * the driver's.
	 */
	static class MainClasses implements LocationProvider {

		@Override
		public Set<Location> get(Class<?> testClass) {
			return Stream.of(PostgresConnections.class, EmbeddedPostgresServer.class)
				.map(MainClasses::location)
				.collect(Collectors.toSet());
		}

		private static Location location(Class<?> type) {
			try {
				URI source = type.getProtectionDomain().getCodeSource().getLocation().toURI();
				File file = new File(source);
				return file.isFile() ? Location.of(new JarFile(file)) : Location.of(source);
			}
			catch (URISyntaxException ex) {
				throw new IllegalStateException(ex);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
