INSERT INTO product VALUES ('lamp', 10), ('chair', 1);
