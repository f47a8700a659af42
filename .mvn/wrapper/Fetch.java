import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Stands in for curl and sha512sum where a system has neither: {@code get URL FILE}
 * downloads, {@code sha512 FILE} prints a checksum. Launched from source.
 */
final class Fetch {

	private static final int TIMEOUT_MILLIS = 60_000;

	private Fetch() {
	}

	public static void main(String[] args) throws Exception {
		switch (args[0]) {
			case "get" -> get(URI.create(args[1]), Path.of(args[2]));
			case "sha512" -> System.out.println(sha512(Path.of(args[1])));
			default -> throw new IllegalArgumentException("get or sha512, not " + args[0]);
		}
	}

	private static void get(URI source, Path target) throws Exception {
		System.setProperty("java.net.useSystemProxies", "true");
		URLConnection connection = source.toURL().openConnection();
		connection.setConnectTimeout(TIMEOUT_MILLIS);
		connection.setReadTimeout(TIMEOUT_MILLIS);
		try (InputStream content = connection.getInputStream()) {
			Files.copy(content, target, StandardCopyOption.REPLACE_EXISTING);
		}
	}

	private static String sha512(Path file) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-512");
		try (InputStream content = new DigestInputStream(Files.newInputStream(file), digest)) {
			content.transferTo(OutputStream.nullOutputStream());
		}
		return HexFormat.of().formatHex(digest.digest());
	}

}
