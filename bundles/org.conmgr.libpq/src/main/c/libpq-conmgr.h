/*
 * What conmgr's companion of libpq adds to libpq. Link with -lpqconmgr before -lpq, or run the program with
 * conmgr-run; without the companion a program that calls PQcmSocket() does not link.
 */
#ifndef LIBPQ_CONMGR_H
#define LIBPQ_CONMGR_H

#include <libpq-fe.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A value of PQstatus(): waiting for conmgr's answer. The companion asks conmgr inside PQconnectStart(), which takes
 * well below a millisecond, so PQstatus() never returns it; the name is here for programs that have a case for it.
 */
#define CONNECTION_AWAITING_CMRESPONSE ((ConnStatusType) 1000)

/*
 * A file descriptor that becomes readable, and stays so, when conmgr declares the instance of this connection dead, or
 * it stops being what target_session_attrs asked for, or conmgr itself is gone; never for another reason. -1 when the
 * connection does not come from a conmgr. Wait for it with poll(), select() or epoll; never read from it or close it.
 * When it is readable, go on as usual, with PQconsumeInput() or PQgetResult(): the connection is broken, and
 * PQerrorMessage() says why. Valid from PQconnectStart() or PQconnectdb() until PQfinish() or PQreset().
 */
extern int PQcmSocket(const PGconn *conn);

#ifdef __cplusplus
}
#endif

#endif
