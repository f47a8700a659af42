package io.trunkline.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Passes what the server prints to a logger, and keeps its last lines for the message of
 * a failure.
 */
final class ServerOutput implements Runnable {

	/** What the launching script prints once the server accepts connections. */
	static final String READY = "trunkline: ready";

	/** What pg_ctl prints then, on systems where no script is used. */
	private static final String READY_WITHOUT_SCRIPT = "server started";

	private static final Logger logger = LoggerFactory.getLogger("io.trunkline.embedded.server");

	private static final int KEPT_LINES = 60;

	private final Deque<String> lines = new ArrayDeque<>();

	private final CountDownLatch readyOrEnded = new CountDownLatch(1);

	private final InputStream input;

	private final Level level;

	private volatile boolean ready;

	ServerOutput(InputStream input, Level level) {
		this.input = input;
		this.level = level;
	}

	static ServerOutput follow(InputStream input, Level level, String name) {
		ServerOutput output = new ServerOutput(input, level);
		Thread thread = new Thread(output, name);
		thread.setDaemon(true);
		thread.start();
		return output;
	}

	@Override
	public void run() {
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(this.input, StandardCharsets.UTF_8))) {
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				accept(line);
			}
		}
		catch (IOException ex) {
			// The process has ended.
		}
		finally {
			this.readyOrEnded.countDown();
		}
	}

	private void accept(String line) {
		if (line.equals(READY) || line.equals(READY_WITHOUT_SCRIPT)) {
			this.ready = true;
			this.readyOrEnded.countDown();
			return;
		}
		synchronized (this.lines) {
			if (this.lines.size() == KEPT_LINES) {
				this.lines.removeFirst();
			}
			this.lines.addLast(line);
		}
		logger.atLevel(this.level).log(line);
	}

	/**
	 * Wait until the server is ready or has failed.
	 * @return whether it is ready
	 */
	boolean awaitReady() throws InterruptedException {
		this.readyOrEnded.await();
		return this.ready;
	}

	String tail() {
		synchronized (this.lines) {
			return String.join("\n", this.lines);
		}
	}

}
