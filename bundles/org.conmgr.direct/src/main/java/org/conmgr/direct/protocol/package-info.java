/**
 * The ask-and-be-told protocol between an application's driver and conmgr, as plain values and bytes: no Netty, no
 * OSGi, nothing but the JDK, because the JDBC plug-in carries a copy of this package.
 *
 * <p><b>Ask.</b> The driver opens a TCP connection to conmgr's {@code port} and writes one packet: a PostgreSQL
 * GSSENCRequest (Int32 length, Int32 80877104) whose length covers a payload behind its eight bytes. PostgreSQL 12 and
 * later and PgBouncer ignore the payload, answer {@code N} or {@code G}, log nothing and keep the socket, so that one
 * round trip tells both what the peer is and, from a conmgr, where to go.
 *
 * <pre>
 *  Int32 length (itself included, at most 1008) | Int32 80877104 | "CMGR" | Byte version | fields
 * </pre>
 *
 * <p>Fields of the ask: {@code target}, {@code application}, {@code pid}, {@code min_lsn}, and {@code instance} from a
 * driver that is connected already (libpq has tried another of the instances it was told) and only wants to be told what
 * happens to that one: conmgr names it, or says at once that it is down or no longer what is asked for (a down), or
 * refuses as long as it does not know it.
 *
 * <p><b>Answer.</b> conmgr answers with a frame and keeps the connection open; more frames may follow at any time. The
 * driver may send frames too.
 *
 * <pre>
 *  Byte type | Int32 length (itself included, type not, at most 8192) | fields
 *
 *  'C'  conmgr to driver  the answer: a route, or a refusal when it has the field sqlstate
 *  'D'  conmgr to driver  down: close the SQL connection now
 *  'B'  driver to conmgr  bound: the local end of the SQL connection
 * </pre>
 *
 * <p>Fields are key, value pairs of UTF-8 strings, each ended by a zero byte, the list ended by an empty key, as in a
 * StartupMessage. Unknown keys and frame types are ignored, but a driver may send at most 100 frames a second. A route
 * names other instances in {@code others} as {@code host:port,...}, and in {@code others_hostaddr}, if any has one, the
 * addresses that spare the resolution of their names, in the same order, empty where there is none. A refusal
 * names in the same fields the instances that conmgr has, for a driver that asks again later.
 *
 * <p><b>End.</b> A refusal and a down are conmgr's last words: behind them it ends its side of the connection (FIN),
 * drops what the driver still sends, and closes after a second if the driver has not. The end of the connection without
 * such a frame means the same to the driver as a down: conmgr itself is gone.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.direct.protocol;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
