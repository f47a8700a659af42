package io.trunkline.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The pages show only code that tests run, and link only to what is there.
 */
class DocumentationTests {

	static final Path ROOT = root();

	private static final Pattern FENCE = Pattern.compile("^```(\\w+)\\R(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

	private static final Pattern TAG = Pattern.compile("^\\s*(?://|--) (tag|end)::([\\w-]+)\\[]$");

	private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#([^)]+))?\\)");

	private static final Map<String, String> regions = regions();

	@ParameterizedTest
	@MethodSource("pages")
	void showsOnlyCodeThatTestsRun(Path page) {
		List<String> missing = new ArrayList<>();
		for (Matcher fence = FENCE.matcher(read(page)); fence.find();) {
			if (fence.group(1).equals("java") || fence.group(1).equals("sql")) {
				String code = normalize(fence.group(2));
				if (!regions.containsValue(code)) {
					missing.add(fence.group(2));
				}
			}
		}
		assertThat(missing).as("code in %s that is no tagged region of a test", page).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksOnlyToWhatIsThere(Path page) {
		List<String> broken = new ArrayList<>();
		for (Matcher link = LINK.matcher(read(page)); link.find();) {
			Path target = page.resolveSibling(link.group(1)).normalize();
			if (!Files.exists(target) || (link.group(2) != null && !anchors(target).contains(link.group(2)))) {
				broken.add(link.group());
			}
		}
		assertThat(broken).as("broken links in %s", page).isEmpty();
	}

	@Test
	void findsRegionsAndPages() {
		assertThat(regions).isNotEmpty();
		assertThat(pages()).contains(ROOT.resolve("README.md"), ROOT.resolve("docs/large-objects.md"));
	}

	@Test
	void leavesOutWhatStandsBetweenTheParts() {
		Map<String, String> found = new LinkedHashMap<>();
		collect("""
				// tag::a[]
				one
				// end::a[]
				two
				// tag::a[]
				// tag::b[]
				  three
				// end::b[]
				// end::a[]
				""", found);
		assertThat(found).containsOnly(Map.entry("a", "one three"), Map.entry("b", "three"));
	}

	static List<Path> pages() {
		try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
			return Stream
				.concat(Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md").map(ROOT::resolve),
						docs.filter((file) -> file.toString().endsWith(".md")).sorted())
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Map<String, String> regions() {
		Map<String, String> regions = new LinkedHashMap<>();
		try (Stream<Path> modules = Files.list(ROOT)) {
			for (Path tests : modules.map((module) -> module.resolve("src/test/java")).filter(Files::exists).toList()) {
				try (Stream<Path> sources = Files.walk(tests)) {
					for (Path source : sources.filter((file) -> file.toString().endsWith(".java")).toList()) {
						Map<String, String> found = new LinkedHashMap<>();
						collect(read(source), found);
						found.forEach((name, code) -> regions.put(ROOT.relativize(source) + "#" + name, code));
					}
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return regions;
	}

	/**
	 * Collect regions by name, whitespace normalised. A region may consist of several
	 * parts and lie within another one.
	 */
	private static void collect(String source, Map<String, String> regions) {
		Map<String, StringBuilder> open = new LinkedHashMap<>();
		Map<String, StringBuilder> all = new LinkedHashMap<>();
		source.lines().forEach((line) -> {
			Matcher tag = TAG.matcher(line);
			if (!tag.matches()) {
				open.values().forEach((region) -> region.append(line).append('\n'));
			}
			else if (tag.group(1).equals("tag")) {
				open.put(tag.group(2), all.computeIfAbsent(tag.group(2), (name) -> new StringBuilder()));
			}
			else {
				assertThat(open.remove(tag.group(2))).as(line).isNotNull();
			}
		});
		assertThat(open).as("tags without an end").isEmpty();
		all.forEach((name, region) -> regions.put(name, normalize(region.toString())));
	}

	/**
	 * Nested classes of a test are static, as those of an application need not be.
	 */
	private static String normalize(String code) {
		return code.replaceAll("\\bstatic (?=class )", "").replaceAll("\\s+", " ").strip();
	}

	private static List<String> anchors(Path page) {
		return read(page).lines()
			.filter((line) -> line.matches("#{1,6} .*"))
			.map((line) -> line.replaceFirst("^#+ ", "")
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-'))
			.toList();
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path root() {
		Path directory = Path.of("").toAbsolutePath();
		while (!Files.exists(directory.resolve("mvnw"))) {
			directory = directory.getParent();
		}
		return directory;
	}

}
