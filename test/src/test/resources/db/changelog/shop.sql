--liquibase formatted sql

--changeset shop:1
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE audit (line text NOT NULL);
