import { announce, call, create, element, formatSeconds, formatSize, newRequestId, problemText, showError, whyBrokenOff }
	from "./page.js";
import { confirmDeletion } from "./dialogs.js";
import { canShow, viewButton, viewOf } from "./viewer.js";

const AT_ONCE = 2;
const RATE_WINDOW_MILLIS = 3000;

const picker = element("picker");
const drop = element("drop");
const waiting = [];
let running = 0;
let rows = new Map();

picker.addEventListener("change", () => {
	addAll(picker.files);
	picker.value = "";
});
for (const type of ["dragenter", "dragover"]) {
	drop.addEventListener(type, (event) => {
		event.preventDefault();
		drop.classList.add("over");
	});
}
drop.addEventListener("dragleave", (event) => {
	if (!drop.contains(event.relatedTarget)) {
		drop.classList.remove("over");
	}
});
drop.addEventListener("drop", (event) => {
	event.preventDefault();
	drop.classList.remove("over");
	addAll(event.dataTransfer.files);
});
// A file dropped beside the field would replace the page and end all uploads.
for (const type of ["dragover", "drop"]) {
	window.addEventListener(type, (event) => event.preventDefault());
}
window.addEventListener("beforeunload", (event) => {
	if (running > 0) {
		event.preventDefault();
	}
});
element("refresh").addEventListener("click", list);
list();

function addAll(files) {
	for (const file of files) {
		waiting.push(newUpload(file));
	}
	startWaiting();
}

function newUpload(file) {
	const item = create("li");
	const name = create("span", "name", file.name);
	const button = create("button", "", "Cancel");
	const bar = create("progress");
	const state = create("span", "state", "Waiting");
	button.type = "button";
	button.setAttribute("aria-label", `Cancel the upload of ${file.name}`);
	bar.max = 1;
	bar.value = 0;
	bar.setAttribute("aria-label", `Upload of ${file.name}`);
	item.append(name, button, bar, state);
	element("uploads").append(item);
	const upload = { file, item, button, bar, state, request: null };
	button.addEventListener("click", () => cancel(upload));
	return upload;
}

function startWaiting() {
	while (running < AT_ONCE && waiting.length > 0) {
		start(waiting.shift());
	}
}

function start(upload) {
	// fetch() reports no progress of a request's body.
	const request = new XMLHttpRequest();
	const samples = [];
	const began = performance.now();
	const id = newRequestId();
	let sent = false;
	upload.request = request;
	running++;
	request.open("POST", "/api/files?name=" + encodeURIComponent(upload.file.name));
	request.setRequestHeader("Content-Type", upload.file.type || "application/octet-stream");
	request.setRequestHeader("X-Request-Id", id);
	request.upload.addEventListener("progress", (event) => showProgress(upload, samples, event.loaded));
	request.addEventListener("load", () => {
		if (request.status === 201) {
			const millis = Math.max(1, performance.now() - began);
			const rate = formatSize(upload.file.size * 1000 / millis);
			end(upload, "done", `Done: ${formatSize(upload.file.size)} in ${formatSeconds(millis)}, ${rate}/s`);
			list();
		}
		else {
			end(upload, "failed", problemText(request.status, request.responseText));
		}
	});
	request.upload.addEventListener("load", () => sent = true);
	request.addEventListener("error", async () => end(upload, "failed", await whyBrokenOff(id, sent
		? "The connection broke off when all was sent. Refresh the list to see whether it was stored."
		: "The connection broke off. Nothing was stored.")));
	request.addEventListener("abort", () => end(upload, "failed", "Cancelled. Nothing was stored."));
	request.send(upload.file);
}

function showProgress(upload, samples, loaded) {
	const now = performance.now();
	const size = upload.file.size;
	samples.push({ now, loaded });
	while (samples.length > 2 && now - samples[0].now > RATE_WINDOW_MILLIS) {
		samples.shift();
	}
	upload.bar.value = (size > 0) ? loaded / size : 1;
	if (loaded >= size) {
		upload.state.textContent = "Sent; waiting for the database to store it";
		return;
	}
	const millis = now - samples[0].now;
	const rate = (millis > 0) ? (loaded - samples[0].loaded) * 1000 / millis : 0;
	const left = (rate > 0) ? `, ${formatSeconds((size - loaded) * 1000 / rate)} left` : "";
	upload.state.textContent = `${Math.floor(loaded * 100 / size)}%: ${formatSize(loaded)} of ${formatSize(size)}, `
		+ `${formatSize(rate)}/s${left}`;
}

