package org.conmgr.gateway.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** The packets that the gateway sends of its own accord. */
final class Packets {
    private static final int SSL_REQUEST = 80877103;

    private Packets() {}

    static ByteBuf sslRequest() {
        return Unpooled.buffer(8).writeInt(8).writeInt(SSL_REQUEST);
    }
}
