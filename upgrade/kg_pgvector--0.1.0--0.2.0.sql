\echo Use "ALTER EXTENSION kg_pgvector UPDATE" to load this file. \quit
