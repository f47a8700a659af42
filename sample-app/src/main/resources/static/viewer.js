import { button, call, create, formatSize, showError } from "./page.js";

const TEXT_BYTES = 4096;
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

export function canShow(file) {
	return isPicture(file) || /^text\/|json|xml/.test(file.contentType);
}

/** Returns what is shown below a row. */
export function viewOf(row) {
	return row.nextElementSibling?.classList.contains("view") ? row.nextElementSibling : null;
}

function isPicture(file) {
	return file.contentType.startsWith("image/");
}

/** Shows a picture, or the beginning of a text, in a row below the file's own. */
async function toggleView(file, row, opener, error) {
	if (viewOf(row)) {
		viewOf(row).remove();
		opener.setAttribute("aria-expanded", "false");
		return;
	}
	if (opener.ariaBusy) {
		return;
	}
	opener.ariaBusy = "true";
	try {
		const content = isPicture(file) ? await picture(file) : await text(file);
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
	finally {
		opener.ariaBusy = null;
	}
}

/** As much of the content as is shown, and no more. */
async function beginning(file, bytes) {
	// An empty file has no range.
	const headers = (file.size > 0) ? { Range: `bytes=0-${bytes - 1}` } : {};
	return call(`/api/files/${file.id}/content`, { headers }, (response) => response.blob());
}

async function picture(file) {
	if (file.size > MAX_IMAGE_BYTES) {
		throw new Error(`${file.name} has ${formatSize(file.size)}, and pictures are shown up to `
			+ `${formatSize(MAX_IMAGE_BYTES)}. Download it to look at it.`);
	}
	const address = URL.createObjectURL(await beginning(file, MAX_IMAGE_BYTES));
	const image = create("img");
	image.alt = file.name;
	image.src = address;
	try {
		await image.decode();
	}
	catch {
		throw new Error(`This browser cannot show ${file.name}: it is no picture of the type ${file.contentType}.`);
	}
	finally {
		URL.revokeObjectURL(address);
	}
	return image;
}

async function text(file) {
	const shown = create("pre", "", await (await beginning(file, TEXT_BYTES)).text());
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
