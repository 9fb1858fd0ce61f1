package org.conmgr.heartbeat.internal;

/**
 * The detector in shadow had given the peer up when it was heard again; the acting one had not.
 *
 * @param detector its name
 * @param early nanoseconds between the two
 * @param evidence what it went by
 */
record ShadowAlarm(String detector, long early, String evidence) {}
