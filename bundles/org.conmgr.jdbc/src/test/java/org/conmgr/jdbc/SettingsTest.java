package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.conmgr.direct.protocol.Ask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    private static Settings settings(String... pairs) throws SQLException {
        Properties properties = new Properties();
        for (int i = 0; i < pairs.length; i += 2) {
            properties.setProperty(pairs[i], pairs[i + 1]);
        }
        return Settings.of(properties);
    }

    @Test
    void hasTheDefaultsOfPgjdbc() throws SQLException {
        Settings settings = settings();
        assertThat(settings.target()).isEqualTo(Target.ANY);
        assertThat(settings.keepOnLoss()).isFalse();
        assertThat(settings.connectMillis()).isEqualTo(10_000);
        assertThat(settings.loginMillis()).isZero();
        assertThat(settings.cancelMillis()).isEqualTo(10_000);
        assertThat(settings.ask())
                .isEqualTo(new Ask(
                        "any", "PostgreSQL JDBC Driver", ProcessHandle.current().pid(), 0));
    }

    @Test
    void readsWhatIsSet() throws SQLException {
        Settings settings = settings(
                "conmgrLoss", "keep", "connectTimeout", "3", "loginTimeout", "1.5", "cancelSignalTimeout", "4");
        assertThat(settings.keepOnLoss()).isTrue();
        assertThat(settings.connectMillis()).isEqualTo(3000);
        assertThat(settings.loginMillis()).isEqualTo(1500);
        assertThat(settings.cancelMillis()).isEqualTo(4000);
        assertThat(settings("conmgrMinLsn", "16/B374D848").minLsn()).isEqualTo(0x16_B374D848L);
        assertThat(settings("ApplicationName", "till").ask().application()).isEqualTo("till");
    }

    @Test
    void takesTheLoginTimeoutOfTheDriverManagerUnlessItHasItsOwn() throws SQLException {
        DriverManager.setLoginTimeout(7);
        try {
            assertThat(settings().loginMillis()).isEqualTo(7000);
            assertThat(settings("loginTimeout", "0").loginMillis()).isZero();
        } finally {
            DriverManager.setLoginTimeout(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "targetServerType, any, any, any",
        "targetServerType, primary, read-write, primary",
        "targetServerType, master, read-write, primary",
        "targetServerType, secondary, read-only, secondary",
        "targetServerType, slave, read-only, secondary",
        "targetServerType, preferSecondary, prefer-read-only, any",
        "targetServerType, preferSlave, prefer-read-only, any",
        "targetServerType, preferPrimary, prefer-read-write, any",
        "target_session_attrs, any, any, any",
        "target_session_attrs, read-write, read-write, primary",
        "target_session_attrs, read-only, read-only, secondary",
        "target_session_attrs, primary, primary, any",
        "target_session_attrs, standby, standby, any",
        "target_session_attrs, prefer-standby, prefer-standby, any",
        "target_session_attrs, prefer-primary, prefer-primary, any",
        "target_session_attrs, prefer-read-only, prefer-read-only, any",
        "target_session_attrs, prefer-read-write, prefer-read-write, any",
    })
    void asksInTheWordsOfLibpqAndLeavesPgjdbcToVerify(String name, String word, String asked, String verified)
            throws SQLException {
        Target target = settings(name, word).target();
        assertThat(target.word()).isEqualTo(asked);
        assertThat(target.serverType()).isEqualTo(verified);
    }

    @Test
    void aPreferenceIsStrictFirst() {
        assertThat(Target.PREFER_STANDBY.strict()).isEqualTo(Target.STANDBY);
        assertThat(Target.PREFER_PRIMARY.strict()).isEqualTo(Target.PRIMARY);
        assertThat(Target.PREFER_READ_ONLY.strict()).isEqualTo(Target.READ_ONLY);
        assertThat(Target.PREFER_READ_WRITE.strict()).isEqualTo(Target.READ_WRITE);
        assertThat(Target.STANDBY.strict()).isEqualTo(Target.STANDBY);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            targetServerType     | leader  | targetServerType: leader (expected: any, primary, secondary, preferSecondary, preferPrimary)
            target_session_attrs | master  | target_session_attrs: master (expected: any, read-write, read-only, primary, standby, prefer-standby, prefer-primary, prefer-read-only, prefer-read-write)
            conmgrLoss           | ignore  | conmgrLoss: ignore (expected: close or keep)
            connectTimeout       | 1s      | connectTimeout: 1s (expected: seconds, an integer >= 0)
            connectTimeout       | -1      | connectTimeout: -1 (expected: seconds, an integer >= 0)
            cancelSignalTimeout  | x       | cancelSignalTimeout: x (expected: seconds, an integer >= 0)
            loginTimeout         | soon    | loginTimeout: soon (expected: seconds, a number >= 0)
            conmgrMinLsn         | 16      | conmgrMinLsn: 16 (expected: a position of the WAL, as in 16/B374D848)
            """)
    void tellsWhatIsWrong(String name, String value, String message) {
        assertThatThrownBy(() -> settings(name, value))
                .isInstanceOf(SQLException.class)
                .hasMessage(message)
                .hasFieldOrPropertyWithValue("SQLState", "22023");
    }

    @Test
    void takesOneWayToSayTheTarget() throws SQLException {
        assertThatThrownBy(() -> settings("target_session_attrs", "standby", "targetServerType", "secondary"))
                .hasMessage(
                        "target_session_attrs: standby, and targetServerType: secondary (expected: one of the two)");
        assertThat(settings("target_session_attrs", "standby", "targetServerType", "any")
                        .target())
                .isEqualTo(Target.STANDBY);
    }
}
