package org.conmgr.api.routing;

/** The answer to a {@link RouteRequest}: where to go, or why nowhere. */
public sealed interface RouteAnswer permits Route, Refusal {}
