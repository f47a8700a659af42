package io.trunkline.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A directory of the current user for what is temporary: unpacked binaries and data
 * directories. A data directory belongs to a JVM as long as that holds a lock on it,
 * which the operating system releases however the JVM ends.
 *
 * @param root the directory
 */
record Workspace(Path root) {

	/**
	 * A fresh cluster takes 40 MB and its write-ahead log grows to 1 GB before it is
	 * recycled. Containers usually have 64 MB of shared memory.
	 */
	private static final long MINIMUM_SHARED_MEMORY = 1L << 30;

	private static final Path SHARED_MEMORY = Path.of("/dev/shm");

	private static final String PREFIX = "trunkline-postgres-";

	private static final String OWNER_FILE = "owner";

	private static final String LOCK_FILE = "lock";

	private static final String INSTANCE_PREFIX = "instance-";

	/** This process, told apart from another one of the same number. */
	private static final String SELF = ProcessHandle.current().pid() + " "
			+ ProcessHandle.current().info().startInstant().map(Instant::toEpochMilli).orElse(0L);

	static Workspace temporary() {
		return in(Path.of(System.getProperty("java.io.tmpdir")));
	}

	/**
	 * Return the workspace in memory, or the one on disk where there is too little.
	 */
	static Workspace inMemory() {
		try {
			if (Files.isWritable(SHARED_MEMORY)
					&& Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= MINIMUM_SHARED_MEMORY) {
				return in(SHARED_MEMORY);
			}
		}
		catch (IOException ex) {
			// No shared memory then.
		}
		return temporary();
	}

	/**
	 * Return the workspaces that servers of this user may have left something in.
	 */
	static List<Workspace> all() {
		Workspace temporary = temporary();
		return Files.isDirectory(rootIn(SHARED_MEMORY)) ? List.of(temporary, in(SHARED_MEMORY)) : List.of(temporary);
	}

	private static Path rootIn(Path parent) {
		return parent.resolve(PREFIX + System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_"));
	}

	static Workspace in(Path parent) {
		try {
			Path root = rootIn(parent);
			Files.createDirectories(root);
			return new Workspace(isPrivate(root) ? root : Files.createTempDirectory(parent, PREFIX));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No temporary directory can be created in " + parent, ex);
		}
	}

	/**
	 * Programs are started from this directory, so nobody else may have prepared it.
	 */
	private static boolean isPrivate(Path root) throws IOException {
		if (!root.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			return true;
		}
		if (Files.isSymbolicLink(root) || uid(root) != currentUid()) {
			return false;
		}
		// Others may pass: the server does when it runs as another user.
		Set<PosixFilePermission> permissions = PosixFilePermissions.fromString("rwx--x--x");
		if (!Files.getPosixFilePermissions(root).equals(permissions)) {
			Files.setPosixFilePermissions(root, permissions);
		}
		return true;
	}

	/**
	 * Return the number of the user that the JVM runs as, or -1 where there is none.
	 */
	static int currentUid() {
		try {
			Path probe = Files.createTempFile(PREFIX, null);
			try {
				return uid(probe);
			}
			finally {
				Files.delete(probe);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static int uid(Path path) throws IOException {
		if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
			return -1;
		}
		return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
	}

	/**
	 * Create a directory for a data directory, locked by this JVM.
	 */
	Instance createInstance() throws IOException {
		return exclusively(() -> {
			Path directory = Files.createDirectory(this.root.resolve(INSTANCE_PREFIX + UUID.randomUUID()));
			if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
				Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
			}
			Files.writeString(directory.resolve(OWNER_FILE), SELF);
			FileChannel lock = tryLock(directory.resolve(LOCK_FILE));
			if (lock == null) {
				throw new IOException("A new file cannot be locked in " + directory);
			}
			return new Instance(directory, lock);
		});
	}

	/**
	 * Take over what JVMs left behind that are gone. The caller stops the server, and
	 * closes and deletes the instance.
	 */
	List<Instance> orphans() throws IOException {
		return exclusively(() -> {
			try (Stream<Path> files = Files.list(this.root)) {
				return files.filter((file) -> file.getFileName().toString().startsWith(INSTANCE_PREFIX))
					.flatMap((directory) -> orphan(directory).stream())
					.toList();
			}
		});
	}

	private static List<Instance> orphan(Path directory) {
		try {
			// To open and close a file that this JVM has locked would release the lock.
			if (Files.readString(directory.resolve(OWNER_FILE)).equals(SELF)) {
				return List.of();
			}
			FileChannel lock = tryLock(directory.resolve(LOCK_FILE));
			return (lock != null) ? List.of(new Instance(directory, lock)) : List.of();
		}
		catch (IOException ex) {
			// Being deleted by its owner, or by another JVM that cleans up.
			return List.of();
		}
	}

	/**
	 * Run something while no other JVM of this user does.
	 */
	<T> T exclusively(Action<T> action) throws IOException {
		synchronized (Workspace.class) {
			try (FileChannel channel = FileChannel.open(this.root.resolve(LOCK_FILE), StandardOpenOption.CREATE,
					StandardOpenOption.WRITE)) {
				channel.lock();
				return action.run();
			}
		}
	}

	/**
	 * Lock a file until the channel is closed, or return {@code null} where it is locked.
	 */
	static @Nullable FileChannel tryLock(Path file) throws IOException {
		FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
		try {
			if (channel.tryLock() != null) {
				return channel;
			}
		}
		catch (OverlappingFileLockException ex) {
			// Locked by this JVM.
		}
		catch (IOException ex) {
			channel.close();
			throw ex;
		}
		channel.close();
		return null;
	}

	/**
	 * Delete a directory with all that is in it; what is gone already is no error.
	 */
	static void delete(Path directory) throws IOException {
		if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		Files.walkFileTree(directory, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
				Files.deleteIfExists(file);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
				if (ex instanceof NoSuchFileException) {
					return FileVisitResult.CONTINUE;
				}
				throw ex;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException ex) throws IOException {
				Files.deleteIfExists(visited);
				return FileVisitResult.CONTINUE;
			}

		});
	}

	/**
	 * A temporary data directory and the lock on it.
	 *
	 * @param directory the directory around it
	 * @param lock held as long as it is open
	 */
	record Instance(Path directory, FileChannel lock) {

		Path data() {
			return this.directory.resolve("data");
		}

		void deleteAndUnlock() throws IOException {
			try {
				Workspace.delete(this.directory);
			}
			finally {
				this.lock.close();
			}
		}

	}

	/**
	 * Something that reads or writes files.
	 *
	 * @param <T> the type of the result
	 */
	interface Action<T> {

		T run() throws IOException;

	}

}
