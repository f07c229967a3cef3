package dev.holdfast.agent.allocation;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What partclone prints of a file system, in the format of ddrescue: a line with position, length and {@code +} for each range that is
 * used, {@code ?} for each that is not. Nothing is believed that is not whole and in order.
 */
final class DomainLog {
    private static final Pattern RANGE = Pattern.compile("0x([0-9A-F]{1,15}) +0x([0-9A-F]{1,15}) +([+?])");
    private static final Pattern OTHER = Pattern.compile("#.*|0x[0-9A-F]{1,16} +\\?|");
    private static final int MAX_LINE = 4096;
    /** Some 20 million ranges. */
    private static final long MAX_BYTES = 1L << 30;
    /** Always read: it may have the boot sector, its copy, or labels of what the file system lies on. */
    private static final long EDGE = 1 << 20;

    private final Range range;
    private final FileSystem fileSystem;
    private final FreeBlocks free = new FreeBlocks();
    private long at;
    private long freeBytes;
    private boolean any;

    private DomainLog(Range range, FileSystem fileSystem) {
        this.range = range;
        this.fileSystem = fileSystem;
    }

    /**
     * The blocks that are free, at their positions on the disk.
     *
     * @param range in which the file system lies
     * @throws IOException where the log is not what it should be, or does not agree with the file system's own words
     */
    static FreeBlocks read(InputStream log, Range range, FileSystem fileSystem) throws IOException {
        DomainLog read = new DomainLog(range, fileSystem);
        InputStream in = new BufferedInputStream(log, 1 << 16);
        StringBuilder line = new StringBuilder();
        long bytes = 0;
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (++bytes > MAX_BYTES || line.length() > MAX_LINE) {
                throw new IOException("its allocation is too large to be read");
            }
            if (next == '\n') {
                read.line(line.toString());
                line.setLength(0);
            } else {
                line.append((char) next);
            }
        }
        if (!line.isEmpty()) {
            throw new IOException("its allocation was not read to the end");
        }
        return read.end();
    }

    private void line(String line) throws IOException {
        Matcher matcher = RANGE.matcher(line);
        if (!matcher.matches()) {
            if (!OTHER.matcher(line).matches()) {
                throw new IOException("its allocation cannot be read: " + printable(line));
            }
            return;
        }
        long from = Long.parseLong(matcher.group(1), 16);
        long to = from + Long.parseLong(matcher.group(2), 16);
        if (from != at || to < from || to > fileSystem.bytes()) {
            throw new IOException("its allocation has a gap or ends behind it, at byte " + from);
        }
        at = to;
        any = true;
        if (matcher.group(3).equals("?")) {
            freeBytes += to - from;
            free.add(range.start() + Math.max(from, EDGE), range.start() + Math.min(to, fileSystem.bytes() - EDGE));
        }
    }

    private static String printable(String line) {
        byte[] bytes = line.substring(0, Math.min(80, line.length())).getBytes(StandardCharsets.US_ASCII);
        return new String(bytes, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
    }

    private FreeBlocks end() throws IOException {
        if (!any || fileSystem.bytes() - at > EDGE) {
            throw new IOException("its allocation ends before it, at byte " + at);
        }
        if (freeBytes > fileSystem.mostFree()) {
            throw new IOException(
                    "it says that " + fileSystem.mostFree() + " bytes are free, but " + freeBytes + " seem to be");
        }
        return free;
    }
}
