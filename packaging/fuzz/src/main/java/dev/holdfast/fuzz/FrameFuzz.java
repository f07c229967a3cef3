package dev.holdfast.fuzz;

import dev.holdfast.protocol.wire.Frames;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Frames as either side reads them from the network. What was understood must encode to something that reads alike. */
public final class FrameFuzz {
    private FrameFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            Frames.Frame frame = Frames.read(new ByteArrayInputStream(data), bytes -> {});
            if (frame != null) {
                byte[] again = Frames.encode(frame.request(), frame.message()).toByteArray();
                Frames.Frame second = Frames.read(new ByteArrayInputStream(again), bytes -> {});
                if (second == null
                        || !Arrays.equals(
                                again,
                                Frames.encode(second.request(), second.message())
                                        .toByteArray())) {
                    throw new AssertionError("a frame changes when it is written again");
                }
                Frames.Frame inPlace = Frames.readInPlace(new ByteArrayInputStream(data), bytes -> {});
                if (inPlace == null
                        || !Arrays.equals(
                                again,
                                Frames.encode(inPlace.request(), inPlace.message())
                                        .toByteArray())) {
                    throw new AssertionError("a frame is another one when it is read in place");
                }
                inPlace.release();
            }
        } catch (IOException e) {
            // Malformed, and said so.
        }
    }
}
