import { create, element, formatSeconds, formatSize, problemText, showError } from "./page.js";

const SHOWN_REJECTS = 1000;

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
cancel.addEventListener("click", () => request?.abort());
window.addEventListener("beforeunload", (event) => {
	if (request) {
		event.preventDefault();
	}
});

function start(data) {
	const file = data.get("file");
	const table = data.get("table").trim();
	const parameters = new URLSearchParams({
		format: data.get("format"),
		mode: data.get("mode"),
		key: data.get("key").trim(),
		onError: data.get("onError"),
		header: data.has("header"),
	});
	const events = new EventReader();
	const began = performance.now();
	let ended = false;
	showError(element("import-error"), "");
	element("rejects").hidden = true;
	element("rejects-download").hidden = true;
	busy(true);
	// fetch() reports no progress of a request's body.
	request = new XMLHttpRequest();
	request.open("POST", `/api/import/${encodeURIComponent(table)}?${parameters}`);
	request.setRequestHeader("Accept", "text/event-stream, application/problem+json");
	request.setRequestHeader("Content-Type", "application/octet-stream");
	if (file.name.endsWith(".gz")) {
		request.setRequestHeader("Content-Encoding", "gzip");
	}
	request.upload.addEventListener("progress", (event) => showSent(event.loaded, file.size, began));
	request.addEventListener("progress", () => {
		for (const event of events.read(request.responseText)) {
			ended = show(event, file) || ended;
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
	request.addEventListener("error", () => fail("The connection broke off. Nothing was imported."));
	request.addEventListener("abort", () => fail("Cancelled. Nothing was imported."));
	request.addEventListener("loadend", () => {
		request = null;
		busy(false);
	});
	request.send(file);
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

function showSent(sent, size, began) {
	const millis = Math.max(1, performance.now() - began);
	bar.value = (size > 0) ? sent / size : 1;
	state.textContent = (sent >= size) ? "Sent; the database is at work on the rows"
		: `${Math.floor(sent * 100 / size)}%: ${formatSize(sent)} of ${formatSize(size)}, `
			+ `${formatSize(sent * 1000 / millis)}/s`;
}

function show({ name, data }) {
	if (name === "report") {
		showReport(data);
	}
	else if (name === "problem") {
		fail(problemText(data.status, JSON.stringify(data)));
	}
	return name !== "progress";
}

function showReport(report) {
	const count = (number) => number.toLocaleString();
	state.textContent = `${count(report.staged)} rows read in ${formatSeconds(report.millis)}: `
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
