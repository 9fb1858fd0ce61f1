package org.conmgr.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.conmgr.api.routing.Target;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.FrontDoor;

/**
 * The door of clients that say what they want with {@code options=-c conmgr.target_session_attrs=standby}: PostgreSQL
 * takes a setting with a dot in its name without knowing it, so the bytes pass unchanged. libpq's own {@code
 * target_session_attrs} is never sent (fe-connect.c).
 *
 * @param path see {@link Door#path}
 * @param target see {@link Door#target}
 * @param tls see {@link Door#tls}
 * @param frontDoor takes connections back
 */
public record OptionsDoor(String path, Optional<Target> target, Optional<TlsMode> tls, FrontDoor frontDoor)
        implements Door {
    private static final String SETTING = "conmgr.target_session_attrs";

    /** A door where the client has the say in everything. */
    public static OptionsDoor open(String path, FrontDoor frontDoor) {
        return new OptionsDoor(path, Optional.empty(), Optional.empty(), frontDoor);
    }

    /**
     * The door of a port.
     *
     * @param target {@code target_session_attrs}; may be blank
     * @param tls {@code tls}; may be blank
     * @throws InvalidSetting that names the key
     */
    public static OptionsDoor of(String path, String target, String tls, FrontDoor frontDoor) {
        return new OptionsDoor(
                path,
                target.isBlank() ? Optional.empty() : Optional.of(target(target)),
                tls.isBlank() ? Optional.empty() : Optional.of(Setting.word("tls", tls, TlsMode.class)),
                frontDoor);
    }

    private static Target target(String word) {
        return Target.ofWord(word)
                .orElseThrow(() -> new InvalidSetting(
                        "target_session_attrs",
                        word,
                        Arrays.stream(Target.values()).map(Target::word).collect(Collectors.joining(", "))));
    }

    @Override
    public Optional<String> wish(FirstPacket.Startup startup) {
        return StartupOptions.value(startup, SETTING);
    }

    @Override
    public void next(Channel client, ByteBuf received) {
        frontDoor.next(client, received);
    }
}
