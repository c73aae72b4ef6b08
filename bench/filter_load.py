"""Tables and indexes of bench/filter.py.

A database for each data set, with bench/lib.sh's names: kg_base and
pgvector_base (id int, e vector, filter columns), kg_query and pgvector_query
(id, e), neighbors (id, nearest).  B-trees on the filter columns are named
kg_base_COLUMN; indexes are built when they are first needed.
"""
import hashlib
import os

import numpy

from filter_data import RANKS, records
from libpq import Session

SCHEMAS = {"kg": "kg", "pgvector": "public"}
COPY_HEAD = b"PGCOPY\n\377\r\n\0" + bytes(8)
# int4[]: one dimension, no nulls, the type's oid, length, lower bound
ARRAY_HEAD = (1, 0, 23, 0, 1)


def binary(vector):
    """A vector as both extensions send it."""
    return numpy.array([len(vector), 0], ">i2").tobytes() \
        + vector.astype(">f4").tobytes()


def copy(session, table, parts, count):
    """parts: (size of head, head, rows) of each field, rows of 4-byte
    numbers, one row a record."""
    fields = [("fields", ">i2")]
    for i, (head, rows) in enumerate(parts):
        fields += [(f"length{i}", ">i4"), (f"head{i}", f"V{len(head)}"),
                   (f"value{i}", ">i4", rows.shape[1:])]
    record = numpy.dtype([f for f in fields if f[1] != "V0"])
    for start in range(0, count, 65536):
        block = numpy.zeros(min(65536, count - start), record)
        block["fields"] = len(parts)
        for i, (head, rows) in enumerate(parts):
            size = int(numpy.prod(rows.shape[1:], dtype=int)) * 4
            block[f"length{i}"] = len(head) + size
            if head:
                block[f"head{i}"] = numpy.void(head)
            block[f"value{i}"] = rows[start:start + 65536]
        session.copy(f"COPY {table} FROM STDIN (FORMAT binary)",
                     COPY_HEAD + block.tobytes() + b"\377\377")


def vectors(rows):
    return numpy.array([rows.shape[1], 0], ">i2").tobytes(), \
        rows.view(numpy.int32)


def arrays(rows):
    head = numpy.array(ARRAY_HEAD, ">i4")
    head[3] = rows.shape[1]
    # each element has its length before it
    wide = numpy.full((*rows.shape, 2), 4, numpy.int32)
    wide[..., 1] = rows
    return head.tobytes(), wide


def numbers(column):
    return b"", numpy.asarray(column, numpy.int32)


def exists(session, relation):
    return session.sql(f"SELECT to_regclass('{relation}') IS NOT NULL"
                       )[0][0] == "t"


def connect(pq, database):
    os.environ["PGDATABASE"] = database
    session = Session(pq)
    session.sql("SET client_min_messages = error",
                "SET statement_timeout = 0",
                "SET max_parallel_workers_per_gather = 0",
                "SET max_parallel_maintenance_workers = 0", "SET jit = off")
    return session


def make_database(pq, name):
    session = connect(pq, "postgres")
    if not session.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        session.sql(f"CREATE DATABASE {name}")
    session.close()


