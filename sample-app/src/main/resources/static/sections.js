import { element } from "./page.js";

const NAMES = ["files", "transfer", "tables", "live"];
const links = [...document.querySelectorAll("nav[aria-label=Sections] a")];

window.addEventListener("hashchange", show);
show();

/** The part of the address behind the # names the section, and in it the table. */
function show() {
	const asked = location.hash.slice(1).split("/")[0];
	const shown = NAMES.includes(asked) ? asked : NAMES[0];
	for (const name of NAMES) {
		element(`section-${name}`).hidden = name !== shown;
	}
	for (const link of links) {
		if (link.hash === `#${shown}`) {
			link.setAttribute("aria-current", "page");
		}
		else {
			link.removeAttribute("aria-current");
		}
	}
}
