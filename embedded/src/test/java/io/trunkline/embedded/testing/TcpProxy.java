package io.trunkline.embedded.testing;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between a client and the server, and behaves like a bad network or a pooler.
 *
 * @since 0.1.0
 */
public final class TcpProxy implements AutoCloseable {

	private final String host;

	private final int port;

	private final ServerSocket listener;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private boolean stalled;

	private volatile boolean refusing;

	private volatile boolean swallowing;

	private TcpProxy(String host, int port) {
		this.host = host;
		this.port = port;
		try {
			this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		start("accept", this::accept);
	}

	public static TcpProxy to(String host, int port) {
		return new TcpProxy(host, port);
	}

	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Let no byte through, in either direction, until told otherwise; connections stay.
	 */
	public synchronized void stall(boolean stalled) {
		this.stalled = stalled;
		notifyAll();
	}

	/**
	 * Close new connections at once, until told otherwise.
	 */
	public void refuse(boolean refusing) {
		this.refusing = refusing;
	}

	/**
	 * Keep notifications from clients, as a pooler does that has given the session to
	 * nobody at the time.
	 */
	public void swallowNotifications() {
		this.swallowing = true;
	}

	/**
	 * Close all connections.
	 */
	public void drop() {
		this.sockets.forEach(TcpProxy::close);
	}

	private void accept() throws IOException {
		while (true) {
			Socket client = this.listener.accept();
			if (this.refusing) {
				close(client);
				continue;
			}
			try {
				Socket server = new Socket(this.host, this.port);
				this.sockets.add(client);
				this.sockets.add(server);
				client.setTcpNoDelay(true);
				server.setTcpNoDelay(true);
				start("to server", () -> copy(client, server));
				start("to client", () -> copyMessages(server, client));
			}
			catch (IOException ex) {
				close(client);
			}
		}
	}

	private void copy(Socket from, Socket to) throws IOException {
		byte[] buffer = new byte[16384];
		try (from; to) {
			InputStream in = from.getInputStream();
			OutputStream out = to.getOutputStream();
			for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
				awaitFlow();
				out.write(buffer, 0, length);
			}
		}
		finally {
			this.sockets.remove(from);
			this.sockets.remove(to);
		}
	}

	/**
	 * Copy message by message: a type, a length that counts itself, and the content.
	 */
	private void copyMessages(Socket from, Socket to) throws IOException {
		try (from; to) {
			DataInputStream in = new DataInputStream(new BufferedInputStream(from.getInputStream(), 65536));
			OutputStream out = new BufferedOutputStream(to.getOutputStream(), 65536);
			for (int type = in.read(); type >= 0; type = in.read()) {
				int length = in.readInt();
				byte[] content = in.readNBytes(length - 4);
				awaitFlow();
				if (type != 'A' || !this.swallowing) {
					out.write(type);
					out.write(new byte[] { (byte) (length >> 24), (byte) (length >> 16), (byte) (length >> 8),
							(byte) length });
					out.write(content);
				}
				if (in.available() == 0) {
					out.flush();
				}
			}
		}
	}

	private synchronized void awaitFlow() {
		try {
			while (this.stalled) {
				wait();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void start(String name, Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (IOException ex) {
				// The connection or the proxy was closed.
			}
		}, "proxy " + name);
		thread.setDaemon(true);
		thread.start();
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		stall(false);
		drop();
	}

	/**
	 * What a thread does.
	 */
	private interface Work {

		void run() throws IOException;

	}

}
