package io.trunkline.notification;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.trunkline.connection.SqlIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * Who listens to which channel, and which of them LISTEN is in force for. The loop
 * changes it; the driver's thread looks up the listeners of a message.
 */
final class ChannelTable {

	private static final Mailbox[] NOBODY = {};

	private final Map<String, Channel> channels = new ConcurrentHashMap<>();

	/** Where what is in force may differ from what is wanted. */
	private Set<String> changed = new LinkedHashSet<>();

	void join(String name, Mailbox mailbox, long generation) {
		Channel channel = this.channels.computeIfAbsent(name, (key) -> new Channel());
		channel.members.add(mailbox);
		if (channel.state == State.LISTENING || channel.state == State.ON) {
			mailbox.begin(generation);
			channel.active = append(channel.active, List.of(mailbox));
		}
		else {
			channel.joining.add(mailbox);
			this.changed.add(name);
		}
	}

	void leave(String name, Mailbox mailbox) {
		Channel channel = this.channels.get(name);
		if (channel != null && channel.members.remove(mailbox)) {
			channel.joining.remove(mailbox);
			channel.active = Arrays.stream(channel.active)
				.filter((active) -> active != mailbox)
				.toArray(Mailbox[]::new);
			if (channel.members.isEmpty()) {
				this.changed.add(name);
			}
		}
	}

	/**
	 * Return who gets a message of a channel that is read now.
	 */
	Mailbox[] listeners(String name) {
		Channel channel = this.channels.get(name);
		return (channel != null) ? channel.active : NOBODY;
	}

	/**
	 * Take the changes since the last ones. Whoever waits for a channel gets its messages
	 * from the statement on.
	 */
	Changes takeChanges(long generation) {
		StringBuilder sql = new StringBuilder();
		List<Channel> listen = new ArrayList<>();
		List<String> unlisten = new ArrayList<>();
		for (String name : this.changed) {
			Channel channel = this.channels.get(name);
			if (channel == null) {
				continue;
			}
			boolean wanted = !channel.members.isEmpty();
			if (wanted && channel.state == State.OFF) {
				channel.state = State.LISTENING;
				channel.joining.forEach((mailbox) -> mailbox.begin(generation));
				channel.active = append(channel.active, channel.joining);
				channel.joining.clear();
				sql.append("LISTEN ").append(SqlIdentifiers.quote(name, "channel")).append(';');
				listen.add(channel);
			}
			else if (!wanted && channel.state == State.ON) {
				channel.state = State.UNLISTENING;
				sql.append("UNLISTEN ").append(SqlIdentifiers.quote(name, "channel")).append(';');
				unlisten.add(name);
			}
			else if (!wanted && channel.state == State.OFF) {
				this.channels.remove(name);
			}
		}
		this.changed = new LinkedHashSet<>();
		return new Changes(sql.toString(), listen, unlisten);
	}

	/**
	 * The server has done what was asked. Who came or left meanwhile is a change again.
	 * @return the subscriptions to the new channels
	 */
	Set<Mailbox> complete(Changes changes) {
		Set<Mailbox> listening = new LinkedHashSet<>();
		for (Channel channel : changes.listen()) {
			channel.state = State.ON;
			listening.addAll(channel.members);
		}
		for (String name : changes.unlisten()) {
			Channel channel = this.channels.get(name);
			if (channel != null) {
				channel.state = State.OFF;
			}
		}
		this.channels.forEach((name, channel) -> {
			if (channel.isUnsettled()) {
				this.changed.add(name);
			}
		});
		return listening;
	}

	boolean isListening(Mailbox mailbox) {
		return mailbox.channels().stream().allMatch((name) -> {
			Channel channel = this.channels.get(name);
			return channel != null && channel.state == State.ON;
		});
	}

	/**
	 * Nothing is in force any more.
	 */
	void lose() {
		this.channels.forEach((name, channel) -> {
			channel.state = State.OFF;
			this.changed.add(name);
		});
	}

	int size() {
		return (int) this.channels.values().stream().filter((channel) -> !channel.members.isEmpty()).count();
	}

	private static Mailbox[] append(Mailbox[] active, List<Mailbox> more) {
		Mailbox[] result = Arrays.copyOf(active, active.length + more.size());
		for (int i = 0; i < more.size(); i++) {
			result[active.length + i] = more.get(i);
		}
		return result;
	}

	/**
	 * Statements, and which channels they are about.
	 */
	record Changes(String sql, List<Channel> listen, List<String> unlisten) {

		boolean isEmpty() {
			return this.sql.isEmpty();
		}

	}

	/**
	 * A channel. Of its members those are active that get messages; the others wait until
	 * LISTEN is sent, so that nobody gets some messages from before an UNLISTEN and
	 * others from after it.
	 */
	static final class Channel {

		private final Set<Mailbox> members = ConcurrentHashMap.newKeySet();

		private final List<Mailbox> joining = new ArrayList<>();

		private volatile Mailbox[] active = NOBODY;

		private State state = State.OFF;

		private boolean isUnsettled() {
			return this.members.isEmpty() ? this.state != State.UNLISTENING
					: this.state == State.OFF || !this.joining.isEmpty();
		}

	}

	/**
	 * What the server was told of a channel.
	 */
	private enum State {

		OFF, LISTENING, ON, UNLISTENING

	}

}
