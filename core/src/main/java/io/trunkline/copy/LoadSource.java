package io.trunkline.copy;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongConsumer;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where the rows of a load come from.
 */
sealed interface LoadSource {

	/**
	 * Bytes in a format of COPY.
	 *
	 * @param frames makes the decompressed data and reports how many bytes have passed
	 * @param size how many bytes the source has, {@code null} where that is not known
	 * @param repeatable whether the data can be made again
	 * @param direct loads the same source without a staging table
	 */
	record Bytes(Function<LongConsumer, Flux<Chunk>> frames, @Nullable Long size, boolean repeatable,
			Function<CopyInSpec, Mono<CopyResult>> direct) implements LoadSource {
	}

	/**
	 * Objects or maps.
	 *
	 * @param rows the rows
	 * @param columns from the first row, {@code null} for none, to the columns that rows
	 * have where none are declared; empty for all of the table
	 * @param encoding plans how they are written to a staging table
	 * @param direct loads the same source without a staging table
	 * @param <T> what a row is made of
	 */
	record Rows<T>(Flux<T> rows, Function<@Nullable T, List<String>> columns,
			Function<StagedEncoding, RowEncoding<T>> encoding,
			Function<CopyInSpec, Mono<CopyResult>> direct) implements LoadSource {
	}

	Function<CopyInSpec, Mono<CopyResult>> direct();

}
