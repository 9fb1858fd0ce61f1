package org.conmgr.config;

/**
 * One {@code name = value} of the file, as written.
 *
 * @param line from 1
 * @param value without its quotes
 */
record Assignment(int line, String name, String value) {}
