package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * The plan of a typed load: which columns in which order, in which format, and how each
 * is written. Made once, used for any number of rows and subscriptions.
 *
 * @param <T> what a row is made of
 */
final class RowEncoding<T> {

	private final List<RowColumn> columns;

	private final CopyForm form;

	private final RowWriter<? super T> writer;

	private final int frameSize;

	RowEncoding(List<RowColumn> columns, TypeCodecs codecs, ValueConversions conversions, int frameSize,
			Function<List<FieldWriter>, RowWriter<? super T>> writer) {
		this.columns = List.copyOf(columns);
		List<TypeCodec> columnCodecs = this.columns.stream().map((column) -> codecs.codec(column.type())).toList();
		this.form = columnCodecs.stream().allMatch(TypeCodec::isBinary) ? CopyForm.BINARY : CopyForm.TEXT;
		List<FieldWriter> fields = new ArrayList<>();
		for (int i = 0; i < this.columns.size(); i++) {
			fields.add(this.form.field(this.columns.get(i), i, columnCodecs.get(i), conversions));
		}
		this.writer = writer.apply(fields);
		this.frameSize = frameSize;
	}

	/**
	 * Return the columns that rows are written to, in their order.
	 */
	List<RowColumn> columns() {
		return this.columns;
	}

	/**
	 * Whether the rows are in COPY's binary format, else in its text format with the
	 * defaults of all its options, in UTF-8.
	 */
	boolean isBinary() {
		return this.form == CopyForm.BINARY;
	}

	/**
	 * Encode rows, with what stands before and behind them in the format. The source is
	 * asked for about as many rows as fill a frame, one frame in advance.
	 * @param rows the rows; not {@code null}, their values may be
	 * @return frames; a {@link CopyEncodingException} where a value does not fit
	 */
	Flux<ByteBuf> encode(Publisher<? extends T> rows) {
		return new RowEncoder<>(rows, this.writer, this.form, this.columns.size(), this.frameSize);
	}

}
