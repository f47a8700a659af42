package io.trunkline.copy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import org.springframework.data.convert.CustomConversions;
import org.springframework.data.convert.CustomConversions.StoreConversions;
import org.springframework.data.mapping.model.SimpleTypeHolder;
import org.springframework.data.relational.core.conversion.MappingRelationalConverter;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.core.mapping.RelationalMappingContext;

/**
 * Spring Data's naming and conversions where the application has none of its own.
 */
final class PlainConverter {

	/**
	 * Classes of the JDK that are values; Spring Data would look into them for
	 * properties.
	 */
	private static final SimpleTypeHolder VALUES = new SimpleTypeHolder(Set.of(BigDecimal.class, BigInteger.class,
			UUID.class, InetAddress.class, Inet4Address.class, Inet6Address.class, ByteBuffer.class), true);

	private PlainConverter() {
	}

	static RelationalConverter create() {
		RelationalMappingContext context = new RelationalMappingContext();
		context.setSimpleTypeHolder(VALUES);
		return new MappingRelationalConverter(context, new CustomConversions(StoreConversions.of(VALUES), List.of()));
	}

}
