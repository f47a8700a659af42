import { button, create, element } from "./page.js";

/** What a person reads, the operator of the address, and whether it takes a value. */
const OPERATORS = [
	["is", "eq", true], ["is not", "neq", true], ["contains", "ilike", true], ["at least", "gte", true],
	["more than", "gt", true], ["at most", "lte", true], ["less than", "lt", true], ["is one of", "in", true],
	["is null", "is.null", false], ["is not null", "is.notnull", false],
];

const list = element("filters");
let columns = [];

element("filter-add").addEventListener("click", () => {
	add().querySelector("select").focus();
	showButtons();
});

export function onFilter(apply) {
	element("filter").addEventListener("submit", (event) => {
		event.preventDefault();
		apply();
	});
	element("filter-clear").addEventListener("click", () => {
		clear();
		element("filter-add").focus();
		apply();
	});
}

export function resetFilters(table) {
	columns = table.columns;
	list.replaceChildren();
	showButtons();
}

export function clear() {
	list.replaceChildren();
	showButtons();
}

/** Returns what the address takes: names in double quotes, which no option has. */
export function filterParameters() {
	return [...list.children].map((group) => {
		const [column, operator, value] = [...group.querySelectorAll("select, input")].map((input) => input.value);
		return [quoteName(column), condition(operator, value)];
	});
}

export function quoteName(name) {
	return `"${name.replaceAll("\"", "\"\"")}"`;
}

function condition(operator, value) {
	if (operator.startsWith("is.")) {
		return operator;
	}
	// What a person types is no pattern.
	return (operator === "ilike") ? `ilike.%${value.replace(/[\\%_]/g, "\\$&")}%` : `${operator}.${value}`;
}

function add() {
	const group = create("fieldset");
	const column = create("select");
	const operator = create("select");
	const value = create("input");
	group.append(create("legend", "hidden", "Filter"));
	column.setAttribute("aria-label", "Column");
	operator.setAttribute("aria-label", "Comparison");
	value.setAttribute("aria-label", "Value");
	value.autocomplete = "off";
	value.spellcheck = false;
	column.append(...columns.map(({ name }) => new Option(name, name)));
	operator.append(...OPERATORS.map(([text, name]) => new Option(text, name)));
	operator.addEventListener("change", () => {
		value.hidden = !OPERATORS.find(([, name]) => name === operator.value)[2];
		value.placeholder = (operator.value === "in") ? "a, b, c" : "";
	});
	group.append(column, operator, value, button("Remove", "", "Remove this filter", () => {
		group.remove();
		showButtons();
		(list.children.length > 0 ? element("filter-apply") : element("filter-add")).focus();
		element("filter").requestSubmit();
	}));
	list.append(group);
	return group;
}

function showButtons() {
	element("filter-apply").hidden = list.children.length === 0;
	element("filter-clear").hidden = list.children.length === 0;
}
