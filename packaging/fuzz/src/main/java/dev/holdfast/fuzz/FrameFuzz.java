package dev.holdfast.fuzz;

import dev.holdfast.protocol.wire.Frames;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Frames as either side reads them from the network. What was understood must encode to something that reads alike. */
public final class FrameFuzz {
    private FrameFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            Frames.Frame frame = Frames.read(new ByteArrayInputStream(data), bytes -> {});
            if (frame != null) {
                byte[] again = Frames.encode(frame.request(), frame.message()).toByteArray();
                Frames.Frame second = Frames.read(new ByteArrayInputStream(again), bytes -> {});
                requireWrittenAs(again, second, "a frame changes when it is written again");
                Frames.Frame inPlace = Frames.readInPlace(new ByteArrayInputStream(data), bytes -> {});
                requireWrittenAs(again, inPlace, "a frame is another one when it is read in place");
            }
        } catch (IOException e) {
            // Malformed, and said so.
        }
    }

    private static void requireWrittenAs(byte[] expected, Frames.@Nullable Frame frame, String otherwise) {
        if (frame == null
                || !Arrays.equals(
                        expected,
                        Frames.encode(frame.request(), frame.message()).toByteArray())) {
            throw new AssertionError(otherwise);
        }
        frame.release();
    }
}
