package io.trunkline.largeobject;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.connection.SqlIdentifiers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.log.LogMessage;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link LargeObjectTemplate}.
 */
final class DefaultLargeObjectTemplate implements LargeObjectTemplate {

	private static final String UNIQUE_VIOLATION = "23505";

	private static final String EXISTS_SQL = "SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata"
			+ " WHERE oid = $1::bigint::oid)";

	private static final String STAT_SQL = "SELECT s.owner, s.size, pg_catalog.lo_close(s.fd) FROM ("
			+ "SELECT d.owner, d.fd, pg_catalog.lo_lseek64(d.fd, 0, 2) AS size FROM ("
			+ "SELECT pg_catalog.pg_get_userbyid(m.lomowner)::text AS owner, pg_catalog.lo_open(m.oid, "
			+ LargeObjectMode.READ.flags() + ") AS fd FROM pg_catalog.pg_largeobject_metadata m"
			+ " WHERE m.oid = $1::bigint::oid OFFSET 0) d OFFSET 0) s";

	private static final String TRUNCATE_SQL = "SELECT pg_catalog.lo_truncate64(d.fd, $2), pg_catalog.lo_close(d.fd)"
			+ " FROM (SELECT pg_catalog.lo_open($1::bigint::oid, " + LargeObjectMode.WRITE.flags()
			+ ") AS fd OFFSET 0) d";

	/**
	 * A chunk of nothing but zeros is skipped, so that a hole stays one; the last
	 * statement sets the size, as a skipped end would be missing.
	 */
	private static final String COPY_SQL = "SELECT pg_catalog.min(t.oid)::bigint AS oid, pg_catalog.min(t.size) AS size,"
			+ " pg_catalog.min(t.source) AS source, pg_catalog.min(t.target) AS target, pg_catalog.sum(CASE"
			+ " WHEN pg_catalog.btrim(t.data, '\\x00'::bytea) = ''::bytea"
			+ " THEN pg_catalog.lo_lseek64(t.target, pg_catalog.length(t.data), 1)"
			+ " ELSE pg_catalog.lowrite(t.target, t.data) END) FROM ("
			+ "SELECT c.oid, c.size, c.source, c.target, pg_catalog.loread(c.source, $2) AS data FROM ("
			+ "SELECT o.oid, o.size, o.source, pg_catalog.lo_open(o.oid, " + LargeObjectMode.WRITE.flags()
			+ ") AS target, pg_catalog.lo_lseek64(o.source, 0, 0) FROM ("
			+ "SELECT pg_catalog.lo_create(0) AS oid, d.source, pg_catalog.lo_lseek64(d.source, 0, 2) AS size FROM ("
			+ "SELECT pg_catalog.lo_open($1::bigint::oid, " + LargeObjectMode.READ.flags()
			+ ") AS source OFFSET 0) d OFFSET 0) o OFFSET 0) c,"
			+ " LATERAL pg_catalog.generate_series(0, c.size, $2) AS n OFFSET 0) t";

	/**
	 * Deletes all or, where one is missing, none, and names it.
	 */
	private static final String DELETE_SQL = """
			WITH wanted AS (SELECT pg_catalog.unnest($1::bigint[]) AS oid),
			missing AS (SELECT pg_catalog.min(w.oid) AS oid FROM wanted w WHERE NOT EXISTS
			 (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = w.oid::oid))
			SELECT w.oid, x.oid AS missing, CASE WHEN x.oid IS NULL THEN pg_catalog.lo_unlink(w.oid::oid) END
			 FROM wanted w, missing x""";

	private static final String DELETE_IF_EXISTS_SQL = "SELECT m.oid::bigint AS oid, NULL::bigint AS missing, pg_catalog.lo_unlink(m.oid)"
			+ " FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = ANY (($1::bigint[])::oid[])";

	private static final Log logger = LogFactory.getLog(DefaultLargeObjectTemplate.class);

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final LargeObjectReader reader;

	private final LargeObjectWriter writer;

	private final int chunkSize;

