/**
 * The built product as an administrator gets it. The distribution runs unmodified, started by its own launcher over a
 * conmgr directory of the test; the tests stand outside it and see it through files, TCP and JMX.
 */
@NullMarked
package org.conmgr.itests;

import org.jspecify.annotations.NullMarked;