def load(pq, database, data, extensions):
    """Makes what is missing of the tables."""
    make_database(pq, database)
    session = connect(pq, database)
    session.sql("CREATE EXTENSION IF NOT EXISTS kg")
    if "pgvector" in extensions:
        session.sql("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    for extension in extensions:
        load_vectors(session, extension, data)
    if not exists(session, "neighbors"):
        truth = records(f"{data.stem}.gt.ivecs")
        session.sql("BEGIN", "CREATE TABLE neighbors (id int PRIMARY KEY, "
                    "nearest int[])")
        copy(session, "neighbors",
             [numbers(numpy.arange(len(truth))), arrays(truth)], len(truth))
        session.sql("COMMIT", "CREATE VIEW gt AS SELECT id, nearest AS ids "
                    "FROM neighbors", "VACUUM ANALYZE neighbors")
    session.close()


def load_vectors(session, extension, data):
    kind = f"{SCHEMAS[extension]}.vector({data.dims})"
    columns = data.columns
    for name, rows, more in (("base", data.rows, columns),
                             ("query", data.queries, {})):
        table = f"{extension}_{name}"
        if exists(session, table):
            continue
        print(f"{table}: {len(rows)} rows", flush=True)
        session.sql("BEGIN", f"CREATE TABLE {table} (id int PRIMARY KEY, "
                    f"e {kind}" + "".join(f", {c} int" for c in more) + ")")
        copy(session, table, [numbers(numpy.arange(len(rows))), vectors(rows),
                              *map(numbers, more.values())], len(rows))
        session.sql("COMMIT")
        if extension == "kg":
            for column in more:
                session.sql(f"CREATE INDEX {table}_{column} ON {table} "
                            f"({column})")
        session.sql(f"VACUUM (FREEZE, ANALYZE) {table}")


class Indexes:
    """Builds indexes that are missing, or of another library or definition,
    and keeps what that cost: {name: (CPU s, pages, definition)}."""

    def __init__(self, pq, database, data, options):
        self.pq, self.database, self.data = pq, database, data
        self.options = options
        self.spent = {}

    def opclass(self, extension):
        return f"{SCHEMAS[extension]}.vector_{self.data.metric}_ops"

    def kg(self, columns=()):
        name = "kg_plain" if not columns else "kg_f_" + "_".join(columns)
        keys = ", ".join([f"e {self.opclass('kg')}", *columns])
        self.ensure(name, f"kg_base USING kg_hnsw ({keys}) "
                    f"{self.options.index_options}", True)
        return name

    def pgvector(self):
        self.ensure("pgvector_index", f"pgvector_base USING hnsw "
                    f"(e {self.opclass('pgvector')}) "
                    "WITH (m = 16, ef_construction = 64)", False)
        return "pgvector_index"

    def alone(self, rank, tenant):
        """The table of one tenant's rows."""
        table = f"kg_tenant{rank}"
        session = connect(self.pq, self.database)
        if not exists(session, table):
            session.sql(f"CREATE TABLE {table} AS SELECT id, e FROM kg_base "
                        f"WHERE tenant_id = {tenant}",
                        f"VACUUM (FREEZE, ANALYZE) {table}")
        session.close()
        self.ensure(f"{table}_index", f"{table} USING kg_hnsw "
                    f"(e {self.opclass('kg')}) {self.options.index_options}",
                    True)
        return table

    def ensure(self, name, definition, ours):
        session = connect(self.pq, self.database)
        mark = definition
        if ours and not self.options.keep_index:
            mark += " " + self.library(session)
        there = session.sql("SELECT obj_description(to_regclass("
                            f"'{name}'), 'pg_class')")[0][0]
        if not exists(session, name):
            there = None
        if there != mark and not (
                there and self.options.keep_index
                and there.startswith(definition)):
            print(f"CREATE INDEX {name} ON {definition}", flush=True)
            session.sql(f"DROP INDEX IF EXISTS {name}")
            before = session.cpu()
            session.sql(f"CREATE INDEX {name} ON {definition}")
            spent = session.cpu() - before
            pages = int(session.sql(f"SELECT pg_relation_size('{name}') "
                                    "/ 8192")[0][0])
            self.spent[name] = spent, pages, definition
            session.sql(f"COMMENT ON INDEX {name} IS "
                        "'" + mark.replace("'", "''") + "'")
        session.close()

    def library(self, session):
        folder = session.sql("SELECT setting FROM pg_config "
                             "WHERE name = 'PKGLIBDIR'")[0][0]
        with open(f"{folder}/kg.so", "rb") as file:
            return hashlib.md5(file.read()).hexdigest()

    def drop(self):
        """Those of kg."""
        session = connect(self.pq, self.database)
        for name in session.sql(
                "SELECT c.oid::regclass FROM pg_class c JOIN pg_am a "
                "ON a.oid = c.relam WHERE a.amname = 'kg_hnsw'"):
            session.sql(f"DROP INDEX {name[0]}")
        for rank in RANKS:
            session.sql(f"DROP TABLE IF EXISTS kg_tenant{rank}")
        session.close()
