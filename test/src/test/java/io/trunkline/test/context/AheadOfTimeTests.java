package io.trunkline.test.context;

import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.aot.TestContextAotGenerator;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import static org.assertj.core.api.Assertions.assertThat;

class AheadOfTimeTests {

	/**
	 * As the build of an application does for its native tests.
	 */
	@Test
	void aContextCanBeProcessed() {
		InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
		new TestContextAotGenerator(files, new RuntimeHints(), true).processAheadOfTime(Stream.of(Case.class));
		assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet()).anyMatch((name) -> name.contains("SlotPostProcessor"))
			.anyMatch((name) -> name.contains("SessionSlots"));
	}

	@SpringJUnitConfig
	static class Case {

		@Configuration(proxyBeanMethods = false)
		static class Empty {

		}

	}

}