	DefaultLargeObjectTemplate(PostgresConnections connections, ObservationRegistry observationRegistry,
			int chunkSize) {
		this.connections = connections;
		this.observations = OperationObservations.create(observationRegistry);
		this.reader = new LargeObjectReader(connections, chunkSize);
		this.writer = new LargeObjectWriter(connections, chunkSize);
		this.chunkSize = chunkSize;
	}

	@Override
	public Mono<Long> create() {
		return create("SELECT pg_catalog.lo_create(0)::bigint", new Object[0]);
	}

	@Override
	public Mono<Long> create(long oid) {
		return Mono
			.defer(() -> create("SELECT pg_catalog.lo_create($1::bigint::oid)::bigint", LargeObjects.checkOid(oid)))
			.onErrorMap((ex) -> UNIQUE_VIOLATION.equals(PostgresErrors.sqlState(ex).orElse(null)),
					(ex) -> new DuplicateKeyException("Large object " + oid + " exists already", ex));
	}

	private Mono<Long> create(String sql, Object... parameters) {
		return observe("create",
				(context) -> this.connections.<Long>query(sql, (row) -> row.get(0, Long.class), parameters)
					.doOnNext((oid) -> context.addItems(1)))
			.singleOrEmpty();
	}

	@Override
	public Mono<LargeObjectTransfer> write(Publisher<? extends DataBuffer> content, TransferOptions options) {
		return write(WriteTarget.newObject(), content, options);
	}

	@Override
	public Mono<LargeObjectTransfer> write(long oid, Publisher<? extends DataBuffer> content, TransferOptions options) {
		return Mono.defer(() -> write(WriteTarget.replacing(LargeObjects.checkOid(oid)), content, options));
	}

	@Override
	public Mono<LargeObjectTransfer> writeAt(long oid, long offset, Publisher<? extends DataBuffer> content,
			TransferOptions options) {
		return Mono
			.defer(() -> write(WriteTarget.at(LargeObjects.checkOid(oid), LargeObjects.checkPosition(offset, "offset")),
					content, options));
	}

	@Override
	public Mono<LargeObjectTransfer> append(long oid, Publisher<? extends DataBuffer> content,
			TransferOptions options) {
		return Mono.defer(() -> write(WriteTarget.atEnd(LargeObjects.checkOid(oid)), content, options));
	}

	private Mono<LargeObjectTransfer> write(WriteTarget target, Publisher<? extends DataBuffer> content,
			TransferOptions options) {
		Assert.notNull(content, "'content' must not be null");
		Assert.notNull(options, "'options' must not be null");
		return observe("write", (context) -> this.writer.write(target, content, new Transfer(options, context)))
			.singleOrEmpty();
	}

	@Override
	public Flux<DataBuffer> read(long oid, TransferOptions options) {
		return read(oid, 0, Long.MAX_VALUE, options);
	}

	@Override
	public Flux<DataBuffer> read(long oid, long offset, long length, TransferOptions options) {
		Assert.notNull(options, "'options' must not be null");
		return Flux.defer(() -> {
			LargeObjects.checkOid(oid);
			LargeObjects.checkPosition(offset, "offset");
			if (length < 0) {
				throw new InvalidDataAccessApiUsageException("'length' must not be negative, and is " + length);
			}
			long end = (length > Long.MAX_VALUE - offset) ? Long.MAX_VALUE : offset + length;
			return observe("read", (context) -> read(oid, offset, end, new Transfer(options, context)));
		});
	}

	private Flux<DataBuffer> read(long oid, long offset, long end, Transfer transfer) {
		return this.reader.read(oid, offset, end, transfer).doOnComplete(() -> transfer.complete(oid));
	}

	@Override
	public Mono<LargeObject> stat(long oid) {
		return Mono.defer(() -> observe("stat",
				(context) -> this.connections.query(STAT_SQL,
						(row) -> new LargeObject(oid, row.get("size", Long.class), row.get("owner", String.class)),
						LargeObjects.checkOid(oid)))
			.singleOrEmpty()
			.switchIfEmpty(Mono.error(() -> new LargeObjectNotFoundException(oid, null))));
	}

