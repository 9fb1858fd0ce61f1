/**
 * What this process shows over JMX: read-only MXBeans of conmgr, of each instance and of each watchdog, which a JMX
 * whiteboard registers, and the JVM's own MBean server for it to register them with. Values are read from memory at
 * each call. What is not known is null.
 */
@NullMarked
package org.conmgr.jmx.internal;

import org.jspecify.annotations.NullMarked;
