/* odbc CONNECTION-STRING QUERY: tells SQL_SERVER_NAME, and the query's first value. */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>

static int fail(SQLSMALLINT type, SQLHANDLE handle)
{
    SQLCHAR state[6], text[1000];
    SQLINTEGER native;
    SQLSMALLINT length;
    if (SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state, &native, text, sizeof text, &length)))
        fprintf(stderr, "%s %s\n", state, text);
    return 1;
}

int main(int argc, char **argv)
{
    SQLHENV env;
    SQLHDBC dbc;
    SQLHSTMT statement;
    SQLCHAR name[300] = "", value[300] = "";
    SQLSMALLINT length;
    SQLLEN indicator;
    if (argc != 3)
        return 2;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER) SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    if (!SQL_SUCCEEDED(SQLDriverConnect(dbc, NULL, (SQLCHAR *) argv[1], SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT)))
        return fail(SQL_HANDLE_DBC, dbc);
    SQLGetInfo(dbc, SQL_SERVER_NAME, name, sizeof name, &length);
    SQLAllocHandle(SQL_HANDLE_STMT, dbc, &statement);
    if (!SQL_SUCCEEDED(SQLExecDirect(statement, (SQLCHAR *) argv[2], SQL_NTS)) || !SQL_SUCCEEDED(SQLFetch(statement)))
        return fail(SQL_HANDLE_STMT, statement);
    SQLGetData(statement, 1, SQL_C_CHAR, value, sizeof value, &indicator);
    printf("%s %s\n", name, value);
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return 0;
}
