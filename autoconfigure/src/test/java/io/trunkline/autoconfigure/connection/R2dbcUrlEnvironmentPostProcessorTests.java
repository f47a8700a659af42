package io.trunkline.autoconfigure.connection;

import io.r2dbc.spi.ConnectionFactoryOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.mock.env.MockEnvironment;

import static io.r2dbc.spi.ConnectionFactoryOptions.DATABASE;
import static io.r2dbc.spi.ConnectionFactoryOptions.HOST;
import static io.r2dbc.spi.ConnectionFactoryOptions.PASSWORD;
import static io.r2dbc.spi.ConnectionFactoryOptions.PORT;
import static io.r2dbc.spi.ConnectionFactoryOptions.USER;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link R2dbcUrlEnvironmentPostProcessor}.
 */
class R2dbcUrlEnvironmentPostProcessorTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			p@ss | p@ss
			p%40ss | p@ss
			p:ss | p:ss
			p/ss | p/ss
			p%2Fss | p/ss
			p@s:s/w | p@s:s/w
			p@s/s | p@s/s
			1/ss | 1/ss
			p%40s:s/w | p@s:s/w
			a/b@c@d | a/b@c@d
			100%sure | 100%sure
			p#ss | p#ss
			two words | two words
			{noop}[x] | {noop}[x]
			пар@ль/\uD83D\uDE00 | пар@ль/\uD83D\uDE00
			plain | plain
			""")
	void takesAPasswordAsItIsAndPercentEncoded(String written, String password) {
		for (String end : new String[] { "/db", "/db?applicationName=a@b" }) {
			ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(R2dbcUrlEnvironmentPostProcessor
				.encoded("r2dbc:pool:postgresql://us.er:" + written + "@localhost:5432" + end));
			assertThat(options.getRequiredValue(USER)).isEqualTo("us.er");
			assertThat(options.getRequiredValue(PASSWORD)).hasToString(password);
			assertThat(options.getRequiredValue(HOST)).isEqualTo("localhost");
			assertThat(options.getRequiredValue(PORT)).isEqualTo(5432);
			assertThat(options.getRequiredValue(DATABASE)).isEqualTo("db");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "r2dbc:postgresql://localhost/db", "r2dbc:postgresql://localhost:5432/db@x",
			"r2dbc:postgresql://user:p%40ss@localhost/db@x", "r2dbc:postgresql://user@[::1]:5432/db",
			"r2dbc:postgresql:failover://user:secret@one:5432,two:5433/db", "r2dbc:h2:mem:///user:p@ss/db@x",
			"r2dbc:mysql://user:p@ss@host/db", "r2dbc:postgresql://user:${PASS/WORD}@host/db", "" })
	void leavesAloneWhatCanBeReadAndWhatIsNotItsOwn(String url) {
		assertThat(R2dbcUrlEnvironmentPostProcessor.encoded(url)).isEqualTo(url);
	}

	@Test
	void replacesTheProperty() {
		assertThat(processed("trunkline.enabled", "true")).isEqualTo("r2dbc:postgresql://user:p%40s%2Fs@host/db");
		assertThat(processed("trunkline.enabled", "false")).isEqualTo("r2dbc:postgresql://user:p@s/s@host/db");
	}

	private static String processed(String property, String value) {
		MockEnvironment environment = new MockEnvironment().withProperty(property, value)
			.withProperty("password", "p@s/s")
			.withProperty("spring.r2dbc.url", "r2dbc:postgresql://user:${password}@host/db");
		new R2dbcUrlEnvironmentPostProcessor().postProcessEnvironment(environment, new SpringApplication());
		return String.valueOf(environment.getProperty("spring.r2dbc.url"));
	}

}
