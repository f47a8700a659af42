package io.trunkline.test.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A JVM that ends while a context is open, as it is with the contexts that tests keep.
 */
class SharedServerEndIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Test
	void theServerStaysUntilTheContextsAreClosed() throws IOException, InterruptedException {
		ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-cp", System.getProperty("java.class.path"), Ends.class.getName())
			.redirectErrorStream(true);
		builder.environment().remove(SharedServer.URL_VARIABLE);
		Process process = builder.start();
		try {
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(process.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(output).contains("200 answers while it closed").doesNotContain("ERROR", "WARN", "Exception");
			assertThat(process.exitValue()).isZero();
		}
		finally {
			process.destroyForcibly();
		}
	}

	static final class Ends {

		private Ends() {
		}

		public static void main(String[] args) {
			new SpringApplicationBuilder(ShopApplication.class, AsksWhileItCloses.class).web(WebApplicationType.NONE)
				.run(args);
			System.exit(0);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AsksWhileItCloses {

		@Bean
		DisposableBean asks(DatabaseClient client) {
			return () -> System.out.println(Flux.range(1, 200)
				.concatMap((number) -> client.sql("SELECT 1").mapValue(Integer.class).one())
				.count()
				.block(LONG) + " answers while it closed");
		}

	}

}
