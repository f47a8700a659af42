package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link DataDirectory}.
 */
class DataDirectoryTests {

	@Test
	void doesNotTakeAnotherProcessForTheServer(@TempDir Path path) throws IOException {
		Path pidFile = path.resolve("postmaster.pid");
		Files.writeString(pidFile, ProcessHandle.current().pid() + "\n" + path + "\n");
		DataDirectory data = new DataDirectory(path);
		assertThat(data.pid()).isEqualTo(ProcessHandle.current().pid());
		assertThat(data.server()).isEmpty();
		data.removeStalePidFile();
		assertThat(pidFile).doesNotExist();
	}

	@Test
	void readsNothingFromABrokenFile(@TempDir Path path) throws IOException {
		Files.writeString(path.resolve("postmaster.pid"), "?");
		assertThat(new DataDirectory(path).pid()).isNull();
	}

}
