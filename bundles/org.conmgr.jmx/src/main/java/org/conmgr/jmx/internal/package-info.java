/** What this process shows over JMX. */
@NullMarked
package org.conmgr.jmx.internal;

import org.jspecify.annotations.NullMarked;
