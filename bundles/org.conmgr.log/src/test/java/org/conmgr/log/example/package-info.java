/** The example of docs/write-your-own-sink.md. */
@NullMarked
package org.conmgr.log.example;

import org.jspecify.annotations.NullMarked;
