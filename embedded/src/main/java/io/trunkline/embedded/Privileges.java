package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * As whom the server runs. PostgreSQL refuses to run as root, so where the JVM is root
 * its programs are started in a user namespace of their own (the files still belong to
 * root), or else as an unprivileged user who then owns the data directory.
 *
 * @param uid the owner of the data directory, or {@code null} where nothing changes
 * @param gid the owner's group
 * @param method how, for the log
 * @param wrapper puts the change of user before a command
 */
record Privileges(@Nullable Integer uid, @Nullable Integer gid, String method,
		Function<List<String>, List<String>> wrapper) {

	private static final Path ANYWHERE = Path.of("/");

	/**
	 * Find out how to start the server.
	 * @param existing a data directory that exists already: its owner is kept
	 */
	static Privileges detect(Platform platform, @Nullable Path existing) {
		if (platform.isWindows() || Workspace.currentUid() != 0) {
			// On Windows pg_ctl gives up an administrator's rights itself.
			return new Privileges(null, null, "own user", Function.identity());
		}
		int owner = (existing != null) ? attribute(existing, "unix:uid") : 0;
		Privileges privileges = null;
		if (owner == 0) {
			privileges = unshared();
		}
		if (privileges == null) {
			privileges = unprivileged((owner != 0) ? List.of(Integer.toString(owner)) : List.of("postgres", "nobody"));
		}
		if (privileges == null) {
			throw new EmbeddedPostgresException(Reason.ROOT,
					"The JVM runs as root, PostgreSQL refuses to run as root, and there is no way to run it as somebody "
							+ "else: user namespaces are not permitted (unshare -U), and setpriv, runuser and su are missing or "
							+ "not permitted, or there is neither a user 'postgres' nor a user 'nobody'.",
					"Run the JVM as another user (in a Dockerfile: USER), install util-linux, or set 'spring.r2dbc.url' to "
							+ "use another server.");
		}
		return privileges;
	}

	private static @Nullable Privileges unshared() {
		Function<List<String>, List<String>> wrapper = (command) -> prepend(List.of("unshare", "-U"), command);
		// initdb wants a name for the user that it sees.
		return ("0".equals(answer(wrapper.apply(List.of("id", "-u"))))
				|| answer(wrapper.apply(List.of("id", "-un"))) == null) ? null
						: new Privileges(0, 0, "user namespace", wrapper);
	}

	private static @Nullable Privileges unprivileged(List<String> users) {
		for (String user : users) {
			String uid = answer(List.of("id", "-u", user));
			String gid = answer(List.of("id", "-g", user));
			String name = answer(List.of("id", "-un", user));
			if (uid == null || gid == null || name == null || uid.equals("0")) {
				continue;
			}
			for (Method method : methods(uid, gid, name)) {
				if (uid.equals(answer(method.wrapper().apply(List.of("id", "-u"))))) {
					return new Privileges(Integer.valueOf(uid), Integer.valueOf(gid), method.name() + " as " + name,
							method.wrapper());
				}
			}
		}
		return null;
	}

	private static List<Method> methods(String uid, String gid, String name) {
		return List.of(
				new Method("setpriv",
						(command) -> prepend(
								List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"),
								command)),
				new Method("runuser", (command) -> prepend(List.of("runuser", "-u", name, "--"), command)),
				// The account may have no login shell.
				new Method("su",
						(command) -> List.of("su", "-s", "/bin/sh", "-c", "exec " + Commands.quote(command), name)));
	}

	private static List<String> prepend(List<String> first, List<String> second) {
		List<String> all = new ArrayList<>(first);
		all.addAll(second);
		return all;
	}

	private static @Nullable String answer(List<String> command) {
		try {
			Commands.Output output = Commands.run(ANYWHERE, command);
			return output.successful() ? output.text().strip() : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static int attribute(Path path, String name) {
		try {
			return (Integer) Files.getAttribute(path, name);
		}
		catch (IOException | UnsupportedOperationException ex) {
			return 0;
		}
	}

	List<String> wrap(String... command) {
		return wrap(List.of(command));
	}

	List<String> wrap(List<String> command) {
		return this.wrapper.apply(command);
	}

	/**
	 * Give a file, or a directory with all that is in it, to the user of the server.
	 */
	void own(Path path) throws IOException {
		Integer user = this.uid;
		Integer group = this.gid;
		if (user == null || group == null) {
			return;
		}
		try (Stream<Path> files = Files.walk(path)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				if (attribute(file, "unix:uid") != user) {
					Files.setAttribute(file, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
					Files.setAttribute(file, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
				}
			}
		}
	}

	/**
	 * A way to become another user.
	 */
	private record Method(String name, Function<List<String>, List<String>> wrapper) {
	}

}
