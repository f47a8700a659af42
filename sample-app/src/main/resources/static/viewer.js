import { create, showError, button } from "./page.js";

const TEXT_BYTES = 4096;
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

export function canShow(file) {
	const type = file.contentType;
	return (type.startsWith("image/") && file.size <= MAX_IMAGE_BYTES) || /^text\/|json|xml/.test(type);
}

/** Shows a picture, or the beginning of a text, in a row below the file's own. */
async function toggleView(file, row, opener, error) {
	if (row.nextElementSibling?.classList.contains("view")) {
		row.nextElementSibling.remove();
		opener.setAttribute("aria-expanded", "false");
		return;
	}
	try {
		const content = file.contentType.startsWith("image/") ? picture(file) : await text(file);
		const cell = create("td");
		const view = create("tr", "view");
		cell.colSpan = row.children.length;
		cell.append(content);
		view.append(cell);
		row.after(view);
		opener.setAttribute("aria-expanded", "true");
		showError(error, "");
	}
	catch (problem) {
		showError(error, problem.message);
	}
}

function picture(file) {
	const image = create("img");
	image.src = `/api/files/${file.id}/content`;
	image.alt = file.name;
	return image;
}

async function text(file) {
	const response = await fetch(`/api/files/${file.id}/content`,
		(file.size > 0) ? { headers: { Range: `bytes=0-${TEXT_BYTES - 1}` } } : {});
	if (!response.ok) {
		throw new Error(`The server answered with status ${response.status}.`);
	}
	const shown = create("pre", "", await response.text());
	if (file.size > TEXT_BYTES) {
		shown.append(create("span", "null", "\n… and so on"));
	}
	shown.tabIndex = 0;
	return shown;
}

export function viewButton(file, row, error) {
	const opener = button("View", "", `View ${file.name}`, () => toggleView(file, row, opener, error));
	opener.setAttribute("aria-expanded", "false");
	return opener;
}
