package org.conmgr.api.routing;

/**
 * What an application connection asks for.
 *
 * @param target the kind of instance
 * @param application {@code application_name} or program name, for views; may be empty
 * @param pid process id of the application on its host; 0 when not told
 * @param path how it reaches the instance: {@code direct} or the gateway adapter's name
 * @param minLsn only instances that have reached this byte position (see {@link
 *     org.conmgr.api.instance.Progress#lsn()}); 0 for any
 */
public record RouteRequest(Target target, String application, long pid, String path, long minLsn) {}
