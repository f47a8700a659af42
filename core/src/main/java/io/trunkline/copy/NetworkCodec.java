package io.trunkline.copy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

import io.netty.util.NetUtil;

/**
 * {@code inet} and {@code cidr}: family, bits of the netmask, whether it is a
 * {@code cidr}, the address. They are read as text, as {@link InetAddress} has no mask.
 */
final class NetworkCodec extends TypeCodec {

	static final NetworkCodec INET = new NetworkCodec(false);

	static final NetworkCodec CIDR = new NetworkCodec(true);

	private static final int IPV4 = 2;

	private static final int IPV6 = 3;

	private static final int IPV4_LENGTH = 4;

	private static final String EXPECTED = "an IP address such as 10.0.0.0/8 or ::1";

	private final boolean network;

	private NetworkCodec(boolean network) {
		this.network = network;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		Address address = toAddress(value);
		byte[] bytes = address.bytes();
		out.writeInt(4 + bytes.length);
		out.writeByte((bytes.length == IPV4_LENGTH) ? IPV4 : IPV6);
		out.writeByte(address.bits());
		out.writeByte(this.network ? 1 : 0);
		out.writeByte(bytes.length);
		out.writeBytes(bytes);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(format(toAddress(value)));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		byte[] bytes = Arrays.copyOfRange(data, offset + 4, offset + 4 + data[offset + 3]);
		return format(new Address(bytes, data[offset + 1] & 0xFF));
	}

	@Override
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		byte[] bytes = Arrays.copyOfRange(data, offset + 4, offset + 4 + data[offset + 3]);
		boolean host = (data[offset + 1] & 0xFF) == bytes.length * Byte.SIZE;
		return (type == InetAddress.class && host) ? inetAddress(bytes) : decode(data, offset, length);
	}

	private String format(Address address) {
		String text = NetUtil.toAddressString(inetAddress(address.bytes()), true);
		return (address.bits() == address.bytes().length * Byte.SIZE && !this.network) ? text
				: text + "/" + address.bits();
	}

	private static InetAddress inetAddress(byte[] bytes) {
		try {
			// The general method turns an IPv4 address within IPv6 into one of IPv4.
			return (bytes.length == IPV4_LENGTH) ? InetAddress.getByAddress(bytes)
					: Inet6Address.getByAddress(null, bytes, -1);
		}
		catch (UnknownHostException ex) {
			throw MisfitException.ofText(EXPECTED);
		}
	}

	private Address toAddress(Object value) {
		Address address = null;
		if (value instanceof InetAddress inetAddress) {
			byte[] bytes = inetAddress.getAddress();
			address = new Address(bytes, bytes.length * Byte.SIZE);
		}
		else if (value instanceof CharSequence text) {
			address = parse(text.toString().strip());
		}
		if (address == null) {
			throw MisfitException.ofClass(value, "a java.net.InetAddress or a String");
		}
		if (this.network && !address.isNetwork()) {
			throw new MisfitException("the address has bits set to the right of the mask");
		}
		return address;
	}

	private static Address parse(String text) {
		int slash = text.indexOf('/');
		byte[] bytes = NetUtil.createByteArrayFromIpAddressString((slash < 0) ? text : text.substring(0, slash));
		if (bytes == null || text.startsWith("[") || text.contains("%")) {
			throw MisfitException.ofText(EXPECTED);
		}
		int max = bytes.length * Byte.SIZE;
		try {
			int bits = (slash < 0) ? max : Integer.parseInt(text.substring(slash + 1));
			if (bits >= 0 && bits <= max) {
				return new Address(bytes, bits);
			}
		}
		catch (NumberFormatException ex) {
			throw MisfitException.ofText(EXPECTED);
		}
		throw MisfitException.ofText(EXPECTED);
	}

	private record Address(byte[] bytes, int bits) {

		boolean isNetwork() {
			for (int bit = this.bits; bit < this.bytes.length * Byte.SIZE; bit++) {
				if ((this.bytes[bit / Byte.SIZE] & 0x80 >> bit % Byte.SIZE) != 0) {
					return false;
				}
			}
			return true;
		}

	}

}
