package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Starts a server in a JVM of its own, tells where it is, and keeps it until standard
 * input ends.
 */
public final class ServerMain {

	private ServerMain() {
	}

	public static void main(String[] args) throws IOException {
		EmbeddedPostgresServer.Builder builder = EmbeddedPostgresServer.builder();
		if (args.length > 0) {
			builder.dataDirectory(Path.of(args[0]));
		}
		long begin = System.nanoTime();
		EmbeddedPostgresServer server = builder.start();
		long milliseconds = (System.nanoTime() - begin) / 1_000_000;
		System.out.println("server " + server.getPort() + " " + server.getDataDirectory() + " " + milliseconds);
		while (System.in.read() >= 0) {
			server.restart();
			System.out.println("restarted");
		}
	}

}
