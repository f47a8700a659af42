package io.trunkline.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page on troubleshooting quotes only messages that the code has.
 */
class TroubleshootingDocumentationTests {

	private static final Pattern QUOTED = Pattern.compile("^\\| `([^`]+)`", Pattern.MULTILINE);

	private static final String SOMETHING = "…";

	@Test
	void quotesMessagesOfTheCode() {
		String page = read(DocumentationTests.ROOT.resolve("docs/troubleshooting.md"));
		List<String> quoted = QUOTED.matcher(page).results().map((match) -> match.group(1)).toList();
		assertThat(quoted).hasSizeGreaterThan(25);
		List<String> sources = sources();
		assertThat(
				quoted.stream().filter((message) -> sources.stream().noneMatch((source) -> source.contains(message))))
			.as("messages that no code has")
			.isEmpty();
	}

	@Test
	void readsMessagesThatArePutTogether() {
		assertThat(templates("\"one \" + \"two [\" + name() + \"] of\"\n\t+ \" three: \" + x; \"a %s b\".formatted(c)"))
			.contains("one two […] of three: ")
			.contains("a … b");
	}

	/**
	 * Return the messages of all main code, with an ellipsis for what is put into them.
	 */
	private static List<String> sources() {
		return Stream.of("core", "autoconfigure", "embedded")
			.map((module) -> DocumentationTests.ROOT.resolve(module).resolve("src/main/java"))
			.flatMap(TroubleshootingDocumentationTests::files)
			.map((file) -> templates(read(file)))
			.toList();
	}

	private static Stream<Path> files(Path directory) {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((file) -> file.toString().endsWith(".java")).toList().stream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String templates(String source) {
		return source.replaceAll("\"\\s*\\+\\s*\"", "")
			.replaceAll("\"\\s*\\+\\s*[^\";{}]+?\\s*\\+\\s*\"", Matcher.quoteReplacement(SOMETHING))
			.replaceAll("%[sd]", Matcher.quoteReplacement(SOMETHING));
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
