package io.trunkline.test.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Asks the operating system whether the server has closed a connection. It knows from
 * when the server has, and the driver only from when its thread gets to that. Netty can
 * ask on Linux, see {@code TCP_INFO} in tcp(7).
 */
final class TcpState {

	private static final boolean PRESENT = ClassUtils.isPresent("io.netty.channel.epoll.EpollSocketChannel",
			TcpState.class.getClassLoader());

	private static final int ESTABLISHED = 1;

	private TcpState() {
	}

	/**
	 * Whether a connection is known to be open at both ends, {@code false} where that
	 * cannot be told.
	 */
	static boolean isEstablished(@Nullable Channel channel) {
		return PRESENT && channel != null && Epoll.isEstablished(channel);
	}

	/**
	 * What needs the class.
	 */
	private static final class Epoll {

		static boolean isEstablished(Channel channel) {
			try {
				return channel instanceof EpollSocketChannel socket && socket.isActive()
						&& socket.tcpInfo().state() == ESTABLISHED;
			}
			catch (ChannelException ex) {
				return false;
			}
		}

	}

}
