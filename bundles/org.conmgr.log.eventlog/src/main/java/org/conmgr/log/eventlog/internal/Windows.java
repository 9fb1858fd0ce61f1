package org.conmgr.log.eventlog.internal;

/** A service that is there on Windows, and says nothing more. */
final class Windows {}
