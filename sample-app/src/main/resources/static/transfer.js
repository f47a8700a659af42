import { call, create, element, formatSeconds, formatSize, newRequestId, problemText, showError, whyBrokenOff }
	from "./page.js";

const SHOWN_REJECTS = 1000;
/** What files are called, as an export calls them and others do. */
const FORMATS = { csv: "csv", jsonl: "jsonl", ndjson: "jsonl", txt: "text", tsv: "text", bin: "binary" };
const ASK_MILLIS = 500;

const form = element("import");
const state = element("import-state");
const bar = element("import-bar");
const cancel = element("import-cancel");
let request = null;

form.addEventListener("submit", (event) => {
	event.preventDefault();
	if (!request) {
		start(new FormData(form));
	}
});
form.elements.file.addEventListener("change", () => {
	const [name] = [...form.elements.file.files].map((file) => file.name.toLowerCase().replace(/\.gz$/, ""));
	form.elements.format.value = FORMATS[name?.split(".").pop()] ?? form.elements.format.value;
	offerWhatGoesWithTheFormat();
});
form.elements.format.addEventListener("change", offerWhatGoesWithTheFormat);
offerWhatGoesWithTheFormat();
cancel.addEventListener("click", () => request?.abort());
window.addEventListener("beforeunload", (event) => {
	if (request) {
		event.preventDefault();
	}
});

/** Rows of a binary file cannot be told apart behind a bad one, and only CSV has a line of names. */
function offerWhatGoesWithTheFormat() {
	const format = form.elements.format.value;
	const onError = form.elements.onError;
	onError.querySelector("[value=reject]").disabled = format === "binary";
	if (format === "binary") {
		onError.value = "stop";
	}
	form.elements.header.disabled = format !== "csv";
}

function start(data) {
	const file = data.get("file");
	const table = data.get("table").trim();
	const id = newRequestId();
	const parameters = new URLSearchParams({
		format: data.get("format"),
		mode: data.get("mode"),
		key: data.get("key").trim(),
		onError: data.get("onError"),
		header: data.has("header"),
		id,
	});
	const address = `/api/import/${encodeURIComponent(table)}`;
	const events = new EventReader();
	const passed = { began: performance.now(), size: file.size, bytes: 0, rows: 0, sent: false, ended: false };
	let ended = false;
	showError(element("import-error"), "");
	element("rejects").hidden = true;
	element("rejects-download").hidden = true;
	busy(true);
	// fetch() reports no progress of a request's body.
	request = new XMLHttpRequest();
	request.open("POST", `${address}?${parameters}`);
	request.setRequestHeader("Accept", "text/event-stream, application/problem+json");
	request.setRequestHeader("Content-Type", "application/octet-stream");
	request.setRequestHeader("X-Request-Id", id);
	if (file.name.endsWith(".gz")) {
		request.setRequestHeader("Content-Encoding", "gzip");
	}
	request.upload.addEventListener("progress", (event) => {
		passed.bytes = event.loaded;
		showPassed(passed);
	});
	request.upload.addEventListener("load", () => passed.sent = true);
	request.addEventListener("progress", () => {
		for (const event of events.read(request.responseText)) {
			ended = show(event, passed) || ended;
		}
	});
	request.addEventListener("load", () => {
		if (request.status !== 200) {
			fail(problemText(request.status, request.responseText));
		}
		else if (!ended) {
			fail("The import ended without a report. Nothing was imported.");
		}
	});
	request.addEventListener("error", async () => fail(await whyBrokenOff(id, passed.sent
		? "The connection broke off when all was sent. Look at the table before you import the file again."
		: "The connection broke off. Nothing was imported.")));
	request.addEventListener("abort", () => fail("Cancelled. Nothing was imported."));
	const asking = setInterval(() => ask(`${address}/progress?id=${id}`, passed), ASK_MILLIS);
	request.addEventListener("loadend", () => {
		clearInterval(asking);
		passed.ended = true;
		request = null;
		busy(false);
	});
	request.send(file);
}

/** The browser reads no event before it has sent all, so what becomes of it until then is asked for. */
async function ask(address, passed) {
	try {
		const progress = await call(address);
		if (progress && !passed.ended) {
			showProgress(passed, progress);
		}
	}
	catch {
		// The import itself says what is wrong.
	}
}

/** Takes events out of a text that grows. */
class EventReader {

	#position = 0;

