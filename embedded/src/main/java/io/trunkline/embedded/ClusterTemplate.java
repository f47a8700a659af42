package io.trunkline.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster as initdb leaves it, kept to be copied.
 *
 * @param workspace the workspace that it is in
 * @param directory where it is
 */
record ClusterTemplate(Workspace workspace, Path directory) {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedPostgresServer.class);

	private static final String DATA = "data";

	private static final String COUNT = "files";

	static ClusterTemplate of(Workspace workspace, PostgresBinaries programs, String username, String password) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			for (String part : List.of(programs.directory().toString(), username, password)) {
				digest.update(part.getBytes(StandardCharsets.UTF_8));
				digest.update((byte) 0);
			}
			return new ClusterTemplate(workspace,
					workspace.root().resolve("cluster-" + HexFormat.of().formatHex(digest.digest(), 0, 8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Copy the cluster to a directory that does not exist yet.
	 * @return whether there was a complete one to copy
	 */
	boolean copyTo(Path target) throws IOException {
		Path data = this.directory.resolve(DATA);
		try {
			if (isComplete()) {
				copy(data, target);
				return true;
			}
		}
		catch (NoSuchFileException ex) {
			logger.debug("No complete cluster to copy in {}", this.directory);
		}
		Workspace.delete(target);
		return false;
	}

	/**
	 * Keep a cluster that no server has worked on yet. To keep it is no more than a help:
	 * nothing fails without.
	 */
	void save(Path data) {
		try {
			if (isComplete()) {
				return;
			}
			Path partial = Files.createTempDirectory(this.workspace.root(), "saving-");
			try {
				copy(data, partial.resolve(DATA));
				Files.writeString(partial.resolve(COUNT), Long.toString(count(data)));
				this.workspace.exclusively(() -> {
					// Another JVM may have been faster, and a third one be copying
					// already.
					if (!isComplete()) {
						Workspace.delete(this.directory);
						Files.move(partial, this.directory, StandardCopyOption.ATOMIC_MOVE);
					}
					return this.directory;
				});
			}
			finally {
				Workspace.delete(partial);
			}
		}
		catch (IOException ex) {
			logger.debug("The cluster could not be kept in {}", this.directory, ex);
		}
	}

	private boolean isComplete() throws IOException {
		Path count = this.directory.resolve(COUNT);
		// Cleaners of temporary directories remove single files of what is old.
		return Files.exists(count)
				&& Files.readString(count).equals(Long.toString(count(this.directory.resolve(DATA))));
	}

	private static long count(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.count();
		}
	}

	private static void copy(Path source, Path target) throws IOException {
		Files.walkFileTree(source, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
					throws IOException {
				Files.copy(directory, target.resolve(source.relativize(directory).toString()),
						StandardCopyOption.COPY_ATTRIBUTES);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				Files.copy(file, target.resolve(source.relativize(file).toString()),
						StandardCopyOption.COPY_ATTRIBUTES);
				return FileVisitResult.CONTINUE;
			}

		});
	}

}
