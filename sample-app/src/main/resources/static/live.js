import { announce, call, create, element, formatSeconds, problemText, showError } from "./page.js";
import { poll as refreshStatus } from "./status.js";

/** More are taken off at the end, so that a busy channel does not fill the browser. */
const SHOWN = 200;
const RETRY_MILLIS = 3000;
const LONG = 200;

const form = element("listen");
const sending = element("send");
const feed = element("feed");
let source = null;
let channel = "";
let lostAt = null;
let isOpen = false;
let retry = null;
let arrived = [];
let total = 0;
let visited = false;

form.addEventListener("submit", (event) => {
	event.preventDefault();
	listen(form.elements.channel.value.trim());
});
element("listen-stop").addEventListener("click", stop);
element("feed-clear").addEventListener("click", clear);
window.addEventListener("hashchange", visit);
visit();

sending.addEventListener("submit", async (event) => {
	event.preventDefault();
	if (!form.reportValidity()) {
		return;
	}
	const submit = sending.querySelector("[type=submit]");
	const payload = sending.elements.payload;
	submit.disabled = true;
	showError(element("send-error"), "");
	try {
		const sent = payload.value;
		await call(address(form.elements.channel.value.trim()), { method: "POST", body: sent });
		announce("Sent");
		if (payload.value === sent) {
			payload.value = "";
		}
	}
	catch (error) {
		showError(element("send-error"), error.message);
	}
	finally {
		submit.disabled = false;
		payload.focus();
	}
});

/** Who comes here first listens at once, and does so in the other sections too. */
function visit() {
	if (!visited && location.hash.slice(1).split("/")[0] === "live") {
		visited = true;
		listen(form.elements.channel.value);
	}
}

function listen(name) {
	close();
	channel = name;
	lostAt = null;
	showError(element("listen-error"), "");
	open();
}

function stop() {
	close();
	channel = "";
	showState();
	refreshStatus();
	element("listen-start").focus();
}

function close() {
	clearTimeout(retry);
	source?.close();
	source = null;
	isOpen = false;
}

function open() {
	const opened = new EventSource(address(channel));
	source = opened;
	opened.addEventListener("open", () => {
		isOpen = true;
		if (lostAt) {
			addGap(`Connected again after ${formatSeconds(Date.now() - lostAt)}: what was sent meanwhile is missing here`);
			lostAt = null;
		}
		showState();
		refreshStatus();
	});
	opened.addEventListener("error", () => {
		lostAt ??= isOpen ? Date.now() : null;
		isOpen = false;
		showState();
		if (opened.readyState === EventSource.CLOSED) {
			findReason(opened);
		}
	});
	opened.addEventListener("message", (event) => addMessage(JSON.parse(event.data)));
	opened.addEventListener("overflow", (event) => {
		const { dropped } = JSON.parse(event.data);
		addGap(`${count(dropped, "message is", "messages are")} missing here, as this page was too slow`);
	});
	opened.addEventListener("reconnected", (event) => {
		const { downtimeMillis } = JSON.parse(event.data);
		addGap(`The database was out of reach for ${formatSeconds(downtimeMillis)}: what was sent meanwhile is missing here`);
	});
	opened.addEventListener("lost", (event) => {
		const { reason } = JSON.parse(event.data);
		addGap(`A large message is missing here: ${reason}`);
	});
	showState();
}

/** An EventSource does not tell why it was refused. */
async function findReason(refused) {
	const asking = new AbortController();
	setTimeout(() => asking.abort(), RETRY_MILLIS);
	try {
		const response = await fetch(address(channel), {
			headers: { Accept: "application/problem+json, text/event-stream" },
			signal: asking.signal,
		});
		if (response.status >= 400 && response.status < 500) {
			const text = await response.text();
			if (source === refused) {
				showError(element("listen-error"), problemText(response.status, text));
				stop();
			}
		}
	}
	catch {
		// The application does not answer at all.
	}
	finally {
		asking.abort();
	}
	if (source === refused) {
		retry = setTimeout(open, RETRY_MILLIS);
	}
}

function showState() {
	const state = element("listen-state");
	const text = !source ? "Not listening" : isOpen ? `Listening to ${channel}`
		: lostAt ? "The application does not answer; trying again" : `Connecting to ${channel}`;
	if (state.textContent !== text) {
		state.replaceChildren(create("span", isOpen ? "up" : lostAt ? "error" : "", text));
	}
	element("listen-stop").hidden = !source;
	showEmpty();
}

function showEmpty() {
	const empty = element("feed-empty");
	const text = source ? "Nothing has come yet. Send a payload above, or change some rows under Tables."
		: "Nothing is listened to. Choose a channel above and press Listen.";
	if (empty.textContent !== text) {
		empty.textContent = text;
	}
	empty.hidden = total > 0;
	element("feed-clear").hidden = total === 0;
	const note = element("feed-note");
	note.hidden = total <= SHOWN;
	note.textContent = note.hidden ? "" : `The newest ${SHOWN} of ${total}`;
}

function addMessage({ channel: from, payload, pid, receivedAt }) {
	add({ at: new Date(receivedAt), from: `${from}, process ${pid}`, payload });
}

function addGap(missing) {
	add({ at: new Date(), missing });
}

/** Many that come at once are shown at once. */
function add(entry) {
	if (arrived.length === 0) {
		setTimeout(flush, 0);
	}
	arrived.push(entry);
	total++;
	if (arrived.length > SHOWN) {
		arrived.shift();
	}
}

function flush() {
	feed.prepend(...arrived.reverse().map(item));
	arrived = [];
	while (feed.children.length > SHOWN) {
		feed.lastElementChild.remove();
	}
	showEmpty();
}

function item({ at, from, payload, missing }) {
	const line = create("li", missing ? "gap" : "");
	const time = create("time", "", at.toLocaleTimeString());
	time.dateTime = at.toISOString();
	if (missing) {
		line.append(time, create("span", "missing", missing));
	}
	else {
		const content = payload ? create("span", "payload", payload) : create("span", "null payload", "no payload");
		// A long one scrolls, which must not take a mouse.
		if (payload.length > LONG) {
			content.tabIndex = 0;
		}
		line.append(time, content, create("small", "from", from));
	}
	return line;
}

function clear() {
	feed.replaceChildren();
	total = 0;
	showEmpty();
	element("feed-title").focus();
}

function count(number, one, several) {
	return `${number} ${(number === 1) ? one : several}`;
}

function address(name) {
	return `/api/notifications/${encodeURIComponent(name)}`;
}
