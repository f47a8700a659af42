package io.trunkline.autoconfigure.connection;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Takes the password in {@code spring.r2dbc.url} as it is, with {@code @} or {@code /} in
 * it: R2DBC would find its end there, and look for a host that does not exist. A URL that
 * can be read without is left alone, and so is what is percent-encoded.
 */
class R2dbcUrlEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	private static final String PROPERTY = "spring.r2dbc.url";

	private static final Pattern URL = Pattern
		.compile("(r2dbcs?:[a-z:]*postgres(?:ql)?(?::[a-z]+)?://)([^?]*)@([^@?]*(?:\\?.*)?)", Pattern.DOTALL);

	private static final Pattern ENCODED = Pattern.compile("%\\p{XDigit}{2}");

	private static final String ALLOWED = "-._~!$&'()*+,;=:";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		String url = environment.getProperty(PROPERTY);
		if (url == null || !environment.getProperty("trunkline.enabled", Boolean.class, true)) {
			return;
		}
		String encoded = encoded(url);
		if (!encoded.equals(url)) {
			environment.getPropertySources()
				.addFirst(new MapPropertySource("trunklineR2dbcUrl", Map.of(PROPERTY, encoded)));
		}
	}

	/**
	 * After the configuration files.
	 */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	static String encoded(String url) {
		Matcher parts = URL.matcher(url);
		if (!parts.matches() || url.contains("${") || isReadable(url.substring(parts.end(1)))) {
			return url;
		}
		StringBuilder encoded = new StringBuilder(parts.group(1));
		encode(parts.group(2), encoded);
		return encoded.append('@').append(parts.group(3)).toString();
	}

	/**
	 * Whether a URL can be read as it is. A database may have {@code @} in its name, but
	 * hardly a slash behind it.
	 */
	private static boolean isReadable(String authorityAndPath) {
		try {
			URI uri = new URI("r2dbc://" + authorityAndPath);
			String path = uri.getRawPath();
			return uri.getHost() != null && (path.indexOf('@') < 0 || path.lastIndexOf('/') < path.lastIndexOf('@'));
		}
		catch (URISyntaxException ex) {
			return false;
		}
	}

	private static void encode(String credentials, StringBuilder encoded) {
		Matcher escape = ENCODED.matcher(credentials);
		int position = 0;
		while (position < credentials.length()) {
			int character = credentials.codePointAt(position);
			int end = position + Character.charCount(character);
			if (escape.region(position, credentials.length()).lookingAt()) {
				end = escape.end();
				encoded.append(escape.group());
			}
			else if (Character.isLetterOrDigit(character) || ALLOWED.indexOf(character) >= 0) {
				encoded.appendCodePoint(character);
			}
			else {
				for (byte part : credentials.substring(position, end).getBytes(StandardCharsets.UTF_8)) {
					encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(part));
				}
			}
			position = end;
		}
	}

}
