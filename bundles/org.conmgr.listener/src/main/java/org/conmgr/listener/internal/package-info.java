/**
 * The port. {@link org.conmgr.listener.internal.Reception} has no configuration, so that what it holds (the count of
 * open connections, the adapters, connections whose first packet is still to come) outlives every change of settings;
 * {@link org.conmgr.listener.internal.Listener} has the settings and owns nothing but server sockets.
 * {@link org.conmgr.listener.internal.ListeningSockets} changes those over, and those of adapters' own ports.
 */
@NullMarked
package org.conmgr.listener.internal;

import org.jspecify.annotations.NullMarked;