	@Override
	public Mono<Boolean> exists(long oid) {
		return Mono.defer(() -> observe("exists", (context) -> this.connections.<Boolean>query(EXISTS_SQL,
				(row) -> row.get(0, Boolean.class), LargeObjects.checkOid(oid)))
			.singleOrEmpty());
	}

	@Override
	public Mono<Void> truncate(long oid, long length) {
		return Mono.defer(() -> observe("truncate", (context) -> this.connections
			.execute(TRUNCATE_SQL, LargeObjects.checkOid(oid), LargeObjects.checkPosition(length, "length"))
			.then(Mono.<Void>empty())
			.doOnSuccess((done) -> logger.info(LogMessage.format("Truncated large object %d to %d bytes", oid, length)))
			.onErrorMap(LargeObjects.notFound(oid))).then());
	}

	@Override
	public Mono<Long> copy(long oid) {
		return Mono.defer(() -> {
			LargeObjects.checkOid(oid);
			return observe("copy",
					(context) -> this.connections.inTransaction((connection) -> this.connections
						.query(COPY_SQL, Copied::from, oid, this.chunkSize)
						.singleOrEmpty()
						.flatMap((copied) -> this.connections.execute(copied.finishSql()).then(Mono.fromSupplier(() -> {
							context.addBytes(copied.size());
							context.addItems(1);
							return copied.oid();
						})))))
				.singleOrEmpty()
				.onErrorMap(LargeObjects.notFound(oid));
		});
	}

	@Override
	public Mono<List<Long>> delete(Collection<Long> oids) {
		return delete(DELETE_SQL, oids);
	}

	@Override
	public Mono<List<Long>> deleteIfExists(Collection<Long> oids) {
		return delete(DELETE_IF_EXISTS_SQL, oids);
	}

	private Mono<List<Long>> delete(String sql, Collection<Long> oids) {
		Assert.notNull(oids, "'oids' must not be null");
		return Mono.defer(() -> {
			Long[] distinct = oids.stream().map(LargeObjects::checkOid).distinct().toArray(Long[]::new);
			long start = System.nanoTime();
			return observe("delete",
					(context) -> this.connections.query(sql, Deletion::from, (Object) distinct)
						.collectList()
						.map(Deletion::oids)
						.doOnNext((deleted) -> {
							context.addItems(deleted.size());
							logger.info(LogMessage.format("Deleted %d large objects in %d ms", deleted.size(),
									Duration.ofNanos(System.nanoTime() - start).toMillis()));
						}))
				.singleOrEmpty();
		});
	}

	@Override
	public Mono<LargeObjectTransfer> importFrom(Path source, TransferOptions options) {
		Assert.notNull(source, "'source' must not be null");
		return LargeObjectFiles.size(source)
			.flatMap((size) -> write(LargeObjectFiles.read(source), options.withTotal(size)));
	}

	@Override
	public Mono<LargeObjectTransfer> exportTo(long oid, Path target, TransferOptions options) {
		Assert.notNull(target, "'target' must not be null");
		return Mono.defer(() -> {
			AtomicReference<@Nullable LargeObjectTransfer> outcome = new AtomicReference<>();
			Flux<DataBuffer> content = read(oid, options.withCompletion((transfer) -> {
				outcome.set(transfer);
				options.complete(transfer);
			}));
			return LargeObjectFiles.write(content, target).then(Mono.fromSupplier(outcome::get));
		});
	}

	@Override
	public <T> Flux<T> open(long oid, LargeObjectMode mode,
			Function<? super LargeObjectSession, ? extends Publisher<? extends T>> work) {
		Assert.notNull(mode, "'mode' must not be null");
		Assert.notNull(work, "'work' must not be null");
		return Flux.defer(() -> {
			if (oid != 0 || !mode.isCreating()) {
				LargeObjects.checkOid(oid);
			}
			return this.<T>observe("session",
					(context) -> this.connections.inTransaction((connection) -> openSession(oid, mode, context)
						.flatMapMany((session) -> Flux.<T, DefaultLargeObjectSession>usingWhen(Mono.just(session), work,
								DefaultLargeObjectSession::close, (ended, ex) -> ended.end(),
								DefaultLargeObjectSession::end))));
		});
	}

