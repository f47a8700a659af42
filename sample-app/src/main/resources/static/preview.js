import { call, create, element } from "./page.js";

const HEAD = 64 * 1024;
const SHOWN = 5;

const form = element("import");
const target = element("import-preview");
const note = element("preview-note");
let latest = 0;

for (const name of ["file", "format", "header", "table"]) {
	form.elements[name].addEventListener("change", show);
}

/** Shows the first rows of the chosen file, and which of its columns the table has. */
async function show() {
	const number = ++latest;
	const file = form.elements.file.files[0];
	const format = form.elements.format.value;
	const rows = (file && format !== "binary") ? await readRows(file, format) : [];
	const columns = await tableColumns(form.elements.table.value.trim());
	if (number !== latest) {
		return;
	}
	target.hidden = rows.length === 0;
	note.hidden = !file || rows.length > 0;
	note.textContent = (format === "binary") ? "The rows of a binary file are not shown here."
		: (file?.size === 0) ? "The file is empty."
		: `The beginning of the file cannot be read as ${form.elements.format.selectedOptions[0].text}.`;
	if (rows.length > 0) {
		const named = form.elements.header.checked && format === "csv";
		const heads = (format === "jsonl" || named) ? rows.shift()
			: rows[0].map((value, index) => columns?.[index] ?? `${index + 1}`);
		element("preview-head").replaceChildren(...heads.map((head) => headCell(head, columns)));
		element("preview-body").replaceChildren(...rows.slice(0, SHOWN).map(bodyRow));
	}
}

async function tableColumns(table) {
	try {
		return table ? (await call(`/api/tables/${encodeURIComponent(table)}`)).columns.map(({ name }) => name) : null;
	}
	catch {
		// The import itself says what is wrong with the table.
		return null;
	}
}

function headCell(name, columns) {
	const cell = create("th", "", name);
	cell.scope = "col";
	if (columns && !columns.includes(name)) {
		cell.classList.add("error");
		cell.append(" ", create("small", "error", "not in the table"));
	}
	return cell;
}

function bodyRow(values) {
	const row = create("tr");
	row.append(...values.map((value) => create("td", "", value)));
	return row;
}

async function readRows(file, format) {
	try {
		const text = await readHead(file);
		return { csv: csvRows, text: textRows, jsonl: jsonRows }[format]?.(text) ?? [];
	}
	catch {
		return [];
	}
}

async function readHead(file) {
	const head = file.slice(0, HEAD).stream();
	const stream = file.name.endsWith(".gz") ? head.pipeThrough(new DecompressionStream("gzip")) : head;
	const decoder = new TextDecoder();
	const reader = stream.getReader();
	let text = "";
	try {
		for (let part = await reader.read(); !part.done && text.length < HEAD; part = await reader.read()) {
			text += decoder.decode(part.value, { stream: true });
		}
	}
	catch (error) {
		// A compressed file that was cut off ends so, after what is wanted of it.
		if (!text) {
			throw error;
		}
	}
	return text;
}

function textRows(text) {
	return text.split("\n").slice(0, SHOWN).filter(Boolean).map((line) => line.split("\t"));
}

/** The first row holds the names. */
function jsonRows(text) {
	const objects = text.split("\n").slice(0, SHOWN).filter(Boolean).map((line) => JSON.parse(line));
	const names = [...new Set(objects.flatMap(Object.keys))];
	const shown = (value) => (value === undefined) ? "" : (typeof value === "string") ? value : JSON.stringify(value);
	return [names, ...objects.map((object) => names.map((name) => shown(object[name])))];
}

function csvRows(text) {
	const rows = [];
	let row = [];
	let value = "";
	let quoted = false;
	for (let i = 0; i < text.length && rows.length <= SHOWN; i++) {
		const character = text[i];
		if (quoted && character === "\"" && text[i + 1] === "\"") {
			value += text[++i];
		}
		else if (character === "\"") {
			quoted = !quoted;
		}
		else if (!quoted && character === ",") {
			row.push(value);
			value = "";
		}
		else if (!quoted && character === "\n") {
			rows.push([...row, value.replace(/\r$/, "")]);
			row = [];
			value = "";
		}
		else {
			value += character;
		}
	}
	if (rows.length <= SHOWN && (value || row.length > 0)) {
		rows.push([...row, value]);
	}
	return rows;
}
