/** The driver as a service of OSGi. */
@NullMarked
package org.conmgr.jdbc.internal;

import org.jspecify.annotations.NullMarked;
