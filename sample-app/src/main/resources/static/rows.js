import { announce, button, call, create, element, errorLine, sendJson, showError } from "./page.js";
import { Field, asText, cell, isNumeric } from "./cells.js";
import { clear, filterParameters, onFilter, quoteName, resetFilters } from "./filters.js";
import { confirmDeletion } from "./dialogs.js";

const body = element("rows-body");
const error = element("rows-error");

/** The rows of the chosen table, a page at a time. */
export class Rows {

	#table = null;
	#order = null;
	#filters = [];
	#addresses = [];
	#next = null;
	#total = null;
	#shown = 0;
	#request = null;

	constructor() {
		onFilter(() => {
			this.#filters = filterParameters();
			this.#begin();
		});
		element("rows-limit").addEventListener("change", () => this.#begin());
		element("rows-next").addEventListener("click", () => {
			this.#addresses.push(this.#next);
			this.#load();
		});
		element("rows-previous").addEventListener("click", () => {
			this.#addresses.pop();
			this.#load();
		});
	}

	open(table) {
		this.#table = table;
		this.#order = null;
		this.#filters = [];
		resetFilters(table);
		body.replaceChildren();
		this.#head();
		this.#begin();
	}

	reload() {
		this.#begin();
	}

	get #address() {
		return `/api/tables/${encodeURIComponent(this.#table.table)}/rows`;
	}

