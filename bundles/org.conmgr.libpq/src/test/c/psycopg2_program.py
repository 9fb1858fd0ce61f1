"""psycopg2_program.py SECONDS | asynchronous: tells the server's port and sleeps."""
import select
import sys

import psycopg2


def wait(connection):
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        reading = state == psycopg2.extensions.POLL_READ
        select.select([connection] if reading else [], [] if reading else [connection], [])


asynchronous = sys.argv[1] == "asynchronous"
connection = psycopg2.connect("", async_=asynchronous)
if asynchronous:
    wait(connection)
cursor = connection.cursor()
cursor.execute("select inet_server_port()")
if asynchronous:
    wait(connection)
print(cursor.fetchone()[0], connection.info.port, flush=True)
if not asynchronous:
    cursor.execute("select pg_sleep(%s)", [float(sys.argv[1])])
