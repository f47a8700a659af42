import { announce, call, create, element, showError } from "./page.js";
import { confirmDeletion } from "./dialogs.js";
import { openCreation } from "./creation.js";
import { Rows } from "./rows.js";

const KINDS = { table: "", partitioned_table: "partitioned", foreign_table: "foreign", view: "view",
	materialized_view: "materialized view" };

const rows = new Rows();
let tables = [];
let chosen = null;

element("tables-refresh").addEventListener("click", refresh);
element("create-open").addEventListener("click", () => openCreation(tables, (table) => {
	location.hash = address(table);
	refresh();
}));
element("row-add").addEventListener("click", () => rows.add());
element("table-empty").addEventListener("click", () => confirmDeletion({
	title: `Empty ${shortName(chosen)}?`,
	text: "All of its rows are deleted, and nothing brings them back. It takes the password that the application has as"
		+ " trunkline.table.deletion-password.",
	verb: "Delete all rows",
	password: true,
	run: (password) => call(`/api/tables/${encodeURIComponent(chosen.table)}/rows?all=true`, deletion(password)),
	done: () => {
		announce(`${shortName(chosen)} is empty`);
		rows.reload();
		element("row-add").focus();
	},
}));
element("table-drop").addEventListener("click", () => confirmDeletion({
	title: `Drop ${shortName(chosen)}?`,
	text: "The table and all of its rows are deleted, and nothing brings them back. It takes the password that the"
		+ " application has as trunkline.table.deletion-password.",
	verb: "Drop the table",
	password: true,
	run: (password) => call(`/api/tables/${encodeURIComponent(chosen.table)}`, deletion(password)),
	done: () => {
		announce(`${shortName(chosen)} is dropped`);
		location.hash = "#tables";
		refresh();
		element("create-open").focus();
	},
}));
window.addEventListener("hashchange", showChosen);
refresh();

function deletion(password) {
	return { method: "DELETE", headers: { "X-Deletion-Password": password } };
}

function address(table) {
	return `#tables/${encodeURIComponent(table)}`;
}

function shortName(table) {
	return (table.schema === "public") ? table.name : table.table;
}

async function refresh() {
	try {
		tables = await call("/api/tables");
		showError(element("tables-error"), "");
	}
	catch (error) {
		showError(element("tables-error"), error.message);
		return;
	}
	element("tables-empty").hidden = tables.length > 0;
	element("catalogue").replaceChildren(...tables.map(entry));
	element("table-names").replaceChildren(...tables.map((table) => new Option("", shortName(table))));
	showChosen();
}

function entry(table) {
	const item = create("li");
	const link = create("a", "", shortName(table));
	const kind = table.readOnly && table.kind === "table" ? "read only" : KINDS[table.kind];
	link.href = address(table.table);
	if (kind) {
		link.append(" ", create("small", "", kind));
	}
	item.append(link);
	return item;
}

function showChosen() {
	const [section, name] = location.hash.slice(1).split("/");
	const table = (section === "tables" && name)
		? tables.find((candidate) => candidate.table === decodeURIComponent(name)) : null;
	for (const link of element("catalogue").querySelectorAll("a")) {
		if (table && link.hash === address(table.table)) {
			link.setAttribute("aria-current", "true");
		}
		else {
			link.removeAttribute("aria-current");
		}
	}
	const missing = section === "tables" && name && !table && tables.length > 0;
	showError(element("tables-error"), missing ? `There is no table ${decodeURIComponent(name)} any more.` : "");
	element("chosen").hidden = !table;
	if (!table || JSON.stringify(table) === JSON.stringify(chosen)) {
		chosen = table;
		return;
	}
	chosen = table;
	describe(table);
	rows.open(table);
}

function describe(table) {
	const editable = !table.readOnly && table.primaryKey.length > 0;
	const droppable = table.kind === "table" || table.kind === "partitioned_table";
	element("chosen-title").textContent = shortName(table);
	element("row-add").hidden = table.readOnly;
	element("table-empty").hidden = table.readOnly;
	element("table-drop").hidden = table.readOnly || !droppable;
	const note = element("chosen-note");
	note.hidden = editable && !table.comment;
	note.textContent = [table.comment, reason(table, editable)].filter(Boolean).join(" · ");
	element("chosen-columns").replaceChildren(...table.columns.map((column) => columnRow(table, column)));
	element("chosen-constraints").replaceChildren(...constraints(table).map((text) => create("li", "", text)));
}

function reason(table, editable) {
	if (editable) {
		return "";
	}
	if (table.readOnly) {
		return (table.kind === "table") ? "Its rows belong to the files of the section Files, and change with them."
			: "Its rows cannot be changed here.";
	}
	return "It has no primary key to tell rows apart, so that rows cannot be edited here one by one.";
}

function columnRow(table, column) {
	const row = create("tr");
	const name = create("th", "", column.name);
	name.scope = "row";
	if (table.primaryKey.includes(column.name)) {
		name.append(" ", create("small", "", "key"));
	}
	const numbered = (column.identity !== "none") ? "numbered by the server" : "";
	const given = column.defaultExpression ?? (column.generated ? `computed: ${column.generated}` : numbered);
	const standard = create("td");
	standard.append(create("code", "", given));
	const type = column.values.length > 0 ? `${column.type}: ${column.values.join(", ")}` : column.type;
	row.append(name, create("td", "", type), create("td", "", column.nullable ? "yes" : "no"), standard,
		create("td", "", column.comment ?? ""));
	return row;
}

function constraints(table) {
	const list = (names) => names.join(", ");
	return [
		...(table.primaryKey.length > 0 ? [`Primary key: ${list(table.primaryKey)}`] : []),
		...table.uniqueKeys.map((key) => `Unique ${key.name}: ${list([...key.columns, ...key.expressions])}`
			+ (key.predicate ? ` where ${key.predicate}` : "")),
		...table.foreignKeys.map((key) => `Reference ${key.name}: ${list(key.columns)} → ${key.table}`
			+ ` (${list(key.referencedColumns)})`),
		...table.checks.map((check) => `Check ${check.name}: ${check.expression}`),
		...table.indexes.map((index) => `Index ${index.name}: ${index.method} (${list(index.parts)})`),
	];
}
