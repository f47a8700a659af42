export const element = (id) => document.getElementById(id);

/** Asks the application; take(response) makes something of an answer that is not JSON. */
export async function call(url, options, take) {
	let response;
	try {
		response = await fetch(url, options);
	}
	catch (error) {
		if (error.name === "AbortError") {
			throw error;
		}
		tellOfTrouble();
		throw new Error("The application does not answer. Is it still running?");
	}
	if (response.status >= 500) {
		tellOfTrouble();
	}
	if (response.ok && take) {
		return take(response);
	}
	const text = await response.text();
	if (!response.ok) {
		const problem = new Error(problemText(response.status, text));
		problem.status = response.status;
		throw problem;
	}
	return text ? parse(text) : null;
}

/** Lets the strip at the top look at once. */
function tellOfTrouble() {
	window.dispatchEvent(new Event("trouble"));
}

/** A name for a request, under which the application keeps what went wrong with it. */
export function newRequestId() {
	return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/**
 * Finds out why a connection broke off. An application that does not read a body to its end closes it, and a browser
 * that is still sending then gets no answer to show.
 */
export async function whyBrokenOff(id, otherwise) {
	try {
		await call(`/api/problems/${id}`);
	}
	catch (problem) {
		if (problem.status) {
			return problem.message;
		}
	}
	return otherwise;
}

export function parse(text) {
	return JSON.parse(text, exact);
}

/** Keeps numbers that JavaScript would round or shorten, such as 9007199254740993 and 8.70, as they were written. */
function exact(key, value, context) {
	return (typeof value === "number" && context?.source && context.source !== String(value))
		? JSON.rawJSON(context.source) : value;
}

export function sendJson(url, method, body) {
	return call(url, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

export function problemText(status, text) {
	try {
		const problem = JSON.parse(text);
		const state = problem.sqlState ? ` (SQLSTATE ${problem.sqlState})` : "";
		return `${problem.status} ${problem.title}: ${problem.detail}${state}`;
	}
	catch {
		return `The server answered with status ${status}.`;
	}
}

export function showError(target, text) {
	target.textContent = text;
	target.hidden = !text;
}

export function announce(text) {
	element("status").textContent = text;
}

export function create(tag, className, text) {
	const created = document.createElement(tag);
	if (className) {
		created.className = className;
	}
	if (text) {
		created.textContent = text;
	}
	return created;
}

export function button(text, className, label, onClick) {
	const created = create("button", className, text);
	created.type = "button";
	if (label) {
		created.setAttribute("aria-label", label);
	}
	created.addEventListener("click", onClick);
	return created;
}

/** Says in words what went wrong, next to where it did. */
export function errorLine(parent) {
	const line = create("p", "error");
	line.setAttribute("role", "alert");
	line.hidden = true;
	parent.append(line);
	return line;
}

export function formatSize(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${value.toFixed((unit === 0) ? 0 : 1)} ${units[unit]}`;
}

export function formatSeconds(millis) {
	const seconds = Math.round(millis / 1000);
	if (seconds < 60) {
		return (millis < 10000) ? `${(millis / 1000).toFixed(1)} s` : `${seconds} s`;
	}
	return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
