-- Two rows.
INSERT INTO item (name) VALUES ('one; two');
INSERT INTO item (name)
VALUES ('three');
