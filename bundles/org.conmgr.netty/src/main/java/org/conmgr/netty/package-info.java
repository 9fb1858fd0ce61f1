/**
 * The event loops and the choice between epoll and nio, made once for the whole process; what connections of every
 * kind need of TCP; and the addresses of the hosts they go to.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.conmgr.netty;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
