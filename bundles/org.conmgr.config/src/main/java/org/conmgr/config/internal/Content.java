package org.conmgr.config.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.conmgr.config.ConfFile;

/** What a look at a file found. Equal if the same was found. */
sealed interface Content {
    /** There is no file. */
    record Absent() implements Content {}

    /** There is one, but it cannot be read. */
    record Unreadable(String reason) implements Content {}

    /** What it holds. */
    record Bytes(ByteBuffer bytes) implements Content {}

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
