"""libpq by ctypes: what zoo.py and filter.py need of it, without a package."""
import ctypes
import ctypes.util
import struct

import numpy


class ServerError(Exception):
    pass


class Libpq:
    """The few functions of libpq that this needs."""

    def __init__(self):
        self.lib = ctypes.CDLL(ctypes.util.find_library("pq"))
        pointer, text, number = \
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        for name, result, arguments in (
                ("PQconnectdb", pointer, [text]),
                ("PQstatus", number, [pointer]),
                ("PQfinish", None, [pointer]),
                ("PQerrorMessage", text, [pointer]),
                ("PQbackendPID", number, [pointer]),
                ("PQexec", pointer, [pointer, text]),
                ("PQprepare", pointer, [pointer, text, text, number, pointer]),
                ("PQexecPrepared", pointer, [pointer, text, number, pointer,
                                             pointer, pointer, number]),
                ("PQresultStatus", number, [pointer]),
                ("PQresultErrorMessage", text, [pointer]),
                ("PQntuples", number, [pointer]),
                ("PQnfields", number, [pointer]),
                ("PQgetvalue", pointer, [pointer, number, number]),
                ("PQgetlength", number, [pointer, number, number]),
                ("PQclear", None, [pointer]),
                ("PQputCopyData", number, [pointer, text, number]),
                ("PQputCopyEnd", number, [pointer, text]),
                ("PQgetResult", pointer, [pointer])):
            function = getattr(self.lib, name)
            function.restype = result
            function.argtypes = arguments
            setattr(self, name[2:], function)


class Session:
    """A connection as libpq's environment says, to a server of this machine.

    Errors are ServerError, with the message's first line."""

    COMMAND_OK, TUPLES_OK, COPY_IN = 1, 2, 4

    def __init__(self, pq):
        self.pq = pq
        self.conn = pq.connectdb(b"")
        if pq.status(self.conn) != 0:
            raise ServerError(pq.errorMessage(self.conn).decode())
        self.pid = pq.backendPID(self.conn)

    def close(self):
        self.pq.finish(self.conn)

    def check(self, result, *wanted):
        if self.pq.resultStatus(result) not in wanted:
            error = self.pq.resultErrorMessage(result).decode().strip()
            self.pq.clear(result)
            raise ServerError(error.split("\n")[0])
        return result

    def sql(self, *statements):
        """The rows of the last one, as text."""
        for statement in statements:
            result = self.check(self.pq.exec(self.conn, statement.encode()),
                                self.COMMAND_OK, self.TUPLES_OK)
            rows = [tuple(ctypes.string_at(self.pq.getvalue(result, i, j))
                          .decode() for j in range(self.pq.nfields(result)))
                    for i in range(self.pq.ntuples(result))]
            self.pq.clear(result)
        return rows

    def copy(self, statement, data):
        self.pq.clear(self.check(self.pq.exec(
            self.conn, statement.encode()), self.COPY_IN))
        for start in range(0, len(data), 1 << 20):
            part = data[start:start + (1 << 20)]
            self.pq.putCopyData(self.conn, part, len(part))
        self.pq.putCopyEnd(self.conn, None)
        while result := self.pq.getResult(self.conn):
            self.pq.clear(self.check(result, self.COMMAND_OK))

    def prepare(self, name, statement):
        """In place of all that were prepared before."""
        self.sql("DEALLOCATE ALL")
        self.pq.clear(self.check(self.pq.prepare(
            self.conn, name.encode(), statement.encode(), 0, None),
            self.COMMAND_OK))

    def run(self, name, *values):
        """Of parameters in binary form, the rows' first column, an int4, and
        their second, if there is one, a float8; NaN for NULL."""
        return self.rows(self.send(name, *values))

    def send(self, name, *values):
        """Of parameters in binary form, a result for rows."""
        count = len(values)
        return self.pq.execPrepared(
            self.conn, name.encode(), count,
            (ctypes.c_char_p * count)(*values),
            (ctypes.c_int * count)(*map(len, values)),
            (ctypes.c_int * count)(*[1] * count), 1)

    def rows(self, result):
        self.check(result, self.TUPLES_OK)
        rows, columns = self.pq.ntuples(result), self.pq.nfields(result)
        at, get = ctypes.string_at, self.pq.getvalue
        ids = [int.from_bytes(at(get(result, i, 0), 4), "big")
               for i in range(rows)]
        distances = [struct.unpack(">d", at(get(result, i, 1), 8))[0]
                     if self.pq.getlength(result, i, 1) == 8 else numpy.nan
                     for i in range(rows)] if columns > 1 else []
        self.pq.clear(result)
        return ids, distances

    def cpu(self):
        """Seconds of CPU time that the backend has used."""
        with open(f"/proc/{self.pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9
