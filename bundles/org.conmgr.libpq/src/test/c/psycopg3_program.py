"""psycopg3_program.py SECONDS: tells the server's port and sleeps."""
import sys

import psycopg

with psycopg.connect("") as connection:
    print(connection.execute("select inet_server_port()").fetchone()[0], connection.info.port, flush=True)
    connection.execute("select pg_sleep(%s)", [float(sys.argv[1])])
