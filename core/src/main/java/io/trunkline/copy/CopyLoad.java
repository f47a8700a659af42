package io.trunkline.copy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

import io.netty.buffer.ByteBuf;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.CopyFormat.Kind;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One load whose table is known.
 */
final class CopyLoad {

	private final CopySettings settings;

	private final CopyTable table;

	private final CopyFormat format;

	private final @Nullable String condition;

	private final CopyMeter meter;

	private final int parallel;

	CopyLoad(CopySettings settings, CopyTable table, CopyFormat format, @Nullable String condition, CopyMeter meter,
			int parallel) {
		this.settings = settings;
		this.table = table;
		this.format = (format.utf16() != null) ? format.inUtf8() : format;
		this.condition = condition;
		this.meter = meter;
		this.parallel = parallel;
	}

	/**
	 * Load into columns that the first frame tells.
	 * @return the number of rows
	 */
	Mono<Long> run(Flux<Chunk> data, Function<@Nullable Chunk, List<String>> columns) {
		CopyLoad load = this.format.hasHeader() ? this : new CopyLoad(this.settings, this.table, this.format.header(),
				this.condition, this.meter, this.parallel);
		return data.switchOnFirst((first, frames) -> first.isOnError() ? frames.cast(Long.class)
				: load.run(frames, columns.apply(first.get())))
			.singleOrEmpty();
	}

	/**
	 * Load into known columns.
	 * @return the number of rows
	 */
	Mono<Long> run(Flux<Chunk> data, List<String> columns) {
		if (this.parallel > 1) {
			return new ParallelLoad(this.settings, this.format, this.table.serverVersion(), this.meter, this.parallel,
					(line) -> 0)
				.run(data, (format) -> statement(columns, format));
		}
		List<Chunk> first = new CopyOnWriteArrayList<>();
		Flux<ByteBuf> frames = RecordScanner.follow(data, this.format, this.table.serverVersion(), this.meter)
			.doOnNext((frame) -> keepFirst(first, frame))
			.map(Chunk::toByteBuf);
		return copyIn(this.settings.connections(), statement(columns, this.format), frames)
			.onErrorMap((ex) -> CopyErrors.located(ex, CopyErrors.uncounted(this.format, first)));
	}

	private static void keepFirst(List<Chunk> first, Chunk frame) {
		if (first.isEmpty()) {
			first.add(frame);
		}
	}

	/**
	 * Load rows into the columns that their encoding has.
	 * @return the number of rows
	 */
	<T> Mono<Long> run(Flux<T> rows, RowEncoding<T> encoding) {
		return send(encoding.encode(rows).doOnNext((frame) -> this.meter.passed(frame.readableBytes())), encoding,
				(row) -> 0);
	}

	/**
	 * Load lines of JSON, whose bytes are counted where they come from.
	 * @return the number of rows
	 */
	Mono<Long> run(Flux<JsonLine> rows, RowEncoding<JsonLine> encoding, JsonLines lines) {
		return send(encoding.encode(rows), encoding, lines::emptyBefore);
	}

	private Mono<Long> send(Flux<ByteBuf> frames, RowEncoding<?> encoding, LongUnaryOperator linesLeftOut) {
		List<String> columns = encoding.columns().stream().map(RowColumn::name).toList();
		CopyFormat format = encoding.isBinary() ? CopyFormat.binary() : CopyFormat.text();
		if (this.parallel > 1) {
			return new ParallelLoad(this.settings, format, this.table.serverVersion(), this.meter, this.parallel,
					linesLeftOut)
				.run(frames.map(Chunk::of), (ignored) -> statement(columns, format));
		}
		return copyIn(this.settings.connections(), statement(columns, format), frames)
			.onErrorMap((ex) -> CopyErrors.located(ex, 0, linesLeftOut));
	}

	/**
	 * Inside a transaction the load runs in a savepoint, so that its failure does not end
	 * it. The server takes FREEZE only without one.
	 */
	private Mono<Long> copyIn(PostgresConnections connections, String sql, Flux<ByteBuf> frames) {
		Mono<Long> copy = connections.copyIn(sql, frames);
		if (this.format.has(CopyOption.FREEZE)) {
			return copy;
		}
		return connections.isTransactionActive()
			.flatMap((active) -> active ? connections.inTransaction((connection) -> copy).singleOrEmpty() : copy);
	}

	private String statement(List<String> columns, CopyFormat format) {
		StringBuilder sql = new StringBuilder("COPY ").append(this.table.toSql())
			.append(" (")
			.append(CopyTable.columnList(columns))
			.append(") FROM STDIN ")
			.append(format.toSql());
		if (format.kind() == Kind.JSON_LINES) {
			// An empty line is a NULL.
			sql.append(" WHERE ").append(CopyTable.columnList(columns)).append(" IS NOT NULL");
		}
		if (this.condition != null) {
			sql.append((format.kind() == Kind.JSON_LINES) ? " AND (" : " WHERE (").append(this.condition).append("\n)");
		}
		return sql.toString();
	}

}
