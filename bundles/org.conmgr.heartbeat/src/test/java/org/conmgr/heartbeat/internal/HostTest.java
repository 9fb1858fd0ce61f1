package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "127.0.0.1, ::1, true",
        "::1, 127.0.0.1, true",
        "127.0.0.1, 127.0.0.2, false",
        "::1, 127.0.0.2, false",
        "2001:db8::7, 2001:db8::7, true",
        "2001:db8::7, 192.0.2.7, false"
    })
    void tellsWhichAddressesAreOneHost(String one, String other, boolean same) throws UnknownHostException {
        assertThat(Host.same(InetAddress.getByName(one), InetAddress.getByName(other)))
                .isEqualTo(same);
    }

    @Test
    void anIpv4AddressAndItsMappedFormAreOneHost() throws UnknownHostException {
        assertThat(Host.same(InetAddress.getByName("192.0.2.7"), mapped(192, 0, 2, 7)))
                .isTrue();
        assertThat(Host.same(mapped(127, 0, 0, 1), InetAddress.getLoopbackAddress()))
                .isTrue();
    }

    /** As a native transport may make it; the platform's own methods never do. */
    private static InetAddress mapped(int a, int b, int c, int d) throws UnknownHostException {
        byte[] bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) a, (byte) b, (byte) c, (byte) d};
        return Inet6Address.getByAddress(null, bytes, -1);
    }
}
