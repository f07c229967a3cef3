package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of a fidelity report: something that a restore will not bring back exactly.
 *
 * @param detail what happened, for people
 */
public record Problem(TreePath path, Kind kind, String detail) {
    /** The code is part of the format. */
    public enum Kind {
        SOCKET_SKIPPED(1, "socket skipped"),
        UNREADABLE(2, "unreadable, left out"),
        VANISHED(3, "vanished while the backup ran"),
        CHANGED(4, "changed while it was read"),
        ATTRIBUTES_LOST(5, "some attributes could not be read"),
        UNREPRESENTABLE(6, "cannot be represented");

        private final int code;
        private final String label;

        Kind(int code, String label) {
            this.code = code;
            this.label = label;
        }

        public String label() {
            return label;
        }

        static Kind of(int code) throws FormatException {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw FormatException.corrupt("problem kind " + code + " is unknown");
        }
    }

    private static final int MAGIC = 0x48465250;
    private static final int VERSION = 1;
    /** Problems in one report page, so that a page never outgrows a chunk. */
    public static final int MAX_PER_PAGE = 1000;

    private static final int MAX_DETAIL_BYTES = 256;
    private static final int MAX_PATH_BYTES = 512;

    /** Magic "HFRP" u32, version u8, count varint, then per problem: path bytes, kind u8, detail string. */
    public static byte[] encodePage(List<Problem> problems) {
        ByteWriter out = new ByteWriter(4096);
        out.u32(MAGIC).u8(VERSION).varint(problems.size());
        for (Problem problem : problems) {
            byte[] path = problem.path().toBytes();
            // Paths of thousands of bytes would let one page outgrow a chunk; a report is for reading.
            boolean whole = path.length <= MAX_PATH_BYTES;
            out.bytes(whole ? path : shortened(problem.path())).u8(problem.kind().code);
            String detail = problem.detail();
            out.string(detail.substring(0, Math.min(detail.length(), MAX_DETAIL_BYTES / 4)));
        }
        return out.toByteArray();
    }

    private static byte[] shortened(TreePath path) {
        TreePath parent = path;
        while (parent.toBytes().length > MAX_PATH_BYTES - 4) {
            parent = parent.parent();
        }
        return parent.child(new byte[] {'.', '.', '.'}).toBytes();
    }

    public static List<Problem> parsePage(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        if (in.i32() != MAGIC) {
            throw in.corrupt("no fidelity report");
        }
        FormatException.requireVersion("fidelity report", in.u8(), VERSION);
        int count = in.varint(MAX_PER_PAGE, "problem count");
        List<Problem> problems = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            TreePath path = TreePath.of(in.bytes(TreePath.MAX_BYTES, "path"));
            Kind kind = Kind.of(in.u8());
            problems.add(new Problem(path, kind, in.string(MAX_DETAIL_BYTES, "detail")));
        }
        in.expectEnd("fidelity report");
        return problems;
    }
}