function cancel(upload) {
	if (upload.request) {
		upload.request.abort();
		return;
	}
	waiting.splice(waiting.indexOf(upload), 1);
	show(upload, "failed", "Cancelled. Nothing was stored.");
}

function end(upload, className, text) {
	running--;
	show(upload, className, text);
	startWaiting();
}

function show(upload, className, text) {
	upload.item.className = className;
	upload.state.textContent = text;
	const remove = create("button", "", "Remove");
	remove.type = "button";
	remove.setAttribute("aria-label", `Remove ${upload.file.name} from the list of uploads`);
	remove.addEventListener("click", () => {
		upload.item.remove();
		picker.focus();
	});
	const focused = document.activeElement === upload.button;
	upload.button.replaceWith(remove);
	if (focused) {
		remove.focus();
	}
	if (className === "done") {
		upload.bar.value = 1;
	}
	else {
		upload.bar.remove();
	}
	announce(`${upload.file.name}: ${text}`);
}

async function list() {
	try {
		const files = await call("/api/files");
		showRows(files);
		element("table").hidden = files.length === 0;
		element("empty").hidden = files.length > 0;
		showError(element("list-error"), "");
	}
	catch (error) {
		showError(element("list-error"), error.message);
	}
}

/** Newest first. What has not changed stays as it is, with what is open in it and the focus. */
function showRows(files) {
	const body = element("files");
	const before = rows;
	rows = new Map(files.map((file) => {
		const key = JSON.stringify(file);
		return [key, before.get(key) ?? row(file)];
	}));
	for (const [key, line] of before) {
		if (!rows.has(key)) {
			viewOf(line)?.remove();
			line.remove();
		}
	}
	let below = null;
	for (const line of rows.values()) {
		if (!line.isConnected) {
			body.insertBefore(line, below);
		}
		below = line;
	}
}

function row(file) {
	const row = create("tr");
	const hash = create("td", "hash");
	hash.append(checksum(file));
	const size = create("td", "number", formatSize(file.size));
	size.title = `${file.size.toLocaleString()} bytes`;
	const type = create("td", "", file.contentType.split(";")[0]);
	const changed = new Date(file.updatedAt);
	const time = create("td", "", changed.toLocaleString([], { dateStyle: "short", timeStyle: "short" }));
	type.title = file.contentType;
	time.title = changed.toLocaleString();
	row.append(create("td", "name", file.name), type, size, time, hash, actions(file, row));
	return row;
}

/** The beginning of it, and all of it to whoever opens it. */
function checksum(file) {
	const details = create("details");
	const short = create("summary");
	short.setAttribute("aria-label", `SHA-256 of ${file.name}`);
	short.append(create("code", "", file.sha256.slice(0, 12) + "…"));
	details.append(short, create("code", "", file.sha256));
	return details;
}

function actions(file, row) {
	const cell = create("td", "actions");
	const download = create("a", "", "Download");
	download.href = `/api/files/${file.id}/content`;
	download.setAttribute("aria-label", `Download ${file.name}`);
	const remove = create("button", "danger", "Delete");
	remove.type = "button";
	remove.setAttribute("aria-label", `Delete ${file.name}`);
	const error = create("p", "error");
	error.setAttribute("role", "alert");
	error.hidden = true;
	remove.addEventListener("click", () => confirmDeletion({
		title: `Delete ${file.name}?`,
		text: "Nothing brings it back.",
		verb: "Delete",
		run: () => call(`/api/files/${file.id}`, { method: "DELETE" }),
		done: () => {
			announce(`${file.name} is deleted`);
			element("refresh").focus();
			list();
		},
	}));
	cell.append(...(canShow(file) ? [viewButton(file, row, error), " "] : []), download, " ", remove, error);
	return cell;
}
