/** What the tests of the gateway need of the router's inside. */
@NullMarked
package org.conmgr.routing.internal;

import org.jspecify.annotations.NullMarked;
