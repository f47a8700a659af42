package io.trunkline.test.context;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.Test;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class TestSettingsTests {

	private static List<Map<String, Object>> metadata() throws Exception {
		Path classes = Path.of(TestSettings.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		// This is the one that the processor writes from the additional one.
		String json = Files.readString(classes.resolve("META-INF/spring-configuration-metadata.json"));
		return JsonPath.read(json, "$.properties");
	}

	@Test
	void theMetadataNamesEveryProperty() throws Exception {
		List<String> names = Arrays.stream(TestSettings.class.getRecordComponents())
			.map((component) -> "trunkline.test."
					+ component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
			.toList();
		assertThat(metadata()).extracting((property) -> property.get("name"))
			.containsExactlyInAnyOrderElementsOf(names);
	}

	@Test
	void theMetadataHasTheDefaults() throws Exception {
		MockEnvironment environment = new MockEnvironment();
		metadata().forEach((property) -> environment.setProperty((String) property.get("name"),
				String.valueOf(property.get("defaultValue"))));
		assertThat(TestSettings.of(environment)).isEqualTo(TestSettings.of(new MockEnvironment()));
	}

	@Test
	void readsEveryProperty() {
		MockEnvironment environment = new MockEnvironment().withProperty("trunkline.test.wait-timeout", "50ms")
			.withProperty("trunkline.test.end-timeout", "1m")
			.withProperty("trunkline.test.log-sql", "on-failure")
			.withProperty("trunkline.test.keep-failed-database", "true");
		TestSettings settings = TestSettings.of(environment);
		assertThat(settings.waitTimeout()).hasMillis(50);
		assertThat(settings.endTimeout()).hasMinutes(1);
		assertThat(settings.logSql()).isEqualTo(TestSettings.LogSql.ON_FAILURE);
		assertThat(settings.keepFailedDatabase()).isTrue();
	}

	@Test
	void readsEveryFormOfADurationThatSpringKnows() {
		assertThat(waitTimeout("50")).hasMillis(50);
		assertThat(waitTimeout("1d")).hasDays(1);
		assertThat(waitTimeout("PT2S")).hasSeconds(2);
		assertThatIllegalArgumentException().isThrownBy(() -> waitTimeout("soon"))
			.withMessage("'soon' of trunkline.test.wait-timeout is not a duration, as 10s is");
	}

	private static Duration waitTimeout(String value) {
		return TestSettings.of(new MockEnvironment().withProperty("trunkline.test.wait-timeout", value)).waitTimeout();
	}

}
