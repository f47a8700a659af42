package io.trunkline.sample.page;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.WebDriverWait;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Debian's Chromium, without a window. Whatever waits here waits for a condition.
 */
final class Browser implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Browser.class);

	private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static final Duration PATIENCE = Duration.ofSeconds(120);

	private static final Duration BETWEEN_LOOKS = Duration.ofMillis(25);

	/** More than the page has to tab to. */
	private static final int MANY_TABS = 300;

	private static final String AXE = readAxe();

	private final ChromeDriver driver;

	Browser() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(CHROMIUM.toFile());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en",
				"--hide-scrollbars");
		ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile())
			.usingAnyFreePort()
			.build();
		this.driver = new ChromeDriver(service, options);
	}

	/**
	 * Begin anew in a window that knows nothing of what was emulated in another, and end
	 * that.
	 */
	void openWindow(Path downloads) {
		String before = this.driver.getWindowHandle();
		String window = this.driver.switchTo().newWindow(WindowType.WINDOW).getWindowHandle();
		this.driver.switchTo().window(before);
		this.driver.close();
		this.driver.switchTo().window(window);
		this.driver.manage().window().setSize(new Dimension(1280, 1000));
		command("Browser.setDownloadBehavior", Map.of("behavior", "allow", "downloadPath", downloads.toString()));
	}

	static void assumeInstalled() {
		boolean installed = Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
		String message = "There is no " + CHROMIUM + " with " + DRIVER + ": install chromium and chromium-driver";
		if (!installed) {
			// The build does not show why a whole class is skipped.
			logger.warn("The page is not tested. " + message);
		}
		assumeTrue(installed, message);
	}

	void get(String address) {
		this.driver.get(address);
	}

	WebElement find(String selector) {
		return this.driver.findElement(By.cssSelector(selector));
	}

	List<WebElement> findAll(String selector) {
		return this.driver.findElements(By.cssSelector(selector));
	}

	Actions actions() {
		return new Actions(this.driver);
	}

	Object script(String script, Object... arguments) {
		return this.driver.executeScript(script, arguments);
	}

	void command(String name, Map<String, Object> parameters) {
		this.driver.executeCdpCommand(name, parameters);
	}

	byte[] screenshot() {
		return this.driver.getScreenshotAs(OutputType.BYTES);
	}

	/**
	 * Show the page as a phone does, or at any other width.
	 */
	void width(int width, int height, boolean phone) {
		command("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
	}

	void dark(boolean dark) {
		command("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
	}

	/**
	 * Let the browser send no faster than this, so that a test meets an upload on its
	 * way.
	 */
	void limitUpload(int bytesPerSecond) {
		command("Network.enable", Map.of());
		command("Network.emulateNetworkConditions",
				Map.of("offline", false, "latency", 0, "downloadThroughput", -1, "uploadThroughput", bytesPerSecond));
	}

	/**
	 * Drop files as from the desktop.
	 */
	void drop(String selector, List<Path> files) {
		WebElement target = find(selector);
		List<?> center = (List<?>) Objects.requireNonNull(script("const box = arguments[0].getBoundingClientRect();"
				+ " return [box.x + box.width / 2, box.y + box.height / 2]", target));
		Map<String, Object> data = Map.of("items", List.of(), "files", files.stream().map(Path::toString).toList(),
				"dragOperationsMask", 1);
		for (String type : List.of("dragEnter", "dragOver", "drop")) {
			command("Input.dispatchDragEvent",
					Map.of("type", type, "x", center.get(0), "y", center.get(1), "data", data));
		}
	}

	void click(String selector) {
		await(selector + " must be there to click", () -> {
			WebElement target = find(selector);
			if (!target.isDisplayed() || !target.isEnabled()) {
				return false;
			}
			target.click();
			return true;
		});
	}

	void awaitText(String selector, String text) {
		awaitMatch(selector, Pattern.compile(Pattern.quote(text)));
	}

	void awaitMatch(String selector, Pattern pattern) {
		AtomicReference<String> shown = new AtomicReference<>();
		await(() -> selector + " must tell " + pattern + " and tells " + shown, () -> {
			shown.set(find(selector).getText());
			return pattern.matcher(shown.get()).find();
		});
	}

	void awaitPicture(String selector) {
		await(selector + " must show a picture", () -> Boolean.TRUE
			.equals(script("return document.querySelector(arguments[0])?.naturalWidth > 0", selector)));
	}

	void awaitGone(String selector) {
		await(selector + " must go", () -> findAll(selector).isEmpty());
	}

	void await(String what, Condition condition) {
		await(() -> what, condition);
	}

	private void await(Supplier<String> what, Condition condition) {
		new WebDriverWait(this.driver, PATIENCE, BETWEEN_LOOKS).withMessage(what)
			.ignoring(StaleElementReferenceException.class)
			.ignoring(NoSuchElementException.class)
			.until((driver) -> condition.holds());
	}

	/**
	 * Put a text where the focus is at once, as from the clipboard.
	 */
	void insert(String text) {
		command("Input.insertText", Map.of("text", text));
	}

	/**
	 * Press a key, or type, where the focus is.
	 */
	void type(CharSequence... keys) {
		actions().sendKeys(keys).perform();
	}

	/**
	 * Press the tab key until the focus is on an element.
	 */
	void tabTo(String selector) {
		for (int i = 0; i < MANY_TABS; i++) {
			if (isFocused(selector)) {
				return;
			}
			type(Keys.TAB);
		}
		throw new AssertionError("The tab key does not lead to " + selector);
	}

	boolean isFocused(String selector) {
		return Boolean.TRUE.equals(script("return document.activeElement.matches(arguments[0])", selector));
	}

	/**
	 * Return what axe-core finds wrong with the page as it is, one line each.
	 */
	List<?> violations() {
		script(AXE);
		return (List<?>) Objects.requireNonNull(this.driver.executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run(document, { resultTypes: ["violations"] }).then(
					({ violations }) => done(violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, any }) =>
						`${id}: ${help}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join(" ")}`))),
					(error) => done([String(error)]));
				"""));
	}

	@Override
	public void close() {
		this.driver.quit();
	}

	private static String readAxe() {
		try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
			return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@FunctionalInterface
	interface Condition {

		boolean holds();

	}

}
