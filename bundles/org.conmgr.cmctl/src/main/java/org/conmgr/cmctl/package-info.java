/**
 * The command {@code cm_ctl}: starts, stops and asks the conmgr of a conmgr directory. A plain Java program, run by
 * {@code bin/cm_ctl}; it never runs inside a conmgr. Results go to stdout, messages to stderr.
 */
@NullMarked
package org.conmgr.cmctl;

import org.jspecify.annotations.NullMarked;
