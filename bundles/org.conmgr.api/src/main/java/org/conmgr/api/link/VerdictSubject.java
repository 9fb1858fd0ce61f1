package org.conmgr.api.link;

import org.conmgr.api.instance.ConfiguredInstance;

/** Whom a verdict is about: an instance at conmgr's end of a link, a conmgr at the watchdog's. */
public sealed interface VerdictSubject {
    /** Judged by this conmgr. Its text is the instance's: {@code instance 1 (db1:5432)}. */
    record Instance(ConfiguredInstance instance) implements VerdictSubject {
        @Override
        public String toString() {
            return instance.toString();
        }
    }

    /**
     * Judged by a watchdog of this process. Its text: {@code conmgr "app1" at 192.0.2.7}.
     *
     * @param watchdog the name of the watchdog
     * @param name {@code conmgr_name}
     * @param address where its link came from
     */
    record Conmgr(String watchdog, String name, String address) implements VerdictSubject {
        @Override
        public String toString() {
            return "conmgr \"" + name + "\" at " + address;
        }
    }
}
