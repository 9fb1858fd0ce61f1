/** Tests of the companion with real programs: PostgreSQL is real, conmgr is played by the tests. */
@NullMarked
package org.conmgr.libpq;

import org.jspecify.annotations.NullMarked;
