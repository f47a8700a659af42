package io.trunkline.largeobject;

import java.util.List;

import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;

class LargeObjectPrivilegesIntegrationTests extends LargeObjectFixture {

	private String role;

	private TestPool rolePool;

	private LargeObjectTemplate roleTemplate;

	@BeforeEach
	void createRole() {
		this.role = this.server.createRole("secret");
		this.rolePool = TestPool.ofOne(this.database, this.role, "secret");
		this.roleTemplate = LargeObjectTemplate.builder(this.rolePool.connections()).chunkSize(SMALL).build();
	}

	@AfterEach
	void dropRole() {
		this.rolePool.awaitGivenBack();
		this.rolePool.close();
		this.server.executeIn(this.database, "DROP OWNED BY " + this.role + " CASCADE");
		this.server.execute("DROP ROLE " + this.role);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void needsNoPrivilegeThatAnOrdinaryRoleLacks(boolean temporaryTables) {
		if (!temporaryTables) {
			this.server.execute("REVOKE TEMPORARY ON DATABASE " + this.database + " FROM PUBLIC");
		}
		for (int size : new int[] { 0, 100, LargeObjectWriter.ONE_STATEMENT_LIMIT + 1, 300_001 }) {
			byte[] bytes = randomBytes(size);
			LargeObjectTransfer written = get(
					this.roleTemplate.write(content(bytes), TransferOptions.defaults().withSha256()));
			assertThat(written.sha256()).as("seed %d", this.seed).isEqualTo(sha256(bytes));
			long oid = written.oid();
			assertThat(bytes(this.roleTemplate.read(oid))).isEqualTo(bytes);
			assertThat(get(this.roleTemplate.stat(oid))).isEqualTo(new LargeObject(oid, size, this.role));
			assertThat(bytes(this.roleTemplate.read(get(this.roleTemplate.copy(oid))))).isEqualTo(bytes);
			run(this.roleTemplate.append(oid, content(randomBytes(70_000))));
			run(this.roleTemplate.writeAt(oid, 3, content(randomBytes(70_000))));
			run(this.roleTemplate.truncate(oid, 50));
			run(this.roleTemplate.write(oid, content(bytes)));
			assertThat(bytes(this.roleTemplate.read(oid))).isEqualTo(bytes);
			assertThat(get(this.roleTemplate.delete(List.of(oid)))).containsExactly(oid);
		}
	}

	@Test
	void undoesAFailedWriteAlsoWithoutTemporaryTables() {
		this.server.execute("REVOKE TEMPORARY ON DATABASE " + this.database + " FROM PUBLIC");
		failure(IllegalStateException.class, this.roleTemplate
			.write(content(randomBytes(300_000)).concatWith(Mono.error(new IllegalStateException("no more")))));
		assertThat(objects()).isZero();
		this.rolePool.assertUsable();
	}

	@Test
	void refusesWhatIsNotGranted() {
		long oid = written(randomBytes(100));
		this.rolePool.assertUsable();
		for (Mono<?> denied : List.of(this.roleTemplate.read(oid).then(), this.roleTemplate.stat(oid),
				this.roleTemplate.truncate(oid, 1), this.roleTemplate.copy(oid), this.roleTemplate.delete(oid),
				this.roleTemplate.append(oid, content(new byte[5])),
				this.roleTemplate.write(oid, content(new byte[100_000])),
				this.roleTemplate.grant(oid, this.role, LargeObjectPrivilege.SELECT),
				this.roleTemplate.changeOwner(oid, this.role))) {
			failure(PermissionDeniedDataAccessException.class, denied);
			this.rolePool.assertUsable();
		}
		assertThat(get(this.roleTemplate.exists(oid))).isTrue();
	}

	@Test
	void grantsAndRevokes() {
		byte[] bytes = randomBytes(100);
		long oid = written(bytes);
		run(this.template.grant(oid, this.role, LargeObjectPrivilege.SELECT));
		assertThat(bytes(this.roleTemplate.read(oid))).isEqualTo(bytes);
		failure(PermissionDeniedDataAccessException.class, this.roleTemplate.truncate(oid, 1));
		run(this.template.grant(oid, this.role, LargeObjectPrivilege.SELECT, LargeObjectPrivilege.UPDATE));
		run(this.roleTemplate.truncate(oid, 1));
		run(this.template.revoke(oid, this.role, LargeObjectPrivilege.SELECT, LargeObjectPrivilege.UPDATE));
		failure(PermissionDeniedDataAccessException.class, this.roleTemplate.read(oid));
		run(this.template.grant(oid, "public", LargeObjectPrivilege.SELECT));
		assertThat(bytes(this.roleTemplate.read(oid))).hasSize(1);
		run(this.template.revoke(oid, "public", LargeObjectPrivilege.SELECT));
		failure(PermissionDeniedDataAccessException.class, this.roleTemplate.read(oid));
	}

	@Test
	void changesTheOwner() {
		long oid = written(randomBytes(100));
		run(this.template.changeOwner(oid, this.role));
		assertThat(get(this.roleTemplate.stat(oid)).owner()).isEqualTo(this.role);
		run(this.roleTemplate.delete(oid));
	}

	@Test
	void quotesTheNameOfARole() {
		String name = "Trunk \"line\" " + this.role;
		this.server.execute("CREATE ROLE \"" + name.replace("\"", "\"\"") + "\"");
		try {
			long oid = written(randomBytes(10));
			run(this.template.grant(oid, name, LargeObjectPrivilege.SELECT));
			run(this.template.changeOwner(oid, name));
			assertThat(get(this.template.stat(oid)).owner()).isEqualTo(name);
		}
		finally {
			this.server.executeIn(this.database, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
			this.server.execute("DROP ROLE \"" + name.replace("\"", "\"\"") + "\"");
		}
	}

	@Test
	void reportsAMissingRoleAndNoPrivileges() {
		long oid = get(this.template.create());
		DataAccessException failure = failure(DataAccessException.class,
				this.template.grant(oid, "nobody at all", LargeObjectPrivilege.SELECT));
		assertThat(failure).isNotInstanceOf(LargeObjectNotFoundException.class).hasMessageContaining("nobody at all");
		failure(IllegalArgumentException.class, this.template.grant(oid, "public"));
	}

	@Test
	void readsInAReadOnlyTransactionAndRefusesToWrite() {
		byte[] bytes = randomBytes(10_000);
		long oid = written(bytes);
		DefaultTransactionDefinition definition = new DefaultTransactionDefinition();
		definition.setReadOnly(true);
		TransactionalOperator readOnly = TransactionalOperator
			.create(new R2dbcTransactionManager(this.pool.connectionFactory()), definition);
		assertThat(bytes(readOnly.transactional(this.template.read(oid)))).isEqualTo(bytes);
		assertThat(get(this.template.stat(oid).as(readOnly::transactional)).size()).isEqualTo(10_000);
		assertThat(bytes(readOnly.transactional(
				this.template.<DataBuffer>open(oid, LargeObjectMode.READ, (session) -> session.read(10_000)))))
			.isEqualTo(bytes);
		for (Mono<?> refused : List.of(this.template.append(oid, content(new byte[10])),
				this.template.write(content(new byte[100_000])), this.template.truncate(oid, 1))) {
			failure(DataAccessException.class, refused.as(readOnly::transactional));
		}
		assertThat(objects()).isOne();
		assertContent(oid, bytes);
	}

}
