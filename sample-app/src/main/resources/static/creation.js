import { announce, button, create, element, sendJson, showError } from "./page.js";

const section = element("create");
const form = element("create-form");
const columns = element("create-columns");
let whenCreated = null;
let opener = null;

element("create-add").addEventListener("click", () => addColumn().querySelector("input").focus());
element("create-cancel").addEventListener("click", close);
form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const table = form.elements.table.value.trim();
	const submit = form.querySelector("[type=submit]");
	submit.disabled = true;
	showError(element("create-error"), "");
	try {
		const created = await sendJson(`/api/tables/${encodeURIComponent(table)}`, "POST",
			[...columns.children].map(definition));
		announce(`The table ${created.name} is created`);
		close();
		whenCreated(created.table);
	}
	catch (error) {
		showError(element("create-error"), error.message);
	}
	finally {
		submit.disabled = false;
	}
});

export function openCreation(tables, done) {
	whenCreated = done;
	opener = document.activeElement;
	form.reset();
	showError(element("create-error"), "");
	columns.replaceChildren();
	addColumn({ name: "id", type: "bigint", key: true, auto: true });
	addColumn();
	section.hidden = false;
	form.elements.table.focus();
}

function close() {
	section.hidden = true;
	opener?.focus();
}

function addColumn({ name = "", type = "text", key = false, auto = false } = {}) {
	const group = create("fieldset");
	const legend = create("legend", "hidden", "Column");
	group.append(legend,
		field("Column", "name", { value: name, required: true }),
		field("Type", "type", { value: type, required: true, list: "type-names" }),
		field("Default", "default", { placeholder: "none" }),
		field("Refers to", "references", { placeholder: "table.id" }),
		flag("Key", "primary_key", key), flag("Numbered", "autoincrement", auto),
		flag("Not null", "not_null"), flag("Unique", "unique"), flag("Index", "index"),
		button("Remove", "", "Remove this column", () => {
			group.remove();
			element("create-add").focus();
		}));
	columns.append(group);
	return group;
}

function field(text, name, { list, ...properties }) {
	const label = create("label", "", text);
	const input = create("input");
	Object.assign(input, { autocomplete: "off", spellcheck: false, ...properties });
	input.dataset.option = name;
	if (list) {
		input.setAttribute("list", list);
	}
	label.append(input);
	return label;
}

function flag(text, name, checked = false) {
	const label = create("label", "check");
	const input = create("input");
	Object.assign(input, { type: "checkbox", checked });
	input.dataset.option = name;
	label.append(input, text);
	return label;
}

/** An expression that the application knows is one; anything else is a literal. */
function definition(group) {
	const options = {};
	let name;
	let type;
	for (const input of group.querySelectorAll("input")) {
		const option = input.dataset.option;
		const value = (input.type === "checkbox") ? input.checked : input.value.trim();
		if (option === "name") {
			name = value;
		}
		else if (option === "type") {
			type = value;
		}
		else if (value) {
			const expression = option === "default" && /^(now\(\)|gen_random_uuid\(\)|current_date|current_timestamp)$/i
				.test(value);
			options[expression ? "default_expression" : option] = value;
		}
	}
	return { name, type, options };
}
