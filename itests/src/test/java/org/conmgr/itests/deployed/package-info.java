/** What the tests build a bundle of and drop into a running distribution. */
@NullMarked
package org.conmgr.itests.deployed;

import org.jspecify.annotations.NullMarked;
