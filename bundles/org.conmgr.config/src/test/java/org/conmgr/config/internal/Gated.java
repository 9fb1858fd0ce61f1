package org.conmgr.config.internal;

import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;

/** A component as those that open sockets are; packed into a bundle of its own by {@link GatedBundle}. */
public final class Gated {
    public Gated(Map<String, Object> properties, MessageLog log) {
        log.log(Message.LISTENING, String.valueOf(properties.get("port")));
    }
}
