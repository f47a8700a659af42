package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link Workspace}.
 */
class WorkspaceTests {

	@Test
	void doesNotTakeItsOwnInstanceForAnOrphan(@TempDir Path parent) throws IOException {
		Workspace workspace = Workspace.in(parent);
		Workspace.Instance instance = workspace.createInstance();
		assertThat(workspace.orphans()).isEmpty();
		assertThat(instance.directory()).isDirectory();
		instance.deleteAndUnlock();
		assertThat(instance.directory()).doesNotExist();
	}

	@Test
	void takesOverWhatADeadProcessLeft(@TempDir Path parent) throws IOException {
		Workspace workspace = Workspace.in(parent);
		Path directory = Files.createDirectory(workspace.root().resolve("instance-of-the-dead"));
		// The number of this process, but started at another time.
		Files.writeString(directory.resolve("owner"), ProcessHandle.current().pid() + " 1");
		List<Workspace.Instance> orphans = workspace.orphans();
		assertThat(orphans).singleElement().extracting(Workspace.Instance::directory).isEqualTo(directory);
		orphans.get(0).deleteAndUnlock();
		assertThat(directory).doesNotExist();
	}

	@Test
	void ignoresWhatIsNoInstance(@TempDir Path parent) throws IOException {
		Workspace workspace = Workspace.in(parent);
		Files.createDirectory(workspace.root().resolve("instance-without-owner"));
		Files.createDirectory(workspace.root().resolve("binaries-0"));
		assertThat(workspace.orphans()).isEmpty();
	}

	@Test
	void doesNotUseADirectoryThatIsALink(@TempDir Path parent, @TempDir Path elsewhere) throws IOException {
		Path planted = parent.resolve("trunkline-postgres-" + System.getProperty("user.name"));
		Files.createSymbolicLink(planted, elsewhere);
		Workspace workspace = Workspace.in(parent);
		assertThat(workspace.root()).isNotEqualTo(planted);
		assertThat(workspace.root().toRealPath()).startsWith(parent.toRealPath());
	}

	@Test
	void letsOthersPassButNotWrite(@TempDir Path parent) throws IOException {
		Path open = parent.resolve("trunkline-postgres-" + System.getProperty("user.name"));
		Files.createDirectory(open);
		Workspace workspace = Workspace.in(parent);
		assertThat(workspace.root()).isEqualTo(open);
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open))).isEqualTo("rwx--x--x");
	}

}
