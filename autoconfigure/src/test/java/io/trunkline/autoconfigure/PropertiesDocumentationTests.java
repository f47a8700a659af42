package io.trunkline.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.autoconfigure.largeobject.LargeObjectProperties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.BeanWrapperImpl;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One truth for each property: its class, the configuration metadata and the
 * documentation say the same.
 * <p>
 * {@code -Dtrunkline.docs.write=true} writes {@code docs/properties.md} instead of
 * comparing it.
 */
class PropertiesDocumentationTests {

	private static final Path ROOT = root();

	private static final Path PAGE = ROOT.resolve("docs/properties.md");

	/**
	 * Observations and meters are named like properties.
	 */
	private static final Pattern OBSERVATION = Pattern.compile("trunkline\\.(largeobject|catalog|query|transaction"
			+ "|copy\\.(in|out|load)|table\\.(select|deletion\\.denied)"
			+ "|notification\\.(notify|received|dropped|reconnects|connected|channels|subscribers|buffered|lag"
			+ "|queue\\.usage))(\\..+)?");

	private static final Pattern NAME = Pattern
		.compile("`(trunkline\\.[a-z-]+(?:\\.[a-z-]+)*)(?:\\.\\*|:[^`]*|=[^`]*)?`");

	private static final Pattern YAML = Pattern.compile("^```yaml\\R(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

	private static final Map<String, Property> properties = metadata("properties").stream()
		.map(Property::from)
		.collect(Collectors.toMap(Property::name, (property) -> property, (first, second) -> first, TreeMap::new));

	private static final Map<String, String> groups = metadata("groups").stream()
		.collect(Collectors.toMap((group) -> (String) group.get("name"), (group) -> (String) group.get("type"),
				(first, second) -> first, TreeMap::new));

	@Test
	void thePageIsThatOfTheMetadata() throws IOException {
		String expected = page();
		if (Boolean.getBoolean("trunkline.docs.write")) {
			Files.writeString(PAGE, expected);
		}
		assertThat(Files.readString(PAGE))
			.as("docs/properties.md; write it anew with -Dtrunkline.docs.write=true, see CONTRIBUTING.md")
			.isEqualTo(expected);
	}

	@Test
	void everyPropertyHasADescription() {
		assertThat(properties.values()).isNotEmpty()
			.allSatisfy(
					(property) -> assertThat(property.description()).as(property.name()).isNotBlank().endsWith("."));
	}

	@TestFactory
	Stream<DynamicTest> theMetadataHasTheDefaultOfTheClass() {
		return properties.values()
			.stream()
			.filter((property) -> !property.name().equals("trunkline.enabled"))
			// The test module compares its own.
			.filter((property) -> !property.name().startsWith("trunkline.test."))
			.map((property) -> DynamicTest.dynamicTest(property.name(), () -> {
				Map.Entry<TypeDescriptor, Object> actual = valueOfNewObject(property.name());
				Object expected = ApplicationConversionService.getSharedInstance()
					.convert(property.defaultValue(), TypeDescriptor.forObject(property.defaultValue()),
							actual.getKey());
				assertThat(isEmpty(actual.getValue()) ? null : actual.getValue()).isEqualTo(expected);
			}));
	}

	@TestFactory
	Stream<DynamicTest> pagesNameOnlyPropertiesThatExist() {
		return pages().map((page) -> DynamicTest.dynamicTest(page.getFileName().toString(), () -> {
			List<String> named = new ArrayList<>(yamlProperties(page));
			for (Matcher name = NAME.matcher(Files.readString(page)); name.find();) {
				named.add(name.group(1));
			}
			assertThat(named.stream().filter((name) -> !exists(name))).as("unknown properties in %s", page).isEmpty();
		}));
	}

	private static String page() {
		StringBuilder page = new StringBuilder("""
				# Configuration properties

				Made from the configuration metadata, which an editor shows as well; a test compares the two.
				""");
		Map<String, List<Property>> byFeature = properties.values()
			.stream()
			.collect(Collectors.groupingBy(Property::feature, TreeMap::new, Collectors.toList()));
		byFeature.forEach((feature, members) -> {
			page.append("\n## `").append(feature).append("`\n\n| property | type | default | description |\n");
			page.append("|---|---|---|---|\n");
			members.forEach((property) -> page.append(property.row()));
		});
		return page.toString();
	}

	private static Map.Entry<TypeDescriptor, Object> valueOfNewObject(String name) {
		String root = groups.keySet()
			.stream()
			.filter((group) -> name.startsWith(group + "."))
			.min(String::compareTo)
			.orElseThrow();
		Class<?> type = ClassUtils.resolveClassName(groups.get(root), null);
		BeanWrapperImpl bean = new BeanWrapperImpl(BeanUtils.instantiateClass(type));
		String path = Stream.of(name.substring(root.length() + 1).split("\\."))
			.map(PropertiesDocumentationTests::camelCase)
			.collect(Collectors.joining("."));
		return new SimpleEntry<>(bean.getPropertyTypeDescriptor(path), bean.getPropertyValue(path));
	}

	private static String camelCase(String name) {
		return Pattern.compile("-(.)").matcher(name).replaceAll((match) -> match.group(1).toUpperCase(Locale.ROOT));
	}

	private static boolean isEmpty(@Nullable Object value) {
		return (value instanceof Collection<?> collection && collection.isEmpty())
				|| (value instanceof Map<?, ?> map && map.isEmpty());
	}

	private static boolean exists(String name) {
		return properties.containsKey(name) || groups.containsKey(name) || OBSERVATION.matcher(name).matches()
				|| properties.values()
					.stream()
					.anyMatch((property) -> property.isMap() && name.startsWith(property.name() + "."));
	}

	private static List<String> yamlProperties(Path page) throws IOException {
		List<String> names = new ArrayList<>();
		for (Matcher yaml = YAML.matcher(Files.readString(page)); yaml.find();) {
			YamlPropertiesFactoryBean factory = new YamlPropertiesFactoryBean();
			factory.setResources(new ByteArrayResource(yaml.group(1).getBytes(StandardCharsets.UTF_8)));
			Properties found = factory.getObject();
			assertThat(found).as(yaml.group(1)).isNotEmpty();
			found.stringPropertyNames()
				.stream()
				.filter((name) -> name.startsWith("trunkline."))
				.map((name) -> name.replaceAll("\\[\\d+]", ""))
				.forEach(names::add);
		}
		return names;
	}

	private static Stream<Path> pages() {
		try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
			return Stream
				.concat(Stream.of(ROOT.resolve("README.md")), docs.filter((file) -> file.toString().endsWith(".md")))
				.filter(Files::exists)
				.sorted()
				.toList()
				.stream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read the metadata of this module, as other jars have a file of the same name, and
	 * that of the test module, which is built after this one.
	 */
	private static List<Map<String, Object>> metadata(String section) {
		try {
			Path classes = Path
				.of(LargeObjectProperties.class.getProtectionDomain().getCodeSource().getLocation().toURI());
			List<Map<String, Object>> all = new ArrayList<>();
			for (Path file : List.of(classes.resolve("META-INF/spring-configuration-metadata.json"),
					ROOT.resolve("test/src/main/resources/META-INF/additional-spring-configuration-metadata.json"))) {
				List<Map<String, Object>> found = JsonPath.read(Files.readString(file), "$." + section);
				all.addAll(found);
			}
			return all;
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
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

	private record Property(String name, String type, @Nullable Object defaultValue, String description) {

		static Property from(Map<String, Object> metadata) {
			return new Property((String) metadata.get("name"), (String) metadata.get("type"),
					metadata.get("defaultValue"), (String) metadata.getOrDefault("description", ""));
		}

		boolean isMap() {
			return this.type.startsWith("java.util.Map<");
		}

		/**
		 * The second part of the name, which is the first where there is no third.
		 */
		String feature() {
			String[] parts = this.name.split("\\.");
			return (parts.length > 2) ? parts[0] + "." + parts[1] : parts[0];
		}

		String row() {
			return "| `%s%s` | `%s` | %s | %s |\n".formatted(this.name, isMap() ? ".*" : "",
					this.type.replaceAll("[a-z0-9]+\\.", "").replace(",", ", "),
					(this.defaultValue != null) ? "`" + this.defaultValue + "`" : "",
					this.description.replace("|", "\\|"));
		}

	}

}
