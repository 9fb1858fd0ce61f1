package org.conmgr.config.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.conmgr.api.log.Message;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Platform;
import org.conmgr.config.Problem;

/** What a look at a file found. Equal if the same was found. */
sealed interface Content {
    /** There is no file. */
    record Absent() implements Content {
        @Override
        public ConfFile.Reading read(Platform platform) {
            return refusal("no such file");
        }
    }

    /** There is one, but it cannot be read. */
    record Unreadable(String reason) implements Content {
        @Override
        public ConfFile.Reading read(Platform platform) {
            return refusal(reason);
        }
    }

    /** What it holds. */
    record Bytes(ByteBuffer bytes) implements Content {
        @Override
        public ConfFile.Reading read(Platform platform) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return ConfFile.parse(ConfFile.NAME, copy, platform);
        }
    }

    /** What it says as a {@code conmgr.conf}. */
    ConfFile.Reading read(Platform platform);

    private static ConfFile.Reading refusal(String reason) {
        return new ConfFile.Reading(null, List.of(new Problem(Message.INVALID_SETTING, ConfFile.NAME, 0, reason)));
    }

    static Content of(Path file) {
        try {
            return new Bytes(ByteBuffer.wrap(ConfFile.bytes(file)));
        } catch (NoSuchFileException e) {
            return new Absent();
        } catch (IOException e) {
            return new Unreadable(ConfFile.unreadable(e));
        }
    }
}
