"""What applications do with psycopg 2 and 3; prints what they see. Arguments: connection string, which."""
import sys
import threading

conninfo, which = sys.argv[1], sys.argv[2]


def cancelled(connection, cancel, error):
    timer = threading.Timer(1, cancel)
    timer.start()
    try:
        connection.cursor().execute("select pg_sleep(60)")
        print("not cancelled")
    except error as e:
        print(type(e).__name__, str(e).strip().splitlines()[0])
    timer.join()
    connection.rollback()


def psycopg2_session():
    import io
    import psycopg2
    import psycopg2.extras

    connection = psycopg2.connect(conninfo)
    cursor = connection.cursor()
    cursor.execute("create temp table t (i int, s text, b bytea)")
    psycopg2.extras.execute_values(cursor, "insert into t values %s", [(i, "ü" * i, bytes(i)) for i in range(500)])
    cursor.execute("select count(*), sum(length(s)), sum(length(b)) from t")
    print(cursor.fetchone())
    text = io.StringIO()
    cursor.copy_expert("copy (select i, s from t order by i limit 50) to stdout", text)
    print(len(text.getvalue()))
    cursor.copy_expert("copy t (i, s) from stdin", io.StringIO("".join("%d\tcopied\n" % i for i in range(20000))))
    connection.commit()
    named = connection.cursor("named")
    named.itersize = 100
    named.execute("select g from generate_series(1, 1000) g")
    print(sum(row[0] for row in named))
    named.close()
    large = connection.lobject(0, "wb")
    large.write(b"large object " * 50000)
    large.close()
    large = connection.lobject(large.oid, "rb")
    print(len(large.read()))
    large.unlink()
    connection.commit()
    cancelled(connection, connection.cancel, psycopg2.extensions.QueryCanceledError)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("listen news")
    cursor.execute("notify news, 'from myself'")
    connection.poll()
    print([(n.channel, n.payload) for n in connection.notifies])
    cursor.execute("do $$ begin raise notice 'noticed'; end $$")
    print(connection.notices)
    try:
        cursor.execute("select 1/0")
    except psycopg2.Error as e:
        print(e.pgcode, e.pgerror)
    connection.close()


def psycopg_session():
    import psycopg

    connection = psycopg.connect(conninfo)
    with connection.cursor(binary=True) as cursor:
        cursor.execute("create temp table t (i int, s text, n numeric, a int[])")
        cursor.executemany("insert into t values (%s, %s, %s, %s)", [(i, "x" * i, i / 3, [i, i + 1]) for i in range(300)])
        print(cursor.execute("select * from t where i = 7").fetchall())
        with cursor.copy("copy t (i, s) from stdin (format binary)") as copy:
            copy.set_types(["int4", "text"])
            for i in range(5000):
                copy.write_row((i, "copied %d" % i))
        with cursor.copy("copy (select i, s from t order by 1, 2) to stdout") as copy:
            print(sum(len(block) for block in copy))
        cursor.execute("select repeat('x', 20000000)")
        print(len(cursor.fetchone()[0]))
    connection.commit()
    if psycopg.pq.version() >= 140000:
        with connection.pipeline() as pipeline:
            cursors = [connection.execute("select %s::int * 2", (i,)) for i in range(500)]
            pipeline.sync()
            print(sum(cursor.fetchone()[0] for cursor in cursors))
        connection.rollback()
    with connection.cursor("named") as named:
        named.execute("select g from generate_series(1, 1000) g")
        print(sum(row[0] for row in named))
    connection.commit()
    cancelled(connection, connection.cancel, psycopg.errors.QueryCanceled)
    connection.autocommit = True
    connection.add_notify_handler(lambda n: print(n.channel, n.payload))
    connection.execute("listen news")
    connection.execute("notify news, 'from myself'")
    connection.execute("select 1")
    xid = connection.xid(1, "global", "branch")
    connection.autocommit = False
    connection.tpc_begin(xid)
    connection.execute("create table if not exists tpc (i int)")
    connection.tpc_prepare()
    connection.tpc_rollback()
    connection.close()


{"psycopg2": psycopg2_session, "psycopg": psycopg_session}[which]()
