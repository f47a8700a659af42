package io.trunkline.sample.page;

import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.sample.SampleDatabase;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the section Live, and of what the page does without its server.
 */
class LivePageIntegrationTests extends PageFixture {

	@Test
	void showsWhatIsSentAndWhatChangesATable() {
		open("#live");
		this.browser.awaitText("#listen-state", "Listening to table_changes");
		assertThat(this.browser.find("#feed-empty").getText()).contains("Send a payload above");
		this.browser.find("#send [name=payload]").sendKeys("Привет, \"all\"");
		this.browser.click("#send [type=submit]");
		this.browser.awaitText("#feed li:nth-child(1)", "Привет, \"all\"");
		this.browser.click("#send [name=payload]");
		this.browser.insert("x".repeat(8000));
		this.browser.click("#send [type=submit]");
		this.browser.awaitText("#send-error", "7999");
		this.browser.click("nav a[href='#tables']");
		this.browser.click("#catalogue a[href='#tables/public.books']");
		this.browser.awaitText("#rows-head", "title");
		this.browser.awaitGone("#rows[aria-busy]");
		this.browser.click("#row-add");
		this.browser.find("tr.new [aria-label='id']").sendKeys("1817");
		this.browser.find("tr.new [aria-label='title']").sendKeys("Persuasion", Keys.ENTER);
		this.browser.awaitText("#rows-body", "Persuasion");
		this.browser.click("nav a[href='#live']");
		this.browser.awaitText("#feed li:nth-child(1)", "public.books");
		assertThat(this.browser.find("#feed li:nth-child(1)").getText()).contains("insert", "1");
		this.browser.awaitText("#server", "Notifications: listening to 1 channel");
		this.browser.click("#listen-stop");
		this.browser.awaitText("#listen-state", "Not listening");
		this.browser.find("#listen [name=channel]").sendKeys("x".repeat(64), Keys.ENTER);
		this.browser.awaitText("#listen-error", "'channel'");
	}

	@Test
	void tellsWhereNotificationsAreMissing() {
		try (SampleDatabase own = new SampleDatabase()) {
			int port;
			try (ConfigurableApplicationContext first = own.start(0)) {
				port = port(first);
				this.browser.get(address(first) + "/#live");
				this.browser.awaitText("#listen-state", "Listening to table_changes");
				assertThat(own.count("(SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
						+ " WHERE datname = current_database() AND query LIKE 'LISTEN%') killed"))
					.isPositive();
				this.browser.awaitText("#feed li:nth-child(1)", "The database was out of reach");
			}
			this.browser.awaitText("#listen-state", "The application does not answer");
			try (ConfigurableApplicationContext second = own.start(port)) {
				assertThat(second.isRunning()).isTrue();
				this.browser.awaitText("#feed li:nth-child(1)", "Connected again");
				this.browser.awaitText("#listen-state", "Listening to table_changes");
			}
		}
	}

	@Test
	void tellsWhatItIsConnectedTo() {
		open("");
		this.browser.awaitText("#server", "database " + database().name());
		assertThat(this.browser.find("#server").getText()).contains("PostgreSQL", "connected",
				"of 20 connections in use");
	}

	@Test
	void tellsThatTheDatabaseIsOutOfReachAndFindsItAgain() throws Exception {
		String problem = "503 Service Unavailable: The database cannot be reached; try again later";
		try (SampleDatabase own = new SampleDatabase();
				TcpProxy proxy = own.proxy();
				ConfigurableApplicationContext application = own.start(proxy, "--demo")) {
			this.browser.get(address(application) + "/#live");
			this.browser.awaitText("#server", "connected");
			this.browser.awaitText("#listen-state", "Listening to table_changes");
			proxy.refuse(true);
			proxy.drop();
			this.browser.find("#send [name=payload]").sendKeys("too early");
			this.browser.click("#send [type=submit]");
			this.browser.awaitText("#send-error", problem);
			this.browser.awaitText("#server", "the database cannot be reached");
			this.browser.awaitText("#server", "Notifications: the connection is lost, trying again");
			this.browser.click("nav a[href='#tables']");
			this.browser.click("#tables-refresh");
			this.browser.awaitText("#tables-error", problem);
			this.browser.click("nav a[href='#files']");
			this.browser.click("#refresh");
			this.browser.awaitText("#list-error", problem);
			proxy.refuse(false);
			this.browser.awaitText("#server", "connected");
			this.browser.click("#refresh");
			this.browser.await("the error must go", () -> !this.browser.find("#list-error").isDisplayed());
			this.browser.click("nav a[href='#live']");
			this.browser.awaitText("#feed li:nth-child(1)", "The database was out of reach");
			this.browser.click("#send [type=submit]");
			this.browser.awaitText("#feed li:nth-child(1)", "too early");
		}
	}

	@Test
	void findsTheApplicationAgainAfterARestart() {
		try (SampleDatabase own = new SampleDatabase()) {
			int port;
			try (ConfigurableApplicationContext first = own.start(0, "--demo")) {
				port = port(first);
				this.browser.get(address(first));
				this.browser.awaitText("#server", "connected");
			}
			this.browser.click("#refresh");
			this.browser.awaitText("#list-error", "The application does not answer. Is it still running?");
			this.browser.awaitText("#server", "the application does not answer");
			try (ConfigurableApplicationContext second = own.start(port)) {
				assertThat(second.isRunning()).isTrue();
				this.browser.awaitText("#server", "connected");
				this.browser.click("#refresh");
				this.browser.await("the error must go", () -> !this.browser.find("#list-error").isDisplayed());
				this.browser.awaitText("#files", "welcome.txt");
			}
		}
	}

}
