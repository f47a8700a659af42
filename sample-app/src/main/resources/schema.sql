CREATE TABLE IF NOT EXISTS files (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	-- Of type oid, so that the search for orphaned large objects sees the reference.
	oid oid NOT NULL CONSTRAINT files_oid_unique UNIQUE,
	name text NOT NULL CONSTRAINT files_name_length CHECK (length(name) BETWEEN 1 AND 255),
	content_type text NOT NULL,
	size bigint NOT NULL,
	sha256 text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);

-- To try imports and exports with.
CREATE TABLE IF NOT EXISTS books (
	id bigint PRIMARY KEY,
	title text NOT NULL,
	author text,
	price numeric(8, 2) CONSTRAINT books_price_not_negative CHECK (price >= 0),
	published date
);
