package io.trunkline.sample.files;

import java.util.Objects;

import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import io.trunkline.largeobject.TransferOptions;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Keeps the rows and the large objects of files together: each change is one transaction
 * over both, which an error or a client that goes away rolls back.
 */
@Component
class FileStore {

	private static final String COLUMNS = "id, oid::bigint AS oid, name, content_type, size, sha256, created_at,"
			+ " updated_at";

	private static final TransferOptions WITH_SHA256 = TransferOptions.defaults().withSha256();

	private final DatabaseClient database;

	private final LargeObjectTemplate largeObjects;

	FileStore(DatabaseClient database, LargeObjectTemplate largeObjects) {
		this.database = database;
		this.largeObjects = largeObjects;
	}

	Flux<StoredFile> findAll() {
		return this.database.sql("SELECT " + COLUMNS + " FROM files ORDER BY id").map(StoredFile::from).all();
	}

	/**
	 * Find a file.
	 * @return the file; {@link FileNotFoundException} where there is none
	 */
	Mono<StoredFile> find(long id) {
		return this.database.sql("SELECT " + COLUMNS + " FROM files WHERE id = :id")
			.bind("id", id)
			.map(StoredFile::from)
			.one()
			.switchIfEmpty(Mono.error(() -> new FileNotFoundException(id)));
	}

	@Transactional
	public Mono<StoredFile> create(String name, String contentType, Publisher<DataBuffer> content) {
		return this.largeObjects.write(content, WITH_SHA256)
			.flatMap((written) -> store(
					"INSERT INTO files (name, oid, content_type, size, sha256) VALUES"
							+ " (:key, :oid::bigint::oid, :contentType, :size, :sha256) RETURNING ",
					name, contentType, written));
	}

	/**
	 * Replace the content by a new object, so that a download that goes on meanwhile ends
	 * with the old one.
	 */
	@Transactional
	public Mono<StoredFile> replace(long id, String contentType, Publisher<DataBuffer> content) {
		return find(id).then(this.largeObjects.write(content, WITH_SHA256))
			.flatMap((written) -> lock(id).flatMap((oid) -> store(
					"UPDATE files SET oid = :oid::bigint::oid, content_type = :contentType, size = :size,"
							+ " sha256 = :sha256, updated_at = now() WHERE id = :key RETURNING ",
					id, contentType, written)
				.delayUntil((stored) -> this.largeObjects.delete(oid))));
	}

	@Transactional
	public Mono<Void> delete(long id) {
		return this.database.sql("DELETE FROM files WHERE id = :id RETURNING oid::bigint AS oid")
			.bind("id", id)
			.mapValue(Long.class)
			.one()
			.switchIfEmpty(Mono.error(() -> new FileNotFoundException(id)))
			.flatMap(this.largeObjects::delete);
	}

	private Mono<Long> lock(long id) {
		return this.database.sql("SELECT oid::bigint AS oid FROM files WHERE id = :id FOR UPDATE")
			.bind("id", id)
			.mapValue(Long.class)
			.one()
			.switchIfEmpty(Mono.error(() -> new FileNotFoundException(id)));
	}

	private Mono<StoredFile> store(String sql, Object key, String contentType, LargeObjectTransfer written) {
		return this.database.sql(sql + COLUMNS)
			.bind("key", key)
			.bind("oid", written.oid())
			.bind("contentType", contentType)
			.bind("size", written.bytes())
			.bind("sha256", Objects.requireNonNull(written.sha256()))
			.map(StoredFile::from)
			.one();
	}

}
