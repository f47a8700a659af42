package io.trunkline.copy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.netty.buffer.ByteBuf;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * The plan of reading rows: which columns in which order, and how each is read. Made
 * once, used for any number of rows and subscriptions.
 *
 * @param <T> what is made of a row
 */
final class RowDecoding<T> {

	private final Map<String, TypeCodec> codecs;

	private final RowReader<? extends T> reader;

	private final List<RowColumn> columns;

	RowDecoding(List<RowColumn> columns, TypeCodecs codecs, RowReader<? extends T> reader) {
		this.columns = List.copyOf(columns);
		this.codecs = columns.stream()
			.collect(Collectors.toMap(RowColumn::name, (column) -> codecs.readingCodec(column.type()), (a, b) -> a));
		this.reader = reader;
	}

	/**
	 * Return the columns that the rows must consist of, in their order.
	 */
	List<RowColumn> columns() {
		return this.columns;
	}

	/**
	 * Whether the query has to cast a column to {@code text}, as the binary form of its
	 * type is not known.
	 */
	boolean needsText(RowColumn column) {
		TypeCodec codec = this.codecs.get(column.name());
		return codec == null || !codec.isBinary();
	}

	/**
	 * Decode what {@code COPY … TO STDOUT (FORMAT binary)} sends.
	 * @param messages the server's messages, each of which holds one row, or what stands
	 * before or behind all rows; released one by one
	 */
	Flux<T> decode(Publisher<ByteBuf> messages) {
		return new RowDecoder<>(messages, this.reader, this.columns.size());
	}

}
