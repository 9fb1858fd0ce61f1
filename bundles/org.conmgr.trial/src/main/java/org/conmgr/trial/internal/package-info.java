/** What {@code ./trial} shows: a site of its own on this machine, an application, a failure, a promotion. */
@NullMarked
package org.conmgr.trial.internal;

import org.jspecify.annotations.NullMarked;
