package io.trunkline.copy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import io.trunkline.schema.TypeInfo.Attribute;
import org.jspecify.annotations.Nullable;

/**
 * Composite types: the number of attributes, then the oid of the type and the value of
 * each. They are read as maps by the names of the attributes.
 */
final class CompositeCodec extends TypeCodec {

	private final List<Attribute> attributes;

	private final List<TypeCodec> codecs;

	private final Function<Object, @Nullable Map<String, ?>> toMap;

	/**
	 * Create a codec.
	 * @param attributes the attributes
	 * @param codecs the codec of each of them
	 * @param toMap from an object of the application to its values by attribute,
	 * {@code null} if it is not made of values
	 */
	CompositeCodec(List<Attribute> attributes, List<TypeCodec> codecs,
			Function<Object, @Nullable Map<String, ?>> toMap) {
		this.attributes = attributes;
		this.codecs = codecs;
		this.toMap = toMap;
	}

	@Override
	boolean isBinary() {
		return this.codecs.stream().allMatch(TypeCodec::isBinary);
	}

	@Override
	boolean isValue(Object sequence) {
		List<?> values = SequenceView.of(sequence);
		return values != null && values.stream().noneMatch((value) -> value instanceof Map);
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		List<?> values = toValues(value);
		int start = out.beginField();
		out.writeInt(values.size());
		for (int i = 0; i < values.size(); i++) {
			out.writeInt((int) this.attributes.get(i).type().oid());
			Object attribute = values.get(i);
			if (attribute != null) {
				this.codecs.get(i).encode(attribute, out);
			}
			else {
				out.nullField();
			}
		}
		out.endField(start);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append('(');
		List<?> values = toValues(value);
		for (int i = 0; i < values.size(); i++) {
			if (i > 0) {
				out.append(',');
			}
			Object attribute = values.get(i);
			if (attribute != null) {
				StringBuilder text = new StringBuilder();
				this.codecs.get(i).print(attribute, text);
				Literal.appendQuoted(text, out);
			}
		}
		out.append(')');
	}

	private List<?> toValues(Object value) {
		if (value instanceof Map<?, ?> map) {
			return ofMap(map);
		}
		List<?> values = (value instanceof CharSequence text) ? Literal.parseComposite(text.toString().strip())
				: SequenceView.of(value);
		if (values != null) {
			if (values.size() != this.attributes.size()) {
				throw new MisfitException(
						"the type has " + this.attributes.size() + " attributes, the value " + values.size());
			}
			return values;
		}
		Map<String, ?> map = this.toMap.apply(value);
		if (map == null) {
			throw MisfitException.ofClass(value, "a Map, a List, a record or a bean");
		}
		return ofMap(map);
	}

	private List<?> ofMap(Map<?, ?> map) {
		List<@Nullable Object> values = new ArrayList<>(this.attributes.size());
		Set<Object> unknown = new HashSet<>(map.keySet());
		for (Attribute attribute : this.attributes) {
			unknown.remove(attribute.name());
			values.add(map.get(attribute.name()));
		}
		if (!unknown.isEmpty()) {
			throw new MisfitException("the type has no attribute " + unknown + "; it has "
					+ this.attributes.stream().map(Attribute::name).toList());
		}
		return values;
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>();
		int position = offset + Integer.BYTES;
		for (int i = 0; i < this.codecs.size(); i++) {
			int size = Bytes.getInt(data, position + Integer.BYTES);
			position += 2 * Integer.BYTES;
			values.put(this.attributes.get(i).name(),
					(size >= 0) ? this.codecs.get(i).decode(data, position, size) : null);
			position += Math.max(0, size);
		}
		return Collections.unmodifiableMap(values);
	}

}
