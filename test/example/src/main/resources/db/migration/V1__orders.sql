CREATE TABLE product (
	sku   text PRIMARY KEY,
	stock int NOT NULL CHECK (stock >= 0)
);

CREATE TABLE orders (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	customer text NOT NULL
);

CREATE TABLE order_line (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	order_id bigint NOT NULL REFERENCES orders,
	sku      text NOT NULL REFERENCES product,
	quantity int NOT NULL CHECK (quantity > 0)
);
