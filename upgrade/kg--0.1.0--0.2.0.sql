\echo Use "ALTER EXTENSION kg UPDATE" to load this file. \quit
