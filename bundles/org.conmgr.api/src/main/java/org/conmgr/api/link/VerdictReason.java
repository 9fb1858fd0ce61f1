package org.conmgr.api.link;

/** Why one end of a heartbeat link decided that the other is gone. A closed set, told apart in every message. */
public enum VerdictReason {
    /** The TCP connection was refused: the host lives, nothing listens. */
    REFUSED("refused"),
    /** The network says that there is no way to the host. */
    HOST_UNREACHABLE("host unreachable"),
    /** The host's name has no address. */
    NAME_NOT_RESOLVED("name not resolved"),
    /** Name resolution, TCP, TLS, Hello and Welcome together took longer than {@code heartbeat_connect_timeout}. */
    CONNECT_TIMED_OUT("connect timed out"),
    /** No beat within {@code heartbeat_timeout}. */
    TIMED_OUT("timed out"),
    /** EOF or reset without a Goodbye: the peer's process died. */
    CLOSED_BY_PEER("closed by peer"),
    /** A Goodbye: the peer stopped in good order. */
    SHUT_DOWN_BY_PEER("shut down by peer"),
    /** The watchdog lives and says that its instance has stopped. */
    INSTANCE_STOPPED("instance stopped"),
    /** The watchdog lives but cannot reach its instance, or gets no answer from it. */
    INSTANCE_UNREACHABLE("instance unreachable from its watchdog"),
    /** The peer would not accept our authentication, or we not the peer's. */
    UNAUTHENTICATED("unauthenticated"),
    /** The peer speaks another protocol or another major version of it. */
    PROTOCOL_ERROR("protocol error");

    private final String words;

    VerdictReason(String words) {
        this.words = words;
    }

    /** The words used in messages, views and answers. */
    public String words() {
        return words;
    }
}
