import { element, showError } from "./page.js";

const dialog = element("dialog");
const form = element("dialog-form");
const error = element("dialog-error");
const action = element("dialog-action");
let current = null;

element("dialog-cancel").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
	const opener = current?.opener;
	current = null;
	form.reset();
	if (opener?.isConnected) {
		opener.focus();
	}
});
form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const asked = current;
	action.disabled = true;
	showError(error, "");
	try {
		await asked.run(form.elements.password.value);
		asked.opener = null;
		if (current === asked) {
			dialog.close();
		}
		asked.done();
	}
	catch (problem) {
		showError(error, problem.message);
		form.elements.password.select();
	}
	finally {
		action.disabled = false;
	}
});

/**
 * Asks before something is deleted. The dialog stays open with the error where that fails.
 * run(password) deletes, done() goes on after it.
 */
export function confirmDeletion({ title, text, verb, password = false, run, done }) {
	current = { run, done, opener: document.activeElement };
	element("dialog-title").textContent = title;
	element("dialog-text").textContent = text;
	element("dialog-password").hidden = !password;
	form.elements.password.required = password;
	action.textContent = verb;
	showError(error, "");
	dialog.showModal();
	(password ? form.elements.password : element("dialog-cancel")).focus();
}
