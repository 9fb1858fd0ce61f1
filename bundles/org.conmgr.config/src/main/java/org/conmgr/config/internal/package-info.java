/** From conmgr.conf to Config Admin. */
@NullMarked
package org.conmgr.config.internal;

import org.jspecify.annotations.NullMarked;
