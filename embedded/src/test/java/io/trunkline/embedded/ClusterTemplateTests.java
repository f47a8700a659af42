package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ClusterTemplate}.
 */
class ClusterTemplateTests {

	private final Path directory;

	private final Path cluster;

	private final Path copy;

	private final ClusterTemplate template;

	ClusterTemplateTests(@TempDir Path directory) throws IOException {
		this.directory = directory;
		this.cluster = directory.resolve("created");
		this.copy = directory.resolve("copy");
		Files.createDirectories(this.cluster.resolve("base"));
		Files.writeString(this.cluster.resolve("PG_VERSION"), "18");
		Files.writeString(this.cluster.resolve("base/1"), "first");
		this.template = template(directory, "secret");
	}

	private static ClusterTemplate template(Path directory, String password) {
		return ClusterTemplate.of(new Workspace(directory), new PostgresBinaries(Path.of("/binaries-1"), "18.6"), "me",
				password);
	}

	@Test
	void copiesWhatItKept() throws IOException {
		assertThat(this.template.copyTo(this.copy)).isFalse();
		this.template.save(this.cluster);
		assertThat(this.template.copyTo(this.copy)).isTrue();
		assertThat(this.copy.resolve("base/1")).hasContent("first");
		assertThat(this.copy.resolve("PG_VERSION")).hasContent("18");
	}

	@Test
	void copiesNothingWhereAFileIsGone() throws IOException {
		this.template.save(this.cluster);
		Files.delete(this.template.directory().resolve("data/base/1"));
		assertThat(this.template.copyTo(this.copy)).isFalse();
		assertThat(this.copy).doesNotExist();
		this.template.save(this.cluster);
		assertThat(this.template.copyTo(this.copy)).isTrue();
	}

	@Test
	void doesNotReplaceWhatMayBeCopiedJustNow() throws IOException {
		this.template.save(this.cluster);
		Files.writeString(this.cluster.resolve("base/1"), "second");
		this.template.save(this.cluster);
		assertThat(this.template.copyTo(this.copy)).isTrue();
		assertThat(this.copy.resolve("base/1")).hasContent("first");
	}

	@Test
	void isAnotherOneForOtherCredentials() {
		assertThat(template(this.directory, "other").directory()).isNotEqualTo(this.template.directory());
		assertThat(template(this.directory, "secret").directory()).isEqualTo(this.template.directory());
		assertThat(this.template.directory().toString()).doesNotContain("secret");
	}

}