	read(text) {
		const events = [];
		let end;
		while ((end = text.indexOf("\n\n", this.#position)) >= 0) {
			const event = { name: "message", data: "" };
			for (const line of text.slice(this.#position, end).split("\n")) {
				if (line.startsWith("event:")) {
					event.name = line.slice(6).trim();
				}
				else if (line.startsWith("data:")) {
					event.data += line.slice(5);
				}
			}
			events.push({ name: event.name, data: JSON.parse(event.data) });
			this.#position = end + 2;
		}
		return events;
	}

}

function busy(is) {
	form.querySelector("[type=submit]").disabled = is;
	cancel.hidden = !is;
	bar.hidden = !is;
	if (is) {
		bar.value = 0;
		state.textContent = "";
	}
}

function showPassed({ began, size, bytes, rows }) {
	const seconds = Math.max(1, performance.now() - began) / 1000;
	const read = (rows > 0) ? ` · ${rows.toLocaleString()} rows, ${perSecond(rows, seconds)}` : "";
	bar.value = (size > 0) ? bytes / size : 1;
	state.textContent = ((bytes >= size) ? "Sent; the database is at work on the rows"
		: `${Math.floor(bytes * 100 / size)}%: ${formatSize(bytes)} of ${formatSize(size)}, ${formatSize(bytes / seconds)}/s`)
		+ read;
}

function perSecond(rows, seconds) {
	return `${Math.round(rows / seconds).toLocaleString()} rows/s`;
}

function show({ name, data }, passed) {
	if (name === "report") {
		showReport(data);
	}
	else if (name === "problem") {
		fail(problemText(data.status, JSON.stringify(data)));
	}
	else {
		showProgress(passed, data);
	}
	return name !== "progress";
}

function showProgress(passed, { bytes, rows }) {
	passed.bytes = Math.max(passed.bytes, bytes);
	passed.rows = Math.max(passed.rows, rows ?? 0);
	showPassed(passed);
}

function showReport(report) {
	const count = (number) => number.toLocaleString();
	const read = report.staged + report.rejected;
	state.textContent = `${count(read)} rows read in ${formatSeconds(report.millis)}, `
		+ `${perSecond(read, Math.max(1, report.millis) / 1000)}: `
		+ `${count(report.inserted)} inserted, ${count(report.updated)} updated, ${count(report.skipped)} skipped, `
		+ `${count(report.rejected)} rejected.`;
	const shown = report.rejects.slice(0, SHOWN_REJECTS);
	if (shown.length < report.rejected) {
		state.textContent += ` The first ${count(shown.length)} rejected rows are:`;
	}
	element("rejected").replaceChildren(...shown.map(rejectedRow));
	offerRejects(report);
	element("rejects").hidden = shown.length === 0;
}

function offerRejects(report) {
	const link = element("rejects-download");
	URL.revokeObjectURL(link.href);
	link.hidden = report.rejects.length === 0;
	const cell = (value) => `"${String(value ?? "").replaceAll("\"", "\"\"")}"`;
	const lines = report.rejects.map((reject) => [reject.line, reject.column, reject.reason, reject.sqlState, reject.raw]
		.map(cell).join(","));
	link.href = URL.createObjectURL(new Blob([["line,column,reason,sqlstate,row", ...lines, ""].join("\n")],
		{ type: "text/csv" }));
	link.download = `${report.table}-rejects.csv`;
	link.textContent = `Download the ${report.rejects.length.toLocaleString()} rejected rows as CSV`;
}

function rejectedRow(reject) {
	const row = create("tr");
	const raw = create("td");
	raw.append(create("code", "", reject.raw ?? ""));
	row.append(create("td", "number", String(reject.line)), create("td", "", reject.column ?? ""),
		create("td", "", reject.reason), create("td", "", reject.sqlState), raw);
	return row;
}

function fail(text) {
	state.textContent = "";
	showError(element("import-error"), text);
}

element("export").addEventListener("submit", async (event) => {
	event.preventDefault();
	const data = new FormData(event.target);
	const url = `/api/export/${encodeURIComponent(data.get("table").trim())}?format=${data.get("format")}`
		+ `&defuse=${data.has("defuse")}`;
	showError(element("export-error"), "");
	// Looked at before the browser is sent there, as it would show an error as a page.
	const stop = new AbortController();
	try {
		const response = await fetch(url, { signal: stop.signal });
		if (!response.ok) {
			showError(element("export-error"), problemText(response.status, await response.text()));
			return;
		}
	}
	catch {
		showError(element("export-error"), "The application does not answer. Is it still running?");
		return;
	}
	finally {
		stop.abort();
	}
	const link = create("a");
	link.href = url;
	link.download = "";
	link.click();
});
