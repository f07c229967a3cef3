package dev.holdfast.fuzz;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Writes the corpora that the fuzzers begin with: one valid input of every shape. Arguments: the directory, the golden files, the golden vaults. */
public final class Seeds {
    private Seeds() {}

    public static void main(String[] arguments) throws IOException {
        Path corpus = Path.of(arguments[0]);
        Path golden = Path.of(arguments[1]);
        List<Message> messages = messages();
        for (int i = 0; i < messages.size(); i++) {
            write(corpus, "FrameFuzz", i, Frames.encode(i, messages.get(i)).toByteArray());
        }
        write(corpus, "PageFuzz", 0, page());
        write(corpus, "SummaryFuzz", 0, summary());
        int number = 0;
        for (String version : List.of("v1", "v3")) {
            Path files = golden.resolve(version);
            write(corpus, "ContainerFuzz", number, Files.readAllBytes(files.resolve("00000005.hfc")));
            write(corpus, "KeyringFuzz", number++, Files.readAllBytes(files.resolve("keyring.json")));
        }
        number = 0;
        for (String vault : List.of(arguments).subList(2, arguments.length)) {
            try (Stream<Path> objects = Files.walk(Path.of(vault))) {
                for (Path each : objects.filter(Files::isRegularFile).sorted().toList()) {
                    write(corpus, "VaultFuzz", number++, Files.readAllBytes(each));
                }
            }
        }
        number = 0;
        for (String profile : HardwareProfile.BUILT_IN) {
            try (InputStream in = HardwareProfile.class.getResourceAsStream(profile + ".json")) {
                write(corpus, "ProfileFuzz", number++, in.readAllBytes());
            }
        }
        List<String> texts = List.of(
                "https://backup.example:8807",
                "/home/ann/thesis.odt",
                "/a/\\x00\\xff/\\\\",
                "200 GB",
                "*.tmp",
                "/home/**/cache/",
                RecoveryKey.print(new byte[32]));
        for (int i = 0; i < texts.size(); i++) {
            write(corpus, "TextFuzz", i, texts.get(i).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void write(Path corpus, String target, int number, byte[] seed) throws IOException {
        Path directory = Files.createDirectories(corpus.resolve(target));
        Files.write(directory.resolve(String.format("seed-%02d", number)), seed);
    }

    private static byte[] summary() throws IOException {
        var counts = new SnapshotSummary.Counts(1, 2, 3, 4, 5, 6, 7, 8, 9);
        return new SnapshotSummary(
                        "host", "holdfast", 1, 2, List.of(TreePath.parse("/home")), List.of("*.tmp"), counts, List.of())
                .encode();
    }

    private static byte[] page() throws IOException {
        PageWriter writer = new PageWriter();
        Timestamp time = new Timestamp(1_700_000_000, 5);
        List<Xattr> xattrs = List.of(new Xattr(bytes("user.note"), bytes("value")));
        Attributes shared = new Attributes(0644, 1, 2, time, time, 7, 9, 2, 100, xattrs);
        Attributes own = new Attributes(0755, 0, 0, time, time, 8, 0, 1, 0, List.of());
        Digest chunk = HashAlgorithm.NEWEST.digest(new byte[] {1});
        writer.add(new Node.Directory(bytes("home"), own));
        writer.add(new Node.RegularFile(
                bytes("file"), shared, new Content(List.of(new Extent(3, chunk, 200, 0, 97)), false, false, 100)));
        writer.add(new Node.HardLink(bytes("link"), shared));
        writer.add(new Node.Special(bytes("pipe"), own, Node.Special.Type.FIFO, 0, 0));
        writer.add(new Node.Symlink(bytes("sym"), own, bytes("../target")));
        writer.add(new Node.Leave());
        byte[][] encoded = new byte[1][];
        writer.take((first, continuation, bytes, records) -> encoded[0] = bytes);
        return encoded[0];
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Message> messages() throws IOException {
        UUID id = new UUID(1, 2);
        Digest digest = HashAlgorithm.NEWEST.digest(new byte[] {9});
        Packed packed = Packed.compress(new byte[1000], 1);
        List<Message> messages = new ArrayList<>();
        messages.add(new Message.Failure(ErrorCode.CAPACITY, "full"));
        messages.add(new Message.Hello(1, 1, "holdfast"));
        messages.add(new Message.Welcome(1, "holdfast", id, 1 << 20, "node", new byte[] {1, 2}, HashAlgorithm.SHA_256));
        messages.add(new Message.Welcome(4, "holdfast", id, 1 << 20, "node", new byte[] {1, 2}, HashAlgorithm.BLAKE3));
        messages.add(new Message.Enroll("hf1.a.b", "name", "linux", new byte[] {3}));
        messages.add(new Message.Enrolled(7, List.of(new byte[] {4}, new byte[] {5})));
        messages.add(new Message.Renew(new byte[] {3}));
        messages.add(new Message.Hold(id, 12, digest, digest));
        messages.add(new Message.Held(id));
        messages.add(new Message.OpenBackup("/home"));
        messages.add(new Message.Query(List.of(digest)));
        messages.add(new Message.Known(new byte[] {1}));
        messages.add(new Message.Put(List.of(new Message.Upload(ChunkKind.DATA, digest, packed))));
        messages.add(new Message.Stored(10, 9));
        messages.add(new Message.RootPart(List.of(new PageRef(TreePath.ROOT, true, digest, 5, 6))));
        messages.add(new Message.Commit(summary()));
        messages.add(new Message.Snapshots(List.of(new Message.SnapshotInfo(id, 3, summary())), true));
        messages.add(new Message.OpenRead(id, "restore"));
        messages.add(new Message.ReadRoot(id, 1, 2));
        messages.add(new Message.Plan(List.of(digest)));
        messages.add(new Message.Places(new long[] {-1, 5}));
        messages.add(new Message.Get(true, List.of(digest)));
        messages.add(new Message.Chunks(
                List.of(new Message.Answer(0, packed, ""), new Message.Answer(1, null, "bad")), true));
        messages.add(new Message.Get(Message.Reading.SEND_FREE, List.of(digest)));
        messages.add(new Message.Chunks(List.of(new Message.Answer(0, null, "frozen", true)), true));
        messages.add(new Message.AskThaw(id));
        messages.add(new Message.ThawAdvice("thaw it"));
        messages.add(new Message.Forget(id));
        messages.add(new Message.Attend(List.of(1L, 2L)));
        messages.add(new Message.Attend(List.of(1L), List.of("/restore")));
        messages.add(new Message.Order(
                1,
                new Job.Backup(
                        List.of("/home"), List.of("*.tmp"), true, true, "a", "b", 60, new Job.Limits(2, 3, 4, true))));
        messages.add(new Message.Order(2, new Job.Restore(id, List.of("a"), "/b", "never")));
        messages.add(new Message.Order(3, new Job.Drill(id, 5, 6)));
        messages.add(new Message.Progress(1, "reading", 2, 3, List.of("line")));
        messages.add(new Message.Progress(1, "reading", 2, 3, List.of(), new Message.Figures(4, 5, 6, "/home")));
        messages.add(new Message.Ended(1, Message.Outcome.FAILED, "{}", "why"));
        messages.add(new Message.OpenOrdered(1));
        messages.add(new Message.Order(4, new Job.Upgrade("1.2.0", List.of("holdfast-release-signature 1\n"))));
        messages.add(new Message.FetchPackage(4, digest, 5, 6));
        messages.add(new Message.PackagePart(new byte[] {7}));
        return messages;
    }
}