	private Mono<DefaultLargeObjectSession> openSession(long oid, LargeObjectMode mode, OperationContext context) {
		String object = !mode.isCreating() ? oid + "::oid"
				: "CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata WHERE oid = " + oid + "::oid) THEN "
						+ oid + "::oid ELSE pg_catalog.lo_create(" + oid + "::oid) END";
		return this.connections
			.query("SELECT o.oid::bigint AS oid, pg_catalog.lo_open(o.oid, " + mode.flags() + ") AS fd FROM (SELECT "
					+ object + " AS oid OFFSET 0) o",
					(row) -> new DefaultLargeObjectSession(this.connections, context, row.get("oid", Long.class),
							row.get("fd", Integer.class), mode))
			.singleOrEmpty()
			.onErrorMap(LargeObjects.notFound(oid));
	}

	@Override
	public Mono<Void> grant(long oid, String role, LargeObjectPrivilege... privileges) {
		return alter(oid, () -> "GRANT " + list(privileges) + " ON LARGE OBJECT " + oid + " TO "
				+ SqlIdentifiers.quote(role, "role"));
	}

	@Override
	public Mono<Void> revoke(long oid, String role, LargeObjectPrivilege... privileges) {
		return alter(oid, () -> "REVOKE " + list(privileges) + " ON LARGE OBJECT " + oid + " FROM "
				+ SqlIdentifiers.quote(role, "role"));
	}

	@Override
	public Mono<Void> changeOwner(long oid, String role) {
		return alter(oid, () -> "ALTER LARGE OBJECT " + oid + " OWNER TO " + SqlIdentifiers.quote(role, "role"));
	}

	/**
	 * Looks first, as the server reports a missing role and a missing object with one
	 * code.
	 */
	private Mono<Void> alter(long oid, Supplier<String> sql) {
		return Mono.defer(() -> {
			String statement = sql.get();
			return exists(oid)
				.flatMapMany((exists) -> exists ? observe("alter", (context) -> this.connections.execute(statement))
						: Mono.error(new LargeObjectNotFoundException(oid, null)))
				.then();
		});
	}

	private static String list(LargeObjectPrivilege... privileges) {
		Assert.notEmpty(privileges, "'privileges' must not be empty");
		return Arrays.stream(privileges).map(Enum::name).collect(Collectors.joining(", "));
	}

	private <T> Flux<T> observe(String operation, Function<OperationContext, ? extends Publisher<T>> work) {
		return this.observations.observe("trunkline.largeobject." + operation, work);
	}

	/**
	 * What became of one oid. Looked at when all rows were read: the driver does not
	 * release those that an error leaves behind.
	 *
	 * @param oid the oid
	 * @param missing the oid that kept all of them from being deleted
	 */
	private record Deletion(Long oid, @Nullable Long missing) {

		static Deletion from(Readable row) {
			return new Deletion(row.get("oid", Long.class), row.get("missing", Long.class));
		}

		static List<Long> oids(List<Deletion> deletions) {
			for (Deletion deletion : deletions) {
				if (deletion.missing() != null) {
					throw new LargeObjectNotFoundException(deletion.missing(), null);
				}
			}
			return deletions.stream().map(Deletion::oid).toList();
		}

	}

	/**
	 * A copy whose end may still be missing.
	 *
	 * @param oid the oid of the new object
	 * @param size the size that it should have
	 * @param source the descriptor of the original
	 * @param target the descriptor of the copy
	 */
	private record Copied(long oid, long size, int source, int target) {

		static Copied from(Readable row) {
			return new Copied(row.get("oid", Long.class), row.get("size", Long.class), row.get("source", Integer.class),
					row.get("target", Integer.class));
		}

		String finishSql() {
			return "SELECT pg_catalog.lo_truncate64(" + this.target + ", " + this.size + "), pg_catalog.lo_close("
					+ this.source + "), pg_catalog.lo_close(" + this.target + ")";
		}

	}

}
