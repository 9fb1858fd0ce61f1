package org.conmgr.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.conmgr.api.setting.InvalidSetting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "::/0, 192.0.2.7, false"
    })
    void anAddressIsInItsNetwork(String network, String address, boolean in) throws UnknownHostException {
        assertThat(Network.parse("client_networks", network).contains(InetAddress.getByName(address)))
                .isEqualTo(in);
    }

    @Test
    void aMappedAddressIsAnIpv4Address() throws UnknownHostException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) 192, 0, 2, 7};
        assertThat(Network.parse("client_networks", "192.0.2.0/24")
                        .contains(Inet6Address.getByAddress(null, mapped, -1)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"db.example.com", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.1/24", "192.0.2.0/", "/24", "::/129"})
    void whatIsNoNetworkIsAnError(String text) {
        assertThatThrownBy(() -> Network.parse("client_networks", text))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("client_networks: ");
    }
}