	get #canEdit() {
		return !this.#table.readOnly && this.#table.primaryKey.length > 0;
	}

	#begin() {
		const parameters = new URLSearchParams(this.#filters);
		parameters.set("_limit", element("rows-limit").value);
		if (this.#order) {
			parameters.set("_order", quoteName(this.#order.column) + (this.#order.descending ? ".desc" : ".asc"));
		}
		this.#addresses = [`${this.#address}?${parameters}`];
		this.#total = null;
		this.#load();
	}

	/** Counts with the first page only, as a count costs more than a page. */
	async #load() {
		const address = this.#addresses.at(-1);
		this.#request?.abort();
		const request = new AbortController();
		this.#request = request;
		element("rows").setAttribute("aria-busy", "true");
		try {
			const page = await call(this.#total === null ? address : `${address}&_count=false`,
				{ signal: request.signal });
			showError(error, "");
			this.#total = page.total ?? this.#total;
			// What goes on behind the last row does not count again.
			this.#next = page.next?.replace("&_count=false", "") ?? null;
			this.#show(page.rows);
		}
		catch (problem) {
			if (problem.name !== "AbortError") {
				showError(error, problem.message);
			}
		}
		finally {
			if (this.#request === request) {
				element("rows").removeAttribute("aria-busy");
			}
		}
	}

	#show(rows) {
		const limit = Number(element("rows-limit").value);
		const before = (this.#addresses.length - 1) * limit;
		this.#shown = rows.length;
		body.replaceChildren(...rows.map((row) => this.#row(row)));
		element("rows-previous").disabled = this.#addresses.length < 2;
		element("rows-next").disabled = !this.#next;
		this.#state(before);
	}

	#state(before) {
		const none = this.#shown === 0;
		const state = element("rows-state");
		const count = (number) => number.toLocaleString();
		state.textContent = none ? "No rows" : `Rows ${count(before + 1)} to ${count(before + this.#shown)} of `
			+ count(Math.max(this.#total, before + this.#shown));
		const empty = element("rows-empty");
		empty.hidden = !none;
		empty.replaceChildren();
		if (!none) {
			return;
		}
		if (this.#filters.length > 0) {
			empty.append("No row meets the filter. ", button("Clear the filter", "", "", () => {
				clear();
				this.#filters = [];
				this.#begin();
				element("filter-add").focus();
			}));
		}
		else {
			const link = create("a", "", "import a file");
			link.href = "#transfer";
			empty.append("The table has no rows yet.", ...(this.#table.readOnly ? [] : [" Add one, or ", link, "."]));
		}
	}

	#head() {
		const cells = this.#table.columns.map((column) => {
			const head = create("th", isNumeric(column) ? "number" : "");
			const sorted = this.#order?.column === column.name;
			const sort = button(column.name, "sort", "", () => this.#sort(column));
			sort.title = `${column.type}: sort by it`;
			head.scope = "col";
			if (sorted) {
				head.setAttribute("aria-sort", this.#order.descending ? "descending" : "ascending");
			}
			head.append(sort);
			return head;
		});
		const actions = create("th");
		actions.scope = "col";
		actions.append(create("span", "hidden", "Actions"));
		element("rows-head").replaceChildren(...cells, ...(this.#table.readOnly ? [] : [actions]));
	}

	#sort(column) {
		const sorted = this.#order?.column === column.name;
		this.#order = (sorted && this.#order.descending) ? null : { column: column.name, descending: sorted };
		this.#head();
		element("rows-head").querySelectorAll("button")[this.#table.columns.indexOf(column)].focus();
		this.#begin();
	}

	#row(row) {
		const line = create("tr");
		line.append(...this.#table.columns.map((column) => cell(column, row[column.name])));
		if (this.#canEdit) {
			const name = this.#table.primaryKey.map((column) => asText(row[column])).join(", ");
			const actions = create("td", "actions");
			const edit = button("Edit", "", `Edit row ${name}`, () => this.#edit(line, row, 0));
			actions.append(edit, " ", button("Delete", "danger", `Delete row ${name}`,
				() => this.#delete(line, row, name)));
			line.append(actions);
			[...line.children].slice(0, this.#table.columns.length).forEach((cell, index) =>
				cell.addEventListener("dblclick", () => this.#edit(line, row, index)));
		}
		else if (!this.#table.readOnly) {
			line.append(create("td"));
		}
		return line;
	}

	#key(row) {
		return new URLSearchParams(this.#table.primaryKey.map((column) => [quoteName(column),
			`eq.${asText(row[column])}`]));
	}

	#edit(line, row, index) {
		const fields = this.#table.columns.map((column) => new Field(column, row[column.name], false));
		const cancel = () => {
			const before = this.#row(row);
			form.replaceWith(before);
			before.querySelector(".actions button").focus();
		};
		const form = this.#form(fields, "Save", cancel, async (values) => {
			if (Object.keys(values).length > 0) {
				const { updated } = await sendJson(`${this.#address}?${this.#key(row)}`, "PATCH", values);
				if (updated === 0) {
					throw new Error("The row is no longer there, or has another key now. Cancel and look again.");
				}
			}
			const changed = { ...row, ...values };
			const { rows } = await call(`${this.#address}?${this.#key(changed)}&_limit=1&_count=false`);
			const after = this.#row(rows[0] ?? row);
			form.replaceWith(after);
			after.querySelector(".actions button").focus();
			announce("The row is saved");
		});
		line.replaceWith(form);
		fields[index].focus();
	}

	add() {
		body.querySelector("tr.new")?.remove();
		const fields = this.#table.columns.map((column) => new Field(column, undefined, true));
		const cancel = () => {
			form.remove();
			element("row-add").focus();
		};
		const form = this.#form(fields, "Add", cancel, async (values) => {
			await sendJson(this.#address, "POST", values);
			announce("The row is added");
			form.remove();
			element("row-add").focus();
			this.#begin();
		});
		form.classList.add("new");
		body.prepend(form);
		element("rows-empty").hidden = true;
		fields.find((field) => !field.cell.firstChild.disabled)?.focus();
	}

	#form(fields, verb, cancel, save) {
		const line = create("tr", "edited");
		const actions = create("td", "actions");
		const submit = button(verb, "primary", "", async () => {
			submit.disabled = true;
			showError(problem, "");
			try {
				await save(values(fields));
			}
			catch (error) {
				showError(problem, error.message);
			}
			finally {
				submit.disabled = false;
			}
		});
		actions.append(submit, " ", button("Cancel", "", "", cancel));
		const problem = errorLine(actions);
		line.append(...fields.map((field) => field.cell), actions);
		line.addEventListener("keydown", (event) => {
			if (event.key === "Escape") {
				cancel();
			}
			else if (event.key === "Enter" && event.target.tagName === "INPUT") {
				event.preventDefault();
				submit.click();
			}
		});
		return line;
	}

	#delete(line, row, name) {
		confirmDeletion({
			title: `Delete row ${name}?`,
			text: "Nothing brings it back.",
			verb: "Delete",
			run: async () => {
				const { deleted } = await call(`${this.#address}?${this.#key(row)}`, { method: "DELETE" });
				announce(deleted > 0 ? `Row ${name} is deleted` : `Row ${name} was no longer there`);
			},
			done: () => {
				this.#total -= 1;
				const next = line.nextElementSibling ?? line.previousElementSibling;
				line.remove();
				this.#shown -= 1;
				if (this.#shown === 0) {
					this.#begin();
				}
				else {
					this.#state((this.#addresses.length - 1) * Number(element("rows-limit").value));
				}
				(next?.querySelector(".actions button") ?? element("row-add")).focus();
			},
		});
	}

}

function values(fields) {
	const values = {};
	for (const field of fields) {
		const value = field.value();
		if (value !== Field.UNTOUCHED) {
			values[field.column.name] = value;
		}
	}
	return values;
}
