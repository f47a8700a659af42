package io.trunkline.copy;

import java.util.List;
import java.util.Objects;

import io.trunkline.schema.TableName;

import reactor.core.publisher.Flux;

/**
 * Default implementation of {@link BulkCopyService}.
 */
final class DefaultBulkCopyService implements BulkCopyService {

	private static final String RUNNING_SQL = "SELECT p.pid, CASE WHEN p.relid <> 0 THEN p.relid::regclass::text END,"
			+ " p.command, p.bytes_processed, p.tuples_processed, p.tuples_excluded"
			+ " FROM pg_catalog.pg_stat_progress_copy p WHERE p.datname = pg_catalog.current_database() ORDER BY p.pid";

	private final CopySettings settings;

	DefaultBulkCopyService(CopySettings settings) {
		this.settings = settings;
	}

	@Override
	public CopyInSpec copyIn(String table) {
		return new DefaultCopyInSpec(this.settings, TableName.parse(table));
	}

	@Override
	public CopyOutSpec copyOut(String table) {
		return new DefaultCopyOutSpec(this.settings, CopySource.table(table));
	}

	@Override
	public CopyOutSpec copyOutQuery(String sql) {
		return new DefaultCopyOutSpec(this.settings, CopySource.query(sql));
	}

	@Override
	public LoadSpec load(String table) {
		return new DefaultLoadSpec(this.settings, TableName.parse(table));
	}

	@Override
	public LoadScript script() {
		return new DefaultLoadScript(this.settings.connections(), List.of(), false);
	}

	@Override
	public Flux<RunningCopy> running() {
		return this.settings.connections()
			.query(RUNNING_SQL,
					(row) -> new RunningCopy(Objects.requireNonNull(row.get(0, Integer.class)),
							row.get(1, String.class), Objects.requireNonNull(row.get(2, String.class)),
							Objects.requireNonNullElse(row.get(3, Long.class), 0L),
							Objects.requireNonNullElse(row.get(4, Long.class), 0L),
							Objects.requireNonNullElse(row.get(5, Long.class), 0L)));
	}

}
