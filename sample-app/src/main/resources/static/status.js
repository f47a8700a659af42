import { create, element } from "./page.js";

const EVERY_MILLIS = 5000;
const UNTIL_CONNECTED_MILLIS = 1000;
const STATES = { ready: "connected", busy: "all connections are in use", dead: "the database cannot be reached",
	gone: "the application does not answer; is it still running?" };
const LISTENING = { connecting: "connecting", lost: "the connection is lost, trying again", closed: "closed" };

const strip = element("server");
let timer = null;

document.addEventListener("visibilitychange", poll);
window.addEventListener("trouble", poll);
poll();

export async function poll() {
	clearTimeout(timer);
	if (document.hidden) {
		return;
	}
	const status = await ask();
	show(status);
	clearTimeout(timer);
	timer = setTimeout(poll, (status.state === "ready") ? EVERY_MILLIS : UNTIL_CONNECTED_MILLIS);
}

async function ask() {
	try {
		return await (await fetch("/api/status")).json();
	}
	catch {
		return { state: "gone" };
	}
}

function show(status) {
	const parts = [STATES[status.state] ?? "the application cannot tell how the database is; its log says why"];
	if (status.serverVersion) {
		parts.unshift(`PostgreSQL ${status.serverVersion}`);
	}
	if (status.database) {
		parts.push(`database ${status.database}`);
	}
	if (status.pool) {
		const { inUse, max, waiting } = status.pool;
		parts.push(`${inUse} of ${max} connections in use${waiting > 0 ? `, ${waiting} waiting` : ""}`);
	}
	const shown = [create("span", status.state === "ready" ? "up" : "down", parts.join(" · "))];
	if (status.notifications) {
		shown.push(notifications(status.notifications));
	}
	if (shown.length !== strip.children.length || shown.some((line, i) => !line.isEqualNode(strip.children[i]))) {
		strip.replaceChildren(...shown.flatMap((line) => [line, " "]));
	}
}

function notifications({ state, channels }) {
	const listening = state === "listening" && channels > 0;
	const text = !listening ? LISTENING[state] ?? "nobody listens"
		: (channels === 1) ? "listening to 1 channel" : `listening to ${channels} channels`;
	const level = listening ? "up" : (state === "lost" || state === "closed") ? "down" : "";
	return create("span", level, `Notifications: ${text}`);
}
