package dev.holdfast.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
    private static final Digest DIGEST = HashAlgorithm.SHA_256.digest(new byte[] {9});
    private static final UUID ID = new UUID(1, 2);

    static List<Message> messages() {
        return messages(Packed.compress(new byte[10_000], 1));
    }

    static List<Message> messages(Packed packed) {
        return List.of(
                new Message.Failure(ErrorCode.CAPACITY, "full"),
                new Message.Done(),
                new Message.Hello(1, 3, "test"),
                new Message.Welcome(1, "test", ID, 1 << 20, "node", new byte[] {1, 2}, HashAlgorithm.SHA_256),
                new Message.Welcome(
                        Frames.HASHES, "test", ID, 1 << 20, "node", new byte[] {1, 2}, HashAlgorithm.BLAKE3),
                new Message.Enroll("hf1.a.b", "name", "linux", new byte[] {3}),
                new Message.Enrolled(7, List.of(new byte[] {4}, new byte[] {5})),
                new Message.Ping(),
                new Message.Hold(ID, 12, DIGEST, HashAlgorithm.SHA_256.digest(new byte[] {7})),
                new Message.Held(ID),
                new Message.OpenBackup("/home"),
                new Message.BackupOpened(-5),
                new Message.JoinBackup(Long.MAX_VALUE),
                new Message.Query(List.of(DIGEST, DIGEST)),
                new Message.Known(new byte[] {1}),
                new Message.Put(List.of(new Message.Upload(ChunkKind.DATA, DIGEST, packed))),
                new Message.Stored(10, 9),
                new Message.RootPart(List.of(new PageRef(TreePath.ROOT, true, DIGEST, 5, 6))),
                new Message.Commit(new byte[] {8}),
                new Message.Committed(ID),
                new Message.ListSnapshots(),
                new Message.Snapshots(List.of(new Message.SnapshotInfo(ID, 3, new byte[] {1})), true),
                new Message.OpenRead(ID, "restore"),
                new Message.ReadOpened(4, new byte[] {2}),
                new Message.ReadRoot(ID, 1, 2),
                new Message.RootPages(List.of()),
                new Message.Plan(List.of(DIGEST)),
                new Message.Places(new long[] {-1, 5}),
                new Message.Get(true, List.of(DIGEST)),
                new Message.Chunks(
                        List.of(new Message.Answer(0, packed, ""), new Message.Answer(1, null, "bad")), true),
                new Message.Get(Message.Reading.SEND_FREE, List.of(DIGEST)),
                new Message.Chunks(List.of(new Message.Answer(3, null, "thaw it", true)), true),
                new Message.AskThaw(ID),
                new Message.ThawAdvice("holdfast appliance vault thaw"),
                new Message.Forget(ID),
                new Message.Attend(List.of(5L, Long.MAX_VALUE)),
                new Message.Order(
                        9,
                        new Job.Backup(
                                List.of("/home", "/etc"),
                                List.of("*.tmp"),
                                true,
                                false,
                                "dump",
                                "",
                                600,
                                new Job.Limits(2, 10, 20, true))),
                new Message.Order(
                        9,
                        new Job.Backup(
                                List.of(),
                                List.of(),
                                false,
                                true,
                                "",
                                "",
                                60,
                                Job.Limits.NONE,
                                new Job.Options(
                                        List.of("/mnt/usb"),
                                        List.of("*.ISO"),
                                        true,
                                        List.of(".nobackup"),
                                        1L << 40,
                                        List.of("weekly", "db"),
                                        "dump",
                                        "db.sql",
                                        List.of()))),
                new Message.Order(1, new Job.Restore(ID, List.of("home/ann", "home/bob"), "/tmp/back", "never")),
                new Message.Order(2, new Job.Verify(ID)),
                new Message.Order(3, new Job.Drill(ID, 1 << 20, 42)),
                new Message.Order(4, new Job.Cancel()),
                new Message.Order(5, new Job.Pause()),
                new Message.Order(6, new Job.Resume()),
                new Message.Progress(3, "reading", 5, 10, List.of("a", "b")),
                new Message.Ended(3, Message.Outcome.CANCELLED, "{}", "told to"),
                new Message.OpenOrdered(77),
                new Message.Renew(new byte[] {9, 8}),
                new Message.Order(7, new Job.Upgrade("1.2.0", List.of("holdfast-release-signature 1\n"))),
                new Message.FetchPackage(7, DIGEST, 1L << 20, Message.FetchPackage.MAX_BYTES),
                new Message.PackagePart(new byte[] {1, 2}),
                new Message.Attend(List.of(5L), List.of("/restore", "/srv/back")),
                new Message.Attend(List.of(), List.of()),
                new Message.Progress(
                        3, "bytes seen", 5, 10, List.of("a"), new Message.Figures(2, 5, 4, "/home/ann/thesis.odt")),
                new Message.Order(11, new Job.Folders("/srv", "mail")),
                new Message.Folders(
                        11, "", List.of(new Message.Folder("web", false), new Message.Folder("数据", true)), "数据", 3),
                new Message.Order(
                        12,
                        new Job.Backup(
                                List.of(),
                                List.of(),
                                false,
                                false,
                                "",
                                "",
                                60,
                                Job.Limits.NONE,
                                new Job.Options(
                                        List.of(),
                                        List.of(),
                                        false,
                                        List.of(),
                                        0,
                                        List.of(),
                                        "",
                                        "",
                                        List.of("/dev/vda", "/vms/web.qcow2")))),
                new Message.Folders(12, "/nowhere: no such directory", List.of(), "", 0),
                new Message.Order(13, snapshots(new SourceSnapshots(SnapshotMode.LVM, 25))));
    }

    private static Job.Backup snapshots(SourceSnapshots snapshots) {
        return new Job.Backup(
                List.of("/srv"),
                List.of(),
                false,
                false,
                "",
                "",
                60,
                Job.Limits.NONE,
                new Job.Options(List.of(), List.of(), false, List.of(), 0, List.of(), "", "", List.of(), snapshots));
    }

    @Test
    void onlyClientsThatTakeSourceSnapshotsMayBeAskedForThem() {
        SourceSnapshots auto = new SourceSnapshots(SnapshotMode.AUTO, SourceSnapshots.DEFAULT_PERCENT);
        assertThat(snapshots(auto).options().leastVersion()).isEqualTo(Frames.SOURCE_SNAPSHOTS);
        assertThat(snapshots(new SourceSnapshots(SnapshotMode.NONE, 33)).options())
                .isEqualTo(Job.Options.NONE);
        assertThat(Job.Options.NONE.leastVersion()).isEqualTo(Frames.VERSION);
        assertThatThrownBy(() -> new SourceSnapshots(SnapshotMode.LVM, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void modeOfSnapshotsThatIsNotKnownIsRefused() {
        byte[] order = Frames.encode(1, new Message.Order(13, snapshots(new SourceSnapshots(SnapshotMode.LVM, 25))))
                .toByteArray();
        String text = new String(order, StandardCharsets.ISO_8859_1).replace("lvm", "vss");
        assertThatThrownBy(() -> read(text.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("options of a backup are damaged");
    }

    private static Frames.Frame read(byte[] bytes) throws IOException {
        Frames.Frame frame = Frames.read(new ByteArrayInputStream(bytes), n -> {});
        if (frame == null) {
            throw new IOException("empty");
        }
        return frame;
    }

    @ParameterizedTest
    @MethodSource("messages")
    void everyMessageComesBack(Message message) throws IOException {
        Frames.Frame frame = read(Frames.encode(77, message).toByteArray());
        assertThat(frame.request()).isEqualTo(77);
        assertThat(frame.message()).usingRecursiveComparison().isEqualTo(message);
        assertThat(frame.body()).isNull();
    }

    private static Frames.Frame readInPlace(byte[] bytes) throws IOException {
        return Objects.requireNonNull(Frames.readInPlace(new ByteArrayInputStream(bytes), n -> {}));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void everyMessageIsTheSameInPlace(Message message) throws IOException {
        byte[] bytes = Frames.encode(77, message).toByteArray();
        Frames.Frame frame = readInPlace(bytes);
        assertThat(Frames.encode(frame.request(), frame.message()).toByteArray())
                .isEqualTo(bytes);
        frame.release();
    }

    @Test
    void chunksInPlaceStayUntilTheirFrameIsReleased() throws IOException {
        byte[] first = Frames.encode(1, put(1)).toByteArray();
        byte[] second = Frames.encode(2, put(2)).toByteArray();
        Frames.Frame kept = readInPlace(first);
        for (int i = 0; i < 100; i++) {
            readInPlace(second).release();
        }
        assertThat(read(second).message()).isInstanceOf(Message.Put.class);
        assertThat(Frames.encode(1, kept.message()).toByteArray()).isEqualTo(first);
        Packed packed = ((Message.Put) kept.message()).chunks().getFirst().packed();
        assertThat(packed.array()).isSameAs(kept.body());
        kept.release();
    }

    private static Message.Put put(int seed) {
        byte[] data = new byte[700_000];
        new Random(seed).nextBytes(data);
        Digest digest = HashAlgorithm.NEWEST.digest(data);
        return new Message.Put(List.of(new Message.Upload(ChunkKind.DATA, digest, Packed.raw(data))));
    }

    @Test
    void hashThatIsNotKnownNeedsANewerClient() {
        byte[] welcome = Frames.encode(
                        1, new Message.Welcome(Frames.HASHES, "test", ID, 1, "node", new byte[0], HashAlgorithm.BLAKE3))
                .toByteArray();
        welcome[welcome.length - 1] = 3;
        assertThatThrownBy(() -> read(welcome))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW))
                .hasMessageContaining("hash algorithm 3 is unknown");
    }

    /** Clients of before take any byte but 1 for no chunk, and the text for what is wrong with it. */
    @Test
    void olderClientsReadFrozenAnswersAsText() {
        byte[] frozen = Frames.encode(1, new Message.Chunks(List.of(new Message.Answer(0, null, "bad", true)), true))
                .toByteArray();
        byte[] damaged = Frames.encode(1, new Message.Chunks(List.of(new Message.Answer(0, null, "bad")), true))
                .toByteArray();
        assertThat(frozen).hasSameSizeAs(damaged);
        assertThat(frozen[frozen.length - 1]).isEqualTo((byte) 2);
        damaged[damaged.length - 1] = 2;
        assertThat(frozen).isEqualTo(damaged);
    }

    /** As {@link Frames#RENEWALS} has them: what a message of the next version has more is behind that. */
    @Test
    void messagesOfVersion5AreBeginningsOfLaterOnes() throws IOException {
        byte[] attend = Frames.encode(1, new Message.Attend(List.of(5L))).toByteArray();
        byte[] attendMore =
                Frames.encode(1, new Message.Attend(List.of(5L), List.of("/x"))).toByteArray();
        assertThat(attendMore).endsWith(1, 2, '/', 'x').hasSize(attend.length + 4);
        assertThat(Arrays.copyOfRange(attendMore, 4, attend.length))
                .isEqualTo(Arrays.copyOfRange(attend, 4, attend.length));
        Message.Progress progress = new Message.Progress(3, "s", 5, 10, List.of(), new Message.Figures(1, 2, 3, "/y"));
        byte[] told = Frames.encode(1, progress).toByteArray();
        byte[] plain = Frames.encode(1, progress.withoutFigures()).toByteArray();
        assertThat(told).hasSize(plain.length + 3 * 8 + 3);
        assertThat(Arrays.copyOfRange(told, 4, plain.length)).isEqualTo(Arrays.copyOfRange(plain, 4, plain.length));
        assertThat(((Message.Progress) read(plain).message()).figures()).isNull();
        assertThat(((Message.Attend) read(attend).message()).restoreBelow()).isNull();
    }

    @Test
    void longPathOfFiguresIsCutAtItsBeginning() {
        Message.Figures figures = new Message.Figures(1, 2, 3, "/" + "d".repeat(600) + "/file");
        assertThat(figures.path())
                .hasSize(Message.Figures.MAX_PATH_CHARACTERS)
                .startsWith("…d")
                .endsWith("d/file");
    }

    @Test
    void tooManyDirectoriesAreRefused() {
        byte[] frame = Frames.encode(1, new Message.Attend(List.of(), Collections.nCopies(101, "/x")))
                .toByteArray();
        assertThatThrownBy(() -> read(frame))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("directory count");
    }

    @Test
    void tooManyFoldersAreRefused() {
        List<Message.Folder> many = Collections.nCopies(Message.Folders.MAX + 1, new Message.Folder("a", false));
        byte[] frame = Frames.encode(1, new Message.Folders(1, "", many, "", 0)).toByteArray();
        assertThatThrownBy(() -> read(frame))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("folder count");
    }

    /** The records below a sealed interface. */
    private static Stream<Class<?>> records(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type)
                : Stream.of(type.getPermittedSubclasses()).flatMap(FramesTest::records);
    }

    @Test
    void everyMessageTypeIsTestedAndHasOneCodec() {
        List<Class<?>> all = records(Message.class).toList();
        assertThat(messages().stream()
                        .<Class<?>>map(Message::getClass)
                        .distinct()
                        .toList())
                .containsExactlyInAnyOrderElementsOf(all);
        assertThat(MessageCodecs.ALL.stream()
                        .<Class<?>>map(MessageCodec::message)
                        .toList())
                .containsExactlyInAnyOrderElementsOf(all);
        assertThat(MessageCodecs.ALL.stream().map(MessageCodec::type)).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 4, Integer.MAX_VALUE, Frames.MAX_BODY_BYTES + 1})
    void wrongLengthsAreRefusedBeforeMemoryIsTaken(int length) {
        byte[] head = java.nio.ByteBuffer.allocate(4).putInt(length).array();
        assertThatThrownBy(() -> Frames.read(new ByteArrayInputStream(head), n -> {
                    throw new AssertionError("admitted");
                }))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("the limit is");
    }

    private static Message.Put tinyChunks(int count) {
        byte[] payload = new byte[20];
        return new Message.Put(
                java.util.Collections.nCopies(count, new Message.Upload(ChunkKind.DATA, DIGEST, Packed.raw(payload))));
    }

    /** Older clients count payload bytes alone: a megabyte of chunks of 20 bytes are more than 50,000. */
    @Test
    void groupOfTinyChunksIsTakenAsLongAsItFitsAFrame() throws IOException {
        Message message = read(Frames.encode(1, tinyChunks(Frames.DATA_BYTES / 20 + 1))
                        .toByteArray())
                .message();
        assertThat(((Message.Put) message).chunks()).hasSize(Frames.DATA_BYTES / 20 + 1);
        assertThatThrownBy(() ->
                        read(Frames.encode(1, tinyChunks((1 << 16) + 1)).toByteArray()))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("chunk count");
    }

    /** Seeded fuzzing: whatever arrives is a message or a clear refusal. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedFramesAreRefused(long seed) {
        Random random = new Random(seed);
        List<Message> messages = messages();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] frame = Frames.encode(1, messages.get(random.nextInt(messages.size())))
                    .toByteArray();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                frame[4 + random.nextInt(frame.length - 4)] = (byte) random.nextInt();
            }
            try {
                read(frame);
            } catch (IOException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void bombsAreRefused() {
        Packed bomb = new Packed(
                dev.holdfast.protocol.chunk.Codec.ZSTD,
                100,
                Packed.compress(new byte[1 << 20], 1).payload());
        assertThatThrownBy(bomb::unpack).isInstanceOf(FormatException.class);
        Packed liar = new Packed(dev.holdfast.protocol.chunk.Codec.INCOMPRESSIBLE, 5, new byte[6]);
        assertThatThrownBy(liar::unpack).isInstanceOf(FormatException.class);
    }
}
