package org.conmgr.config.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real files; each look is a call, so nothing here depends on time. */
class FileWatchTest {
    private final Path directory;
    private final Path file;
    private final FileWatch watch;

    FileWatchTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        file = Files.writeString(directory.resolve("conmgr.conf"), "one");
        watch = new FileWatch(file);
        assertThat(watch.take()).isEqualTo(bytes("one"));
    }

    @Test
    void nothingNew() {
        looksInVain(30);
    }

    @Test
    void anEditCountsWhenTwoLooksHaveFoundIt() throws IOException {
        Files.writeString(file, "two");
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("two"));
        looksInVain(30);
    }

    @Test
    void anEditLongAfterTheLast() throws IOException {
        looksInVain(30);
        Files.writeString(file, "three");
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("three"));
    }

    @Test
    void aFileThatIsStillBeingWrittenIsLeftAlone() throws IOException {
        Files.writeString(file, "");
        looksInVain(1);
        Files.writeString(file, "tw");
        looksInVain(1);
        Files.writeString(file, "o", StandardOpenOption.APPEND);
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("two"));
    }

    @Test
    void anotherFileIsRenamedOverIt() throws IOException {
        Path other = Files.writeString(directory.resolve("conmgr.conf.new"), "two");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        looksInVain(30);
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("two"));
    }

    @Test
    void missingForAMoment() throws IOException {
        Files.delete(file);
        looksInVain(1);
        Files.writeString(file, "two");
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("two"));
    }

    @Test
    void removedAndBackAgain() throws IOException {
        Files.delete(file);
        looksInVain(1);
        assertThat(watch.look()).contains(new Content.Absent());
        looksInVain(30);
        Files.writeString(file, "one");
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("one"));
    }

    @Test
    void editedAndEditedBackBetweenTwoLooks() throws IOException {
        Files.writeString(file, "two");
        looksInVain(1);
        Files.writeString(file, "one");
        looksInVain(30);
    }

    @Test
    void touched() throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1)));
        looksInVain(30);
    }

    @Test
    void aSecondEditWithinOneTickOfTheFileTime() throws IOException {
        FileTime tick = Files.getLastModifiedTime(file);
        looksInVain(3);
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, tick);
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("two"));
        Files.writeString(file, "six");
        Files.setLastModifiedTime(file, tick);
        looksInVain(1);
        assertThat(watch.look()).contains(bytes("six"));
    }

    /** What cannot be seen by time, size and identity stays unseen: the file is not read at every look. */
    @Test
    void isNotReadForEver() throws IOException {
        FileTime tick = Files.getLastModifiedTime(file);
        looksInVain(30);
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, tick);
        looksInVain(30);
    }

    @Test
    void aDirectoryInItsPlace() throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
        looksInVain(1);
        assertThat(watch.look()).containsInstanceOf(Content.Unreadable.class);
        looksInVain(30);
    }

    /** As after chmod and chown, which change neither time, size nor identity; whoever runs this may read any file. */
    @Test
    void madeReadableLongAfterItCouldNotBeRead() {
        AtomicReference<Content> found = new AtomicReference<>(new Content.Unreadable("AccessDeniedException"));
        FileWatch denied = new FileWatch(file, any -> found.get());
        assertThat(denied.take()).isEqualTo(found.get());
        for (int i = 0; i < 100; i++) {
            assertThat(denied.look()).as("look %d", i).isEmpty();
        }
        found.set(bytes("one"));
        assertThat(denied.look()).isEmpty();
        assertThat(denied.look()).contains(bytes("one"));
    }

    @Test
    void takenMeansKnown() throws IOException {
        Files.writeString(file, "two");
        assertThat(watch.take()).isEqualTo(bytes("two"));
        looksInVain(30);
    }

    private void looksInVain(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(watch.look()).as("look %d", i).isEqualTo(Optional.empty());
        }
    }

    private static Content bytes(String text) {
        return new Content.Bytes(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }
}
