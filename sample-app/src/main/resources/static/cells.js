import { create, parse } from "./page.js";

const SHOWN = 200;
const UNTOUCHED = Symbol("untouched");

export function isNumeric(column) {
	return /^(smallint|integer|bigint|numeric|real|double precision|money|oid)\b/.test(column.type)
		&& !column.type.endsWith("]");
}

export function asText(value) {
	return (typeof value === "string") ? value : JSON.stringify(value);
}

export function cell(column, value) {
	const created = create("td", isNumeric(column) ? "number" : "");
	created.dataset.column = column.name;
	if (value === null || value === undefined) {
		created.append(create("span", "null", "null"));
		return created;
	}
	const text = asText(value);
	created.textContent = (text.length > SHOWN) ? `${text.slice(0, SHOWN)}…` : text;
	if (text === "") {
		created.append(create("span", "null", "empty"));
	}
	return created;
}

/** A field for one value; value() tells it, or UNTOUCHED. */
export class Field {

	static UNTOUCHED = UNTOUCHED;

	#input;
	#isNull;
	#before;
	#isNew;
	#json;
	#structured;

	constructor(column, value, isNew) {
		this.#isNew = isNew;
		this.#before = isNew ? undefined : value;
		this.#json = /^jsonb?$/.test(column.type);
		this.#structured = /\[\]$/.test(column.type) || (value !== null && typeof value === "object"
			&& !JSON.isRawJSON?.(value));
		this.column = column;
		this.cell = create("td", "field");
		this.cell.dataset.column = column.name;
		this.#input = input(column, value);
		this.#input.setAttribute("aria-label", column.name);
		this.#input.value = this.#text(value);
		this.#input.addEventListener("input", () => this.#setNull(false));
		this.cell.append(this.#input);
		if (isNew) {
			this.#input.placeholder = placeholder(column);
		}
		this.#addNull(value);
	}

	#text(value) {
		if (value === null || value === undefined) {
			return "";
		}
		return this.#json ? JSON.stringify(value) : asText(value);
	}

	#addNull(value) {
		if (!this.column.nullable || this.#input.disabled) {
			return;
		}
		const label = create("label", "check");
		this.#isNull = create("input");
		this.#isNull.type = "checkbox";
		this.#isNull.checked = value === null;
		this.#isNull.setAttribute("aria-label", `${this.column.name} is null`);
		this.#isNull.addEventListener("change", () => {
			if (this.#isNull.checked) {
				this.#input.value = "";
			}
		});
		label.append(this.#isNull, "null");
		this.cell.append(label);
	}

	#setNull(is) {
		if (this.#isNull) {
			this.#isNull.checked = is;
		}
	}

	value() {
		const text = this.#input.value;
		if (this.#input.disabled) {
			return UNTOUCHED;
		}
		if (this.#isNull?.checked) {
			return (this.#before === null) ? UNTOUCHED : null;
		}
		if (this.#isNew && text === "") {
			return UNTOUCHED;
		}
		const unchanged = !this.#isNew && this.#before !== null && text === this.#text(this.#before);
		return unchanged ? UNTOUCHED : this.#parsed(text);
	}

	#parsed(text) {
		if (this.#json) {
			return this.#parsedJson(text);
		}
		if (this.#structured && /^[[{]/.test(text)) {
			try {
				return parse(text);
			}
			catch {
				// The server says what it does not like.
			}
		}
		return text;
	}

	#parsedJson(text) {
		try {
			return parse(text);
		}
		catch (error) {
			throw new Error(`${this.column.name} is not JSON: ${error.message}. A text stands in double quotes.`);
		}
	}

	focus() {
		this.#input.focus();
		this.#input.select?.();
	}

}

function input(column, value) {
	if (column.values.length > 0 || column.type === "boolean") {
		const select = create("select");
		const values = (column.type === "boolean") ? ["true", "false"] : column.values;
		select.append(new Option("", ""), ...values.map((name) => new Option(name, name)));
		return select;
	}
	const long = column.type.startsWith("json") || (typeof value === "string" && /\n|.{60}/.test(value));
	const created = create(long ? "textarea" : "input");
	created.autocomplete = "off";
	created.spellcheck = false;
	created.disabled = column.generated !== null || column.identity === "always";
	return created;
}

function placeholder(column) {
	if (column.generated !== null) {
		return "computed";
	}
	if (column.identity !== "none") {
		return "numbered";
	}
	return column.defaultExpression ?? (column.nullable ? "null" : "required");
}
